"""A Python that has imported pytest, and forks for each run that it is asked for: lines of JSON in,
lines of JSON out.

Nothing of the firmware may be imported before the fork: a child must see what is planted.
"""

import contextlib
import importlib
import json
import os
import resource
import signal
import sys
import tempfile
from pathlib import Path

import pytest

_BEFORE = ("gate.plugin", "costs", "toolchain.native")
_OF_THE_FIRMWARE = {"stimcore", "app", "hal", "board", "evenpulse"}


def _get_ready() -> None:
    """Import pytest's plugins and what every run of ours needs."""
    here = Path.cwd()
    os.chdir("/")
    with (
        contextlib.redirect_stdout(sys.stderr),
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stderr(nowhere),
    ):
        pytest.main(["--version", "-p", "no:xdist"])
    os.chdir(here)
    for name in _BEFORE:
        importlib.import_module(name)
    early = {name.partition(".")[0] for name in sys.modules} & _OF_THE_FIRMWARE
    for name in [name for name in sys.modules if name.partition(".")[0] in early]:
        del sys.modules[name]


def _run(words: list[str], limit_cpu_s: int) -> dict:
    """Exit code and output of one run; None for one that needed more CPU time than it may."""
    with tempfile.TemporaryFile("w+") as told:
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_CPU, (limit_cpu_s, resource.RLIM_INFINITY))
            os.dup2(told.fileno(), 1)
            os.dup2(told.fileno(), 2)
            code = 3
            try:
                code = int(pytest.main(words))
                sys.stdout.flush()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        told.seek(0)
        return {"code": None if code == -signal.SIGXCPU else code, "told": told.read()}


def main() -> None:
    _get_ready()
    for line in sys.stdin:
        print(json.dumps(_run(**json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
