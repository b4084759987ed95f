"""Cases on the twin with the real firmware."""

import pytest

from evenpulse.faults import table
from evenpulse.faults.campaign import base_of
from evenpulse.faults.case_spec import spec
from evenpulse.faults.case_told import SAFE
from evenpulse.faults.situations import SITUATIONS

_SEED = 7


def test_one_case_of_each_kind_of_fault_is_safe(campaign):
    # The deck begins with one of each
    results = campaign.run(_SEED, range(len(table.FAULTS)))
    assert {result["fault"] for result in results} == {
        fault.name for fault in table.FAULTS
    } and len(results) >= 40
    bad = [
        (r["case"], r["fault"], r["situation"], [f["what"] for f in r["unsafe"]])
        for r in results
        if r["outcome"] not in SAFE
    ]
    assert not bad


@pytest.mark.parametrize("situation", range(len(SITUATIONS)))
def test_without_a_fault_nothing_is_found(campaign, situation, monkeypatch):
    """No false alarm: a session that nothing happens to runs as prescribed until STOP."""
    monkeypatch.setattr(
        "evenpulse.faults.case_spec.DECK", (table.Fault("nothing", lambda bench: {}, "", ()),)
    )
    number = next(n for n in range(100) if spec(_SEED, n)[0].situation == situation)
    [result] = campaign.run(_SEED, [number])
    assert result["unsafe"] == [] and result["outcome"] == "safe-harmless"
    assert (
        result["longest_us"] == SITUATIONS[situation].program["phase_us"]
        and result["both_legs_us"] == 0
    )
    assert (
        abs(result["net_nc"]) < 1e-6
        and 0 <= 1_000 * SITUATIONS[situation].set_ma - result["peak_ua"] < 100
    )


def test_a_case_depends_on_seed_and_number_alone(campaign):
    numbers = [number for number in range(200) if base_of(_SEED, number) == ("running", 0)][:4]
    together = campaign.run(_SEED, numbers)
    alone = [campaign.run(_SEED, [number])[0] for number in reversed(numbers)]
    assert together == alone[::-1]


def test_a_case_whose_process_dies_is_not_called_safe(campaign, monkeypatch):
    def _die(bench):
        import os

        os._exit(139)

    monkeypatch.setattr("evenpulse.faults.case_spec.DECK", (table.Fault("death", _die, "", ()),))
    assert [r["outcome"] for r in campaign.run(_SEED, [0])] == ["undecided"]


def test_a_replay_is_the_same_case_and_leaves_its_waves(campaign, tmp_path):
    """The command that a failing case prints."""
    from evenpulse.faults.campaign import Campaign
    from evenpulse.scenario import run_files

    [told] = campaign.run(_SEED, [0])
    result, twin = Campaign(1, lambda _text: None).run_here(_SEED, 0)
    assert {key: result[key] for key in told} == told
    run_files.write_waves(tmp_path / "case.vcd", twin, "case 0")
    assert "HV_EN" in (tmp_path / "case.vcd").read_text()


def test_a_slice_that_never_ends_is_ended(campaign, monkeypatch):
    """The emulator does not come back from the slice, so no look between two slices can help."""

    def _hang(bench):
        def _for_ever():
            while True:
                pass

        bench.later(1, _for_ever)
        return {}

    monkeypatch.setattr("evenpulse.faults.campaign.KILL_S", 2)
    monkeypatch.setattr("evenpulse.faults.case_spec.DECK", (table.Fault("hang", _hang, "", ()),))
    [told] = campaign.run(_SEED, [0])
    assert told["outcome"] == "undecided" and told["undecided"] == "no end within 2 s of CPU time"
