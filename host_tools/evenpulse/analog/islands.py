"""Two channels in one body, and mains on the Pico's ground: what the barriers are for."""

from dataclasses import replace

import numpy as np

from evenpulse.analog.deck import LOADS, Drive, World, solved, text
from evenpulse.analog.netlist import Circuit, Element

# What both channels share: the Pico's side.
_SHARED = {"pg", "vb", "v33p", "stp", "il", "vsn", "hrf", "hold", "shn"}
_ONCE = {"R_loop", "R_stop", "R_ild", "C_il", "R_v1", "R_v2", "R_h", "C_h", "R_hr1", "R_hr2"} | {
    "X_hc",
    "R_shu",
    "D_sh",
}
# Of what the other channel has: no net or part of the sheets has this sign in its name.
_SECOND = "_2"
_MAINS_V, _MAINS_HZ = 230, 50
_BEGIN_S, _PHASE_S = 200e-6, 300e-6


def second(circuit: Circuit) -> list[Element]:
    """The other channel: the same parts on an island of their own."""
    return [
        replace(
            element,
            name=element.name + _SECOND,
            nodes=tuple(_other(node) for node in element.nodes),
        )
        for element in circuit.elements
        if element.name not in _ONCE and element.name != "X_im"
    ]


def both(circuit: Circuit, one_ma: float, other_ma: float) -> tuple[float, float]:
    """Current at each channel's return electrode at the end of phase A, both at once, in one body
    of four electrodes. What a source drives in may come back through the other channel.
    """
    pins = {"pa": [(_BEGIN_S, 1), (_BEGIN_S + _PHASE_S, 0)], "ph": [(0.0, 1)]}
    drive = Drive(pins, one_ma / 100, _BEGIN_S + _PHASE_S + 50e-6)
    extra = [element.text() for element in second(circuit)]
    extra += [f"R_s{pin} {pin} {_other(pin)} 1" for pin in ("pa", "pb", "ph")]
    extra += [f"B_amp2 amp12 g_2 V = {other_ma / 100}*V(v33_2,g_2)", "R_amp2 amp12 amp_2 50"]
    # Electrodes through 200 ohm each into one tissue: every pair sees the others.
    extra += ["V_pat2 ea_2 p12 0", "R_b1 p12 mid 300"]
    extra += ["R_b2 eb_2 mid2 300", "R_tis mid mid2 100"]
    extra += ["R_t1 ea mid 500", "R_t2 eb mid2 500", "C_m1 mid pg 100p", "C_m2 mid2 pg 100p"]
    world = World(LOADS["500 Ω"], extra=tuple(extra), save=("v(eb)", "v(eb_2)", "v(mid2)"))
    waves = solved(text(circuit, drive, world))
    at_s = _BEGIN_S + _PHASE_S - 5e-6
    own, bridge, other = (
        float(np.interp(at_s, waves["time"], wave)) * 1e3
        for wave in (
            waves["i(v_pat)"],
            (waves["v(mid2)"] - waves["v(eb)"]) / 500,
            (waves["v(mid2)"] - waves["v(eb_2)"]) / 300,
        )
    )
    return own + bridge, other


def mains_ua(circuit: Circuit, channels: int) -> float:
    """Through an earthed patient while the Pico's ground is at 230 V: r.m.s. of all channels."""
    extra = (f"V_mains pg earth SIN(0 {_MAINS_V * 2**0.5:.6g} {_MAINS_HZ})", "R_pe eb earth 1k")
    drive = Drive({"ph": [(0.0, 0)]}, 0, 60e-3)
    world = World(LOADS["500 Ω"], extra=extra, save=("v(eb)", "v(earth)", "v(pg)"), step_s=20e-6)
    waves = solved(text(circuit, drive, world))
    late = waves["time"] > 20e-3
    volts = waves["v(eb)"][late] - waves["v(earth)"][late]
    t = waves["time"][late]
    mean = float(np.trapezoid(volts**2, t) / np.ptp(t))
    return mean**0.5 / 1e3 * 1e6 * channels


def phases(drive: Drive) -> list[tuple[float, str]]:
    """(begin, leg) of each phase, as the pins have them."""
    return sorted(
        (s, leg)
        for pin, leg in (("pa", "A"), ("pb", "B"))
        for s, level in drive.pins.get(pin, ())
        if level and s > 0
    )


def _other(node: str) -> str:
    if node == "0":
        return "g_2"
    return node if node in _SHARED else node + _SECOND
