"""`evenpulse log`: whole, verified, and never over another file."""

import datetime
import json

import pytest
from fake_device import chain, frame
from played import Played

EVENTS = [one for one in Played().prescribe().session().payloads() if one["e"] != "progress"][:5]
RECORDS = chain(EVENTS, first=7)


def log(run, device, *more):
    return run("log", "--port", device.port, *more)


@pytest.mark.parametrize("chunk", [1, 2, 5, 99])
def test_every_record_in_order_whatever_the_chunks(run, fake, chunk):
    outcome = log(run, fake(records=RECORDS, chunk=chunk), "--json")
    assert outcome.code == 0, outcome.err
    assert json.loads(outcome.out) == [
        {"seq": 7 + i, **event, "linked": True} for i, event in enumerate(EVENTS)
    ]
    assert "5 records" in outcome.err


def test_table_shows_each_record(run, fake):
    outcome = run("log", "list", "--port", fake(records=RECORDS).port, "--tz", "UTC")
    assert outcome.code == 0
    rows = [line.split() for line in outcome.out.splitlines()]
    assert rows[1][:5] == ["7", "not", "set", "0", "boot"]
    when = datetime.datetime.fromtimestamp(EVENTS[3]["t"], datetime.UTC)
    assert rows[4][:3] + rows[4][4:5] == ["10", "2026-11-22", f"{when:%H:%M:%S}", "amplitude"]
    assert "ua=12000, 10000" in outcome.out


def test_an_empty_journal_is_no_error(run, fake):
    outcome = log(run, fake(), "--json")
    assert (outcome.code, json.loads(outcome.out)) == (0, [])


def test_lines_into_a_file(run, fake, tmp_path):
    file = tmp_path / "log.jsonl"
    outcome = log(run, fake(records=RECORDS), "-o", file)
    assert (outcome.code, outcome.out) == (0, "")
    assert [json.loads(line)["e"] for line in file.read_text().splitlines()] == [
        event["e"] for event in EVENTS
    ]


def test_an_existing_file_is_kept_unless_forced(run, fake, tmp_path):
    file = tmp_path / "log.jsonl"
    file.write_text("precious")
    device = fake(records=RECORDS)
    outcome = log(run, device, "-o", file)
    assert (outcome.code, file.read_text()) == (2, "precious")
    assert "--force" in outcome.err
    assert device.requests == [], "refused before the device is asked"
    assert log(run, device, "-o", file, "--force").code == 0
    assert "boot" in file.read_text()


@pytest.mark.parametrize(
    ("path", "code", "mention"),
    [("no/such/folder/log.jsonl", 2, "there is no folder"), (".", 2, "is a folder")],
)
def test_a_file_that_cannot_be(run, fake, tmp_path, path, code, mention):
    outcome = log(run, fake(records=RECORDS), "-o", tmp_path / path)
    assert outcome.code == code
    assert mention in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_a_removed_record_is_visible(run, fake):
    outcome = log(run, fake(records=RECORDS[:2] + RECORDS[3:]), "--json")
    assert outcome.code == 1
    assert "not whole" in outcome.err and "record 9: is not there" in outcome.err
    assert [entry["linked"] for entry in json.loads(outcome.out)] == [True, True, False, True]


def test_an_altered_record_with_a_sound_crc_is_visible(run, fake):
    sequence, raw = RECORDS[1]
    forged = (
        sequence,
        frame(sequence, raw[8:16], {**EVENTS[1], "id": "rx-9999"}),
    )
    outcome = log(run, fake(records=[RECORDS[0], forged, *RECORDS[2:]]))
    assert outcome.code == 1
    assert "record 8: record 9 was written after another record 8" in outcome.err
    assert "BROKEN LINK" in outcome.out


def test_the_oldest_record_of_a_full_ring_names_one_that_is_gone(run, fake):
    assert log(run, fake(records=RECORDS[2:])).code == 0


UNSOUND = [
    ("not hex", [[7, "xyz"]], None, "record 7 is not a sound frame"),
    (
        "a flipped bit",
        [[7, (RECORDS[0][1][:20] + b"?" + RECORDS[0][1][21:]).hex()]],
        None,
        "record 7 is not a sound frame",
    ),
    ("cut short", [[7, RECORDS[0][1][:-1].hex()]], None, "record 7 is not a sound frame"),
    (
        "bytes after the frame",
        [[7, RECORDS[0][1].hex() + "00"]],
        None,
        "record 7 is not a sound frame",
    ),
    (
        "another number than in the frame",
        [[8, RECORDS[0][1].hex()]],
        None,
        "record 8 is not a sound frame",
    ),
    ("no list", {"7": "aa"}, None, "not a list of records"),
    ("rows that are no pairs", [[7]], None, "not a list of records"),
    ("chunks that go round", [[7, RECORDS[0][1].hex()]], 0, "does not go forwards"),
    ("a next that is no number", [[7, RECORDS[0][1].hex()]], "8", "does not go forwards"),
]


@pytest.mark.parametrize(
    ("records", "following", "mention"),
    [row[1:] for row in UNSOUND],
    ids=[row[0] for row in UNSOUND],
)
def test_an_unsound_answer_ends_with_one_error_and_no_file(
    run, fake, tmp_path, records, following, mention
):
    device = fake(log={"result": {"records": records, "next": following}})
    outcome = log(run, device, "-o", tmp_path / "log.jsonl")
    assert outcome.code == 1
    assert mention in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_a_break_in_the_middle_leaves_no_file(run, fake, tmp_path):
    outcome = log(
        run, fake(records=RECORDS, faults=["ok", "ok", "hang_up"]), "-o", tmp_path / "log.jsonl"
    )
    assert outcome.code == 1
    assert "broke" in outcome.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "command",
    [
        ("log", "list"),
        ("log",),
        ("log", "export"),
        ("log", "verify"),
        ("report", "--json"),
        ("patients",),
    ],
)
@pytest.mark.parametrize(
    "what", ["junk", "text", "empty", "a picture", "another program's", "all erased"]
)
def test_found_a_file_that_is_no_journal_is_one_error_and_exit_1(run, tmp_path, command, what):
    junk = {
        "junk": bytes(range(256)) * 20,
        "text": b"hello\n" * 50,
        "empty": b"",
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(300),
        "another program's": b"SQLite format 3\0" * 9,
        "all erased": b"\xff" * 8_192,
    }[what]
    file = tmp_path / "x.journal"
    file.write_bytes(junk)
    outcome = run(*command, "--archive", file)
    assert (
        (outcome.code, outcome.out) == (1, "")
        and "holds no journal" in outcome.err
        and outcome.err.count("error:") == 1
    )


@pytest.mark.parametrize(
    "command",
    [("log", "list"), ("log",), ("log", "export"), ("log", "list", "--json"), ("report", "--json")],
)
def test_found_whatever_verify_finds_ends_list_export_and_report_with_1_too(run, tmp_path, command):
    """A byte changed here and there in the file, one at a time."""
    whole = Played(sectors=8).prescribe().session()
    data, file = b"".join(whole.frames()), tmp_path / "x.journal"
    for at in range(0, len(data), 499):
        file.write_bytes(data[:at] + bytes([data[at] ^ 0x5A]) + data[at + 1 :])
        codes = [run(*one, "--archive", file).code for one in (("log", "verify"), command)]
        assert codes == [1, 1], at
