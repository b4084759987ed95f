"""`evenpulse calibrate`: gain and offset of a channel's current source, shown or set and read
back.
"""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from evenpulse.base.printing import note, print_json, print_table
from evenpulse.cli.options import AsJson, Port

if TYPE_CHECKING:
    from evenpulse.link.client import Device

_FIELDS = ("channel", "gain_permyriad", "offset_ua")
_ONE_RELEASE = "use the tool and the firmware of one release (make flash)"

Row = dict[str, int]


def calibrate(
    channel: Annotated[
        int | None, typer.Option("--channel", help="The channel to calibrate: 1 or 2.")
    ] = None,
    gain_percent: Annotated[
        float | None,
        typer.Option("--gain-percent", help="Added to what is asked for, in steps of 0.01 %."),
    ] = None,
    offset_ua: Annotated[
        int | None,
        typer.Option("--offset-ua", help="Added to what is asked for, in uA; 0 mA stays 0."),
    ] = None,
    port: Port = None,
    as_json: AsJson = False,
) -> None:
    """Show or set the calibration of a device's currents.

    Without values, shows what is in force. A value that is left out stays as it is.
    """
    gain_permyriad = None if gain_percent is None else _permyriad(gain_percent)
    given = gain_permyriad is not None or offset_ua is not None
    if given and channel is None:
        from evenpulse.base.errors import BadUsage

        raise BadUsage("a calibration is one channel's", do_next="add --channel 1 or --channel 2")
    from evenpulse.connect.ports import connect

    with connect(port) as device:
        name = {"port": device.transport.name, "serial": device.info["serial"]}
        before = _in_force(device.info)
        if channel is not None:
            _check_channel(device, before, channel)
        if given and channel is not None:
            old = before[channel - 1]
            new = {
                "channel": channel,
                "gain_permyriad": old["gain_permyriad"]
                if gain_permyriad is None
                else gain_permyriad,
                "offset_ua": old["offset_ua"] if offset_ua is None else offset_ua,
            }
            _set(device, before, new)
    if given:
        _print_change(name, old, new, as_json)
        note("Calibrated; the device holds exactly this.")
    else:
        _print_in_force(name, [row for row in before if channel in (None, row["channel"])], as_json)


def _permyriad(percent: float) -> int:
    """A percentage as the device counts it; raises BadUsage for what it cannot hold exactly."""
    hundredths = Decimal(repr(percent)) * 100
    if not hundredths.is_finite() or hundredths != int(hundredths):
        from evenpulse.base.errors import BadUsage

        raise BadUsage(
            f"--gain-percent {percent} is not a multiple of 0.01",
            do_next="round it: the device counts 0.01 %",
        )
    return int(hundredths)


def _in_force(info: dict) -> list[Row]:
    """What the device says is in force, one row a channel in order; raises Problem for anything
    else.
    """
    from evenpulse.base.errors import Problem
    from evenpulse.base.printable import printable

    rows = info.get("calibration")
    sound = isinstance(rows, list) and all(
        isinstance(row, dict)
        and row.keys() == set(_FIELDS)
        and all(type(row[name]) is int for name in _FIELDS)
        for row in rows
    )
    if not sound or not rows or [row["channel"] for row in rows] != list(range(1, len(rows) + 1)):
        raise Problem(
            "the device does not tell its calibration",
            tried="info",
            seen=printable(rows)[:200],
            do_next=_ONE_RELEASE,
        )
    return [{name: row[name] for name in _FIELDS} for row in rows]


def _check_channel(device: "Device", rows: list[Row], channel: int) -> None:
    """Refuse a channel that the device, or the board it says it is, has not."""
    _check(device, {"channel": channel, "gain_permyriad": 0, "offset_ua": 0})
    if channel > len(rows):
        from evenpulse.base.errors import Problem

        raise Problem(
            f"the device does not tell the calibration of channel {channel}",
            seen=f"{len(rows)} channel{'' if len(rows) == 1 else 's'}",
            do_next=_ONE_RELEASE,
        )


def _check(device: "Device", value: dict) -> None:
    """Refuse, with the device's own code, what the device would refuse."""
    from stimcore import calibration
    from stimcore.errors import Refused

    from evenpulse.base import boards
    from evenpulse.base.errors import Problem

    try:
        calibration.check(value, boards.load(device.info["board"]))
    except Refused as no:
        raise Problem(
            f"{no.field} = {no.value} is refused: {no.limit} ({no.source})", do_next=no.advice
        ) from no


def _set(device: "Device", before: list[Row], new: Row) -> None:
    """Offer a calibration, wait for the person at the device, then ask what is in force: an
    acknowledgement alone is no proof.
    """
    import hashlib

    from stimcore import canonical

    from evenpulse.base.errors import Problem
    from evenpulse.base.printable import printable
    from evenpulse.cli.configure import ask_person
    from evenpulse.link.client import CONFIGURE_TIMEOUT_S

    _check(device, new)
    offered = device.call("calibrate", new, CONFIGURE_TIMEOUT_S)
    sent = hashlib.sha256(canonical.text(new).encode()).hexdigest()
    if offered.get("sha256") != sent:
        raise Problem(
            "the device shows another calibration than the one sent",
            seen=printable(offered),
            do_next="refuse it (DOWN) at the device; report this",
        )
    ask_person(device.transport, "calibration")
    device.await_person("calibration", sent, "the calibration was not allowed at the device")
    held = _in_force(device.call("info"))
    wanted = [new if row["channel"] == new["channel"] else row for row in before]
    if held != wanted:
        raise Problem(
            "the device holds another calibration than the one sent",
            tried="calibrate, then reading back",
            seen="; ".join(_shown(row) for row in held),
            do_next="do not use the device; report this",
        )


def _shown(row: Row) -> str:
    return f"channel {row['channel']}: {_percent(row)} %, {row['offset_ua']:+d} uA"


def _percent(row: Row) -> str:
    return f"{Decimal(row['gain_permyriad']) / 100:+.2f}"


def _print_change(name: dict, old: Row, new: Row, as_json: bool) -> None:
    if as_json:
        print_json({**name, "channel": new["channel"], "before": old, "after": new})
    else:
        print_table(
            ["channel", "", "gain_percent", "offset_ua"],
            [
                [row["channel"], when, _percent(row), f"{row['offset_ua']:+d}"]
                for when, row in (("before", old), ("after", new))
            ],
        )


def _print_in_force(name: dict, rows: list[Row], as_json: bool) -> None:
    if as_json:
        print_json({**name, "calibration": rows})
    else:
        print_table(
            ["channel", "gain_percent", "offset_ua"],
            [[row["channel"], _percent(row), f"{row['offset_ua']:+d}"] for row in rows],
        )
