"""What the judge says of faults that are really made on the chip, at every stage of a session;
and of nothing at all.
"""

import dataclasses
import random

import pytest
from made_cases import SEED, named_fault, one_case, two_faults, unsafe_kinds

from evenpulse.faults import inject, inject_pins, inject_world, table
from evenpulse.faults.stages import STAGES
from evenpulse.twin.twin import Twin

_NOTHING = table.Fault("nothing", lambda bench: {}, "", (), unseen="there is nothing")
# The place in SITUATIONS of the one with bursts
_BURSTS = 2


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_nothing_is_found_where_nothing_is_wrong(campaign, monkeypatch, stage):
    told = one_case(campaign, monkeypatch, _NOTHING, stage)
    assert told["unsafe"] == [] and told["undecided"] is None


def _words(phase_us, gap_us, new_phase_us, new_gap_us):
    """Every pulse word becomes another one on its way into the pulse machines, where nobody can
    read it back.
    """

    def _word(phase, gap):
        return phase * 125 - 2 | (gap * 125 - 4) << 16

    def _inject(bench):
        old, new = _word(phase_us, gap_us), _word(new_phase_us, new_gap_us)
        for machine in bench.rp2040.pio[0].machines[:2]:
            push = machine.tx_fifo.push
            machine.tx_fifo.push = lambda value, push=push: push(new if value == old else value)
        return {}

    return table.Fault("other words", _inject, "", (), unseen="made for a test")


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ((100, 50, 100, 40), "gap not as prescribed"),
        ((100, 50, 90, 50), "phase not as prescribed"),
        ((100, 50, 100, 51), "period not as prescribed"),
        ((100, 50, 100, 1), "gap below the dead time"),
    ],
)
def test_other_words_for_long(campaign, monkeypatch, words, kind):
    assert kind in unsafe_kinds(one_case(campaign, monkeypatch, _words(*words)))


@pytest.mark.parametrize(("gain", "kinds"), [(0.75, {"current not as set"}), (0.95, set())])
def test_a_source_that_is_a_little_weak(campaign, monkeypatch, gain, kinds):
    assert (
        unsafe_kinds(
            one_case(
                campaign,
                monkeypatch,
                table.Fault(
                    "weak", inject_world.change_source(gain), "", (), unseen="made for a test"
                ),
            )
        )
        == kinds
    )


def test_a_source_that_recovers_jumps(campaign, monkeypatch):
    def _inject(bench):
        told = inject_world.change_source(0.6)(bench)
        bench.later(400, lambda: bench.twin.world.change_source(told["channel"] - 1, 1.0, 1.0))
        return told

    assert "rises too fast" in unsafe_kinds(
        one_case(
            campaign, monkeypatch, table.Fault("jump", _inject, "", (), unseen="made for a test")
        )
    )


@pytest.mark.parametrize(
    ("inject_it", "outcome"),
    [(lambda bench: {}, "unnoticed"), (inject_pins.glitch_interlock(125, 125), "safe-stopped")],
)
def test_who_must_notice_and_does_not(campaign, monkeypatch, inject_it, outcome):
    fault = table.Fault("to be noticed", inject_it, "", (), notice_ms=100)
    assert one_case(campaign, monkeypatch, fault)["outcome"] == outcome


def test_a_pulse_after_the_end(campaign, monkeypatch):
    """A session that goes on although it has to be over: nobody pressed START, the case only
    says so.
    """

    def _walk(case):
        case.run_ms(10)
        case.over = case.now + 160 * 125_000

    deaf = dataclasses.replace(STAGES[0], name="deaf", walk=_walk)
    assert unsafe_kinds(one_case(campaign, monkeypatch, _NOTHING, deaf)) == {
        "a pulse after the end"
    }


@pytest.mark.parametrize(
    "name",
    [
        "safety data bit flip",
        "interrupts masked",
        "interrupt of trip or samples disabled",
        "timer stands",
        "source gives 1.3 of what was asked",
    ],
)
def test_kinds_that_once_went_unnoticed(campaign, monkeypatch, name):
    assert (
        one_case(
            campaign, monkeypatch, next(fault for fault in table.FAULTS if fault.name == name)
        )["outcome"]
        == "safe-stopped"
    )


