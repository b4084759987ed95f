"""bench.json: its shape, its judgement, every contract id, and the long run that is kept."""

import json

import pytest

from evenpulse.bench import long_run
from evenpulse.bench.rows import CONTRACT, kept, missing, row, write

KEYS = {"id", "value", "unit", "limit", "ok", "how"}
CONTRACT_OF_ISSUE_3 = {"T1", "T2", "T3", "T4", "T5", "F1", "F2", "W1", "W2"}


@pytest.mark.parametrize(
    "id_, value, limit, ok",
    [
        ("T1", 0, 0, True),
        ("T1", 1, 0, False),
        ("T5", 125, 125, True),
        ("T5", 126, 125, False),
        ("F2", 15.0, 15, True),
        ("F2", 15.01, 15, False),
        ("F1.free", 100_000, 100_000, True),
        ("F1.free", 99_999, 100_000, False),
        ("W1", 1, 1, True),
        ("W1", 0.99, 1, False),
        ("H2", 5, 5, True),
        ("H2", 4.9, 5, False),
        ("T2", None, 0, False),
        ("C.x", 5, None, None),
        ("C.x", None, None, None),
    ],
)
def test_a_row_judges_itself(id_, value, limit, ok):
    assert row(id_, value, "clocks", limit, "").ok is ok


def test_every_contract_row_is_asked_for():
    assert set(CONTRACT) >= CONTRACT_OF_ISSUE_3
    rows = [row(id_, 0, "", 0, "") for id_ in CONTRACT if id_ != "T4"]
    assert missing(rows) == ["T4"]
    assert missing([*rows, row("T4", None, "", 0, "")]) == []


def test_file(tmp_path):
    path = tmp_path / "build" / "bench.json"
    write(path, [row("T1", 0, "clocks", 0, "how"), row("C.x", 3.5, "%", None, "µs")])
    read = json.loads(path.read_text())
    assert [set(r) for r in read] == [KEYS, KEYS]
    assert read[0] == {
        "id": "T1",
        "value": 0,
        "unit": "clocks",
        "limit": 0,
        "ok": True,
        "how": "how",
    }


def test_a_broken_promise_is_told():
    assert kept([row("T1", 0, "", 0, ""), row("C.x", 9, "", None, "")])
    assert not kept([row("T1", 0, "", 0, ""), row("T2", 1, "", 0, "")])


def test_the_long_run_that_is_kept():
    """T2 for 100 000 pulses at the fastest rate and 10 000 at two others, 0 clocks."""
    result = json.loads(long_run.KEPT.read_text())
    runs = {run["rate_pps"]: run for run in result["runs"]}
    assert len(runs) == 3
    assert runs["150"]["pulses_a_channel"] >= 100_000
    assert all(run["pulses_a_channel"] >= 10_000 for run in runs.values())
    assert all(run["worst_clocks"] == {"T2": 0, "T2.shape": 0, "T4": 0} for run in runs.values())


def test_a_long_run_of_another_firmware_promises_nothing(tmp_path, monkeypatch):
    path = tmp_path / "long.json"
    path.write_text(
        json.dumps(
            {
                "sources": {"firmware": "a" * 16},
                "runs": [
                    {
                        "rate_pps": "150",
                        "pulses_a_channel": 100_000,
                        "worst_clocks": {"T2": 0, "T2.shape": 0, "T4": 0},
                    }
                ],
            }
        )
    )
    monkeypatch.setattr(long_run, "firmware_sources", lambda: "a" * 16)
    assert long_run.kept_row(path).ok is True
    monkeypatch.setattr(long_run, "firmware_sources", lambda: "b" * 16)
    assert long_run.kept_row(path).ok is None
    assert "ANOTHER" in long_run.kept_row(path).how
