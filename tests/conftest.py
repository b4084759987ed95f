"""What every ring shares: at the top of a run, how long it takes and which MicroPython port the
unit tests run on.
"""

import gc
import signal

import costs
import failed_twin
import gate.plugin
import pytest
import together
from person import Person
from hypothesis import HealthCheck, Phase, settings
from toolchain import native

# A busy machine is slow, and that says nothing of what is tested
ANY_MACHINE = "any machine"
# What is wrong shall be told soon: to explain an example that fails, each line that it runs is
# traced, for minutes where it is a session's walk, which looks like a test without an end.
settings.register_profile(
    ANY_MACHINE,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[phase for phase in Phase if phase is not Phase.explain],
)
settings.load_profile(ANY_MACHINE)


def pytest_addoption(parser):
    gate.plugin.pytest_addoption(parser)
    costs.add_options(parser)


def pytest_configure(config):
    # A run that was started in the background ignores Ctrl-C, and hands that on to each command
    # that a test means to interrupt.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.pluginmanager.register(costs.Costs(config), "costs")
    config.pluginmanager.register(together)
    config.addinivalue_line(
        "markers", "micropython: a unit test that runs under MicroPython's Unix port"
    )


def pytest_report_header():
    bits = native.unix_bits()
    short = (
        ""
        if bits == 32
        else " (this computer cannot run the 32-bit one: integers are wider than the RP2040's)"
    )
    return f"tests/unit under CPython and under MicroPython's {bits}-bit Unix port{short}"


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """What is collected stays: to look for garbage in it took a fifth of a process's start."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish():
    """The firmware collects garbage again and again; pytest's own million objects are none, and
    looking through them took 0.1 s each time.
    """
    gc.freeze()


def pytest_runtest_setup(item):
    failed_twin.forget(item)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    """A test that failed with a twin in its hands leaves what the twin was, and names the
    folder.
    """
    report = yield
    if report.failed and call.excinfo is not None:
        kept = failed_twin.keep(item, call.excinfo)
        if kept:
            report.sections.append((failed_twin.HEADING, kept))
    return report


@pytest.fixture
def person():
    """Whoever sits at a terminal; they leave at the end of the test."""
    people = []

    def _person(*command):
        people.append(Person(*command))
        return people[-1]

    yield _person
    for one in people:
        one.close()
