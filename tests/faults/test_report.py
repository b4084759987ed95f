"""What a campaign says, from results written by hand."""

from evenpulse.faults import report
from evenpulse.faults.table import FAULTS

_SAFE = {
    "seed": 3,
    "situation": "s",
    "parameters": {},
    "clock": 1,
    "reason": "none",
    "undecided": None,
    "unsafe": [],
    "longest_us": 100.0,
    "both_legs_us": 0.0,
    "phase_nc": 1000.0,
    "net_nc": 0.0,
    "struck_nc": 0.0,
    "peak_ua": 10_000,
    "resets": 0,
    "off_us": None,
    "layer": "none needed",
    "outcome": "safe-harmless",
}
_NAMES = [fault.name for fault in FAULTS[:2]]
RESULTS = [
    _SAFE
    | {
        "case": 0,
        "fault": _NAMES[0],
        "outcome": "safe-stopped",
        "layer": "dead-man",
        "off_us": 50_000.0,
    },
    _SAFE
    | {
        "case": 1,
        "fault": _NAMES[0],
        "outcome": "safe-stopped",
        "layer": "guard",
        "off_us": 0.016,
        "peak_ua": 20_000,
    },
    _SAFE | {"case": 2, "fault": _NAMES[1]},
    _SAFE
    | {
        "case": 3,
        "fault": _NAMES[1],
        "outcome": "unsafe",
        "peak_ua": 90_000,
        "unsafe": [{"kind": "not stopped", "clock": 9, "what": "…", "times": 1, "after_us": 1.0}],
    },
]


def _told(tmp_path):
    firmware = tmp_path / "firmware.uf2"
    firmware.write_bytes(b"abc")
    return report.summary(RESULTS, firmware)


def test_summary_counts_and_keeps_what_is_unsafe_in_full(tmp_path):
    told = _told(tmp_path)
    assert (told["runs"], told["seeds"], told["unsafe"], told["undecided"]) == (4, [3], 1, 0)
    # SHA-256 of "abc", FIPS 180
    assert told["firmware"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert told["cases"] == [RESULTS[3]]
    assert told["by_fault"][_NAMES[0]]["layers"] == {"dead-man": 1, "guard": 1}
    # A frozen CPU is the dead-man's
    assert told["by_fault"][_NAMES[0]]["surprises"] == [1]
    assert told["by_fault"][_NAMES[1]]["why"] == {"not stopped": 1}
    assert told["by_layer"] == {
        "dead-man": {"stops": 1, "median_us": 50_000.0, "slowest_us": 50_000.0},
        "guard": {"stops": 1, "median_us": 0.016, "slowest_us": 0.016},
    }


def test_worst_is_of_the_safe_cases(tmp_path):
    assert _told(tmp_path)["worst"]["peak_ua"] == {"value": 20_000, "case": 1, "fault": _NAMES[0]}


def test_safety_table_is_markdown_with_a_row_for_each_fault(tmp_path):
    told = _told(tmp_path)
    lines = report.safety_table(told, {"guard": told, "firmware": {"by_fault": {}}}).splitlines()
    head = next(line for line in lines if line.startswith("| fault"))
    table = [line for line in lines if line.startswith(tuple(f"| {name}" for name in _NAMES))]
    assert {line.count("|") for line in [head, *table]} == {head.count("|")} and len(table) == 2
    assert (
        "without guard" in head
        and "1 of 2 unsafe" in table[1]
        and "50.0 ms" in table[0]
        and "–" in table[0]
    )
