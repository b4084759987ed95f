"""The table of the journal's records: its own form, what it takes and refuses, and that it has
every event the firmware writes.
"""

import pytest
from samples import document, program
from whole_device import Rig, signed, text

# After whole_device: imported through it, one level deeper, modules would nest too deep for
# MicroPython.
from supervised import Rig as Supervised

from stimcore import journal, records

NAMES = [row[0] for row in records.EVENTS]
KINDS = ("whole", "text", "flag", "each", "some", "pairs", "texts", "wholes", "rows", "tables")
START = {
    "t": 1_795_348_800,
    "ms": 100,
    "e": "start",
    "day": [[1, 2, 3]],
    "program": "P",
    "n": 0,
    "of_s": 60,
    "left_s": 60,
    "pain": None,
}
RATING = {"t": 1, "ms": 2, "e": "rating", "before": None, "after": 10, "skin": False}


def changed(told, **changes):
    out = dict(told)
    out.update(changes)
    return out


@pytest.mark.parametrize("name", NAMES)
def test_a_row_is_well_formed(name):
    event = records.event(name)
    assert (
        event.says and event.readers and len(event.since.split(".")) == 3 and NAMES.count(name) == 1
    )
    names = [field.name for field in records.base() + event.fields]
    assert len(names) == len(set(names))
    for field in event.fields:
        assert (
            field.kind in KINDS
            and field.need in ("", "null", "may")
            and field.low <= field.high
            and field.says
        )
        assert len(field.since.split(".")) == 3
        unit = {"ua": "µA", "us": "µs", "uc": "µC", "muc": "µC", "s": "s", "ms": "ms"}.get(
            field.name.split("_")[-1], field.unit
        )
        assert field.unit == unit, field.name


def test_a_record_has_time_and_uptime_each_in_its_place():
    """HZ6: after a loss of power the device counts on from them."""
    assert records.payload(1_795_348_800, 4_321, "wait", {"wait_s": 5}) == {
        "t": 1_795_348_800,
        "ms": 4_321,
        "e": "wait",
        "wait_s": 5,
    }


def test_what_was_given_is_told_by_each_event_whose_row_has_it():
    """HZ6: a fault, a pause and progress carry it too, so that a loss of power forgets nothing."""
    has = {
        name for name in NAMES if "pulses" in [field.name for field in records.event(name).fields]
    }
    assert (
        has
        == {name for name in NAMES if records.totalled(name)}
        == {"end", "fault", "pause", "progress"}
    )


def test_what_fits():
    for told in (
        START,
        RATING,
        changed(START, pain=3),
        changed(START, open=[0, 12]),
        changed(RATING, skin=True),
        changed(RATING, skin=None),
    ):
        assert records.misfit(told) == ""


@pytest.mark.parametrize(
    "field,value",
    [
        ("skin", "irritated"),
        ("skin", 1),
        ("before", 11),
        ("before", True),
        ("after", 2.5),
        ("t", -1),
        ("t", 4_102_444_801),
        ("ms", "soon"),
        ("e", "weather"),
        ("e", None),
        ("e", ["boot"]),
        ("extra", 1),
    ],
)
def test_what_does_not_fit_is_named(field, value):
    assert records.misfit(changed(RATING, **{field: value})) == field


@pytest.mark.parametrize(
    "field,value",
    [
        ("day", [[1, 2]]),
        ("day", 5),
        ("day", [[1, 2, None]]),
        ("open", ["a"]),
        ("left_s", 0),
        ("left_s", 10**30),
        ("program", ""),
        ("program", "x" * 33),
    ],
)
def test_lists_and_bounds(field, value):
    assert records.misfit(changed(START, **{field: value})) == field


