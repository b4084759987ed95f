"""The output table as rows for a terminal, as CSV and as plain data for JSON."""

import csv
import io
from dataclasses import asdict

from stimcore.texts import Texts

from evenpulse.output_table import compute, facts, limit_table
from evenpulse.output_table.limit_table import Limit
from evenpulse.output_table.results import EVENTS
from evenpulse.output_table.table import DISCLAIMER, NAMES, ROWS, Mode, Table, pattern, waveform

_ALL = 0.999
COLUMNS = (
    "program",
    "channels",
    "load_ohm",
    "quantity",
    "unit",
    "computed",
    "measured",
    "limit",
    "margin_percent",
    "source",
    "confidence",
)


def number(value: float | None, digits: int) -> str:
    """A value of the table, or a dash."""
    return "–" if value is None else f"{value:.{digits}f}"


def short(value: float) -> str:
    """Three digits that count, without an exponent."""
    text = f"{value:.3g}"
    return f"{value:.6f}".rstrip("0") if "e-" in text else text


def load_name(ohm: int) -> str:
    """500 Ω, 2 kΩ."""
    return f"{ohm} Ω" if ohm < 1_000 else f"{ohm // 1_000} kΩ"


def value_rows(mode: Mode, measured: bool) -> tuple[list[str], list[list[object]]]:
    """Headings and rows of the values at each load; with measurements beside them."""
    headings = ["", "unit"]
    for load in mode.loads:
        headings += [load_name(load.ohm), *(["measured"] if measured else [])]
    rows: list[list[object]] = []
    for name, label, unit, digits in ROWS:
        row: list[object] = [label, unit]
        for load in mode.loads:
            row.append(number(load.values[name], digits))
            if measured:
                row.append(number(_shown(mode.seen(name, load.ohm)), digits))
        rows.append(row)
    return headings, rows


def _shown(value: float | None) -> float | None:
    """No minus before a zero."""
    return value if value else (None if value is None else 0.0)


def in_circuit(mode: Mode) -> list[tuple[str, str]]:
    """(load, what the board's circuit makes of a pulse there), in ngspice."""
    return [
        (
            load_name(ohm),
            f"{one.end_ma:.2f} mA, 90 % after {one.risen_us:.1f} µs, at most {one.peak_ma:.2f} mA; "
            f"{one.phase_uc:.3f} µC, net {one.net_nc:.1f} nC",
        )
        for ohm, one in sorted(mode.circuit.items())
    ]


def trips(mode: Mode, measured: bool) -> list[str]:
    """For each load whether the device ends the program by itself before the cap is reached, and
    how.
    """
    cells = []
    for load in mode.loads:
        text = (
            f"{load.trip.reason} when {load.trip.asked_ma:g} mA is asked for" if load.trip else "no"
        )
        seen = measured_trip(mode, load.ohm)
        cells.append(
            (f"{text}; measured: {seen}" if measured and seen != text else text) + _less(load)
        )
    return cells


def _less(load: compute.AtLoad) -> str:
    """What the compliance voltage takes away without a trip."""
    share = load.values["peak_ma"] / load.asked_ma if load.asked_ma else 1.0
    return (
        ""
        if load.trip or share >= _ALL
        else (
            f", but {100 * share:.0f} % of the {load.asked_ma:.3g} mA asked for is all that "
            f"flows: only below half it trips"
        )
    )


def measured_trip(mode: Mode, ohm: int) -> str:
    """Reason, amplitude asked for, and time from the start of the pulse that showed it to all
    outputs off.
    """
    runs = mode.measured.get(ohm, [])
    for one in runs:
        if one.trip and one.own_trip and one.trip_us is not None:
            return (
                f"{one.trip.reason} at {one.trip.asked_ma:.1f} mA, outputs off "
                f"{one.trip_us:.1f} µs into the pulse"
            )
    if any(one.trip for one in runs):
        return "no; the other channel tripped"
    return "no" if runs else "–"


def limit_rows(mode: Mode) -> list[list[str]]:
    """Name, value, limit, margin, source with its confidence; the value is the highest, computed
    or measured.
    """
    return [
        [
            one.name,
            f"{short(mode.worst(one))} {one.unit}",
            limit_text(one),
            verdict(one, mode.worst(one)),
            f"{one.source} ({one.confidence})",
        ]
        for one in mode.limits
    ]


def limit_text(one: Limit) -> str:
    """“≤ 50 mA, at 500 Ω”."""
    return f"{'<' if one.below else '≤'} {one.most:.4g} {one.unit}" + (
        f", {load_name(one.at_ohm)}" if one.at_ohm else ""
    )


