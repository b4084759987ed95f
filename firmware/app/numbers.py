"""Numbers that safety rests on, held against what they were when armed: of the board, of the
amplitude, of the session, of each train.
"""

from array import array

# Where the numbers of each begin, and how many there are
_OF_AMPLITUDE, _OF_SESSION, _OF_TRAINS, _OF_A_TRAIN, _NUMBERS = 0, 10, 20, 10, 40
# Of the amplitude's: those that stand from power-on
_PLACED = 8


class Numbers:
    """`keep` at arming and at each start, `stand` in between."""

    def __init__(self, amplitude, board):
        self._amplitude = amplitude
        self._board = board
        self.kept, self.now = array("i", [0] * _NUMBERS), array("i", [0] * _NUMBERS)
        amplitude.numbers(self.now, _OF_AMPLITUDE)
        self._placed = list(self.now[_PLACED:_OF_SESSION])

    def at_rest(self, calibration):
        """Does the amplitude's driver go by the board and this calibration?"""
        now, board = self.now, self._board
        self._amplitude.numbers(now, _OF_AMPLITUDE)
        wanted = [board["MAX_UA"], board["FULL_SCALE_UA"]]
        for row in (calibration[0], calibration[-1]):
            wanted += [row["gain_permyriad"], row["offset_ua"]]
        return list(now[:_OF_SESSION]) == wanted + [0, 0] + self._placed

    def stand(self, session, trains):
        """Is each what was kept?"""
        self._read(self.now, session, trains)
        return self.now == self.kept

    def keep(self, session, trains):
        """What is armed now, with the trains that it has."""
        for i in range(_OF_TRAINS, _NUMBERS):
            self.kept[i] = self.now[i] = 0
        self._read(self.kept, session, trains)

    def _read(self, into, session, trains):
        self._amplitude.numbers(into, _OF_AMPLITUDE)
        session.numbers(into, _OF_SESSION)
        at = _OF_TRAINS
        for _, train in trains:
            train.numbers(into, at)
            at += _OF_A_TRAIN
