"""What a case of the campaign is: one fault or two, each judged from its own clock, by the program
that the screen named.
"""

import pytest
from made_cases import SEED, one_case, two_faults, unsafe_kinds

from evenpulse.connect import bring_up
from evenpulse.faults import inject, situations, table
from evenpulse.faults.case_spec import spec
from evenpulse.faults.shown import Shown
from evenpulse.faults.stages import STAGES


@pytest.mark.parametrize("fault", table.FAULTS, ids=lambda fault: fault.name)
def test_each_kind_is_noticed_in_time_or_says_why_not(fault):
    assert (fault.notice_ms is None) == bool(fault.unseen)
    assert (
        fault.expected
        and fault.claim
        and set(fault.not_after) <= {one.name for one in table.LATENT}
    )
    assert any(stage.fits(fault) for stage in STAGES)


def test_a_case_is_two_faults_about_half_the_time_and_every_stage_comes():
    specs = [spec(1, number)[0] for number in range(2_000)]
    assert 0.4 < sum(len(one.faults) == 2 for one in specs) / len(specs) < 0.55
    assert {one.stage.name for one in specs} == {stage.name for stage in STAGES}
    assert all(one.faults[0].latent for one in specs if len(one.faults) == 2)
    assert not [
        one
        for one in specs
        if len(one.faults) == 2 and one.faults[0].name in one.faults[1].not_after
    ]


def test_a_layer_taken_away_is_tried_with_one_fault_in_a_running_session():
    assert all(
        len(spec(1, n, True)[0].faults) == 1 and spec(1, n, True)[0].stage is STAGES[0]
        for n in range(300)
    )


def test_two_faults_are_told_and_each_is_judged_from_its_own_clock(campaign, monkeypatch):
    """The latent one must be noticed by then, and is not; the acute one stops the output."""
    latent = table.Fault("latent", lambda bench: {}, "", (), notice_ms=10, latent=True)
    acute = table.Fault("acute", inject.freeze_cpu, "", (), must_stop=True, notice_ms=100)
    two_faults(monkeypatch, latent, acute)
    [told] = campaign.run(SEED, [0])
    assert (told["fault"], told["after"], told["layer"]) == ("acute", "latent", table.DEADMAN)
    assert [finding["kind"] for finding in told["unsafe"]] == ["unnoticed"] and told["unsafe"][0][
        "after_us"
    ] < 0


def _chooses(bench):
    """A person presses SELECT: the second program of the prescription."""
    bench.twin.press("SELECT", 60)
    return {}


def _chooses_unseen(bench):
    """And the screen stands: it goes on naming the first."""
    bench.twin.world.screen.write = lambda value: None
    return _chooses(bench)


@pytest.mark.parametrize(
    "inject_it, hand, kinds",
    [
        (_chooses, True, set()),
        (_chooses_unseen, True, {"phase too long"}),
        (_chooses, False, {"phase too long"}),
    ],
    ids=["the screen names it", "the screen names another", "nobody was at the buttons"],
)
def test_a_session_is_judged_by_the_program_that_the_screen_named(
    campaign, monkeypatch, inject_it, hand, kinds
):
    """Cases 696, 1788 of seed 3 and their like: SELECT chattered in READY."""
    ready = next(stage for stage in STAGES if stage.name == "READY")
    fault = table.Fault("SELECT", inject_it, "", (), unseen="it is a press", hand=hand)
    told = one_case(campaign, monkeypatch, fault, ready)
    assert told["longest_us"] == 400, "the second program runs"
    assert kinds <= unsafe_kinds(told) and bool(kinds) == bool(unsafe_kinds(told))


def test_what_the_screen_named_is_seen_in_a_later_life_too():
    """Case 59 of seed 78: SELECT chattered after the supply had come back."""
    twin = situations.ready(situations.prescribed_flash())
    shown = Shown(twin)
    for life in (1, 2):
        shown.listen()
        situations.press(twin, "SELECT", 1)
        bring_up.hold_start(twin)
        assert len(shown.at_rises) == life and shown.situation() == 1
        twin.power_off()
        bring_up.switch_on(twin)
