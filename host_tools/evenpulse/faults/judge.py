"""Judges what left the pins after a fault. Written from the prescription and the safety contract in
plain numbers.

It shares nothing with the firmware: it sees levels of pads by role, and the current that the load
model drew. A leg counts while it and HV_EN are high: without HV_EN a pad that is stuck drives
nobody. Net charge: `judge_charge`; whether a train is as prescribed: `judge_train`, and its
currents: `judge_current`.
"""

from collections.abc import Iterable
from dataclasses import replace

from evenpulse.faults import judge_charge, judge_current, judge_train
from evenpulse.faults.judge_base import (
    BOTH_LEGS_US,
    CLOCKS_PER_MS,
    CLOCKS_PER_S,
    CLOCKS_PER_US,
    CURRENT_MARGIN,
    LEGS,
    QUIET_MS,
    RATE_MARGIN,
    REACTION_MS,
    STOP_MS,
    WIDTH_MARGIN_US,
    Demand,
    Prescription,
    Record,
    Seen,
    Unsafe,
    Verdict,
    grouped,
    intervals,
    overlap,
    us,
)

__all__ = [
    "CLOCKS_PER_US",
    "LEGS",
    "QUIET_MS",
    "Demand",
    "Prescription",
    "Record",
    "Unsafe",
    "Verdict",
    "grouped",
    "intervals",
    "judge",
    "overlap",
]
UNNOTICED = "unnoticed"


def judge(record: Record, rx: Prescription, demand: Demand) -> Verdict:
    """Every finding of one case."""
    seen = Seen(record, demand)
    checks = (
        _too_long,
        _both_legs,
        _alive,
        _too_strong,
        _too_fast,
        _came_back,
        judge_charge.unbalanced,
        _deaf_to_stop,
        _unnoticed,
        *judge_train.CHECKS,
        *judge_current.CHECKS,
    )
    unsafe = _firsts([finding for check in checks for finding in check(seen, rx)])
    flows = [flow for flow in seen.flows() if flow.end > record.fault]
    return Verdict(
        unsafe,
        seen.off,
        max((us(b, e) for leg in LEGS for b, e in seen.after(leg)), default=0.0),
        max((us(b, e) for b, e in seen.both()), default=0.0),
        max((flow.nc for flow in flows), default=0.0),
        max(
            (abs(net) for c in record.flows for _, net in judge_charge.sums(seen, rx, c)),
            default=0.0,
        ),
        max(
            (
                abs(judge_charge.net_nc(p))
                for c in record.flows
                for p in judge_charge.since(seen, rx, c)
                if p[0].begin < record.fault
            ),
            default=0.0,
        ),
        max((flow.peak_ua for flow in flows), default=0.0),
        max((abs(late_us) for _, late_us in judge_train.offsets(seen, rx)), default=0.0),
    )


def _firsts(findings: list[Unsafe]) -> list[Unsafe]:
    """The first of each kind, in order."""
    kinds: dict[str, list[Unsafe]] = {}
    for finding in sorted(findings, key=lambda finding: finding.clock):
        kinds.setdefault(finding.kind, []).append(finding)
    return [replace(found[0], times=len(found)) for found in kinds.values()]


def _too_long(seen: Seen, rx: Prescription) -> Iterable[Unsafe]:
    most = rx.phase_us + WIDTH_MARGIN_US
    for leg in LEGS:
        for b, e in seen.after(leg):
            if us(b, e) > most:
                yield Unsafe(
                    "phase too long",
                    b + most * CLOCKS_PER_US,
                    f"{leg} {us(b, e):.1f} us, at most {most}",
                )


def _both_legs(seen: Seen, rx: Prescription) -> Iterable[Unsafe]:
    for b, e in seen.both():
        if us(b, e) > BOTH_LEGS_US:
            yield Unsafe(
                "both legs high",
                b + BOTH_LEGS_US * CLOCKS_PER_US,
                f"{us(b, e):.1f} us, at most {BOTH_LEGS_US}",
            )


def _alive(seen: Seen, rx: Prescription) -> Iterable[Unsafe]:
    """A fault that must stop the output."""
    record, demand = seen.record, seen.demand
    if not demand.must_stop:
        return
    since = _since_when(seen)
    if since is None:
        return
    deadline = since + STOP_MS * CLOCKS_PER_MS
    late = _first_beyond(seen, deadline, record.started)
    if late is not None:
        yield Unsafe("not stopped", late, f"output on {STOP_MS} ms after the fault")
    if demand.pulses is not None:
        for n in (1, 2):
            after = [
                c
                for c in seen.pulses(n)
                if c >= record.fault and (record.stop is None or c < record.stop)
            ]
            if len(after) > demand.pulses:
                yield Unsafe(
                    "a pulse too many",
                    after[demand.pulses],
                    f"{len(after)} of channel {n} after the fault, at most {demand.pulses}",
                )


def _first_beyond(seen: Seen, deadline: int, until: int | None) -> int | None:
    on = seen.live if seen.hv_stuck else sorted(seen.hv + seen.live)
    beyond = [max(b, deadline) for b, e in on if e > deadline and (until is None or b < until)]
    return min(beyond, default=None)


