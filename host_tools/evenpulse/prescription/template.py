"""A prescription to begin with: once its check-list is answered it is valid, from the day it is
written on; every key is explained in comments.

What may be written is read from the board, the limits and the presets, so that comments and checks
agree.
"""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from stimcore import fields, limits
from stimcore.presets import PRESETS

from evenpulse.base.errors import BadUsage

VALID_DAYS = 90
# The last day that the format knows
_LAST_DAY = datetime.date(2099, 12, 31)
_KEY_WIDTH = 34
# Who says that the checks are made: (what is written, in words). Nobody but a person can for a
# person (HZ5), so what is written for a clinic is refused until somebody changes it.
_ASKED = ("false", "who prescribes makes both, then writes true; false is refused")
_AT_A_TWIN = (
    "true",
    "written for a twin, which treats nobody; for a person, who prescribes answers",
)
# What a program says when no preset does.
_VALUES = {
    "phase_us": 100,
    "gap_us": 50,
    "rate_mpps": 50_000,
    "session_s": 600,
    "ramp_up_ms": 500,
    "ramp_down_ms": 500,
}
# What stands in comments, for somebody to take.
_EXAMPLES = {
    "offset_us": 3_000,
    "on_ms": 10_000,
    "off_ms": 50_000,
    "burst": {"pulses": 7, "inner_mpps": 100_000, "per_s_mpps": 2_000},
    "sweep": {"rate_mpps": [125_000, 2_000], "phase_us": [100, 200], "period_ms": 12_000},
}


def text(
    board: Mapping, today: datetime.date, preset: str | None = None, for_a_twin: bool = False
) -> str:
    """For a board, issued today; one program, with a preset's values if one is named. Raises
    BadUsage for one there is not. `for_a_twin`: its check-list is answered, and says why.
    """
    if preset is not None and preset not in PRESETS:
        raise BadUsage(
            f"there is no preset '{preset}'", do_next=f"choose one of {', '.join(PRESETS)}"
        )
    rows = [*_head(board, today, for_a_twin), *_program(board, preset)]
    return "".join(
        (f"{key:<{_KEY_WIDTH}}  # {remark}" if remark else key) + "\n" for key, remark in rows
    )


def _head(board: Mapping, today: datetime.date, for_a_twin: bool) -> Iterable[tuple[str, str]]:
    cap_ma = f"{min(20.0, board['MAX_UA'] / 1_000):.1f}"
    most_ma = f"0 to {board['MAX_UA'] / 1_000:g} mA"
    expires = min(today + datetime.timedelta(VALID_DAYS), _LAST_DAY)
    made, who = _AT_A_TWIN if for_a_twin else _ASKED
    smallest_cm2 = f"{board['SMALLEST_ELECTRODE_MM2'] / 100:g} cm2"
    return (
        (
            (
                "# A prescription: `evenpulse prescribe check THIS`. A clinician confirms every "
                "number."
            ),
            "",
        ),
        ('id = "rx-0001"', "1 to 32 characters"),
        ("counter = 1", "every new prescription for a device needs a higher one"),
        ('patient = "P-001"', "a pseudonym"),
        (f"issued = {today.isoformat()}", ""),
        (f"expires = {expires.isoformat()}", "the last day on which a device takes it"),
        ('device = "*"', "or the serial of one device"),
        (
            "electrode_cm2 = 25.0",
            (
                f"{_range('electrode_mm2', 100, 'cm2')}; left out: the board's smallest, "
                f"{smallest_cm2}"
            ),
        ),
        ('language = "en"', f"of the screen: {', '.join(_choices('language'))}"),
        (
            '# labels = { ch1 = "Left calf", ch2 = "Right calf" }',
            "what the screen calls the channels: 10 letters each",
        ),
        ("[checks]", who),
        (f"contraindications_excluded = {made}", "asked for, and there is none"),
        (f"sensation_tested = {made}", "the skin below each electrode feels"),
        ("[caps]", "no program and no patient goes beyond"),
        (f"ch1_ma = {cap_ma}", most_ma),
        (f"ch2_ma = {cap_ma}", most_ma),
        ("session_min = 30", "up to 60 minutes"),
        ("sessions_per_day = 3", _range("sessions_per_day", 1, "in any 24 hours")),
        ("sessions_per_week = 10", "the goal, which the report counts against"),
        ("rest_min = 30", _range("rest_s", 60, "minutes")),
    )


