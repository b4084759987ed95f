"""`evenpulse log pull`: nothing is lost, doubled or mixed in an archive."""

import json

import pytest
from fake_device import INFO, chain
from pulled_records import EVENTS, RECORDS, kept, pull, raw


def test_a_first_pull_keeps_every_record_as_it_is(run, fake, tmp_path):
    outcome = pull(run, fake(records=RECORDS), tmp_path / "archive", "--json")
    assert outcome.code == 0, outcome.err
    assert json.loads(outcome.out) | {"file": ""} == {
        "file": "",
        "new": 12,
        "first": 1,
        "last": 12,
        "lost": None,
    }
    assert "new records: 12" in outcome.err
    assert kept(tmp_path / "archive") == raw(RECORDS)


def test_a_later_pull_asks_for_and_appends_only_what_is_new(run, fake, tmp_path):
    pull(run, fake(records=RECORDS[:7]), tmp_path)
    device = fake(records=RECORDS)
    outcome = pull(run, device, tmp_path, "--json")
    assert json.loads(outcome.out)["new"] == 5
    assert [one["params"]["from"] for one in device.requests if one["method"] == "log"][0] == 7
    assert kept(tmp_path) == raw(RECORDS)
    assert "nothing new" in pull(run, fake(records=RECORDS), tmp_path).err
    assert kept(tmp_path) == raw(RECORDS)


def test_each_pull_is_noted_with_the_hosts_time(run, fake, tmp_path):
    pull(run, fake(records=RECORDS[:7]), tmp_path)
    pull(run, fake(records=RECORDS), tmp_path)
    notes = [
        json.loads(line)
        for line in (tmp_path / f"{INFO['serial']}.pulls.jsonl").read_text().splitlines()
    ]
    assert [note["new"] for note in notes] == [7, 5] and all(
        "+00:00" in note["at"] for note in notes
    )


@pytest.mark.parametrize("answers", range(2, 6))
def test_a_broken_pull_keeps_what_came_and_the_next_goes_on(run, fake, tmp_path, answers):
    broken = pull(run, fake(records=RECORDS, faults=["ok"] * answers + ["hang_up"]), tmp_path)
    assert broken.code == 1
    assert kept(tmp_path) == raw(RECORDS[: 2 * (answers - 1)])
    assert pull(run, fake(records=RECORDS), tmp_path).code == 0
    assert kept(tmp_path) == raw(RECORDS)


@pytest.mark.parametrize("cut", [1, 5, 17, 40])
def test_a_torn_end_of_the_file_stays_and_is_stepped_over(run, fake, tmp_path, cut):
    """As a loss of power in the middle of a write leaves it: nothing is rewritten, and the
    journal is whole.
    """
    torn = raw(RECORDS[:7]) + RECORDS[7][1][:cut]
    (tmp_path / f"{INFO['serial']}.journal").write_bytes(torn)
    outcome = pull(run, fake(records=RECORDS), tmp_path, "--json")
    assert json.loads(outcome.out)["new"] == 5
    assert kept(tmp_path) == torn + raw(RECORDS[7:])
    verified = run("log", "verify", "--archive", tmp_path, "--json")
    assert verified.code == 0, verified.err
    told = json.loads(verified.out)
    assert (told["records"], told["whole"], [one["kind"] for one in told["findings"]]) == (
        12,
        True,
        ["unfinished"],
    )
    listed = run("log", "list", "--archive", tmp_path, "--json")
    assert listed.code == 0 and len(json.loads(listed.out)) == 12


@pytest.mark.parametrize(
    ("device_has", "seen"),
    [
        (
            chain([{**event, "ms": event["ms"] + 1} for event in EVENTS]),
            "another record of this number",
        ),
        (chain(EVENTS[:3]), "no record from there on"),
        ([], "no record"),
    ],
    ids=["another journal", "a shorter one", "an empty one"],
)
def test_another_journal_is_never_appended(run, fake, tmp_path, device_has, seen):
    pull(run, fake(records=RECORDS[:7]), tmp_path)
    outcome = pull(run, fake(records=device_has), tmp_path)
    assert outcome.code == 1 and seen in outcome.err and "into another folder" in outcome.err
    assert kept(tmp_path) == raw(RECORDS[:7])


def test_what_the_device_overwrote_in_between_is_named_and_stays_visible(run, fake, tmp_path):
    pull(run, fake(records=RECORDS[:3]), tmp_path)
    outcome = pull(run, fake(records=RECORDS[6:]), tmp_path)
    assert outcome.code == 0 and "records 4 to 6 were overwritten" in outcome.err
    verified = run("log", "verify", "--archive", tmp_path, "--json")
    assert verified.code == 1
    assert [(one["record"], one["kind"]) for one in json.loads(verified.out)["findings"]] == [
        (4, "removed")
    ]


def test_two_pulls_at_once_do_not_mix(run, fake, tmp_path, monkeypatch):
    from evenpulse.journal import fetch as journal

    fetch = journal.fetch

    def with_a_rival(device, seen, start):
        for frame in fetch(device, seen, start):
            with (tmp_path / f"{INFO['serial']}.journal").open("ab") as file:
                file.write(b"rival")
            yield frame

    monkeypatch.setattr("evenpulse.journal.fetch.fetch", with_a_rival)
    outcome = pull(run, fake(records=RECORDS), tmp_path)
    assert outcome.code == 1 and "another pull is writing" in outcome.err


@pytest.mark.parametrize("serial", ["../../etc/x", "a/b", "", ".hidden", "x" * 80])
def test_a_serial_never_leads_out_of_the_archive(run, fake, tmp_path, serial):
    outcome = pull(
        run, fake(records=RECORDS, info={**INFO, "serial": serial}), tmp_path / "archive"
    )
    assert outcome.code == 1
    assert list(tmp_path.iterdir()) == []


def test_an_archive_that_cannot_be_is_told(run, fake, tmp_path):
    (tmp_path / "file").write_text("")
    outcome = pull(run, fake(records=RECORDS), tmp_path / "file")
    assert outcome.code == 1 and "cannot write" in outcome.err
    assert run("log", "list", "--archive", tmp_path / "nowhere").code == 2
    empty = run("log", "list", "--archive", tmp_path)
    assert empty.code == 2 and "0 devices" in empty.err


def test_several_devices_in_a_folder_are_a_question(run, fake, tmp_path):
    pull(run, fake(records=RECORDS), tmp_path)
    pull(run, fake(records=RECORDS, info={**INFO, "serial": "OTHER"}), tmp_path)
    outcome = run("log", "list", "--archive", tmp_path)
    assert outcome.code == 2 and "2 devices" in outcome.err
    assert run("log", "list", "--archive", tmp_path / "OTHER.journal").code == 0
