"""What was measured, for people and for programs."""

import numpy as np

from evenpulse.capture import verdict
from evenpulse.capture.edges import CLOCK_PS, PS_PER_NS, PS_PER_S
from evenpulse.capture.finding import Finding
from evenpulse.capture.measure import Measured
from evenpulse.capture.rows import Row


COLUMNS = [
    "channel", "what", "asked ns", "least", "most", "spread", "mean off", "±", "clocks", "±",
    "count",
    "verdict",
]  # fmt: skip


def head(told: Measured) -> dict[str, object]:
    """The capture, its lines and its clock."""
    capture = told.capture
    lines = {role: f"{pin.name} ({told.named.how[role]})" for role, pin in told.named.lines.items()}
    out: dict[str, object] = {
        "capture": f"{capture.path}, {capture.kind}, {seconds(told):.6f} s",
        "grid": _grid(told),
        **{role: lines[role] for role in told.named.lines},
    }
    for number in told.parts:
        out[f"clock, channel {number}"] = _clock(told, number)
    return out


def seconds(told: Measured) -> float:
    return (told.capture.end_ps - told.capture.begin_ps) / PS_PER_S


def _grid(told: Measured) -> str:
    capture = told.capture
    if capture.exact:
        return f"none: {capture.grid_from}, 8 ns each"
    grid_ps = capture.grid_ps or 0.0
    rate = f"{1e6 / grid_ps:.5g} MS/s, {capture.grid_from}"
    return f"{grid_ps / PS_PER_NS:.3f} ns ({rate}); a single time between two edges ± as much"


def _clock(told: Measured, number: int) -> str:
    if told.capture.exact:
        return "the board's own"
    parts = [part for part in told.parts[number] if len(part.pulses) > 2]
    if not parts:
        return "too few pulses to tell"
    main = max(parts, key=lambda part: len(part.pulses)).clock
    drift = main.most_ppm - main.least_ppm
    text = f"the capture's against the board's: {main.ppm:+.3f} ppm ± {main.unsure_ppm:.3f}"
    if drift > main.curve_unsure_ppm:
        text += f", drifts from {main.least_ppm:+.3f} to {main.most_ppm:+.3f}"
    return f"{text}; jitter {_jitter(told, number)}"


def jitter_ns(told: Measured, number: int) -> float:
    """R.m.s. of the starts, the clocks and the grid taken off."""
    return max((part.clock.jitter_ps for part in told.parts[number]), default=0.0) / PS_PER_NS


def _jitter(told: Measured, number: int) -> str:
    seen, below = jitter_ns(told, number), 0.41 * (told.capture.grid_ps or 0.0) / PS_PER_NS
    return f"{seen:.1f} ns r.m.s." if seen > below else f"none seen (below {below:.1f} ns r.m.s.)"


def table(told: Measured) -> list[list[object]]:
    """A line a row of what was measured; ns."""
    return [_line(row) for row in told.rows if row.count]


def _line(row: Row) -> list[object]:
    limit = row.most_allowed_ps is not None
    asked = f"≤ {_ns(max(0.0, row.most_allowed_ps or 0.0))}" if limit else _range(row.asked)
    mean = float(np.max(row.seen)) if limit else row.mean_error_ps
    unsure = row.each_ps if limit else row.mean_ps
    return [
        row.channel or "",
        row.what,
        asked,
        _ns(float(np.min(row.seen))),
        _ns(float(np.max(row.seen))),
        _ns(row.spread_ps),
        _ns(mean) if row.has_mean else "",
        _ns(unsure),
        "" if row.singly else f"{mean / CLOCK_PS:.2f}",
        f"{unsure / CLOCK_PS:.2f}",
        row.count,
        "ok" if row.ok else "WRONG",
    ]


def _ns(ps: float) -> str:
    return (
        f"{ps / PS_PER_NS + 0.0:.1f}".replace("-0.0", "0.0")
        if abs(ps) < 50
        else (f"{ps / PS_PER_NS:.1f}")
    )


def _range(values: np.ndarray) -> str:
    least, most = float(np.min(values)) / PS_PER_NS, float(np.max(values)) / PS_PER_NS
    return f"{least:.0f}" if least == most else f"{least:.0f} … {most:.0f}"


def as_dict(told: Measured, found: list[Finding], about: dict[str, object]) -> dict[str, object]:
    """All of it, for `--json`."""
    capture = told.capture
    return {
        **about,
        "capture": capture.path.name,
        "kind": capture.kind,
        "seconds": seconds(told),
        "grid_ns": (capture.grid_ps or 0.0) / PS_PER_NS,
        "grid_from": capture.grid_from,
        "pins": {role: pin.name for role, pin in told.named.lines.items()},
        "pins_from": dict(told.named.how),
        "clocks": {str(number): _clock_dict(told, number) for number in told.parts},
        "rows": [_row_dict(row) for row in told.rows if row.count],
        "contract": verdict.contract(told),
        "findings": [_finding_dict(one) for one in found],
        "notes": verdict.notes(told),
        "as_prescribed": not found,
    }


def _finding_dict(one: Finding) -> dict[str, object]:
    return {
        "what": one.what,
        "channel": one.channel,
        "at_s": one.at_s,
        "size_ns": one.size_ns,
        "unsure_ns": one.unsure_ns,
        "times": one.times,
        "text": one.text,
    }


def _clock_dict(told: Measured, number: int) -> dict[str, object]:
    parts = told.parts[number]
    main = max(parts, key=lambda part: len(part.pulses)).clock
    known = np.isfinite(main.unsure_ppm)
    return {
        "trains": len(parts),
        "pulses": told.pulses(number),
        "ppm": main.ppm if known else None,
        "unsure_ppm": main.unsure_ppm if known else None,
        "least_ppm": main.least_ppm,
        "most_ppm": main.most_ppm,
        "drift_unsure_ppm": main.curve_unsure_ppm if known else None,
        "jitter_ns": jitter_ns(told, number),
    }


def _row_dict(row: Row) -> dict[str, object]:
    limit = row.most_allowed_ps is not None
    asked = [float(np.min(row.asked)) / PS_PER_NS, float(np.max(row.asked)) / PS_PER_NS]
    return {
        "contract": row.contract,
        "channel": row.channel,
        "what": row.what,
        "asked_ns": None if limit else asked,
        "most_allowed_ns": (row.most_allowed_ps or 0.0) / PS_PER_NS if limit else None,
        "least_ns": float(np.min(row.seen)) / PS_PER_NS,
        "most_ns": float(np.max(row.seen)) / PS_PER_NS,
        "spread_ns": row.spread_ps / PS_PER_NS,
        "mean_off_ns": row.mean_error_ps / PS_PER_NS if row.has_mean else None,
        "mean_unsure_ns": row.mean_ps / PS_PER_NS,
        "each_unsure_ns": row.each_ps / PS_PER_NS,
        "mean_off_clocks": row.mean_error_ps / CLOCK_PS if row.has_mean else None,
        "worst_off_clocks": float((row.seen if limit else row.error)[row.worst]) / CLOCK_PS,
        "count": row.count,
        "wrong": int(np.count_nonzero(row.wrong)),
        "ok": row.ok,
    }