def _program(board: Mapping, preset: str | None) -> Iterable[tuple[str, str]]:
    given: Any = PRESETS[preset]["values"] if preset else _VALUES
    values: dict[str, Any] = dict(given)
    gap_least_us = max(limits.RANGES["gap_us"][0], board["DEAD_TIME_US"])
    values["gap_us"] = max(values["gap_us"], gap_least_us)
    both = board["CHANNELS"] == 2 and not board["SINGLE_CURRENT_SOURCE"]
    name = preset.replace("-", " ").capitalize() if preset else "First program"
    return (
        ("[[program]]", "1 to 8 of them"),
        (f'name = "{name}"', "what the patient reads"),
        (
            f'{"" if preset else "# "}preset = "{preset or "strength"}"',
            f"its values count for what is left out: {', '.join(PRESETS)}",
        ),
        (f"channels = {[1, 2] if both else [1]}", "1, 2 or both"),
        (_line("offset_us", values), "channel 2 after channel 1, within a period"),
        (_line("phase_us", values), _range("phase_us", 1, "us, each of the two phases")),
        (
            _line("gap_us", values),
            f"{gap_least_us} to {limits.RANGES['gap_us'][1]} us between them",
        ),
        (_line("rate_mpps", values), _range("rate_mpps", 1_000, "pulses a second")),
        (_line("session_s", values), "up to caps.session_min"),
        (_line("ramp_up_ms", values), _range("ramp_ms", 1_000, "s")),
        (_line("ramp_down_ms", values), "the same"),
        ('# ramp = "phase"', "ramps the phase duration instead of the amplitude"),
        ("# trigger = true", "a rising TRIG_IN starts the train"),
        (
            _line("on_ms", values),
            f"{_range('on_off_ms', 1_000, 's')}, always with off_s; the ramps lie inside",
        ),
        (_line("off_ms", values), "the same"),
        (
            _line("burst", values),
            "instead of rate_pps; pulses a burst, rate inside, bursts a second",
        ),
        (_line("sweep", values), "instead of rate_pps and phase_us: from, to, and back"),
    )


class _Row(NamedTuple):
    """A row of stimcore.fields."""

    name: str
    key: str
    scale: int
    kind: Any
    needed: bool


def _line(name: str, values: Mapping) -> str:
    """`key = value` of a program, as the file has it; in comments where the values do not have
    it.
    """
    row = next(row for row in (_Row(*one) for one in fields.PROGRAM) if row.key == name)
    value = values.get(name, {**_VALUES, **_EXAMPLES}[name])
    return f"{'' if name in values else '# '}{row.name} = {_written(value, row)}"


def _written(value: object, row: _Row) -> str:
    if isinstance(value, dict):
        inner = {inside.key: inside for inside in (_Row(*one) for one in row.kind)}
        parts = (
            f"{inner[name].name} = {_written(one, inner[name])}" for name, one in value.items()
        )
        return f"{{ {', '.join(parts)} }}"
    if isinstance(value, list):
        return f"[{', '.join(_written(one, row) for one in value)}]"
    return fields.shown(value, row.scale)


def _choices(key: str) -> Iterable[str]:
    rows: Any = fields.TOP
    return next(row.kind[1:] for row in (_Row(*one) for one in rows) if row.name == key)


def _range(name: str, scale: int, unit: str) -> str:
    low, high = (fields.shown(limit, scale).removesuffix(".0") for limit in limits.RANGES[name][:2])
    return f"{low} to {high} {unit}"
