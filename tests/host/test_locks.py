"""Installing never resolves: exactly the lock whatever else the index offers, each lock is
closed, and a failure says why.
"""

import errno
import os
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import closed_lock
import pytest
from local_index import LocalIndex
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from toolchain import ToolchainError, pip, venv

ROOT = Path(__file__).resolve().parents[2]
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def roots(lock):
    """What the project asks for in a lock, by the command in its first lines that wrote it."""
    words = "".join(lock.read_text().splitlines()[:3]).replace("#", "")
    extras, groups = (re.findall(rf"--{what} ([\w-]+)", words) for what in ("extra", "group"))
    of_group = [one for group in groups for one in _PROJECT["dependency-groups"][group]]
    of_extra = [
        one for extra in extras for one in _PROJECT["project"]["optional-dependencies"][extra]
    ]
    return of_group or _PROJECT["project"]["dependencies"] + of_extra


ROOTS = {path.name: roots(path) for path in venv.locks()}
PYTHONS = ("3.11", "3.12", "3.13")
MACHINES = ("x86_64", "aarch64")


WHICH = ("this Python's", "an old")


@pytest.fixture
def index(tmp_path, monkeypatch):
    made = LocalIndex(tmp_path / "index")
    made.use(monkeypatch)
    return made


@pytest.fixture(scope="module")
def pips():
    """{which: the command line of a pip}: the one that the set-up takes, and an old one."""
    old = [sys.executable, venv.site_packages(venv.PIP_LOCK).find() / "site" / "pip"]
    return dict(zip(WHICH, (pip.own(), old)))


@pytest.fixture
def install(pips, tmp_path, monkeypatch):
    """The set-up's own way to install a lock; {name: version} of what is there then."""

    def _install(text, which):
        monkeypatch.setattr(pip, "own", lambda: pips[which])
        lock, finished = tmp_path / "own.lock", tmp_path / "work" / "finished"
        lock.write_text(text)
        finished.mkdir(parents=True)
        venv._install(lock, finished)
        found = metadata.distributions(path=[str(finished / "site")])
        return {canonicalize_name(one.name): one.version for one in found}

    return _install


_SETUP = "from setuptools import setup\nsetup(name={name!r}, version={version!r})\n"


def newer(version):
    """The next release, and one far away."""
    *head, last = Version(version).release
    return [".".join(map(str, [*head, last + 1])), "9999.0"]


def test_every_lock_is_looked_at():
    assert set(ROOTS) == {path.name for path in ROOT.glob("requirements*.lock")} and all(
        ROOTS.values()
    )


@pytest.mark.parametrize(
    "lock, which", [*[(lock, WHICH[1]) for lock in ROOTS], (venv.LOCK.name, WHICH[0])]
)
def test_what_is_installed_is_the_lock_whatever_else_the_index_has(index, install, lock, which):
    """The lock's own packages, versions, markers and requirements, in an index with newer
    releases of all that is named anywhere.
    """
    lines = closed_lock.read(ROOT / lock)
    asked = closed_lock.requirements_of(venv.site_packages(ROOT / lock).find() / "site")
    locked_text = ""
    for line in lines:
        name, (pinned,) = canonicalize_name(line.name), line.specifier
        if name in pip.FROM_SOURCE:
            digest = index.add_source(
                line.name, pinned.version, _SETUP.format(name=name, version=pinned.version)
            )
        else:
            digest = index.add_wheel(line.name, pinned.version, map(str, asked.get(name, ())))
        locked_text += f"{line} --hash=sha256:{digest}\n"
        for version in newer(pinned.version):
            index.add_wheel(line.name, version, map(str, asked.get(name, ())))
    known = {canonicalize_name(line.name) for line in lines}
    for name in {
        canonicalize_name(one.name) for wanted in asked.values() for one in wanted
    } - known:
        index.add_wheel(name, "9999.0")
    assert install(locked_text, which) == closed_lock.versions(lines, default_environment())


@pytest.mark.parametrize("which", WHICH)
def test_nothing_is_built_from_source(index, install, tmp_path, which):
    """A build resolves what it is built with: the newest of it."""
    ran = tmp_path / "ran"
    digest = index.add_source("thing", "1.0", f"open({str(ran)!r}, 'w')\n")
    with pytest.raises(ToolchainError, match="no wheel of this release"):
        install(f"thing==1.0 --hash=sha256:{digest}\n", which)
    assert not ran.exists()


# Closed locks


def environment(python, machine):
    return {
        **default_environment(),
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_version": f"{python}.0",
        "platform_machine": machine,
    }


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lock", ROOTS)
def test_a_lock_has_all_that_its_packages_ask_for(lock, python, machine):
    """Where another Python takes another version of a package, the metadata of the one installed
    here stands for it.

    What another Python alone takes is not installed here: its own requirements are looked at where
    the tests run on that one.
    """
    there, lines = environment(python, machine), closed_lock.read(ROOT / lock)
    locked, here = (
        closed_lock.versions(lines, there),
        closed_lock.versions(lines, default_environment()),
    )
    asked = closed_lock.requirements_of(venv.site_packages(ROOT / lock).find() / "site")
    asked |= {name: [] for name in locked if name not in here}
    assert len(locked) >= len(ROOTS[lock]) / len(PYTHONS)
    assert closed_lock.gaps(map(Requirement, ROOTS[lock]), locked, asked, there) == set()


