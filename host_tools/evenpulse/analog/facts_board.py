"""Facts of what is around the stage: interlock, filter, supply, barriers, the firmware's own
pulse.
"""

from dataclasses import replace

import numpy as np

from evenpulse.analog import islands, reactions
from evenpulse.analog.bench import (
    A_S,
    GAP_S,
    PHASE_S,
    VOLTAGES,
    Bench,
    Row,
    at,
    line_low,
    ma,
    one_pulse,
)
from evenpulse.analog.deck import LOADS, SAVED, Drive, Load, World, solved, text


def interlock(bench: Bench) -> list[Row]:
    broken = replace(bench.circuit["R_f3"], value="1000k")
    drive = one_pulse(1.0, GAP_S, PHASE_S)
    over = solved(text(bench.circuit.with_(broken), drive, World(LOADS["200 Ω"])))
    low = over["time"][line_low(over)]
    level_ma, full_ma = bench.over_current_ma, bench.full_ma
    above = over["time"][over["i(v_pat)"] * 1e3 > level_ma]
    world = World(
        LOADS["500 Ω"],
        extra=(
            "V_fc fc 0 PWL(0 1 5e-4 1 5.001e-4 0)",
            ".model SWX SW(VT=0.5 VH=0.1 RON=0.01 ROFF=1e12)",
            "S_x stp zf fc 0 SWX",
        ),
    )
    stop = solved(
        text(
            bench.circuit.with_(bench.circuit["R_stop"].on(0, "zf")),
            Drive({"ph": [(0.0, 1)]}, 0, 1e-3),
            world,
        )
    )
    opened = stop["time"][line_low(stop)]
    delay = float(low[0] - above[0]) * 1e6 if len(low) and len(above) else 1e9
    return [
        Row(
            "over-current threshold",
            f"above {1.1 * full_ma:g} mA",
            level_ma,
            1.12 * full_ma,
            1.25 * full_ma,
            "mA",
            "3.3 V · R_oc2 / (R_oc1 + R_oc2) / shunt",
        ),
        Row(
            "over-current delay",
            "below 2 µs",
            delay,
            0,
            2,
            "µs",
            f"current above {level_ma:.3g} mA to INTERLOCK_N low",
        ),
        Row(
            "STOP loop opens",
            "low",
            float(opened[0] - 5e-4) * 1e6 if len(opened) else 1e9,
            0,
            50,
            "µs",
            "contact open to INTERLOCK_N low",
        ),
        Row(
            "INTERLOCK_N at rest",
            "high, above 2.0 V",
            at(stop, "v(il)", 1e-4) - at(stop, "v(pg)", 1e-4),
            2.3,
            3.3,
            "V",
            "with its pull-down, STOP closed",
        ),
        Row(
            "pull-downs",
            "10 kΩ",
            max(
                (bench.circuit[f"R_pdp{pin}"].number for pin in "abhm"),
                key=lambda ohm: abs(ohm - 1e4),
            ),
            1e4,
            1e4,
            "Ω",
            "netlist; the self-test finds a missing one",
        ),
    ]


def at_rest(bench: Bench) -> list[Row]:
    """The comparator for a leg that is high at rest: the most that a program may do, and a
    fault.
    """
    phase_s, gap_s, apart_s, pulses = 500e-6, 100e-6, 1 / 150, 4
    pins: dict[str, list[tuple[float, int]]] = {"pa": [], "pb": [], "ph": [(0.0, 1)]}
    for k in range(pulses):
        a_s = A_S + k * apart_s
        b_s = a_s + phase_s + gap_s
        pins["pa"] += [(a_s, 1), (a_s + phase_s, 0)]
        pins["pb"] += [(b_s, 1), (b_s + phase_s, 0)]
    world = World(Load("1.5 kΩ", 1_500), save=SAVED)
    busy = solved(text(bench.circuit, Drive(pins, 0.68, pulses * apart_s), world))
    margin = float((busy["v(wr)"] - np.maximum(busy["v(wc)"], busy["v(yc)"])).min())
    shorted = bench.circuit.with_(bench.circuit["M_sa"].on(1, "v5"))
    rest = Drive({"ph": [(0.0, 0), (1e-3, 1)]}, 0.4, 120e-3)
    stuck = solved(text(shorted, rest, World(LOADS["500 Ω"], step_s=1e-3)))
    low = stuck["time"][line_low(stuck)]
    left = stuck["time"][stuck["v(na)"] > 5]
    late = float(low[0] - left[0]) * 1e3 if len(low) and len(left) else 1e9
    return [
        Row(
            "leg high at rest: no false trip",
            "above 0.25 V",
            margin,
            0.25,
            3,
            "V",
            "margin at 150 pps, 500 µs, 68 mA into 1.5 kΩ",
        ),
        Row(
            "leg high at rest",
            "below 20 ms",
            late,
            0,
            20,
            "ms",
            "M_sa always on, HV_EN up: leg above 5 V to INTERLOCK_N low",
        ),
    ]


