"""The twin in a process of its own: acts come in over a pipe, frames go out. Nothing here knows of
the network.
"""

import json
import multiprocessing
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from evenpulse.base.errors import Problem
from evenpulse.prescription import file as prescription
from evenpulse.scenario.file import Scenario
from evenpulse.scenario.file import read as read_scenario
from evenpulse.web import begin
from evenpulse.web.machine import Machine, told_as

# Viewers have numbers from 1 on
ENDED, EVERYBODY, SERVER = -2, -1, 0
_FRAME_S = 1 / 30
# Between two frames, when the screen has changed
_SOON_S = 0.010
_NAP_S = 0.004
# The most time of the wall between two looks at the pipe
_RUN_S = 0.020


def spawned(board: str, rx: Path, scenario: Path | None) -> tuple[Connection, BaseProcess]:
    """A process that runs, and our end of its pipe."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=run, args=(theirs, board, rx, scenario), daemon=True)
    process.start()
    theirs.close()
    return ours, process


def run(pipe: Connection, board: str, rx: Path, scenario: Path | None) -> None:
    """Until the other end of the pipe is gone."""
    # Ctrl-C is for whoever started us; the pipe then ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        machine = Machine(
            board, prescription.read(rx, board), _scenario(scenario), begin.tour(rx, board)
        )
        Served(pipe, machine).run()
    except Problem as problem:
        _send(pipe, ENDED, told_as(problem) | {"ended": True})
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _scenario(path: Path | None) -> Scenario | None:
    return read_scenario(path) if path else None


def _send(pipe: Connection, to: int, told: dict) -> None:
    pipe.send((to, json.dumps(told, separators=(",", ":"), ensure_ascii=False)))


class Served:
    """A machine that hears a pipe: acts, and what the server asks for, between slices."""

    def __init__(self, pipe: Connection, machine: Machine):
        self._pipe, self._machine = pipe, machine
        self._screen = machine.frames.screen()
        self._sent_s = 0.0
        self._rules: dict[str, Callable[..., None]] = {
            "whole": self._whole,
            "recording": self._recording,
            "let_go": machine.let_go_all,
            "attended": machine.attended,
        }

    def run(self) -> None:
        while True:
            acted = False
            nap_s = min(max(self._machine.pace.due_in_s, _NAP_S), _FRAME_S)
            while self._pipe.poll(nap_s):
                nap_s = 0.0
                self._take(*self._pipe.recv())
                acted = True
            self._machine.desk.advance(time.monotonic() + _RUN_S)
            self._show(acted)

    def _show(self, acted: bool) -> None:
        """At once when something was done, soon when the screen is another, else at a rate."""
        since_s, screen = time.monotonic() - self._sent_s, self._machine.frames.screen()
        if acted or since_s >= _FRAME_S or since_s >= _SOON_S and screen != self._screen:
            self._screen, self._sent_s = screen, time.monotonic()
            _send(self._pipe, EVERYBODY, self._machine.frames.next())

    def _take(self, viewer: int, asked: dict) -> None:
        """What the server asks for by itself comes from SERVER; the rest are acts."""
        do = asked.pop("do")
        if viewer == SERVER:
            return self._rules[do](**asked)
        try:
            self._machine.act(do, asked)
        except Problem as problem:
            _send(self._pipe, viewer, told_as(problem))

    def _whole(self, to: int) -> None:
        _send(self._pipe, EVERYBODY, self._machine.frames.next())
        _send(self._pipe, to, self._machine.frames.whole())

    def _recording(self, to: int) -> None:
        try:
            told = {"toml": self._machine.toml()}
        except Problem as problem:
            told = told_as(problem)
        _send(self._pipe, to, told)
