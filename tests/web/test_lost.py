"""Nobody is there any more: how soon all buttons are up, and when time stands. On a wall of the
test's own, so that no busy computer decides.
"""

import asyncio
import json
import multiprocessing
import random
import selectors
from collections import deque
from types import SimpleNamespace

import pytest

from evenpulse.live import desk, pace
from evenpulse.twin.twin import CLOCKS_PER_MS
from evenpulse.web import process
from evenpulse.web.hub import ALONE_S, SILENT_S, Hub

# Time of the wall and of the device from the loss of the socket
UP_MS = 100
PAGE = 1


class Wall:
    """A wall's clock; simulated time takes of it what a computer of this speed needs."""

    def __init__(self, monkeypatch, machine, speed):
        self.now_s, self.passed = 0.0, [(0.0, 0)]
        for module in (process, desk, pace):
            monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now_s))
        machine.begin(None)
        machine.attended(True)
        twin = machine.twin
        run_ms = twin.run_ms

        def runs(milliseconds):
            run_ms(milliseconds)
            self.now_s += milliseconds / 1000 / speed
            self.passed.append((self.now_s, twin.now))

        monkeypatch.setattr(twin, "run_ms", runs)

    def clock_at(self, at_s):
        """Where the device's time was then."""
        return max(clock for wall_s, clock in self.passed if wall_s <= at_s)


class Pipe:
    """The server's end: what it says, and when; then it is gone."""

    def __init__(self, wall, says, end_s):
        self._wall, self._says, self._end_s = wall, deque(says), end_s
        self.frames = []

    def poll(self, for_s):
        wall = self._wall
        if wall.now_s >= self._end_s:
            raise EOFError
        comes_s = self._says[0][0] if self._says else self._end_s
        comes = comes_s <= wall.now_s + for_s
        wall.now_s = max(wall.now_s, comes_s) if comes else wall.now_s + for_s
        return comes and bool(self._says)

    def recv(self):
        return self._says.popleft()[1:]

    def send(self, sent):
        self.frames.append((self._wall.now_s, json.loads(sent[1])))


def edges(machine, pipe, role):
    """(wall, clock, level) of a pin, as frames told them."""
    (gpio,) = [gpio for gpio, name in machine.desk.roles.items() if name == role]
    found = []
    for wall_s, told in pipe.frames:
        clock = told.get("from", 0)
        for step, code in zip(told.get("edges", [])[::2], told.get("edges", [])[1::2]):
            clock += step
            if code >> 1 == gpio:
                found.append((wall_s, clock, code & 1))
    return found


@pytest.mark.parametrize("speed", [0.05, 0.5, 1.5, 20], ids="{}x".format)
@pytest.mark.parametrize("factor", [0.001, 0.5, 1, 4], ids="at {}".format)
def test_buttons_are_up_in_time_whatever_the_computer(one, monkeypatch, factor, speed):
    """Held on and lost at random moments; what the page learns and what the device sees."""
    wall = Wall(monkeypatch, one, speed)
    chance, says, lost, at_s = random.Random(f"{factor} {speed}"), [], [], 0.05
    says.append((0.0, PAGE, {"do": "pace", "factor": factor}))
    for _ in range(6):
        says.append((at_s, PAGE, {"do": "down", "button": "UP"}))
        at_s += chance.uniform(0.1, 0.2)
        says.append((at_s, process.SERVER, {"do": "let_go"}))
        lost.append(at_s)
        at_s += 0.2
    pipe = Pipe(wall, says, at_s)
    with pytest.raises(EOFError):
        process.Served(pipe, one).run()
    released = [(wall_s, clock) for wall_s, clock, level in edges(one, pipe, "BTN_UP") if level]
    assert len(released) == len(lost)
    for lost_s, (told_s, clock) in zip(lost, released):
        assert 0 <= told_s - lost_s <= UP_MS / 1000
        assert 0 <= (clock - wall.clock_at(lost_s)) / CLOCKS_PER_MS <= UP_MS
    assert one.twin.world.down_since == {}


def test_without_anybody_its_time_stands(one, monkeypatch):
    wall = Wall(monkeypatch, one, 20)
    says = [
        (0.0, PAGE, {"do": "pace", "factor": 1}),
        (0.5, process.SERVER, {"do": "attended", "somebody": False}),
    ]
    with pytest.raises(EOFError):
        process.Served(Pipe(wall, says, 3.0), one).run()
    stood = wall.clock_at(0.6)
    assert one.twin.now == stood and 0.4 < (stood - one.ready_clock) / CLOCKS_PER_MS / 1000 < 0.6


# --- the server's half, in a loop whose time passes when nothing else is to be done ---------------


class _Selector(selectors.DefaultSelector):
    def select(self, timeout=None):
        ready = super().select(0)
        if not ready and timeout:
            self.passes(timeout)
        return ready


class Loop(asyncio.SelectorEventLoop):
    def __init__(self):
        selector = _Selector()
        selector.passes = self._passes
        self.now_s = 0.0
        super().__init__(selector)

    def _passes(self, seconds):
        self.now_s += seconds

    def time(self):
        return self.now_s


class Asked:
    """What a hub asks of its twin, which never answers."""

    def __init__(self):
        self._ours, self._theirs = multiprocessing.Pipe()
        self.hub = Hub("nmes2", None, None)
        ended = SimpleNamespace(join=lambda _s: None, kill=lambda: None)
        self.hub.start(lambda *_: (self._theirs, ended))

    def now(self):
        """Since the last look: acts by name, what the server asks for with its parameters."""
        found = []
        while self._ours.poll():
            viewer, asked = self._ours.recv()
            found.append(asked["do"] if viewer else tuple(asked.values()))
        return found


def in_loop(story):
    loop = Loop()
    try:
        loop.run_until_complete(story(loop))
    finally:
        loop.close()


LET_GO, ALONE = ("let_go",), ("attended", False)


def test_the_socket_is_lost_and_the_twin_is_told_at_once():
    async def story(loop):
        asked = Asked()
        page = asked.hub.join()
        asked.hub.hear(page, '{"do": "down", "button": "UP"}')
        await asyncio.sleep(0.3)
        assert "down" in asked.now()
        at_s = loop.time()
        asked.hub.leave(page)
        assert asked.now() == [LET_GO] and loop.time() == at_s
        await asyncio.sleep(ALONE_S - 0.001)
        assert ALONE not in asked.now()
        await asyncio.sleep(0.002)
        assert asked.now() == [ALONE] and ALONE_S == 10
        asked.hub.stop()

    in_loop(story)


def test_whoever_comes_back_in_time_finds_it_running():
    async def story(loop):
        asked = Asked()
        asked.hub.leave(asked.hub.join())
        await asyncio.sleep(ALONE_S / 2)
        page = asked.hub.join()
        asked.now()
        for _ in range(100):
            asked.hub.hear(page, '{"do": "here"}')
            await asyncio.sleep(SILENT_S / 4)
        assert asked.now() == []
        await asyncio.sleep(SILENT_S * 1.1)
        assert LET_GO in asked.now(), "it says nothing any more: it is frozen"
        asked.hub.stop()

    in_loop(story)