def _too_strong(seen: Seen, rx: Prescription) -> Iterable[Unsafe]:
    """More than the cap. One pulse that begins after the fault cannot be prevented: it is the one
    that shows it.

    The pulse that the fault strikes may have been measured before, so it is not that one.
    """
    most_ua = rx.cap_ua * CURRENT_MARGIN
    for channel in seen.record.flows:
        pulses = [
            [flow for flow in pulse if flow.peak_ua > most_ua]
            for pulse in judge_charge.since(seen, rx, channel)
            if pulse[0].begin >= seen.record.fault
        ]
        strong = [pulse for pulse in pulses if pulse]
        long = [
            [flow]
            for pulse in strong
            for flow in pulse
            if us(flow.begin, flow.end) > rx.phase_us + WIDTH_MARGIN_US
        ]
        for pulse in strong[1:] + long:
            yield Unsafe(
                "current above the cap",
                pulse[0].begin,
                f"channel {channel} {pulse[0].peak_ua / 1000:.1f} mA in {len(strong)} pulses, "
                f"most charge of a phase "
                f"{max(flow.nc for one in strong for flow in one) / 1000:.1f} uC",
            )


def _too_fast(seen: Seen, rx: Prescription) -> Iterable[Unsafe]:
    record = seen.record
    shortest = rx.period_us * RATE_MARGIN
    for channel in (1, 2):
        starts = [
            c for c in seen.pulses(channel) if c > record.fault - rx.period_us * CLOCKS_PER_US
        ]
        short = [
            b
            for a, b in zip(starts, starts[1:], strict=False)
            if b > record.fault and us(a, b) < shortest
        ]
        late = [c for c in short if c > short[0] + REACTION_MS * CLOCKS_PER_MS]
        after = [c for c in starts if c > record.fault + REACTION_MS * CLOCKS_PER_MS]
        span_s = (after[-1] - after[0]) / CLOCKS_PER_S if after else 0
        if len(late) > 1:
            yield Unsafe(
                "too fast",
                late[1],
                f"channel {channel}: {len(short)} periods shorter than {shortest:.0f} us",
            )
        elif len(after) > rx.most_a_second * span_s + rx.burst_pulses + 1:
            yield Unsafe(
                "too fast", after[-1], f"channel {channel}: {len(after)} pulses in {span_s:.2f} s"
            )


def _came_back(seen: Seen, rx: Prescription) -> Iterable[Unsafe]:
    """Off is off until a person holds START."""
    record = seen.record
    if seen.off is None:
        return
    until = record.started if record.started is not None else record.end + 1
    again = [
        b
        for b, _ in (seen.live if seen.hv_stuck else sorted(seen.hv + seen.live))
        if seen.off < b < until
    ]
    if again:
        reset = any(seen.off <= clock <= again[0] for clock in record.resets)
        yield Unsafe(
            "on after a reset" if reset else "came back",
            again[0],
            f"{us(seen.off, again[0]) / 1000:.2f} ms after it went off",
        )


def _deaf_to_stop(seen: Seen, rx: Prescription) -> Iterable[Unsafe]:
    if seen.record.stop is not None:
        late = _first_beyond(seen, seen.record.stop + STOP_MS * CLOCKS_PER_MS, None)
        if late is not None:
            yield Unsafe("deaf to STOP", late, f"output on {STOP_MS} ms after STOP was pressed")


def _unnoticed(seen: Seen, rx: Prescription) -> Iterable[Unsafe]:
    """A fault that somebody must notice, even where what leaves the pins stays legal; not where
    a person has ended the output by then.
    """
    record, within_ms = seen.record, seen.demand.notice_ms
    since = _since_when(seen)
    if within_ms is None or since is None:
        return
    deadline = since + within_ms * CLOCKS_PER_MS
    asked = [
        clock
        for clock in (record.stop, record.over, record.started, record.end)
        if clock is not None and clock >= record.fault
    ]
    told = [clock for clock, _ in record.noticed] + record.lowered
    if deadline <= min(asked) and not any(record.fault <= clock <= deadline for clock in told):
        yield Unsafe(UNNOTICED, deadline, f"nobody noticed within {within_ms} ms")


def _since_when(seen: Seen) -> int | None:
    """From when on a fault can be noticed: at once, or with the first pulse after it; None:
    never, or while the output is off.
    """
    record = seen.record
    if seen.demand.by_pulse:
        return min(
            (clock for n in (1, 2) for clock in seen.pulses(n) if clock >= record.fault),
            default=None,
        )
    # Then HV_EN says nothing: pulses do, since a person has last ended them
    if seen.hv_stuck:
        since = max(
            [
                record.fault - STOP_MS * CLOCKS_PER_MS,
                *(clock for clock in record.lowered if clock <= record.fault),
            ]
        )
        on = any(since < b <= record.fault for b, _ in seen.live)
    else:
        on = any(b <= record.fault < e for b, e in seen.hv)
    return record.fault if on else None