def filter(bench: Bench) -> list[Row]:
    falling = Drive({"ph": [(0.0, 1)]}, 1.0, 3e-3, then=((5e-4, 0.0),))
    waves = solved(text(bench.circuit, falling, World(LOADS["500 Ω"], save=(*SAVED, *VOLTAGES))))
    full_v = at(waves, "v(vs)", 4e-4)
    steady = Drive({"ph": [(0.0, 1)]}, 0.5, 3e-3)
    world = World(LOADS["500 Ω"], save=(*SAVED, *VOLTAGES), pwm=True, step_s=2e-6)
    ripple = solved(text(bench.circuit, steady, world))
    late = ripple["time"] > 2.5e-3
    swing = float(np.ptp(ripple["v(vs)"][late])) / full_v * 100
    mean = (
        float(
            np.trapezoid(ripple["v(vs)"][late], ripple["time"][late]) / np.ptp(ripple["time"][late])
        )
        / full_v
        * 100
    )
    return [
        Row(
            "filter, 2 ms after full scale",
            "below 0.5 mA",
            at(waves, "v(vs)", 2.5e-3) / full_v * 100,
            -0.5,
            0.5,
            "mA",
            "set point after 100 % to 0",
        ),
        Row("ripple of the PWM", "below 1 mA", swing, 0, 1, "mA", "peak to peak at 50 %, 30.5 kHz"),
        Row("PWM of 50 %", "50 mA", mean, 49, 51, "mA", "through isolator and filter"),
    ]


def supply(bench: Bench) -> list[Row]:
    waves = bench.power
    rail = float(waves["v(hv)"].max())
    up = waves["time"][waves["v(hv)"] > 0.9 * rail]
    after = (waves["time"] > 161e-3) & (waves["v(hvr)"] < 60)
    low = waves["time"][after]
    return [
        Row("high-voltage rail", "115 V", rail, 109, 121, "V", "highest behind the switch"),
        Row(
            "HV_EN to 90 %",
            "below 100 ms, arming",
            float(up[0] - 1e-3) * 1e3,
            0,
            100,
            "ms",
            "from 0 V",
        ),
        Row(
            "below 60 V after HV_EN",
            "below 100 ms",
            float(low[0] - 161e-3) * 1e3 if len(low) else 1e9,
            0,
            100,
            "ms",
            "bleeder",
        ),
        Row(
            "energy stored",
            "below 300 mJ",
            0.5 * bench.circuit["C_hv"].number * rail**2 * 1e3,
            0,
            300,
            "mJ",
            "C · V² / 2",
        ),
    ]


def barriers(bench: Bench) -> list[Row]:
    one, other = islands.both(bench.circuit, 5, 40)
    mains = islands.mains_ua(bench.circuit, bench.board["CHANNELS"])
    return [
        Row(
            "SINGLE_CURRENT_SOURCE",
            f"{bench.board['SINGLE_CURRENT_SOURCE']}: 5 mA",
            one,
            4.5,
            5.5,
            "mA",
            "channel 1 while channel 2 gives 40 mA, in one body",
        ),
        Row("the other channel", "40 mA", other, 39, 41, "mA", "in the same run"),
        Row(
            "230 V on the Pico's ground",
            "below 100 µA",
            mains,
            0,
            100,
            "µA",
            "r.m.s. through an earthed patient, both barriers",
        ),
    ]


def real(bench: Bench) -> list[Row]:
    drive, waves = bench.real
    asked = drive.duty * bench.board["FULL_SCALE_UA"] / 1_000
    half = waves["time"] < drive.end_s / 2
    uc = float(np.trapezoid(np.abs(waves["i(v_pat)"][half]), waves["time"][half])) * 1e6
    mid = ma(waves, 450e-6)
    return [
        Row(
            "firmware's pulse",
            f"{asked:.3f} mA",
            mid,
            0.9 * asked,
            1.1 * asked,
            "mA",
            "its own edges and amplitude, 500 Ω",
        ),
        Row(
            "charge of its pulse",
            f"{asked * 0.6:.3f} µC",
            uc,
            0.54 * asked,
            0.66 * asked,
            "µC",
            "both phases of 300 µs",
        ),
        Row(
            "no reaction",
            "none",
            float(reactions.first(waves, islands.phases(drive), asked, 30) is not None),
            0,
            0,
            "trips",
            "of comparators and sample rules, two pulses",
        ),
    ]
