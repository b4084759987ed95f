"""The machine's own package set-up: which mirror, which packages, and whom to ask."""

from pathlib import Path

import pytest
from toolchain import (
    ToolchainError,
    apt,
    debian,
)


_TARGETS = """bookworm-security http://mirror.test/debian-security
bookworm-updates http://mirror.test/debian/
bookworm http://mirror.test/debian/
other http://third.test/repo
"""


def test_the_mirror_is_the_one_the_release_itself_comes_from():
    assert debian.choose_mirror(_TARGETS, "bookworm") == "http://mirror.test/debian"


def test_a_release_by_its_suite_name_still_gives_no_security_mirror():
    targets = (
        "stable-security http://mirror.test/debian-security\nstable http://mirror.test/debian\n"
    )
    assert debian.choose_mirror(targets, "trixie") == "http://mirror.test/debian"


def test_without_any_mirror_the_error_says_what_to_set(monkeypatch):
    monkeypatch.delenv("EVENPULSE_DEBIAN_MIRROR", raising=False)
    monkeypatch.setattr(debian.apt, "is_debian", lambda: False)
    monkeypatch.setattr(debian, "_MIRROR_DATA", Path("/nonexistent"))
    with pytest.raises(ToolchainError, match="EVENPULSE_DEBIAN_MIRROR"):
        debian.mirror()


def test_another_distribution_takes_the_mirror_from_the_data_of_its_apt(monkeypatch, tmp_path):
    data = tmp_path / "Debian.info"
    data.write_text(
        "ChangelogURI: x\n\nSuite: sid\nBaseURI: https://mirror.test/debian/\nBaseURI: "
        "https://second.test/\n"
    )
    monkeypatch.delenv("EVENPULSE_DEBIAN_MIRROR", raising=False)
    monkeypatch.setattr(debian.apt, "is_debian", lambda: False)
    monkeypatch.setattr(debian, "_MIRROR_DATA", data)
    assert debian.mirror() == "https://mirror.test/debian"


def test_missing_packages_without_root_or_sudo_say_whom_to_ask(own_cache, monkeypatch):
    monkeypatch.setattr(apt, "needed_packages", lambda: ["gcc", "no-such-package-evenpulse"])
    monkeypatch.setattr(apt.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(
        apt.shutil, "which", lambda name: None if name == "sudo" else f"/usr/bin/{name}"
    )
    with pytest.raises(ToolchainError, match="apt-get install no-such-package-evenpulse"):
        apt.ensure_packages()


def test_apt_is_not_touched_when_nothing_is_missing(own_cache, monkeypatch):
    monkeypatch.setattr(apt, "needed_packages", lambda: ["dpkg", "apt"])
    monkeypatch.setattr(apt, "_install", lambda names: pytest.fail(f"would install {names}"))
    apt.ensure_packages()
