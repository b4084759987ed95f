"""Facts of the stage: source, sense, short comparator, bridge."""

from dataclasses import replace

import numpy as np

from evenpulse.analog import reactions
from evenpulse.analog.bench import A_S, GAP_S, PHASE_S, Bench, Row, at, line_low, ma, one_pulse
from evenpulse.analog.deck import LOADS, Drive, Load, World, solved, text


def source(bench: Bench) -> list[Row]:
    full, ten, end = bench.full, bench.ten, A_S + PHASE_S - 5e-6
    full_ma = bench.full_ma
    after = full["time"] >= A_S
    reached = np.argmax(full["i(v_pat)"] * 1e3 > 0.9 * ma(full, end))
    peak, over_ma = float(full["i(v_pat)"].max()) * 1e3, bench.over_current_ma
    stiff = bench.pulse(0.5, Load("5 kΩ", 5_000))
    volts = float((stiff["v(ea)"] - stiff["v(eb)"]).max())
    return [
        Row(
            "FULL_SCALE_UA",
            f"{full_ma:g} mA",
            ma(full, end),
            0.97 * full_ma,
            1.03 * full_ma,
            "mA",
            "100 % into 500 Ω, end of phase A",
        ),
        Row(
            "10 % of it",
            f"{full_ma / 10:g} mA",
            ma(ten, end),
            0.095 * full_ma,
            0.105 * full_ma,
            "mA",
            "the same at 10 %",
        ),
        Row(
            "phase B against A",
            "0",
            ma(full, end) + ma(full, end + PHASE_S + GAP_S),
            -0.005 * full_ma,
            0.005 * full_ma,
            "mA",
            f"difference at {full_ma:g} mA",
        ),
        Row(
            "rise to 90 %",
            "below 9 µs, the sample",
            (full["time"][reached] - A_S) * 1e6,
            0,
            5,
            "µs",
            f"500 Ω, {full_ma:g} mA",
        ),
        Row(
            "overshoot",
            "below the comparator",
            peak,
            0,
            over_ma,
            "mA",
            f"highest of the rise, {full_ma:g} mA into 500 Ω",
        ),
        Row(
            "COMPLIANCE_MV",
            f"{bench.board['COMPLIANCE_MV'] / 1_000:g} V",
            volts,
            bench.board["COMPLIANCE_MV"] / 1_000,
            130,
            "V",
            f"most between the electrodes, {full_ma / 2:g} mA asked into 5 kΩ",
        ),
        Row(
            "charge left by a pulse",
            "0",
            float(np.trapezoid(full["i(v_pat)"][after], full["time"][after])) * 1e6,
            -0.3,
            0.3,
            "µC",
            f"{full_ma * PHASE_S * 1e3:g} µC a phase at {full_ma:g} mA",
        ),
    ]


def sense(bench: Bench) -> list[Row]:
    per_ma, full_ma = bench.board["SENSE_NV_PER_UA"] / 1_000, bench.full_ma
    full, end = bench.full, A_S + PHASE_S - 5e-6
    b_s = A_S + PHASE_S + GAP_S
    scale = (at(full, "v(adc)", end) - at(full, "v(pg)", end)) * 1e3 / ma(full, end)
    early = [at(full, "v(adc)", s + reactions.SAMPLE_S) for s in (A_S, b_s)]
    early_ma = (min(early) - at(full, "v(pg)", A_S)) * 1e3 / per_ma
    supply = at(full, "v(vsn)", 1e-4) - at(full, "v(pg)", 1e-4)
    return [
        *_sense_lead(bench),
        Row(
            "SENSE_NV_PER_UA",
            f"{per_ma:g} mV/mA",
            scale,
            0.97 * per_ma,
            1.03 * per_ma,
            "mV/mA",
            f"at the converter, {full_ma:g} mA",
        ),
        Row(
            "sample after 9 µs",
            "settled to 3 %",
            early_ma,
            0.97 * full_ma,
            1.03 * full_ma,
            "mA",
            f"the lower of both phases at {full_ma:g} mA",
        ),
        Row(
            "SUPPLY_DIVIDER",
            f"{bench.board['SUPPLY_DIVIDER']}",
            5 / supply,
            1.96,
            2.04,
            "",
            "5 V at the divider",
        ),
    ]


# The RP2040's own pull-up (datasheet 5.5.3.4), and what the self-test takes for a sound lead.
_PULLS_OHM = 50e3, 80e3
_LEAD_COUNTS = 15, 400


