"""Other days: a command under libfaketime, and `make test-clock`, which runs the tests and the
demo on each of them.
"""

import os
import subprocess
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path

from . import native
from .cache import Artefact
from .errors import ToolchainError
from .made_from import CHECKOUT
from .steps import Step

TARGETS = ("test", "demo")
_FAKETIME = (
    "usr/lib/*/faketime/libfaketime.so.1",
    "usr/lib*/faketime/libfaketime.so.1",
    "usr/local/lib/faketime/libfaketime.so.1",
)
_LIBRARY = "evenpulse-faketime.so"
# What libfaketime 0.9.10 does besides, undone. It moves the deadline of a sleep on the monotonic
# clock even where it is told to leave that clock alone (which it is, because it does not move the
# deadlines of locks), so that Python's time.sleep fails: the kernel's own sleep does not. And the
# memory that its processes share takes the lowest file number: 1, where a test closed 1.
_BESIDE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left)
{
    return syscall(SYS_clock_nanosleep, clock, flags, until, left) ? errno : 0;
}
int shm_open(const char *name, int flags, mode_t mode)
{
    int (*own)(const char *, int, mode_t);
    own = (int (*)(const char *, int, mode_t))dlsym(RTLD_NEXT, "shm_open");
    int low = own(name, flags, mode);
    int high = low < 0 ? low : fcntl(low, F_DUPFD_CLOEXEC, 100);
    if (high != low)
        close(low);
    return high;
}
"""


def days(today: date) -> dict[str, date]:
    """{name: day} of what is run: nothing may depend on which of them it is."""
    return {
        "today": today,
        "in a year": today + timedelta(365),
        "in five years": today + timedelta(5 * 365 + 1),
        "a day after 31 bits of seconds": date(2038, 1, 20),
        "late in the century": date(2099, 6, 1),
    }


def library() -> Artefact:
    """What is loaded beside libfaketime."""
    inputs = {"source": _BESIDE, "library": _LIBRARY, "compiler": native.compiler_version("gcc")}
    return Artefact("clock", inputs, _compile, "setup-all")


def _compile(finished: Path) -> None:
    source = finished.parent / "beside.c"
    source.write_text(_BESIDE)
    with Step(
        "compile what other days need", "read the log above; gcc and libc6-dev are needed."
    ) as step:
        step.run(
            [
                "gcc",
                "-shared",
                "-fPIC",
                "-O2",
                "-Wall",
                "-Werror",
                "-o",
                finished / _LIBRARY,
                source,
                "-ldl",
            ]
        )


def on(day: date) -> dict[str, str]:
    """The environment in which whatever is started lives from noon of a day on; ToolchainError
    without libfaketime.
    """
    found = next((path for pattern in _FAKETIME for path in Path("/").glob(pattern)), None)
    if found is None:
        raise ToolchainError(f"clock: {_FAKETIME[0]} is not there.\nRun: apt-get install faketime")
    noon = datetime.combine(day, time(12))
    return {
        **os.environ,
        "FAKETIME": f"{(noon - _kernels_now()) // timedelta(seconds=1):+d}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        # By name, found in folders: in LD_PRELOAD a blank would end a path.
        "LD_PRELOAD": f"{_LIBRARY}:{found.name}",
        "LD_LIBRARY_PATH": f"{library().get()}:{found.parent}",
    }


def _kernels_now() -> datetime:
    """libfaketime counts from the kernel's clock, also in a process that lives on another day
    already: `make test-clock` runs the tests of this module too.
    """
    unmoved = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    told = subprocess.run(["date", "+%s"], env=unmoved, capture_output=True, check=True)
    return datetime.fromtimestamp(int(told.stdout))


def run() -> None:
    """The tests and the demo on each day; ToolchainError names those that failed."""
    failed = []
    for name, day in days(date.today()).items():
        for target in TARGETS:
            words = ["make", "-C", str(CHECKOUT), target, f"PYTHON={sys.executable}"]
            code = subprocess.run(words, env=on(day), check=False).returncode
            print(
                f"test-clock: {name}, {day}: make {target} {'failed' if code else 'ok'}",
                file=sys.stderr,
            )
            failed += [f"make {target} on {day} ({name}): exit {code}"] if code else []
    if failed:
        raise ToolchainError("test-clock:\n" + "\n".join(failed))
