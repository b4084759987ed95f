"""The two output stages that a twin may have: what board.py promises, and what the board's circuit
does, as it leaves service. Each is its channels, and comparators for whatever chip they join.
"""

from collections.abc import Callable, Sequence

from evenpulse.base import boards
from evenpulse.emulator.chip import Chip
from evenpulse.twin import stage
from evenpulse.twin.comparators import Delayed, Promised, Pull
from evenpulse.twin.load import Channel, Electrode
from evenpulse.twin.staged import StagedChannel

# Comparators of a chip, with what pulls a line and what settles the channels
Watch = Callable[[Chip, Pull, Callable[[], None]], Promised | Delayed]


def promised(board: dict, electrodes: Sequence[Electrode]) -> tuple[list[Channel], Watch]:
    # Without an output stage there is no voltage, so that no current flows.
    compliance_mv = board.get("COMPLIANCE_MV", 0)
    channels = [Channel(electrode, compliance_mv) for electrode in electrodes]
    return channels, lambda _chip, pull, _settle: Promised(board, channels, pull)


def in_circuit(board: dict, electrodes: Sequence[Electrode]) -> tuple[list[Channel], Watch]:
    own = stage.read(board["NAME"], boards.folder()).calibrated()
    channels = [StagedChannel(electrode, own) for electrode in electrodes]
    return [*channels], lambda chip, pull, settle: Delayed(chip.rp2040, channels, pull, settle)