def _sense_lead(bench: Bench) -> list[Row]:
    """The self-test's check of the converter's lead, HV off: nothing flows."""
    circuit, still = bench.circuit, Drive({}, 0, 2e-3)
    adc, filter_c = circuit["R_adc"], circuit["C_adc"]
    rows = []
    for what, broken, ohm, low, high in (
        ("sense at rest", circuit, 1e12, 0, 20),
        ("sense lead, sound", circuit, _PULLS_OHM[0], *_LEAD_COUNTS),
        ("sense lead, sound, weak pull", circuit, _PULLS_OHM[1], *_LEAD_COUNTS),
        ("sense lead, open", circuit.with_(adc.on(0, "zo")), _PULLS_OHM[1], 3_000, 4_095),
        ("sense lead, at ground", circuit.with_(filter_c.on(0, "zo")), _PULLS_OHM[0], 0, 14),
    ):
        ground = ("R_g adc pg 0.1",) if "ground" in what else ()
        world = World(LOADS["500 Ω"], extra=(f"R_pue adc v33p {ohm:g}", "R_zo zo pg 1e9", *ground))
        waves = solved(text(broken, still, world))
        volts = at(waves, "v(adc)", 1.9e-3) - at(waves, "v(pg)", 1.9e-3)
        rows.append(
            Row(
                what,
                f"{low} to {high} counts",
                min(4_095, volts / 3.3 * 4_095),
                low,
                high,
                "counts",
                f"HV off, pull-up of {ohm / 1e3:g} kΩ" if ohm < 1e9 else "HV off, no pull",
            )
        )
    return rows


def short(bench: Bench) -> list[Row]:
    ohm, from_ma = bench.board["SHORT_OHM"], bench.board["SHORT_FROM_UA"] / 1_000
    hold_ms = bench.board["SHORT_HOLD_MS"]
    held = line_low(bench.shorted, "v(shn)")
    t = bench.shorted["time"]
    rows = [
        Row(
            "SHORT_HOLD_MS",
            f"{hold_ms} ms",
            float(t[held][-1] - t[held][0]) * 1e3 if held.any() else 0,
            0.75 * hold_ms,
            1.4 * hold_ms,
            "ms",
            "SHORT_N low after 10 mA into 10 Ω was cut",
        ),
        _short_pulls(bench),
    ]
    for asked_ma in (from_ma, bench.full_ma):
        rows.append(
            Row(
                f"SHORT_OHM at {asked_ma:g} mA",
                f"{ohm} Ω",
                _threshold_ohm(bench, asked_ma),
                0.6 * ohm,
                1.4 * ohm,
                "Ω",
                "largest load that trips in phase A, by halving",
            )
        )
    return rows


def _short_pulls(bench: Bench) -> Row:
    """What the self-test does: the chip holds SHORT_N low."""
    world = World(LOADS["500 Ω"], extra=("R_low shn pg 50",))
    waves = solved(text(bench.circuit, Drive({}, 0, 1e-3), world))
    volts = at(waves, "v(il)", 9e-4) - at(waves, "v(pg)", 9e-4)
    return Row(
        "INTERLOCK_N with SHORT_N held low",
        "below 0.8 V",
        volts,
        0,
        0.8,
        "V",
        "the chip's pin, 50 Ω, through D_sh",
    )


def _threshold_ohm(bench: Bench, ma: float) -> float:
    low, high = 5.0, 150.0
    while high - low > 3:
        ohm = (low + high) / 2
        drive = replace(one_pulse(ma / bench.full_ma, GAP_S, PHASE_S), end_s=A_S + 60e-6)
        waves = solved(text(bench.circuit, drive, World(Load("", ohm))))
        low, high = (ohm, high) if line_low(waves).any() else (low, ohm)
    return low


def bridge(bench: Bench) -> list[Row]:
    gap_us = bench.board["DEAD_TIME_US"]
    close = bench.pulse(1.0, gap_s=gap_us * 1e-6)
    tripped = float(line_low(close).any())
    drop = float(close["v(hvr)"][0] - close["v(hvr)"].min())
    after_b = close["time"] > A_S + 2 * PHASE_S + gap_us * 1e-6 + 3e-6
    back = float(np.abs(close["i(v_pat)"][after_b]).max()) * 1e3
    stuck = Drive({"pa": [(A_S, 1)], "ph": [(0.0, 1)]}, 0.4, 3e-3)
    waves = solved(text(bench.circuit, stuck, World(LOADS["500 Ω"], step_s=20e-6)))
    on = waves["i(v_pat)"] * 1e3 > 10
    full = Drive({"pa": [(A_S, 1), (A_S + 524e-6, 0)], "ph": [(0.0, 1)]}, 0.68, 1e-3)
    longest = solved(text(bench.circuit, full, World(LOADS["200 Ω"])))
    return [
        Row(
            "DEAD_TIME_US",
            f"{gap_us} µs",
            tripped,
            0,
            0,
            "trips",
            "no over-current, 100 mA with that gap",
        ),
        Row(
            "storage",
            "60 µC a pulse",
            drop,
            0,
            6,
            "V",
            "high voltage falls by, two phases of 100 mA",
        ),
        Row("skin's charge back", "below 1 mA", back, 0, 1, "mA", "3 µs after phase B, 100 mA"),
        Row(
            "longest phase",
            "524 µs",
            ma(longest, A_S + 520e-6),
            65,
            71,
            "mA",
            "68 mA asked, at its end",
        ),
        Row(
            "a level that stays",
            "lets go by itself",
            float(waves["time"][on][-1] - A_S) * 1e6,
            524,
            800,
            "µs",
            "leg A high for good, 40 mA, to below 10 mA",
        ),
    ]
