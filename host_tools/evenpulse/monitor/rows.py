"""What a monitor saw: as rows of a file, the same columns each time with units in their names,
and as a tally for the end.
"""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import TextIO

from evenpulse.base.errors import BadUsage, Problem
from evenpulse.journal.table import cell, utc
from evenpulse.monitor.watching import STATUS, Sample

CHANNELS = (1, 2)
# (column, field of the status, type)
_SINGLE = (
    ("uptime_ms", "uptime_ms", int),
    ("state", "state", str),
    ("program", "program", str),
    ("prescription", "prescription", str),
    ("left_s", "left_s", int),
    ("supply_mv", "supply_mv", int),
    ("temperature_c", "temperature_c", int),
    ("usb_power", "usb_power", bool),
    ("fault", "fault", str),
    ("advice", "advice", str),
    ("journal_sequence", "journal", int),
    ("journal_lost", "journal_lost", int),
    ("bad_lines", "bad_lines", int),
)
_ELECTRODE = {True: "good", False: "bad"}
COLUMNS = (
    "host_time_utc", "event", "why", "gap_s", "restarted", "serial", "device_time_utc",
    *(column for column, _, _ in _SINGLE),
    *(f"ch{channel}_{column}" for channel in CHANNELS for column in ("asked_ma", "measured_ma",
        "electrode")),
)  # fmt: skip


def row(sample: Sample) -> dict[str, object]:
    """A sample as a row: every column, None where nothing is known."""
    out: dict[str, object] = dict.fromkeys(COLUMNS)
    status, device_time = sample.status, utc(sample.status.get("time_s"))
    out |= {
        "host_time_utc": sample.when.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "event": sample.event,
        "why": sample.why or None,
        "gap_s": None if sample.gap_s is None else round(sample.gap_s, 1),
        "restarted": sample.restarted if sample.event == STATUS else None,
        "serial": sample.serial,
        "device_time_utc": device_time and device_time.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    for column, name, kind in _SINGLE:
        value = status.get(name)
        out[column] = value if type(value) is kind and value != "" else None
    for channel in CHANNELS:
        out[f"ch{channel}_asked_ma"] = _ma(status.get("ua"), channel)
        out[f"ch{channel}_measured_ma"] = _ma(status.get("measured_ua"), channel)
        contact = _of_channel(status.get("contact"), channel)
        out[f"ch{channel}_electrode"] = _ELECTRODE[contact] if type(contact) is bool else None
    return out


def _of_channel(values: object, channel: int) -> object:
    return values[channel - 1] if isinstance(values, list) and len(values) >= channel else None


def _ma(values: object, channel: int) -> float | None:
    value = _of_channel(values, channel)
    return value / 1000 if type(value) is int else None


class RowFile:
    """Rows into a file, each written out at once: whatever ends the monitor, what it saw is
    there.
    """

    FORMATS = (".jsonl", ".csv")

    def __init__(self, path: Path):
        self.rows = 0
        self._is_csv = path.suffix == ".csv"
        try:
            self._file: TextIO = path.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise Problem(
                f"cannot write {path}: {error.strerror}",
                do_next="choose a folder that exists, with free space",
            ) from error
        if self._is_csv:
            csv.writer(self._file, lineterminator="\n").writerow(COLUMNS)

    @classmethod
    def check(cls, path: Path) -> None:
        """Raise BadUsage for a name whose suffix is no format."""
        if path.suffix not in cls.FORMATS:
            raise BadUsage(
                f"-o {path}: {path.suffix or 'no suffix'} is no format for rows",
                do_next="end the name in .jsonl or .csv",
            )

    def write(self, one: dict[str, object]) -> None:
        """Append a row."""
        if self._is_csv:
            csv.writer(self._file, lineterminator="\n").writerow(
                [cell(one[column]) for column in COLUMNS]
            )
        else:
            self._file.write(json.dumps(one) + "\n")
        self._file.flush()
        self.rows += 1

    def close(self) -> None:
        self._file.close()


class Tally:
    """What was seen in all, for the end."""

    def __init__(self) -> None:
        self.answers = self.restarts = 0
        self.gaps_s: list[float] = []
        self.states: Counter[str] = Counter()
        self.faults: list[str] = []
        self._supply_mv: list[int] = []
        self._peak_ma: dict[int, float] = {}

    def add(self, sample: Sample, one: dict[str, object]) -> None:
        """Count a sample and its row."""
        if sample.event != STATUS:
            return
        self.answers += 1
        self.restarts += sample.restarted
        if sample.gap_s is not None:
            self.gaps_s.append(sample.gap_s)
        self.states[str(one["state"])] += 1
        fault = one["fault"]
        if isinstance(fault, str) and fault not in self.faults:
            self.faults.append(fault)
        supply_mv = one["supply_mv"]
        if isinstance(supply_mv, int):
            self._supply_mv = [
                min([*self._supply_mv, supply_mv]),
                max([*self._supply_mv, supply_mv]),
            ]
        for channel in CHANNELS:
            measured = one[f"ch{channel}_measured_ma"]
            if isinstance(measured, float):
                self._peak_ma[channel] = max(measured, self._peak_ma.get(channel, 0.0))

    def text(self, seconds: float) -> str:
        """In a line or three."""
        lines = [
            f"watched {seconds:.0f} s: {_many(self.answers, 'answer')}"
            + (
                f" ({', '.join(f'{state} {count}' for state, count in self.states.items())})"
                if self.states
                else ""
            )
        ]
        lines[0] += f"; {_many(len(self.gaps_s), 'gap')}" + (
            f" of {sum(self.gaps_s):.0f} s in all" if self.gaps_s else ""
        )
        lines[0] += f"; {_many(self.restarts, 'restart')}"
        measured = (
            [f"supply {self._supply_mv[0] / 1000:.2f} to {self._supply_mv[1] / 1000:.2f} V"]
            if self._supply_mv
            else []
        )
        measured += [
            f"channel {channel} up to {ma:.1f} mA" for channel, ma in sorted(self._peak_ma.items())
        ]
        if measured:
            lines.append("  measured: " + ", ".join(measured))
        if self.faults:
            lines.append("  faults: " + ", ".join(self.faults))
        return "\n".join(lines)


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
