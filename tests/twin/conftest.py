"""Fixtures of the twin ring: a bare chip on both run loops, and the real firmware on the twin."""

import failed_twin
import kept_sessions
import pytest
from bare_chip import BareChip
from sample_scenarios import PRESCRIPTION

# Without the C loop this ring has nothing to say: `make venv` builds it.
from evenpulse.base import firmware_files
from evenpulse.emulator import _exact  # noqa: F401
from evenpulse.twin.twin import Twin


def pytest_configure(config):
    config.addinivalue_line(
        "markers",
        "copied: the test runs in a copy of the process, its sessions are brought up once a file",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """A marked test runs in a copy; its fixtures are made here, before."""
    if pyfuncitem.get_closest_marker("copied") is None:
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    failure = kept_sessions.in_a_copy(
        lambda: pyfuncitem.obj(**arguments), lambda: _told(pyfuncitem)
    )
    if failure:
        pytest.fail(failure, pytrace=False)
    return True


def _told(item):
    """What failed, in the copy: the twins end with it, so they are kept here."""
    info = pytest.ExceptionInfo.from_current()
    kept = "" if item.get_closest_marker("xfail") else failed_twin.keep(item, info)
    return (
        f"{item.repr_failure(info)}\n\n{failed_twin.HEADING}: {kept}"
        if kept
        else str(item.repr_failure(info))
    )


@pytest.fixture(autouse=True, scope="module")
def _sessions_of_this_file():
    yield
    kept_sessions.forget()


@pytest.fixture(params=["c", "python"])
def make_bare(request):
    """Makes chips without firmware; the test runs once on each of the two run loops."""
    return lambda **wishes: BareChip(python_loop=request.param == "python", **wishes)


@pytest.fixture
def bare(make_bare):
    return make_bare()


@pytest.fixture(scope="session")
def firmware():
    """The real firmware's UF2; fails with the command to run where it is not built."""
    return firmware_files.folder("nmes2") / "firmware.uf2"


@pytest.fixture
def make_twin(firmware):
    """Makes powered twins with the real firmware."""

    def _make(usb=False, **wishes):
        twin = Twin(firmware=firmware, **wishes)
        twin.power_on(usb=usb)
        return twin

    return _make


@pytest.fixture
def prescription(tmp_path):
    path = tmp_path / "pain.toml"
    path.write_text(PRESCRIPTION)
    return path
