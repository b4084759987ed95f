"""What reads an archive or a flash image: list, show, verify and export."""

import csv
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from frames import SECTOR, ring
from frames import chain as framed
from played import Played
from pulled_records import RECORDS

from evenpulse.base import boards
from evenpulse.journal import entries as journal_entries, table as journal_table
from stimcore.journal import Record


@pytest.fixture(scope="module")
def payloads():
    """A played session, and four of its records changed into what newer firmware may write, and
    what nobody expects.
    """
    found = Played().prescribe().session((12, 10), before=7, after=4, skin=True).payloads()
    last = {one["e"]: one for one in found}
    later = {"t": found[-1]["t"] + 5, "ms": found[-1]["ms"] + 5_000}
    return [
        *found,
        last["rating"] | later | {"before": None, "after": None, "skin": None},
        {**later, "e": "selftest", "failed": ["adc"]},
        last["amplitude"] | later | {"ua": [1, 2, 3], "seq": "x", "linked": None},
        last["end"] | later | {"left_s": 60, "muc": [11, 12], "uc": "many", "program": "=cmd()"},
    ]


@pytest.fixture
def archive(tmp_path, payloads):
    folder = tmp_path / "archive"
    folder.mkdir()
    (folder / "E66.journal").write_bytes(b"".join(framed(payloads)))
    return folder


def test_list_filters_by_event_and_day(run, archive, payloads):
    def numbers(*more):
        return [
            one["seq"]
            for one in json.loads(
                run("log", "list", "--archive", archive, "--json", "--tz", "UTC", *more).out
            )
        ]

    def those(*events):
        return [number for number, one in enumerate(payloads, 1) if one["e"] in events]

    dated = [number for number, one in enumerate(payloads, 1) if one["t"] > 1_600_000_000]
    assert numbers() == list(range(1, len(payloads) + 1)) and dated == numbers()[1:]
    assert numbers("--event", "rating") == those("rating")
    assert numbers("-e", "start", "-e", "end") == those("start", "end")
    assert numbers("--since", "2026-11-22", "--until", "2026-11-22") == dated
    assert numbers("--since", "2026-11-23") == [] == numbers("--until", "2026-11-21")
    assert run("log", "list", "--archive", archive, "--since", "soon").code == 2
    assert run("log", "--archive", archive, "list", "-e", "boot").code == 0, (
        "options may stand before the command"
    )
    assert run("log", "--archive", archive).out == run("log", "list", "--archive", archive).out


def test_found_the_days_of_a_list_are_those_of_the_zone(run, archive):
    """The session is at noon UTC: 01:00 of the next day at +13:00, which the heading says."""

    def told(zone, *more):
        return run("log", "list", "--archive", archive, "--tz", zone, "-e", "start", *more).out

    assert "2026-11-22 12:00" in told("UTC") and "time, UTC " in told("UTC")
    assert "2026-11-23 01:00" in told("+13:00") and "time, UTC+13:00" in told("+13:00")
    assert "start" in told("+13:00", "--since", "2026-11-23") and "start" not in told(
        "UTC", "--since", "2026-11-23"
    )
    assert (
        run(
            "log", "list", "--archive", archive, "--since", "2026-11-23", "--until", "2026-11-22"
        ).code
        == 2
    )


def test_unknown_events_and_fields_are_shown_as_they_are(run, archive):
    shown = run("log", "list", "--archive", archive)
    for text in ["selftest", "failed=adc", "ua=1, 2, 3", "muc=11, 12", "uc=many"]:
        assert text in shown.out
    assert (
        "writes no event weather" in run("log", "list", "--archive", archive, "-e", "weather").err
    )


def test_show_tells_everything_of_one_record(run, archive, payloads):
    told = run("log", "show", "3", "--archive", archive, "--json").json
    assert (told["seq"], told["e"], told["program"], told["linked"]) == (
        3,
        "start",
        "Pain relief",
        True,
    )
    following = run("log", "show", "4", "--archive", archive, "--json").json
    assert following["names"] == told["hash"]
    assert bytes.fromhex(told["raw"]) in (archive / "E66.journal").read_bytes()
    shown = run("log", "show", "3", "--archive", archive)
    assert "2026-11-22" in shown.out and "Pain relief" in shown.out
    missing = run("log", "show", "99", "--archive", archive)
    assert (
        missing.code == 1
        and "no record 99" in missing.err
        and f"1 to {len(payloads)}" in missing.err
    )


