"""`make clean-cache`: tells the size, removes what nobody has used for 30 days, keeps what this
checkout stands on.
"""

import json
import os
import time

import pytest
from toolchain import ToolchainError, cache, clean, venv
from toolchain.cache import Artefact

_DAY_S = 86_400
_HASH = "-0123456789abcdef"


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """A cache of a test, and a checkout without a .venv."""
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setenv("EVENPULSE_CACHE", str(folder))
    monkeypatch.setattr(venv, "STAMP", tmp_path / "none.json")
    return folder


def entry(folder, name, unused_days, size=1_000_000):
    made = folder / f"{name}{_HASH}"
    made.mkdir(parents=True)
    (made / "content").write_bytes(b"x" * size)
    age(made, unused_days)
    return made


def age(path, days):
    then_s = time.time() - days * _DAY_S
    os.utime(path, (then_s, then_s))


def names(folder):
    return {path.name.removesuffix(_HASH) for path in folder.iterdir()} - {"locks", "logs"}


def test_what_is_old_goes_and_what_is_young_stays(own_cache, capsys):
    for name, days in (
        ("old-1", 31),
        ("old-2", 400),
        (".half-built-1", 31),
        ("young-1", 29),
        ("new-1", 0),
    ):
        entry(own_cache, name, days)
    clean.run()
    assert names(own_cache) == {"young-1", "new-1"}
    *removed, whole = capsys.readouterr().out.splitlines()
    assert sorted(line.split(":")[0].removesuffix(_HASH) for line in removed) == [
        "removed .half-built-1",
        "removed old-1",
        "removed old-2",
    ]
    assert "5.0 MB in 5 entries; 3.0 MB in 3 removed, 2.0 MB in 2 left" in whole


def test_what_the_cache_has_not_made_stays(own_cache, capsys):
    """EVENPULSE_CACHE may name a folder with other things in it: once a home was emptied."""
    others = ("Documents", ".ssh", "pip", "mozilla-1", "thesis-2024-final", ".cache", "a.log")
    for name in others:
        (own_cache / name).mkdir()
        age(own_cache / name, 400)
    (own_cache / "report-0123456789abcdef.odt").touch()
    age(own_cache / "report-0123456789abcdef.odt", 400)
    clean.run()
    assert set(others) < {path.name for path in own_cache.iterdir()}
    assert (own_cache / "report-0123456789abcdef.odt").exists()
    assert "in 0 entries" in capsys.readouterr().out


def test_all_that_the_cache_makes_is_known_to_it(own_cache):
    """Also what a kill has left half built, and half removed."""
    artefact = Artefact("run-loop_3.11+x", {"a": 1}, lambda finished: None)
    artefact.get()
    half = own_cache / f".{artefact.name}-f5la1icv"
    for made in (half, own_cache / f".removed-17-{artefact.name}"):
        made.mkdir()
    (own_cache / f".removed-17-{half.name}").mkdir()
    for made in own_cache.iterdir():
        age(made, 31)
    clean.run()
    assert names(own_cache) == set()


def test_a_cache_of_no_certain_place_is_refused(monkeypatch):
    monkeypatch.setenv("EVENPULSE_CACHE", "cache")
    with pytest.raises(ToolchainError, match="(?s)EVENPULSE_CACHE is 'cache'.*Set it to /"):
        cache.root()
    monkeypatch.setenv("EVENPULSE_CACHE", "~/x")
    assert cache.root().is_absolute()


def test_without_anything_old_it_tells_the_size_and_removes_nothing(own_cache, capsys):
    entry(own_cache, "new-1", 3, size=2_500_000)
    clean.run()
    assert (
        names(own_cache) == {"new-1"}
        and "2.5 MB in 1 entries; 0.0 MB in 0 removed" in capsys.readouterr().out
    )


def test_an_empty_cache_is_no_error(own_cache, capsys):
    own_cache.rmdir()
    clean.run()
    assert "0.0 MB in 0 entries" in capsys.readouterr().out


@pytest.mark.parametrize("use", ["get", "find"])
def test_whoever_uses_an_entry_keeps_it(own_cache, use):
    artefact = Artefact("thing", {"a": 1}, lambda finished: (finished / "part").touch())
    artefact.get()
    age(artefact.path, 300)
    getattr(artefact, use)()
    clean.run()
    assert artefact.path.is_dir()
    age(artefact.path, 300)
    clean.run()
    assert not artefact.path.exists()


def test_the_packages_of_this_checkouts_venv_stay(own_cache, tmp_path, monkeypatch):
    """Somebody may use .venv for months without make."""
    packages = entry(own_cache, "python-packages-1", 300)
    entry(own_cache, "python-packages-2", 300)
    stamp = tmp_path / "stamp.json"
    stamp.write_text(json.dumps({"packages": str(packages / "site")}))
    monkeypatch.setattr(venv, "STAMP", stamp)
    clean.run()
    assert names(own_cache) == {"python-packages-1"}


def test_the_stamp_of_a_real_venv_names_its_packages():
    assert json.loads(venv.STAMP.read_text())["packages"] == str(
        venv.site_packages().find() / "site"
    )


def test_old_logs_go_and_new_ones_stay(own_cache):
    logs = own_cache / "logs"
    logs.mkdir()
    for name, days in (("build-x-7-1.log", 40), ("build-x-8-1.log", 1), ("notes.txt", 90)):
        (logs / name).write_text("x")
        age(logs / name, days)
    clean.run()
    assert sorted(path.name for path in logs.iterdir()) == ["build-x-8-1.log", "notes.txt"]


def test_a_cache_that_may_only_be_read_can_be_used(own_cache, monkeypatch):
    def refuse(_path):
        raise OSError(30, "Read-only file system")

    made = entry(own_cache, "thing-1", 1)
    monkeypatch.setattr(cache.os, "utime", refuse)
    cache.used(made)


def test_what_may_not_be_removed_is_told_and_the_rest_goes(own_cache, monkeypatch, capsys):
    kept, _ = entry(own_cache, "kept-1", 50), entry(own_cache, "gone-1", 40)
    real = type(kept).rename

    def rename(path, target):
        if path.name == kept.name:
            raise PermissionError(13, "Permission denied")
        return real(path, target)

    monkeypatch.setattr(type(kept), "rename", rename)
    clean.run()
    assert names(own_cache) == {"kept-1"}
    told = capsys.readouterr()
    assert (
        "cannot remove" in told.err and "kept-1" in told.err and "1.0 MB in 1 removed" in told.out
    )
