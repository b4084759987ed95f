"""Single faults of a circuit, as lines of SPICE: each part open and short, half and double, each IC
stuck. A fault comes at a time, or has always been there.
"""

from dataclasses import dataclass, replace
from itertools import combinations

from evenpulse.analog.deck import World
from evenpulse.analog.netlist import Circuit, Element

# Copper, plastic, and what is inside another part.
NO_PARTS = {"R_bar", "R_esr"}
# {subcircuit: (output, upper supply, lower supply)}: what "stuck" ties together.
_OUTPUTS = {
    "OPA": ("out", "vcc", "vss"),
    "ISO": ("out", "vout", "gout"),
    "CMP": ("out", None, "vss"),
    "REF33": ("out", None, "vss"),
    "DCDC": ("out", None, "gout"),
    "FLY": ("out", None, "gout"),
}
_RUN_AWAY_V = 400
_TEN_PERCENT = 0.1
SUPPLY = "supplies"


@dataclass(frozen=True)
class Contacts:
    """What is left of a short, and what still leads over an open pin, in ohm."""

    short_ohm: float
    open_ohm: float

    def models(self) -> tuple[str, str]:
        return (
            f".model SWO SW(VT=0.5 VH=0.1 RON=0.01 ROFF={self.open_ohm:g})",
            f".model SWS SW(VT=0.5 VH=0.1 RON={self.short_ohm:g} ROFF=1e12)",
        )

    def __str__(self) -> str:
        return f"a short of {self.short_ohm:g} Ω, an open pin of {self.open_ohm / 1e9:g} GΩ"


HARD = Contacts(0.1, 1e12)
# For the few where the solver finds no way on: 100 V through 0.1 ohm are 10 A into a Zener diode
# that would be gone by then, and a capacitor that hangs on 1e12 ohm has no voltage of its own.
SOFT = Contacts(10, 1e9)
SOFTER = Contacts(10, 1e8)


@dataclass(frozen=True)
class Fault:
    """`pins`: what is tied together, or the one pin that is open; `factor`: of a value."""

    part: str
    what: str
    pins: tuple[str, ...] = ()
    factor: float = 1.0
    to: str = ""

    @property
    def always(self) -> bool:
        """It has no moment: a value, or a supply, that has been wrong from the beginning."""
        return self.factor != 1

    @property
    def name(self) -> str:
        return f"{self.part} {self.what}"


def faults(circuit: Circuit) -> list[Fault]:
    """Every single fault of the circuit, in the order of its sheets."""
    found = [
        fault
        for element in circuit.elements
        if element.name not in NO_PARTS
        for fault in _of(circuit, element)
    ]
    return found + [
        Fault(SUPPLY, f"{name} {sign}10 %", factor=1 + way * _TEN_PERCENT, to=name)
        for name in ("5 V", "3.3 V")
        for sign, way in (("+", 1), ("−", -1))
    ]


def apply(
    circuit: Circuit, world: World, fault: Fault, at_s: float, contacts: Contacts = HARD
) -> tuple[Circuit, World]:
    """Circuit and world with the fault from `at_s` on; one that has always been there ignores
    it.
    """
    if fault.part == SUPPLY:
        volts = {"5 V": "supply_v", "3.3 V": "pico_v"}[fault.to]
        return circuit, replace(world, **{volts: getattr(world, volts) * fault.factor})
    element = circuit[fault.part]
    if fault.always:
        return circuit.with_(_scaled(element, fault.factor)), world
    lines = [*contacts.models(), f"V_fc fc 0 PWL(0 0 {at_s:.9g} 0 {at_s + 1e-8:.9g} 1)"]
    nodes = dict(zip(circuit.pins(element), element.nodes))
    if fault.what.startswith("short"):
        one, other = (nodes[pin] for pin in fault.pins)
        return circuit, replace(world, extra=(*lines, f"S_f {one} {other} fc 0 SWS"))
    lines += ["V_fo fo 0 1", f"S_f {nodes[fault.pins[0]]} zf fo fc SWO"]
    if fault.to:
        lines.append(f"S_g zf {nodes.get(fault.to, fault.to)} fc 0 SWS")
    else:
        lines.append(f"R_zf zf 0 {contacts.open_ohm:g}")
    broken = element.on(circuit.pins(element).index(fault.pins[0]), "zf")
    if fault.to and fault.pins[0].startswith("out"):
        # What is stuck is the output's last transistor: the net gets the rail, the IC is off it.
        lines[-2:] = [
            f"S_f {nodes[fault.pins[0]]} zf fo fc SWO",
            f"S_g {nodes[fault.pins[0]]} {nodes[fault.to]} fc 0 SWS",
        ]
    told = _soldered(circuit, nodes[fault.pins[0]])
    return circuit.with_(broken), replace(world, extra=(*lines, *told))


def _soldered(circuit: Circuit, net: str) -> list[str]:
    """Until the fault the pin is where its net is; not told, the solver finds no state for some."""
    return [f".nodeset v(zf)={circuit.rest[net]:g}"] if net in circuit.rest else []


def _of(circuit: Circuit, element: Element) -> list[Fault]:
    if element.kind == "X":
        return _of_ic(element)
    pins = circuit.pins(element)
    if element.kind in "RCD":
        both = [Fault(element.name, "open", pins[:1]), Fault(element.name, "short", pins)]
        if element.name == "C_bar":
            both = both[1:]
        if element.kind == "D":
            return both
        return both + [
            Fault(element.name, "half", factor=0.5),
            Fault(element.name, "double", factor=2),
        ]
    return [Fault(element.name, f"{pin} open", (pin,)) for pin in pins] + [
        Fault(element.name, f"short {one} to {other}", (one, other))
        for one, other in combinations(pins, 2)
    ]


def _of_ic(element: Element) -> list[Fault]:
    name, kind = element.name, element.value
    if kind == "MUX":
        return [
            Fault(name, "stuck at leg A", ("sel",), to="v5"),
            Fault(name, "stuck at leg B", ("sel",), to="0"),
            Fault(name, "output open", ("out",)),
        ]
    if kind == "ISOAMP":
        return [
            Fault(name, "stuck at 0", ("inp",), to="0"),
            Fault(name, "stuck at full scale", ("inp",), to="v33"),
            Fault(name, "supply open", ("vin",)),
        ]
    output, upper, lower = _OUTPUTS[kind]
    found = [Fault(name, "output open", (output,)), Fault(name, "stuck low", (output,), to=lower)]
    if upper:
        found.append(Fault(name, "stuck high", (output,), to=upper))
    if kind == "FLY":
        found.append(Fault(name, "not regulated", factor=_RUN_AWAY_V))
    if kind == "REF33":
        found += [Fault(name, "10 % high", factor=3.63), Fault(name, "10 % low", factor=2.97)]
    return found


def _scaled(element: Element, factor: float) -> Element:
    if element.kind == "X":
        return replace(element, parameters=f"vset={factor:g}")
    return replace(element, value=f"{element.number * factor:g}")
