"""The output stage's comparators. As board.py promises them: a short, at once. As the circuit has
them: each pulls its line some time after what it sees, unless that has passed by then.
"""

from collections.abc import Callable, Sequence
from functools import partial

from rp2040py.rp2040 import RP2040

from evenpulse.twin.load import Channel
from evenpulse.twin.staged import StagedChannel

OVER, SHORT, REST = "over-current comparator", "short comparator", "comparator at rest"
# How often one that pulls looks again while no pin moves: direct current leaves the capacitors.
_AGAIN_NS = 5_000_000
# `pull(who, low)` pulls a line or lets it go; nothing lets a short's go.
Pull = Callable[[str, bool], None]


class Promised:
    """Less voltage at a channel's output than its current has to cause."""

    # Those that pull the interlock's own line
    own: tuple[str, ...] = ()

    def __init__(self, board: dict, channels: Sequence[Channel], pull: Pull):
        self._ohm, self._from_ua = board.get("SHORT_OHM", 0), board.get("SHORT_FROM_UA", 0)
        self._channels, self._pull = channels, pull

    def look(self) -> None:
        """Something at a channel has changed."""
        for channel in self._channels:
            electrode = channel.electrode
            # Nearly never, and asked at each edge
            if electrode.series_ohm + electrode.skin_ohm < self._ohm:
                if channel.current_ua() >= self._from_ua:
                    self._pull(SHORT, True)
                    return


class Delayed:
    """The circuit's, with their thresholds and delays."""

    own: tuple[str, ...] = (OVER, REST)

    def __init__(
        self,
        rp2040: RP2040,
        channels: Sequence[StagedChannel],
        pull: Pull,
        settle: Callable[[], None],
    ):
        self._channels, self._pull, self._settle = channels, pull, settle
        self._pulling: set[tuple[int, str]] = set()
        self._waiting: set[tuple[int, str]] = set()
        self._alarms = {
            (index, who): rp2040.clock.create_alarm(partial(self._fire, index, who))
            for index in range(len(channels))
            for who in (OVER, SHORT, REST)
        }

    def look(self) -> None:
        """Something at a channel has changed."""
        for index, channel in enumerate(self._channels):
            for who, seconds in (
                (OVER, channel.over_s()),
                (SHORT, channel.short_s()),
                (REST, channel.rest_s()),
            ):
                self._seen(index, who, seconds)

    def _seen(self, index: int, who: str, seconds: float | None) -> None:
        key = index, who
        if seconds is None:
            self._passed(key)
        elif key not in self._waiting and key not in self._pulling:
            self._waiting.add(key)
            self._alarms[key].schedule(max(1, round(seconds * 1e9)))

    def _passed(self, key: tuple[int, str]) -> None:
        # At rest a pulse is too short to let its filter go.
        if key[1] == REST and self._channels[key[0]].flows_now:
            return
        if key in self._waiting:
            self._waiting.discard(key)
            self._alarms[key].cancel()
        if key in self._pulling:
            self._pulling.discard(key)
            self._pull(key[1], False)

    def _fire(self, index: int, who: str) -> None:
        key = index, who
        self._waiting.discard(key)
        if who == SHORT:
            self._pull(who, True)
            return
        if key not in self._pulling:
            self._pulling.add(key)
            self._pull(who, True)
        if who == REST:
            self._alarms[key].schedule(_AGAIN_NS)
            self._settle()
