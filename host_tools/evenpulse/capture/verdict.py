"""What of a capture is not as prescribed, in words and numbers; and what it says of the
contract.
"""

from pathlib import Path

import numpy as np

from evenpulse.base.printable import counted
from evenpulse.base.errors import Problem
from evenpulse.capture.edges import CLOCK_PS, PS_PER_NS, PS_PER_S
from evenpulse.capture.finding import Finding, of_channel
from evenpulse.capture.measure import Measured
from evenpulse.capture.rows import Row

_TOLD_OF_A_KIND = 5


def findings(told: Measured, crystal_ppm: float) -> list[Finding]:
    """Everything that is not as prescribed; [] is the verdict `as prescribed`."""
    out = [
        Finding(
            "legs swapped", number, f"{of_channel(number)}leg B comes first: are A and B swapped?"
        )
        for number in told.swapped
    ]
    out += _clock(told, crystal_ppm)
    out += [_of_row(told, row) for row in told.rows if row.count and not row.ok]
    out += _counted(told)
    out += _odd(told)
    return out + told.outside


def require(found: list[Finding], path: Path) -> None:
    """Raise Problem unless nothing was found."""
    if found:
        raise Problem(
            f"{path}: not as prescribed: {len(found)} finding{'s' if len(found) > 1 else ''}",
            seen="\n".join(one.text for one in found),
            do_next="look there in the analyser's program; is it the right prescription and --pin?",
        )


def notes(told: Measured) -> list[str]:
    """What a reader has to know, and is no fault."""
    out = list(told.named.notes)
    for number, parts in told.parts.items():
        for part in parts[1:]:
            begin = int(part.pulses.a_start[0]) / PS_PER_S
            out.append(f"{of_channel(number)}a new train begins at {begin:.6f} s")
    if told.cut_ps:
        out.append(
            f"{counted(len(told.cut_ps), 'time')} a pulse is cut by INTERLOCK_N or HV_EN: "
            "not measured"
        )
    return out


def contract(told: Measured) -> dict[str, dict]:
    """{row of the contract: the most that it is off, in ns, and how sure}; T2 in the same."""
    out: dict[str, dict] = {}
    for row in told.rows:
        if not row.count or not row.contract.startswith(("T", "I")):
            continue
        limit = row.most_allowed_ps is not None
        value = float(np.max(row.seen)) if limit else abs(row.mean_error_ps)
        unsure = row.each_ps if limit else row.mean_ps
        if row.contract == "T2":
            value, unsure = float(np.max(np.abs(row.seen))), row.each_ps
        one = {
            "ns": round(value / PS_PER_NS, 3),
            "unsure_ns": round(unsure / PS_PER_NS, 3),
            "clocks": round(value / CLOCK_PS, 3),
            "count": row.count,
            "ok": row.ok,
        }
        known = out.get(row.contract)
        if known is None or (not one["ok"], one["ns"]) > (not known["ok"], known["ns"]):
            out[row.contract] = one
    return out


def _clock(told: Measured, crystal_ppm: float) -> list[Finding]:
    """A rate that no crystal explains."""
    out = []
    for number, parts in told.parts.items():
        worst = max(
            (part.clock.ppm for part in parts if len(part.pulses) > 2), key=abs, default=0.0
        )
        if abs(worst) > crystal_ppm and not told.capture.exact:
            out.append(
                Finding(
                    "wrong rate",
                    number,
                    f"{of_channel(number)}the train is {worst:+.1f} ppm longer than prescribed: "
                    f"crystals explain {crystal_ppm:g} ppm",
                )
            )
    return out


def _of_row(told: Measured, row: Row) -> Finding:
    """The mean, if all are off alike; else the worst."""
    worst = row.worst
    wrong = int(np.count_nonzero(row.wrong))
    # All alike: what each is off by is what the mean is off by, and that is known better.
    alike = row.mean_is_wrong and row.spread_ps <= 2 * row.each_ps + row.edge_ps
    size = row.mean_error_ps if alike else float(row.error[worst])
    unsure = row.mean_ps if alike else row.each_ps
    at_s = None if alike else int(row.at[worst]) / PS_PER_S
    sign = "" if row.most_allowed_ps is not None else "+"
    clocks = f"{size / CLOCK_PS:{sign}.2f} clocks"
    text = f"{of_channel(row.channel)}{row.what} {_off(size, unsure, sign)} ({clocks})"
    if row.most_allowed_ps is not None:
        text += f", at most {max(0.0, row.most_allowed_ps) / PS_PER_NS:.0f} ns"
    if alike:
        text += f", all {row.count}"
    else:
        text += f", {wrong} of {row.count}, the worst at {at_s:.6f} s"
    return Finding(
        row.what, row.channel, text, at_s, size / PS_PER_NS, unsure / PS_PER_NS,
        row.count if alike else wrong,
    )  # fmt: skip


def _off(size_ps: float, unsure_ps: float, sign: str) -> str:
    return f"{size_ps / PS_PER_NS:{sign}.1f} ns ± {unsure_ps / PS_PER_NS:.1f}"


def _counted(told: Measured) -> list[Finding]:
    """Pulses that did not come, and pulses that nobody asked for."""
    out = []
    for number, parts in told.parts.items():
        for part in parts:
            run = part.run
            if len(run.missing):
                before = np.searchsorted(run.index, run.missing[0]) - 1
                at_s = int(part.pulses.a_start[before]) / PS_PER_S
                text = (
                    f"{of_channel(number)}{len(run.missing)} missing, the first after {at_s:.6f} s"
                )
                count = len(run.missing)
                out.append(Finding("pulses missing", number, text, at_s, times=count))
            if len(run.extra):
                text = (
                    f"{of_channel(number)}{counted(len(run.extra), 'pulse')} that nobody asked for"
                )
                out.append(Finding("pulses too many", number, text, times=len(run.extra)))
    return out


def _odd(told: Measured) -> list[Finding]:
    """Glitches and phases alone, the first of each kind; then how many more."""
    out, grid_ns = (
        list[Finding](),
        ((told.capture.grid_ps or 0) + told.capture.digit_ps) / PS_PER_NS,
    )
    kinds: dict[tuple[int, str], int] = {}
    for number, one in told.odd:
        kinds[number, one.what] = kinds.get((number, one.what), 0) + 1
        if kinds[number, one.what] > _TOLD_OF_A_KIND:
            continue
        at_s = one.at_ps / PS_PER_S
        size = one.ps / PS_PER_NS
        text = f"{of_channel(number)}leg {one.leg}: {one.what} for {size:.1f} ns ± {grid_ns:.1f}"
        out.append(Finding(one.what, number, f"{text} at {at_s:.6f} s", at_s, size, grid_ns))
    for (number, what), count in kinds.items():
        if count > _TOLD_OF_A_KIND:
            text = f"{of_channel(number)}{what}: {count - _TOLD_OF_A_KIND} more"
            out.append(Finding(what, number, text, times=count - _TOLD_OF_A_KIND))
    return out