def test_verify_names_a_damage_and_exits_1(run, archive):
    file = archive / "E66.journal"
    data = bytearray(file.read_bytes())
    data[30] ^= 8
    file.write_bytes(bytes(data))
    outcome = run("log", "verify", "--archive", archive)
    assert outcome.code == 1
    assert "damaged" in outcome.out and "payload" in outcome.out and "not whole" in outcome.err
    assert run("log", "verify", "--archive", archive, "--json").code == 1


def test_verify_of_a_device_uses_the_second_reader(run, fake):
    assert run("log", "verify", "--port", fake(records=RECORDS).port).code == 0
    outcome = run("log", "verify", "--port", fake(records=RECORDS[:4] + RECORDS[6:]).port, "--json")
    assert outcome.code == 1
    assert [(one["record"], one["kind"]) for one in json.loads(outcome.out)["findings"]] == [
        (5, "removed")
    ]


@pytest.mark.parametrize("whole_flash", [False, True])
def test_a_flash_image_is_read_like_a_device(run, tmp_path, whole_flash):
    board = boards.load("nmes2")
    frames = Played().prescribe().session(before=5, after=5).frames()
    image = ring(frames, start=60, sectors=board["JOURNAL_BYTES"] // SECTOR)
    if whole_flash:
        image = bytes(board["JOURNAL_OFFSET"]) + image + b"\xff" * 4096
    file = tmp_path / "flash.bin"
    file.write_bytes(image)
    assert [one["seq"] for one in run("log", "--image", file, "--json").json] == list(
        range(1, len(frames) + 1)
    )
    assert run("log", "verify", "--image", file).code == 0
    assert run("log", "--image", file, "--archive", tmp_path).code == 2
    assert run("log", "--image", tmp_path / "none.bin").code == 1


def test_export_has_the_same_columns_for_every_record(run, archive):
    rows = list(csv.DictReader(io.StringIO(run("log", "export", "--archive", archive).out)))
    first = {}
    for row in rows:
        first.setdefault(row["event"], row)
    assert (
        first["prescription"]["prescription_id"] == "rx-0001"
        and first["boot"]["state_before"] == "BOOT"
    )
    end, rating = first["end"], first["rating"]
    assert (
        end["peak_ua_ch1"] == "12000"
        and end["peak_ua_ch2"] == "10000"
        and end["left_s"] == "0"
        and 96_000 <= int(end["pulses_ch1"]) < 96_100
    )
    assert (
        rating["pain_before_0_10"],
        rating["pain_after_0_10"],
        rating["skin"],
        rating["state_before"],
    ) == ("7", "4", "fine", "")
    assert rating["time_utc"].startswith("2026-11-22T12:2") and rating["linked"] == "true"
    last = rows[-1]
    assert (last["measured_uc_ch1"], last["measured_uc_ch2"], json.loads(last["other"])) == (
        "11",
        "12",
        {"uc": "many"},
    )
    assert json.loads(rows[-2]["other"]) == {"ua": [1, 2, 3], "seq": "x", "linked": None}, (
        "three channels fit no column"
    )
    lines = [
        json.loads(line)
        for line in run("log", "export", "--archive", archive, "--json").out.splitlines()
    ]
    assert all(list(line) == list(journal_table.COLUMNS) for line in lines)
    assert [line["pulses_ch1"] for line in lines] == [
        int(row["pulses_ch1"]) if row["pulses_ch1"] else None for row in rows
    ]
    assert run("log", "export", "--archive", archive, "--format", "xls").code == 2


def test_export_into_a_file_never_over_another(run, archive, tmp_path):
    for name, start in (("log.csv", "seq,time_utc"), ("log.jsonl", '{"seq": 1')):
        file = tmp_path / name
        assert run("log", "export", "--archive", archive, "-o", file).code == 0
        assert file.read_text().startswith(start)
        assert run("log", "export", "--archive", archive, "-o", file).code == 2
        assert run("log", "export", "--archive", archive, "-o", file, "--force").code == 0


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(max_size=8),
    st.sampled_from(["", " ", "\t", "\n", "\r", "\u00a0"]),
    st.sampled_from(["", "=", "+", "-", "@", "\uff1d"]),
)
def test_no_cell_is_a_formula(text, blank, sign):
    payload = {
        "t": 5,
        "ms": 5,
        "e": "exception",
        "what": blank + sign + text,
        "state": sign + blank + text,
        sign + "x": "-1",
    }
    entry = journal_entries.entry(Record(1, payload, b"", True))
    rows = list(csv.DictReader(io.StringIO(journal_table.as_csv([journal_table.row(entry)]))))
    assert len(rows) == 1
    assert not any(
        cell.strip().startswith(("=", "+", "-", "@", "\uff1d", "\t", "\r"))
        for cell in rows[0].values()
    )
