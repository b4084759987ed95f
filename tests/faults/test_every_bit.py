"""Flipped bits of both PIO programs, each in a copy of one running session.

PIO memory cannot be read back and is written anew once a round: until then a pulse may come of it.
All bits at all places of a pulse: `python -m evenpulse.faults.every_bit`.
"""

from evenpulse.faults import every_bit
from evenpulse.faults.situations import SITUATIONS

# Its five loops: phase A, gap, phase B, rest, settle
_JUMPS = (10, 13, 16, 20, 24)
_GAP_SHORTER_THAN_PHASE = next(n for n, one in enumerate(SITUATIONS) if one.name == "near the cap")


def test_no_flipped_jump_leaves_charge_and_goes_on():
    """HZ3. One bit took the loop of phase A past its end into the gap: case 657 of seed 3."""
    bits = [(0, place, bit) for place in _JUMPS for bit in range(16)]
    found = every_bit.every(bits, ["settling"], _GAP_SHORTER_THAN_PHASE)
    assert sum(one.stopped for one in found) > 20, "the flips do strike"
    assert [one for one in found if one.unnoticed] == []


# (place, bit) of PIO 1 after whose flip the machines of both legs B were somewhere else for good
_STRAYED = {(17, 13), (17, 14), (19, 7), (21, 2), (21, 4), (22, 6)}
_STRAYED |= {(23, 14), (24, 7), (25, 0), (25, 4)}


def test_a_flipped_bit_of_a_monitor_leaves_no_leg_unwatched():
    """HZ2. Every 16th bit, before a pulse, and all that did once; all of them: `every_bit
    --blind`.
    """
    bits = [(place, bit) for place in range(32) for bit in range(16)][::16]
    bits += sorted(_STRAYED - set(bits))
    found = every_bit.every_blind(bits, ["settling"])
    assert sum(one.stopped for one in found) > len(bits) // 2, "the flips do strike"
    assert [one for one in found if one.legs] == []
