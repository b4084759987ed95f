"""`--spread N`: the tests of a run in N copies of the process that has collected them.

A copy takes the next file when it comes to the end of one, so a file stays in one process and what
its tests start from is made once. Nothing is imported or collected twice, and what the copies have
to tell comes some tests at a time: processes that begin by themselves and tell of each step of each
test take three seconds each to start, and a millisecond a test.
"""

import contextlib
import itertools
import os
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import NoReturn

import pytest

# How long a copy keeps what it has to tell
_TOLD_EACH_S = 0.5
_NUMBER_BYTES = 2


def add_options(parser):
    parser.getgroup("spread").addoption(
        "--spread",
        type=int,
        default=0,
        metavar="N",
        help="run the tests in N copies of the process that has collected them, file by file",
    )


class Spread:
    """The plugin of the process that was started by hand: what the copies tell, it tells pytest."""

    def __init__(self, config):
        self._config = config
        self._left: dict = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        option = self._config.option
        if not option.spread or option.collectonly or option.usepdb or session.testsfailed:
            return None
        self._no_line_a_file()
        self._left = {item.nodeid: item for item in session.items}
        with _copies(session, option.spread) as pipes:
            self._listen(session, pipes)
        for item in self._left.values():
            self._config.hook.pytest_runtest_logreport(report=_never_told(item))
        return True

    def _no_line_a_file(self):
        """Files run beside each other."""
        if terminal := self._config.pluginmanager.getplugin("terminalreporter"):
            terminal.showfspath = False

    def _listen(self, session, pipes: list[Connection]) -> None:
        """Until all copies have ended."""
        while pipes:
            for pipe in wait(pipes):
                messages = _received(pipe)
                if messages is None:
                    pipes.remove(pipe)
                for told, values in messages or ():
                    told(self, *values)
            if session.shouldfail:
                raise session.Failed(session.shouldfail)

    def reported(self, report):
        hook = self._config.hook
        if isinstance(report, dict):
            report = hook.pytest_report_from_serializable(config=self._config, data=report)
        hook.pytest_runtest_logreport(report=report)
        if report.when == "teardown":
            self._left.pop(report.nodeid, None)
            hook.pytest_runtest_logfinish(nodeid=report.nodeid, location=report.location)

    def warned(self, written, when, nodeid, location):
        self._config.hook.pytest_warning_recorded.call_historic(
            kwargs={
                "warning_message": warnings.WarningMessage(*written),
                "when": when,
                "nodeid": nodeid,
                "location": location,
            }
        )


class _Copy:
    """The plugin of a copy."""

    def __init__(self, config, number: int, pipe: Connection):
        self._config, self._name, self._pipe = config, f"copy{number}", pipe
        self._kept: list[tuple] = []
        self._told_s = time.monotonic()

    def settle(self):
        """With its own output, folder and voice: those that it has been copied with are the
        other's.
        """
        # Not heeded in what was started in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
        plugins, folders = self._config.pluginmanager, self._config._tmp_path_factory
        capture = plugins.getplugin("capturemanager")
        capture.stop_global_capturing()
        capture.start_global_capturing()
        capture.suspend_global_capture()
        for name in ("terminalreporter", "spread"):
            plugins.unregister(name=name)
        plugins.register(self, "spread")
        folders._basetemp = folders.getbasetemp() / self._name
        folders._basetemp.mkdir(mode=0o700)

    def pytest_runtest_logreport(self, report):
        failed = report.failed
        if report.longrepr is not None:
            report = self._config.hook.pytest_report_to_serializable(
                config=self._config, report=report
            )
        self._kept.append((Spread.reported, (report,)))
        if failed:
            self.tell()

    def pytest_warning_recorded(self, warning_message, when, nodeid, location):
        # As it reads, for what it holds may be too much for a pipe.
        kind = warning_message.category
        written = (str(warning_message.message), kind, *_place(warning_message))
        self._kept.append((Spread.warned, (written, when, nodeid, location)))

    def pytest_runtest_logfinish(self):
        if time.monotonic() - self._told_s > _TOLD_EACH_S:
            self.tell()

    def tell(self):
        self._pipe.send(self._kept)
        self._kept, self._told_s = [], time.monotonic()

    def end(self):
        self.tell()
        self._pipe.send(None)


def _place(warning_message) -> tuple[str, int]:
    return warning_message.filename, warning_message.lineno


def _received(pipe: Connection) -> list | None:
    """None: this copy has ended, or died."""
    try:
        return pipe.recv()
    except EOFError:
        return None


@contextlib.contextmanager
def _copies(session, count: int) -> Iterator[list[Connection]]:
    """As many; what they tell. When this ends before them, they do too."""
    files = [list(items) for _, items in itertools.groupby(session.items, lambda item: item.path)]
    numbers = _queue(len(files))
    # Each copy's folder is in it
    session.config._tmp_path_factory.getbasetemp()
    # What is written already would be written by each
    sys.stdout.flush()
    sys.stderr.flush()
    processes, pipes = [], []
    try:
        for number in range(1, count + 1):
            process, pipe = _started(session, number, files, numbers)
            processes.append(process)
            pipes.append(pipe)
        yield pipes
    finally:
        os.close(numbers)
        for process in processes:
            os.kill(process, signal.SIGINT)
        for process in processes:
            os.waitpid(process, 0)


def _queue(count: int) -> int:
    """Where each copy reads the number of its next file; nobody reads the same."""
    reader, writer = os.pipe()
    with open(writer, "wb") as file:
        file.writelines(number.to_bytes(_NUMBER_BYTES, "little") for number in range(count))
    return reader


def _started(session, number: int, files: list, numbers: int) -> tuple[int, Connection]:
    theirs, ours = Pipe(duplex=False)
    process = os.fork()
    if not process:
        theirs.close()
        _run(session, files, numbers, _Copy(session.config, number, ours))
    ours.close()
    return process, theirs


def _run(session, files: list, numbers: int, copy: _Copy) -> NoReturn:
    """Never comes back: what this process would do at its end is the other's to do."""
    try:
        copy.settle()
        items = itertools.chain(_items(files, numbers), [None])
        # The file that follows is taken with the last test of one: it decides what is kept.
        for item, following in itertools.pairwise(items):
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        copy.end()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        session._setupstate.teardown_exact(None)
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(0)


def _items(files: list, numbers: int) -> Iterator[pytest.Item]:
    while number := os.read(numbers, _NUMBER_BYTES):
        yield from files[int.from_bytes(number, "little")]


def _never_told(item) -> pytest.TestReport:
    """Red is also what nobody has told of."""
    return pytest.TestReport(
        nodeid=item.nodeid,
        location=item.location,
        keywords={},
        outcome="failed",
        longrepr="The copy of the process that ran this test, or was to, died: this one or the "
        "last that is told of ended it. Run the file alone, without --spread.",
        when="call",
    )