@pytest.mark.parametrize(
    "row",
    [
        ([None, None], ""),
        ([[30, 0], None], ""),
        ([[100, 41]], ""),
        ([100, 41], "cut_us"),
        ([[30]], "cut_us"),
        ([], "cut_us"),
        ([["a", 0]], "cut_us"),
    ],
)
def test_how_far_a_cut_pulse_had_come_is_two_times_a_channel(row):
    """As outputs.py tells it; the table said one number a channel, so that the host took no cut
    for what it was.
    """
    cut_us, wrong = row
    told = {"t": 1, "ms": 2, "e": "pause", "left_s": 3, "cut_us": cut_us}
    assert records.misfit(told) == wrong


def test_a_field_that_is_missing_is_named():
    for field in ("t", "ms", "program", "left_s", "pain"):
        told = dict(START)
        del told[field]
        assert records.misfit(told) == field
    assert records.misfit([]) == records.misfit(None) == records.misfit({}) == "e"


def test_lists_of_a_channel_each():
    told = {"t": 1, "ms": 1, "e": "amplitude", "ua": [1, 2]}
    assert records.misfit(told) == ""
    for ua in ([], [1, 2, 3], [1, -1], [True, 1], "12", None, {}, [1.0, 2]):
        assert records.misfit(changed(told, ua=ua)) == "ua"


def test_found_a_record_that_does_not_fit_fails_the_unit_test_that_made_it():
    """What samples.py hangs onto every test here: without it a writer and its readers may drift
    apart, as `skin` did.
    """
    device = Rig().device
    for name, fields in (
        ("rating", {"before": 1, "after": 2, "skin": "irritated"}),
        ("weather", {}),
        ("wait", {}),
        ("rearm", {"reason": "x", "more": 1}),
    ):
        with pytest.raises(AssertionError):
            device.record(name, fields)
    assert Rig().events() == []


def test_a_session_writes_what_the_table_says():
    """The real supervisor, from START to the answer about the skin, a pause and a stop on the
    way.
    """
    rig = Supervised()
    rig.device.session.rating.clear()
    rig.running()
    rig.press("UP", 100)
    rig.run(3_000)
    rig.press("DOWN", 100)
    rig.press("START", 100)
    rig.run(2_000)
    rig.press("START", 1_200)
    for _ in range(11):
        rig.run(1_000)
        # What the drivers were asked does not fit the heap
        del rig.calls[:]
    rig.press("DOWN", 100)
    rig.press("SELECT", 1_200)
    rig.press("SELECT", 1_200)
    rig.run(2_000)
    for button in ("UP", "START", "DOWN", "START"):
        rig.press(button, 100)
    rig.run(2_000)
    told = [
        row[3]
        for sector in range(8)
        for row in journal.scan_sector(rig.flash.read(sector * 4_096, 4_096))
    ]
    assert [records.misfit(one) for one in told] == [""] * len(told)
    events = [one["e"] for one in told]
    for name in ("start", "amplitude", "pause", "resume", "progress", "end", "rating"):
        assert name in events, (name, events)
    assert told[events.index("rating")]["skin"] in (True, False)


def test_the_prescriptions_record_names_the_patient_and_the_goal():
    rig = Rig()
    rig.prescribed()
    assert rig.events()[-1]["patient"] == "P-017" and "per_week" not in rig.events()[-1]
    caps = dict(document()["caps"], sessions_per_week=10)
    assert "result" in rig.offer(signed(text(program(), counter=2, caps=caps)), 2)
    rig.hold_select()
    assert rig.events()[-1]["per_week"] == 10


def test_the_longest_boot_record_fits_its_frame():
    """A day of as many sessions as there may be: all fields at their longest."""
    day = [[1_440, 1_440, 60]] * 24
    told = records.payload(
        4_102_444_800,
        9_999_999,
        "boot",
        {
            "day": day,
            "open": [7, 3_600],
            "cause": "watchdog",
            "before": "RUNNING",
            "version": "0.1.0+dev",
        },
    )
    assert (
        records.misfit(told) == ""
        and len(journal.frame(1, journal.NO_LINK, told)) <= journal.FRAME_BYTES_MAX
    )
