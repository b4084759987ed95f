"""A run as text for SPICE: the circuit, what drives its pins, and the body between its
electrodes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evenpulse.analog import spice
from evenpulse.analog.netlist import Circuit

# Where the Pico's pins drive: 12 mA pads, about 50 ohm.
_PIN_OHM = 50
_EDGE_S = 5e-9
OPTIONS = (
    ".option method=gear reltol=3e-3 trtol=20 abstol=1e-10 vntol=1e-5 gmin=1e-12 itl1=500 itl4=60\n"
    ".option rshunt=1e12\n"
)
# Where the quick ones find no state to begin from
CLOSER = OPTIONS.replace("reltol=3e-3", "reltol=1e-3")
# Where the answer is near a limit: with the quick ones a current that ends between two steps has
# carried up to 15 % more charge.
FINER = OPTIONS.replace("reltol=3e-3 trtol=20", "reltol=1e-3 trtol=3")
# Where they find no way on.
CAREFUL = OPTIONS.replace("reltol=3e-3 trtol=20", "reltol=1e-3").replace("gear", "trap")
SAVED = tuple(f"v({net})" for net in "na nb ea eb adc il shn pg hvr hv wc yc wr".split())
PINS = ("pa", "pb", "ph")


@dataclass(frozen=True)
class Load:
    """Body and skin: a resistance in series with a resistance beside a capacitance."""

    name: str
    body_ohm: float
    skin_ohm: float = 1.0
    skin_nf: float = 1.0


LOADS = {
    load.name: load
    for load in (
        Load("200 Ω", 200),
        Load("500 Ω", 500),
        Load("500 Ω and skin", 300, 2_000, 100),
        Load("1 kΩ and dry skin", 700, 20_000, 300),
        Load("2 kΩ", 2_000),
    )
}


@dataclass(frozen=True)
class Drive:
    """Levels of the pins: {pin: (seconds, level) of each change}, and the amplitude: the mean of
    its PWM, 0 to 1.
    """

    pins: Mapping[str, Sequence[tuple[float, int]]]
    duty: float
    end_s: float
    # (seconds, duty) of each change of the amplitude
    then: tuple[tuple[float, float], ...] = ()

    def cut(self, at_s: float) -> "Drive":
        """The same until every pin goes low."""
        return Drive(
            {
                pin: [*((s, level) for s, level in steps if s < at_s), (at_s, 0)]
                for pin, steps in self.pins.items()
            },
            self.duty,
            self.end_s,
            self.then,
        )


@dataclass(frozen=True)
class World:
    """What is not on the board: supplies, load, and lines of a fault."""

    load: Load
    supply_v: float = 5.0
    # In place of an ideal one
    supply: tuple[str, ...] = ()
    pico_v: float = 3.3
    extra: tuple[str, ...] = ()
    save: tuple[str, ...] = field(default=SAVED)
    pwm: bool = False
    step_s: float = 2e-3


def text(circuit: Circuit, drive: Drive, world: World) -> str:
    """The whole deck. The amplitude is its mean unless `pwm`: 600 periods a pulse cost minutes."""
    chosen = circuit if world.pwm else circuit.without("X_im")
    lines = [
        "* written by evenpulse.analog",
        circuit.models.read_text(encoding="utf-8"),
        *(element.text() for element in chosen.elements),
        *(world.supply or (f"V_vb vb pg {world.supply_v}",)),
        f"V_pico v33p pg {world.pico_v}",
        *_pins(drive),
        *_amplitude(drive, world.pwm),
        *_body(world.load),
        *world.extra,
        OPTIONS,
        *_began(circuit, drive),
        f".save {' '.join(world.save)} i(v_pat)",
        f".tran 1u {drive.end_s:.9g} 0 {world.step_s:.9g}",
        ".end",
    ]
    return "\n".join(lines) + "\n"


def _began(circuit: Circuit, drive: Drive) -> list[str]:
    """A hint for the state before the first step (at_rest.py); not where HV is down."""
    if not circuit.rest or not level_at_0(drive.pins.get("ph", ())):
        return []
    return [".nodeset " + " ".join(f"v({n})={v:g}" for n, v in circuit.rest.items())]


def level_at_0(changes: Sequence[tuple[float, int]]) -> int:
    return next((new for at_s, new in reversed(changes) if at_s <= 0), 0)


def steps(changes: Sequence[tuple[float, int]], high: float) -> str:
    """A PWL of a pin: it is low before its first change, unless that is at 0."""
    points, level = [], 0
    for at_s, new in changes:
        if at_s <= 0:
            level = new
            continue
        if new != level:
            points += [(at_s, level), (at_s + _EDGE_S, new)]
        level = new
    first = (0.0, level_at_0(changes))
    return " ".join(f"{s:.12g} {high * on:g}" for s, on in [first, *points, (1e3, level)])


def _pins(drive: Drive) -> list[str]:
    return [
        line
        for pin in PINS
        for line in (
            f"V_{pin} {pin}1 pg PWL({steps(drive.pins.get(pin, ()), 3.3)})",
            f"R_o{pin} {pin}1 {pin} {_PIN_OHM}",
        )
    ]


def _amplitude(drive: Drive, pwm: bool) -> list[str]:
    if pwm:
        period = 1 / 30_518
        on = max(1e-8, drive.duty * period)
        return [f"V_pm pm pg PULSE(0 3.3 0 5n 5n {on:.9g} {period:.9g})"]
    points, level = [(0.0, drive.duty)], drive.duty
    for at_s, duty in drive.then:
        points += [(at_s, level), (at_s + 1e-6, duty)]
        level = duty
    steps = " ".join(f"{s:.9g} {duty:.9g}" for s, duty in [*points, (1e3, level)])
    return [
        f"V_duty duty 0 PWL({steps})",
        "B_amp amp1 0 V = V(duty)*V(v33)",
        "R_amp amp1 amp 50",
    ]


def _body(load: Load) -> list[str]:
    return [
        "V_pat ea p1 0",
        f"R_body p1 p2 {load.body_ohm:g}",
        f"R_skin p2 eb {load.skin_ohm:g}",
        f"C_skin p2 eb {load.skin_nf:g}n",
        "R_earth eb 0 1e9",
    ]


def solved(deck: str, then: str = CAREFUL, first: str = OPTIONS) -> dict[str, spice.Wave]:
    """What ngspice answers. Where it finds no way on, or no state to begin from, it is asked once
    more, with other options: which decks these are differs between its versions.
    """
    try:
        return spice.run(deck.replace(OPTIONS, first))
    except spice.Stopped:
        return spice.run(deck.replace(OPTIONS, then))
