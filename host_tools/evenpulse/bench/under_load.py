"""T3 and F1's free heap: the product's supervisor in therapy on a board whose USB is isolated, with
each load in turn and all together.

The board sold gives no output while USB is present, so it has no link traffic in therapy. Here
service mode runs the same frozen supervisor, session, drivers and journal with one fact of the
board changed; what is loaded is the loop they share.
"""

from collections.abc import Callable

from evenpulse.base.errors import Problem
from evenpulse.bench import contract, stock
from evenpulse.bench.figures import Wanted, errors, largest
from evenpulse.bench.rows import Row, row
from evenpulse.bench.typed_in import source
from evenpulse.connect import bring_up
from evenpulse.connect.service import Service
from evenpulse.link.client import Device
from evenpulse.twin.flash_time import flash_takes_time
from evenpulse.twin.states import READY, RUNNING
from evenpulse.twin.twin import CLOCKS_PER_MS, Twin

_COLLECT, _LINK, _JOURNAL = 1, 2, 4
_SCRATCH2 = 0x40058014
_FREE_BYTES = 100_000
# The record where a download begins, and begins again when it is done
_FIRST = 1
# A load has begun to act
_QUIET_MS = 20
# A load: bits for bench/device/therapy.py, what the host asks over the link, whether buttons are
# pressed.
BUTTONS = ("UP", "SELECT", "DOWN")
LOADS = {
    "none": (0, "", False),
    "collection": (_COLLECT, "", False),
    "link traffic": (_LINK, "status", False),
    "journal writes": (_JOURNAL, "", False),
    "log download": (_LINK, "log", False),
    "buttons and display": (0, "", True),
    "all together": (_COLLECT | _LINK | _JOURNAL, "log", True),
}


def t3(ms_each: float, say: Callable[[str], None]) -> list[Row]:
    """A row for each load, one for the worst of them, and the free heap that the device reports
    in therapy.
    """
    rate_pps, phase_us, gap_us = contract.FASTEST_PPS, 187, 53
    twin, device = _therapy(rate_pps, phase_us, gap_us)
    free = device.call("status")["free_bytes"]
    wanted = Wanted(phase_us, gap_us, contract.period(rate_pps))
    rows = []
    for name, (bits, method, buttons) in LOADS.items():
        say(f"T3: {name}")
        begin, asked, record = twin.now, 0, _FIRST
        twin.poke(_SCRATCH2, bits | _LINK)
        twin.run_ms(_QUIET_MS)
        while twin.now < begin + ms_each * CLOCKS_PER_MS:
            if buttons:
                twin.press(BUTTONS[asked % len(BUTTONS)], 60)
            if method == "log":
                record = device.call(method, {"from": record})["next"] or _FIRST
            elif method:
                device.call(method)
            if buttons or not method:
                twin.run_ms(130)
            asked += 1
        rows.append(_judge(twin, name, wanted, begin, asked if method else 0))
    how = (
        f"{len(LOADS)} loads in turn, both channels at {rate_pps} pps; flash writes stop the CPU "
        f"as on silicon; supervisor run "
        "in service mode with isolated USB, the link answered in therapy, which the board sold "
        "never does"
    )
    return [
        row("T3", largest(r.value for r in rows), "clocks", 0, how),
        *rows,
        row(
            "F1.free",
            free,
            "bytes",
            _FREE_BYTES,
            "free heap after a collection, as the device reports it while RUNNING",
        ),
    ]


def _therapy(rate_pps: int, phase_us: int, gap_us: int) -> tuple[Twin, Device]:
    """A device in RUNNING with USB plugged in, and its link."""
    service = Service(bring_up.new())
    flash_takes_time(service.twin)
    service.start(source("therapy.py"))
    twin = service.twin
    if not twin.run_until(lambda: twin.state == READY, 3_000):
        raise Problem(
            "the supervisor does not start in service mode",
            seen=bytes(twin.usb.received[-300:]).decode(errors="replace"),
        )
    twin.usb.received.clear()
    device = bring_up.device(twin)
    form = stock.device_form(rate_pps=rate_pps, phase_us=phase_us, gap_us=gap_us)
    bring_up.prescribe(twin, form, stock.NOW_S, device)
    bring_up.hold_start(twin)
    twin.poke(_SCRATCH2, _LINK)
    twin.run_ms(200)
    return twin, device


def _judge(twin: Twin, name: str, wanted: Wanted, begin: int, answers: int) -> Row:
    """Every error of what both channels sent since `begin`; nothing to judge once the device has
    left therapy.
    """
    worst, counts = [], []
    for channel in (1, 2):
        train = [pulse for pulse in stock.train(twin, channel) if pulse.a_start >= begin]
        worst.append(errors(train, wanted).worst("phase", "gap", "period", "start"))
        counts.append(len(train))
    running = twin.state == RUNNING
    how = f"phase, gap, period and start of {min(counts)} pulses a channel" + (
        f", {answers} answers over the link" if answers else ""
    )
    return row(
        f"T3.{name}",
        largest(worst) if running and min(counts) > 1 else None,
        "clocks",
        0,
        how if running else how + "; then it left therapy",
    )