@pytest.mark.parametrize("lock", ROOTS)
def test_what_a_lock_names_runs_on_every_python(lock):
    """Of what each Python takes; a package that this one does not take is looked at where it
    runs.
    """
    lines, site = closed_lock.read(ROOT / lock), venv.site_packages(ROOT / lock).find() / "site"
    for found in metadata.distributions(path=[str(site)]):
        range_ = SpecifierSet(found.metadata.get("Requires-Python") or "")
        for python in PYTHONS:
            taken = closed_lock.versions(lines, environment(python, MACHINES[0]))
            if taken.get(canonicalize_name(found.name)) == found.version:
                assert range_.contains(f"{python}.0"), f"{found.name} {found.version}: {range_}"


_LOCKED = {"app": "1.0", "cov": "7.17.3", "toml": "2.0"}
_ASKED = {
    "app": ["cov[all]>=7", "never; python_version < '3'"],
    "cov": ["toml>=2; extra == 'all'", "absent; extra == 'nobody'"],
    "toml": [],
}


@pytest.mark.parametrize(
    "locked, asked, gap",
    [
        ({}, {}, None),
        ({"cov": None}, {}, "app wants cov"),
        ({"toml": None}, {}, r"cov\[all\] wants toml"),
        ({"toml": "1.9"}, {}, "the lock has 1.9"),
        ({}, {"toml": ["more; python_version >= '3.13'"]}, "toml wants more"),
        ({"more": "1"}, {}, "more: its metadata is not there"),
    ],
)
def test_a_hole_in_a_lock_is_seen(locked, asked, gap):
    merged = {name: version for name, version in {**_LOCKED, **locked}.items() if version}
    wanted = {
        name: [Requirement(text) for text in texts] for name, texts in {**_ASKED, **asked}.items()
    }
    found = closed_lock.gaps([Requirement("app")], merged, wanted, environment("3.13", "x86_64"))
    assert [bool(re.search(gap, text)) for text in found] == [True] if gap else not found


# Failures, each made for real


def _wrong_hash(index, _monkeypatch):
    index.add_wheel("thing", "1.0")
    return "0" * 64


def _withdrawn(index, _monkeypatch):
    return index.add_wheel("thing", "2.0")


def _other_python(index, _monkeypatch):
    return index.add_wheel("thing", "1.0", python=">=3.99")


def _other_machine(index, _monkeypatch):
    return index.add_wheel("thing", "1.0", tag="cp311-cp311-win32")


def _no_network(_index, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    return "0" * 64


FAILURES = {
    "other bytes than were locked": (_wrong_hash, "DO NOT MATCH THE HASHES", "do not install them"),
    "the release is withdrawn": (_withdrawn, "thing==1.0", "was withdrawn"),
    "a release for another Python": (_other_python, "thing==1.0", "not for Python 3"),
    "a release for another machine": (_other_machine, "thing==1.0", "no wheel of this release"),
    "no network": (_no_network, "thing==1.0", "see that the network is there"),
}


@pytest.mark.parametrize("which", WHICH)
@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_shows_pips_last_error_and_advice_that_fits(
    index, install, monkeypatch, failure, which
):
    make, error, advice = FAILURES[failure]
    monkeypatch.setenv("PIP_RETRIES", "1")
    digest = make(index, monkeypatch)
    with pytest.raises(ToolchainError) as caught:
        install(f"thing==1.0 --hash=sha256:{digest}\n", which)
    first, *_, last = str(caught.value).splitlines()
    assert error in first and first.startswith("step 'install Python packages' failed: ")
    assert last.startswith("try: ") and advice in last
    assert sum(other in last for _, _, other in FAILURES.values()) == 1


def test_a_full_disk_is_told_as_one():
    printed = (
        f"ERROR: Could not install packages due to an OSError: [Errno 28] "
        f"{os.strerror(errno.ENOSPC)}\n"
    )
    error, advice = pip.explain(ROOT / "requirements.lock", printed)
    assert "Errno 28" in error and "EVENPULSE_CACHE" in advice


# As pip 23.0.1 prints them
_HICCUP = (
    "WARNING: Retrying (Retry(total={left}, connect=None, read=None, redirect=None, status=None)) "
    "after connection broken by 'NewConnectionError('<pip._vendor.urllib3.connection."
    "HTTPSConnection object at 0x7f>: Failed to establish a new connection: [Errno 111] Connection "
    "refused')': /simple/thing/\n"
)
_NONE = (
    "ERROR: Could not find a version that satisfies the requirement thing==1.0 (from versions: "
    "{there})\nERROR: No matching distribution found for thing==1.0\n"
)


@pytest.mark.parametrize(
    ("printed", "advice"),
    [
        (_HICCUP.format(left=4) + _NONE.format(there="1.1, 1.2"), "was withdrawn"),
        (_HICCUP.format(left=4) + _NONE.format(there="none"), "no wheel of this release"),
        (_HICCUP.format(left=0) + _NONE.format(there="none"), "see that the network is there"),
        # Without a second try pip says nothing of the network
        (_NONE.format(there="none"), "or there is nothing at that address"),
        ("Collecting Connection-Pool==1.0\n" + _NONE.format(there="1.1"), "was withdrawn"),
        ("ERROR: HTTP error 503 while getting https://x/thing.whl\n", "see that the network"),
    ],
)
def test_a_try_that_went_well_later_is_no_missing_network(printed, advice):
    _, told = pip.explain(ROOT / "requirements.lock", printed)
    assert advice in told
