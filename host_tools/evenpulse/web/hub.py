"""The twin's process and whoever looks at it: every viewer sees the same frames, one has the hands.

Buttons come up as soon as the hands are gone. Without a viewer the device stands after a while.
"""

import asyncio
import itertools
import json
from collections.abc import Callable
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from evenpulse.base.errors import BadUsage, Problem
from evenpulse.web import process
from evenpulse.web.answers import told

ALONE_S = 10.0
# Hands that say nothing for so long are gone: a page says that it is there four times as often
SILENT_S = 1.0
# Frames that a viewer has not taken: it is sent away, and may come again
_BEHIND_MAX = 256
_ANSWER_S = 10.0
_CHECK_S = 0.05


class Viewer:
    """One page. `frames`: texts to send, None at the end."""

    def __init__(self, number: int, now_s: float):
        self.number, self.heard_s = number, now_s
        self.frames: asyncio.Queue[str | None] = asyncio.Queue()
        # Its whole state has come
        self.begun = False

    def give(self, text: str) -> None:
        """One frame more; too many, and it is the last."""
        if self.frames.qsize() > _BEHIND_MAX:
            self.begun = False
            self.frames.put_nowait(None)
        else:
            self.frames.put_nowait(text)


class Hub:
    """`start` in a running loop, `stop` at its end."""

    def __init__(self, board: str, rx: Path, scenario: Path | None):
        self._arguments = (board, rx, scenario)
        self.viewers: dict[int, Viewer] = {}
        self._hands: int | None = None
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[dict]] = {}
        # Why the twin is no more, as a frame
        self._ended = ""

    def start(self, begin: Callable[..., tuple[Connection, Any]] = process.spawned) -> None:
        """The twin's process; it switches the device on by itself."""
        self._pipe, self._process = begin(*self._arguments)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._pipe.fileno(), self._read)
        self._alone = self._loop.call_later(ALONE_S, self._rule, "attended", {"somebody": False})
        self._watch = self._loop.create_task(self._watch_hands())

    def stop(self) -> None:
        self._watch.cancel()
        self._end()
        self._process.join(5)
        self._process.kill()

    # --- viewers -------------------------------------------------------------------------------

    def join(self) -> Viewer:
        """Somebody who looks; the first of them has the hands."""
        viewer = Viewer(next(self._numbers), self._loop.time())
        self.viewers[viewer.number] = viewer
        if self._ended:
            viewer.give(self._ended)
            viewer.frames.put_nowait(None)
        self._alone.cancel()
        self._rule("attended", {"somebody": True})
        self._rule("whole", {"to": viewer.number})
        self._pass_hands()
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """It is gone; what it held comes up, whoever has the hands next."""
        self.viewers.pop(viewer.number, None)
        if self._hands == viewer.number:
            self._rule("let_go", {})
            self._hands = None
        self._pass_hands()
        if not self.viewers:
            self._alone = self._loop.call_later(
                ALONE_S, self._rule, "attended", {"somebody": False}
            )

    def _pass_hands(self) -> None:
        """To whoever looks longest, when nobody has them."""
        if self._hands is None and self.viewers:
            self._hands = min(self.viewers)
            self._tell_hands()

    def _tell_hands(self) -> None:
        for viewer in self.viewers.values():
            if viewer.begun:
                viewer.give(self._hands_text(viewer))

    def _hands_text(self, viewer: Viewer) -> str:
        return json.dumps({"hands": viewer.number == self._hands, "viewers": len(self.viewers)})

    def hear(self, viewer: Viewer, text: str) -> None:
        """What a page says: {"do": …, its parameters}."""
        viewer.heard_s = self._loop.time()
        try:
            asked = _parsed(text)
            if asked["do"] == "here":
                return
            if asked["do"] == "take_hands":
                self._take_hands(viewer)
            elif viewer.number != self._hands:
                raise Problem("another page has the hands", do_next="take them, then do it again")
            else:
                self._send(viewer.number, asked)
        except Problem as problem:
            viewer.give(json.dumps({"problem": told(problem)}))

    def _take_hands(self, viewer: Viewer) -> None:
        if self._hands != viewer.number:
            self._rule("let_go", {})
            self._hands = viewer.number
            self._tell_hands()

    async def _watch_hands(self) -> None:
        """A page that says nothing any more holds nothing any more."""
        while True:
            await asyncio.sleep(_CHECK_S)
            viewer = self.viewers.get(self._hands or 0)
            if viewer and self._loop.time() - viewer.heard_s > SILENT_S:
                self._rule("let_go", {})
                viewer.heard_s = self._loop.time()

    async def recording(self) -> str:
        """What was done until now, as a scenario; raises Problem."""
        number = next(self._numbers)
        answer = self._asked[number] = self._loop.create_future()
        self._rule("recording", {"to": number})
        try:
            found = await asyncio.wait_for(answer, _ANSWER_S)
        except TimeoutError as late:
            raise Problem("the twin does not answer") from late
        finally:
            del self._asked[number]
        if "problem" in found:
            raise Problem(**found["problem"])
        return found["toml"]

    # --- the twin ------------------------------------------------------------------------------

    def _rule(self, do: str, parameters: dict[str, Any]) -> None:
        self._send(process.SERVER, {"do": do, **parameters})

    def _send(self, viewer: int, asked: dict) -> None:
        if not self._ended:
            try:
                self._pipe.send((viewer, asked))
            except OSError:
                self._end()

    def _read(self) -> None:
        try:
            while not self._ended and self._pipe.poll():
                self._give(*self._pipe.recv())
        except (EOFError, OSError):
            self._end()

    def _give(self, to: int, text: str) -> None:
        if to == process.ENDED:
            self._end(text)
        elif to == process.EVERYBODY:
            for viewer in self.viewers.values():
                if viewer.begun:
                    viewer.give(text)
        elif to in self._asked:
            self._asked[to].set_result(json.loads(text))
        elif asked := self.viewers.get(to):
            asked.give(text)
            if not asked.begun:
                asked.begun = True
                self._tell_hands()

    def _end(self, text: str = "") -> None:
        """There is no twin any more; everybody is told, whoever comes later too."""
        if self._ended:
            return
        problem = Problem("the twin's process has ended", do_next="run the command again")
        self._ended = text or json.dumps({"problem": told(problem), "ended": True})
        self._loop.remove_reader(self._pipe.fileno())
        self._pipe.close()
        for viewer in self.viewers.values():
            viewer.give(self._ended)
            viewer.frames.put_nowait(None)


def _parsed(text: str) -> dict:
    try:
        asked = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict) or not isinstance(asked.get("do"), str):
        raise BadUsage("this is no act", seen=text[:80], do_next='send {"do": "…"}')
    return asked
