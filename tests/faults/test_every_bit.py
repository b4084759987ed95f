"""Flipped bits of the pulse machine's program, each in a copy of one running session.

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