def verdict(one: Limit, value: float) -> str:
    """How far below the limit as a share of it, or that it is above."""
    margin = one.margin(value)
    if not one.keeps(value):
        return "OUTSIDE"
    return "> 99 %" if margin > 0.99 else f"{100 * margin:.0f} %"


def event_rows(table: Table) -> list[list[str]]:
    """What followed each event on the twin."""
    told = {name: (what, since) for name, what, since in EVENTS}
    return [
        [
            told[one.name][0],
            one.reason or "goes on",
            "–" if one.off_us is None else f"{time_text(one.off_us)} after {told[one.name][1]}",
            " ".join(Texts().message(one.reason)) if one.reason else "–",
        ]
        for one in table.events
    ]


def time_text(microseconds: float) -> str:
    """8 ns, 31.4 µs, 10.7 ms."""
    if microseconds < 1:
        return f"{1_000 * microseconds:.0f} ns"
    return f"{microseconds:.1f} µs" if microseconds < 1_000 else f"{microseconds / 1_000:.1f} ms"


def as_csv(table: Table) -> str:
    """A line for each value, and one for each limit on it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for mode in table.modes:
        for load in mode.loads:
            for name, value in load.values.items():
                if name in NAMES:
                    writer.writerows(_lines(mode, load, name, value))
            trip = load.trip.reason if load.trip else "none"
            seen = (
                next(
                    (one.trip.reason for one in mode.measured.get(load.ohm, []) if one.trip), "none"
                )
                if mode.measured
                else ""
            )
            writer.writerow([*_head(mode), load.ohm, "trip", "", trip, seen, "", "", "", ""])
    return out.getvalue()


def _head(mode: Mode) -> list[str]:
    return [mode.program["name"], "+".join(map(str, mode.channels))]


def _lines(mode: Mode, load: compute.AtLoad, name: str, value: float) -> list[list[object]]:
    seen = mode.seen(name, load.ohm)
    start = [
        *_head(mode),
        load.ohm,
        name,
        NAMES[name][2],
        f"{value:.6g}",
        "" if seen is None else f"{_shown(seen):.6g}",
    ]
    applying = [one for one in mode.limits if one.value == name and one.at_ohm in (None, load.ohm)]
    most = max(value, abs(seen or 0.0))
    return [
        [*start, f"{one.most:g}", f"{100 * one.margin(most):.1f}", one.source, one.confidence]
        for one in applying
    ] or [[*start, "", "", "", ""]]


def as_dict(table: Table) -> dict:
    """Everything, as plain data."""
    return {
        "notice": DISCLAIMER,
        "prescription": table.rx["id"],
        "counter": table.rx["counter"],
        "board": table.board["NAME"],
        "electrode_cm2": compute.area_mm2(table.rx, table.board) / 100,
        "modes": [_mode(one) for one in table.modes],
        "device": dict(table.facts()),
        "events": [
            {"name": one.name, "reason": one.reason, "off_us": one.off_us} for one in table.events
        ],
        "differences": table.differences(),
        "confidence": limit_table.CONFIDENCE,
        "from_the_output_stages_datasheet": dict(facts.DATASHEET),
    }


def _mode(mode: Mode) -> dict:
    return {
        "program": mode.program["name"],
        "channels": mode.channels,
        "cap_ma": mode.cap_ua / 1_000,
        "waveform": waveform(mode.program),
        "pattern": dict(pattern(mode.program)),
        "loads": [_load(mode, one) for one in mode.loads],
        "limits": [
            {
                "limit": one.name,
                "value": mode.worst(one),
                "most": one.most,
                "below": one.below,
                "unit": one.unit,
                "at_ohm": one.at_ohm,
                "inside": one.keeps(mode.worst(one)),
                "margin": one.margin(mode.worst(one)),
                "source": one.source,
                "confidence": one.confidence,
            }
            for one in mode.limits
        ],
        "judged_by_the_device": {"at": facts.judged_at(mode.program), **mode.judged},
    }


def _load(mode: Mode, load: compute.AtLoad) -> dict:
    return {
        "ohm": load.ohm,
        "computed": load.values,
        "computed_trip": {"reason": load.trip.reason, "asked_ma": load.trip.asked_ma}
        if load.trip
        else None,
        "measured": [
            {
                "channel": one.channel,
                "pulses": one.pulses,
                "worst_clocks": one.worst_clocks,
                "values": one.values,
                "trip": {
                    "reason": one.trip.reason,
                    "asked_ma": one.trip.asked_ma,
                    "off_us": one.trip_us,
                    "own": one.own_trip,
                }
                if one.trip
                else None,
            }
            for one in mode.measured.get(load.ohm, [])
        ],
        "in_circuit": asdict(mode.circuit[load.ohm]) if load.ohm in mode.circuit else None,
    }
