"""The length of a session, judged on faults that are really made: one clock that goes wrong ends it
in time, and when both do the judge says so.
"""

import dataclasses

import pytest

from evenpulse.faults import case_spec as cases
from evenpulse.faults import inject, situations, table
from evenpulse.faults.campaign import Campaign
from evenpulse.faults.case_spec import spec
from evenpulse.faults.stages import STAGES
from evenpulse.twin.states import RUNNING
from evenpulse.twin.twin import CLOCKS_PER_MS

_MINUTES = 0.15
_SEED = 7
# The last pulse, a round, and what the second timer allows the first
_SLACK_MS = 300
# Registers of a PWM slice
_DIV, _COUNT, _DIVIDER = 4, 8, 250 << 4


@pytest.fixture(scope="module")
def campaign():
    """Sessions of nine seconds."""
    short = Campaign(jobs=1, say=lambda _text: None)
    written = situations.document()
    written["program"] = [program | {"minutes": _MINUTES} for program in written["program"]]
    short._flash = situations.prescribed_flash(written)
    return short


def _to_its_end(case):
    begun = next(clock for clock, word in case.twin.states if word & 0xFF == RUNNING)
    ends = begun + round(_MINUTES * 60_000 + _SLACK_MS) * CLOCKS_PER_MS
    case.over = ends
    case.run_ms(20)


def _and_beyond(case):
    case.run_ms((case.over - case.now) / CLOCKS_PER_MS + 1_000)


def _stop_core_clock(bench):
    """The slice that counts the core's clock stands, though it is enabled."""
    pwm = bench.rp2040.pwm
    read = pwm.read_uint32
    [first] = [at for at in range(0, 8 * 20, 20) if read(at + _DIV) == _DIVIDER]
    stands = read(first + _COUNT)
    pwm.read_uint32 = lambda at: stands if at == first + _COUNT else read(at)
    return {"slice": first // 20}


@pytest.mark.parametrize(
    ("inject_it", "kinds"),
    [
        (lambda bench: {}, set()),
        (inject.run_timer_at(500), set()),
        (_stop_core_clock, set()),
        (
            # At half, pulses 10 ms apart look 5 apart: too soon
            lambda bench: inject.run_timer_at(600)(bench) | _stop_core_clock(bench),
            {"a pulse after the end"},
        ),
    ],
    ids=["nothing", "timer half as fast", "the core's clock stands", "both"],
)
def test_a_session_is_no_longer_than_prescribed(campaign, monkeypatch, inject_it, kinds):
    fault = table.Fault("clocks", inject_it, "", (), unseen="made for a test")
    stage = dataclasses.replace(STAGES[0], name="to its end", walk=_to_its_end, after=_and_beyond)
    monkeypatch.setattr(cases, "DECK", (fault,))
    monkeypatch.setattr(cases, "FAULTS", (fault,))
    monkeypatch.setattr(cases, "LATENT", (fault,))
    monkeypatch.setattr(cases, "BY_WEIGHT", (stage,))
    number = next(n for n in range(1_000) if spec(_SEED, n)[0].situation == 0)
    [told] = campaign.run(_SEED, [number])
    assert told["parameters"] != {"nothing": "to hit"}
    assert {finding["kind"] for finding in told["unsafe"]} == kinds and told["undecided"] is None
