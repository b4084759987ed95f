"""Faults that strike shortly before a session ends by its own time: whose end it was, and that it
was in time.
"""

import pytest
from made_cases import SEED, named_fault, one_case, unsafe_kinds

from evenpulse.faults import case_spec, inject, situations, table
from evenpulse.faults.case_spec import spec
from evenpulse.faults.stages import STAGES

_STAGE = next(stage for stage in STAGES if stage.name == "near its end")
# By the stage's own draw: half a second and more is then to come, or three rounds, or one
_EARLY_MS, _JUST_BEFORE_MS, _LAST_MS = 1_000, (1_565, 1_575), (1_584, 1_590)


def _fault(inject_it, notice_ms=None):
    return table.Fault(
        "made",
        inject_it,
        "",
        (),
        notice_ms=notice_ms,
        unseen="" if notice_ms else "made for a test",
    )


def _struck(campaign, monkeypatch, fault, least_ms, most_ms):
    """A case whose fault strikes so many ms after the copy of the session was made."""
    for name in ("DECK", "FAULTS", "LATENT"):
        monkeypatch.setattr(case_spec, name, (fault,))
    monkeypatch.setattr(case_spec, "BY_WEIGHT", (_STAGE,))
    number = next(
        n
        for n in range(10_000)
        if least_ms <= spec(SEED, n)[1].uniform(0, situations.ENDING_MS) <= most_ms
    )
    [told] = campaign.run(SEED, [number])
    return told


def test_a_session_that_ends_in_its_time_needed_no_layer(campaign, monkeypatch):
    told = one_case(campaign, monkeypatch, _fault(lambda bench: {}), _STAGE)
    assert (told["outcome"], told["layer"], told["off_us"]) == (
        "safe-harmless",
        table.NONE,
        None,
    )


def _stop_both_clocks(bench):
    """The timer goes on at 0.6, and whoever counts the core's clock reads what it was."""
    pwm = bench.rp2040.pwm
    read, stands = pwm.read_uint32, {}
    pwm.read_uint32 = lambda at: stands.setdefault(at, read(at)) if at % 20 == 8 else read(at)
    return inject.run_timer_at(600)(bench)


@pytest.mark.parametrize(
    ("inject_it", "kinds"),
    [(inject.run_timer_at(600), set()), (_stop_both_clocks, {"a pulse after the end"})],
    ids=["the timer", "both"],
)
def test_the_last_second_is_no_longer_than_prescribed(campaign, monkeypatch, inject_it, kinds):
    told = _struck(campaign, monkeypatch, _fault(inject_it), 0, _EARLY_MS)
    assert unsafe_kinds(told) == kinds


@pytest.mark.parametrize("struck_ms", [_JUST_BEFORE_MS, _LAST_MS])
def test_a_cut_of_a_session_that_still_runs_is_one_that_somebody_made(
    campaign, monkeypatch, struck_ms
):
    """A timer that stands: the next pulse seems to be too soon and is cut, some ms before the
    session would have been over, or after: it does not know that it is.
    """
    told = _struck(campaign, monkeypatch, named_fault("timer stands"), *struck_ms)
    assert (told["outcome"], told["layer"]) == ("safe-stopped", table.FIRMWARE)


def test_who_must_notice_and_does_not_before_the_end_comes(campaign, monkeypatch):
    told = _struck(campaign, monkeypatch, _fault(lambda bench: {}, 100), 0, _EARLY_MS)
    assert told["outcome"] == "unnoticed"