@pytest.mark.parametrize("leg", ["CH1_A", "CH1_B", "CH2_A", "CH2_B"])
def test_a_leg_that_was_stuck_high_before_is_not_armed(campaign, monkeypatch, leg):
    """The monitors see it as they start, and what asks whether they can pull INTERLOCK_N must
    not let go of it for them.
    """
    ready = next(stage for stage in STAGES if stage.name == "READY")
    told = one_case(
        campaign,
        monkeypatch,
        next(fault for fault in table.FAULTS if fault.name == f"{leg} stuck high"),
        ready,
    )
    assert told["unsafe"] == [] and told["longest_us"] < 405


def test_interrupts_masked_in_the_pause_of_a_burst_do_not_wait_for_a_pulse(campaign, monkeypatch):
    """Half a second without one: none waits to be let in, so the bit itself must be asked."""

    def _walk(case):
        for _ in range(2):
            case.run_until_high("CH1_A", 1_000)
            case.run_ms(85)

    told = one_case(
        campaign,
        monkeypatch,
        named_fault("interrupts masked"),
        dataclasses.replace(STAGES[0], name="pause", walk=_walk),
        _BURSTS,
    )
    assert told["outcome"] == "safe-stopped" and told["off_us"] < 100_000


def test_where_the_code_has_masked_interrupts_itself_the_bit_hits_nothing(campaign, monkeypatch):
    """While flash is written; at any other moment it does."""

    def _inject(bench):
        bench.rp2040.core.pm = True
        with pytest.raises(inject.NothingToHit):
            inject.mask_interrupts(bench)
        bench.rp2040.core.pm = False
        return inject.mask_interrupts(bench)

    told = one_case(campaign, monkeypatch, table.Fault("masked", _inject, "", (), notice_ms=100))
    assert told["outcome"] == "safe-stopped" and told["reason"] == "registers"


@pytest.mark.parametrize(
    ("acute", "kinds"),
    [
        (table.Fault("frozen", inject.freeze_cpu, "", (), must_stop=True, notice_ms=100), set()),
        (table.Fault("nobody", lambda bench: {}, "", (), notice_ms=100), {"unnoticed"}),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
def test_who_has_cut_is_seen_though_hv_en_is_stuck(campaign, monkeypatch, acute, kinds):
    """The pad stays; what the chip does with it does not."""
    two_faults(monkeypatch, named_fault("HV_EN stuck high"), acute)
    [told] = campaign.run(SEED, [0])
    assert unsafe_kinds(told) == kinds


@pytest.mark.parametrize("ends", [True, False])
def test_a_fault_just_before_a_person_ends_the_output_is_not_missed_unless_it_does_not_end(
    campaign, monkeypatch, ends
):
    """PAUSE pressed 55 ms before, or said to have been."""

    def _walk(case):
        if ends:
            case.twin.press("START", 60)
        case.over = case.now + 160 * 125_000
        case.run_ms(55)

    pausing = next(stage for stage in STAGES if stage.name == "PAUSE")
    told = one_case(
        campaign,
        monkeypatch,
        table.Fault("missed", lambda bench: {}, "", (), notice_ms=100),
        dataclasses.replace(pausing, walk=_walk),
    )
    assert ("unnoticed" in unsafe_kinds(told)) is not ends


@pytest.mark.parametrize(("permille", "ms"), [(0, 0), (500, 10)])
def test_a_timer_that_stands_or_is_slow_never_goes_back_by_a_ms(permille, ms):
    """20 ms of it, looked at where it slips and between. A wait that saw a ms less would end."""
    twin = Twin()
    twin.power_on(usb=False)
    twin.run_ms(50.3)
    inject.run_timer_at(permille)(inject.Bench(twin, random.Random(1), {}, (1, 2)))
    seen = []
    for _ in range(200):
        seen.append(twin.chip.rp2040.read_uint32(0x40054028) // 1_000)
        twin.run_ms(0.1)
    assert seen == sorted(seen) and abs(seen[-1] - seen[0] - ms) <= (1 if ms else 0)
