"""No limit in wall-clock time decides a test: machines are shared. This one ends what would never
end by itself.
"""

import contextlib
import signal

HANG_S = 1_500


class Hangs(BaseException):
    """CPU time is up. Nothing that is tested may catch it."""


@contextlib.contextmanager
def within_cpu_s(seconds):
    """For what may run in circles: raises Hangs after so much CPU time of this process."""

    def stop(*_):
        raise Hangs(f"no end after {seconds} s of CPU time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
