"""Turns of a loop that differ in nothing but what X or Y has counted down, taken at once: a delay
of 500 µs is some hundred of them.
"""

from reference_machine import JMP

_NOP = 0xA042
_NOT_DELAY = 0xE0FF
_X_DOWN, _Y_DOWN = 2, 4
# Jumps whose way is the same from turn to turn: always, X or Y counts down and is not yet 0, a
# pin, the OSR.
_SAME_WAY = {0, _X_DOWN, _Y_DOWN, 6, 7}


class Turns:
    """Sees one machine through silent instructions, while nothing outside it changes."""

    def __init__(self, machine, ticks):
        self._machine, self._ticks = machine, ticks
        self._begin(None)

    def _begin(self, state):
        machine = self._machine
        self._state, self._x, self._y, self._next = state, machine.x, machine.y, self._ticks.next
        # Of this turn: jumps that count down, and whether there is nothing else but such and nops
        self._down, self._same = {_X_DOWN: 0, _Y_DOWN: 0}, True

    def about_to(self, opcode):
        """One silent instruction comes."""
        condition = opcode >> 5 & 7
        if opcode >> 13 != JMP:
            self._same = self._same and opcode & _NOT_DELAY == _NOP
            return
        self._same = self._same and condition in _SAME_WAY
        if condition in self._down:
            self._down[condition] += 1

    def came_back(self, until):
        """The machine has gone back: if this turn was like the one before, so are those that
        follow, as long as what counts down is not 0. Those are taken that begin before `until`.
        """
        machine, ticks = self._machine, self._ticks
        state = {name: value for name, value in vars(machine).items() if name not in ("x", "y")}
        down = {_X_DOWN: self._x - machine.x, _Y_DOWN: self._y - machine.y}
        if self._same and state == self._state and down == self._down:
            cycles = (ticks.next - self._next) // ticks.period
            turns = max(0, ((until << 8) - 1 - ticks.next) // ticks.period // cycles)
            for left, by in ((machine.x, down[_X_DOWN]), (machine.y, down[_Y_DOWN])):
                turns = min(turns, left // by) if by else turns
            machine.x -= turns * down[_X_DOWN]
            machine.y -= turns * down[_Y_DOWN]
            ticks.take(turns * cycles)
        self._begin(state)
