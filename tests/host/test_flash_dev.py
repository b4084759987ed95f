"""The development loop end to end: a development build on the twin, changed modules through the
real mpremote.
"""

import json
import shutil
from contextlib import contextmanager

import pytest
from served_twin import ServedTwin
from warm_tool import WarmTool

from evenpulse.flashing import dev_loop
from evenpulse.link import client
from toolchain import firmware, firmware_dir, made_from

AS_BUILT = made_from.CHECKOUT / "firmware"
_MOUNTING = (b"hal/overlay.py", b"/modules")


@pytest.fixture(scope="module")
def dev_uf2():
    """The development build of this state of the sources, built if need be (5 s)."""
    return firmware.artefact("nmes2", dev=True).get() / "firmware.uf2"


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """A copy of the sources that a test may change, taken for this checkout's."""
    for part in ("firmware", "boards"):
        shutil.copytree(
            made_from.CHECKOUT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__")
        )
    monkeypatch.setattr(dev_loop, "CHECKOUT", tmp_path)
    monkeypatch.setattr(made_from, "CHECKOUT", tmp_path)
    return tmp_path / "firmware"


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    """The command, which is started here for each of a dozen lives of the device."""
    with WarmTool(tmp_path_factory.mktemp("tool")) as made:
        yield [str(made.bin / "evenpulse")]


@pytest.fixture
def device_of(tmp_path, dev_uf2, monkeypatch, warm):
    """Serves one device again and again: its flash stays; `service`: SELECT is held while it is
    switched on.
    """
    monkeypatch.setattr(client, "TIMEOUT_S", 2.0)

    @contextmanager
    def _device(*options, uf2=dev_uf2):
        kept = "--state", tmp_path / "flash", "--firmware", uf2
        with ServedTwin(*kept, *options, tool=warm) as twin:
            yield twin.port

    return _device


def change(file, old, new):
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


def told(run, port, command="info"):
    outcome = run(command, "--port", port, "--json")
    assert outcome.out, outcome.err
    return json.loads(outcome.out)


def test_a_changed_module_goes_over_and_runs_and_only_that_one(run, sources, device_of):
    with device_of() as port:
        first = told(run, port)
        assert first["version"].endswith("+dev") and first["dev"] is True and first["modules"] == []
        rows = {row["check"]: row for row in told(run, port, "selftest")["checks"]}
        assert (
            rows["development_build"]["ok"] is False and told(run, port, "selftest")["failed"] == []
        )

    change(sources / "stimcore/link.py", "PROTOCOL = 1", "PROTOCOL = 1\nMARKER = 7")
    change(
        sources / "app/device.py", 'product="evenpulse"', 'product="evenpulse", marker=link.MARKER'
    )
    with device_of("--service") as port:
        outcome = run("flash", "--dev", "--port", port, "--json")
        assert outcome.code == 0, outcome.err
        assert json.loads(outcome.out)["copied"] == ["app.device", "stimcore.link"]
    with device_of() as port:
        now = told(run, port)
        assert now["marker"] == 7 and now["modules"] == ["app.device", "stimcore.link"]
        assert now["version"].endswith("+dev") and now["state"] == "READY"
        log = run("log", "--port", port, "--json").json
        # Service mode starts no device, and records nothing
        assert [entry["version"] for entry in log if entry["e"] == "boot"] == [now["version"]] * 2

    change(sources / "stimcore/link.py", "MARKER = 7", "MARKER = 8")
    with device_of("--service") as port:
        again = run("flash", "--dev", "--port", port, "--json").json
        assert (again["copied"], again["unchanged"], again["removed"]) == (
            ["stimcore.link"],
            ["app.device"],
            [],
        )
        idle = run("flash", "--dev", "--port", port, "--json").json
        assert (idle["copied"], idle["unchanged"]) == ([], ["app.device", "stimcore.link"])
    with device_of() as port:
        assert told(run, port)["marker"] == 8

    shutil.copy(AS_BUILT / "app/device.py", sources / "app/device.py")
    with device_of("--service") as port:
        back = run("flash", "--dev", "--port", port, "--json").json
        assert (back["copied"], back["unchanged"], back["removed"]) == (
            [],
            ["stimcore.link"],
            ["app.device"],
        )
    with device_of() as port:
        assert told(run, port)["modules"] == ["stimcore.link"] and "marker" not in told(run, port)


def test_a_release_refuses_and_tells_how_to_get_a_development_build(run, device_of):
    with device_of("--service", uf2=firmware_dir("nmes2") / "firmware.uf2") as port:
        outcome = run("flash", "--dev", "--port", port)
    assert outcome.code == 1 and outcome.out == ""
    for mention in ("does not run a development build", "make flash BOARD=nmes2 DEV=1"):
        assert mention in outcome.err


def test_outside_service_mode_it_says_what_to_do(run, device_of):
    with device_of() as port:
        outcome = run("flash", "--dev", "--port", port)
    assert outcome.code == 1
    for mention in ("+dev", "not in service mode", "hold SELECT while switching it on"):
        assert mention in outcome.err


def test_what_the_device_always_runs_frozen_needs_a_new_firmware(run, sources, device_of):
    """As the device itself tells: what it has imported before it looks for other modules."""
    with device_of("--service") as port:
        loaded = dev_loop._remote(
            port,
            ["exec", "import sys, json\nprint('evenpulse-dev ' + json.dumps(sorted(sys.modules)))"],
        )
        ours = {
            name.replace(".", "/") + ".py"
            for name in loaded
            if name.partition(".")[0] in ("hal", "board")
        } - {"hal.py"}
        # Service mode itself has gone on to look at the keys' flash: a device in therapy loads
        # these after the overlay.
        assert ours - {"hal/flash_ring.py"} <= set(dev_loop.FIXED)
        change(
            sources / "hal/safe.py",
            "_BOTH_PIO = const(0xC00)",
            "_BOTH_PIO = const(0xC00)\nMARKER = 1",
        )
        outcome = run("flash", "--dev", "--port", port)
    assert outcome.code == 1
    for mention in ("hal/safe.py differs", "only a new firmware", "make flash BOARD=nmes2 DEV=1"):
        assert mention in outcome.err


def test_a_module_that_does_not_compile_is_told_before_anything_is_copied(run, sources, device_of):
    change(sources / "stimcore/link.py", "PROTOCOL = 1", "PROTOCOL = = 1")
    with device_of("--service") as port:
        outcome = run("flash", "--dev", "--port", port)
        assert dev_loop._remote(port, ["exec", dev_loop._LOOK + dev_loop._TELL])["files"] == {}
    assert outcome.code == 1
    for mention in ("firmware/stimcore/link.py does not compile", "SyntaxError"):
        assert mention in outcome.err


def test_a_module_that_does_not_import_leaves_service_mode_open(run, sources, device_of):
    change(sources / "stimcore/link.py", "PROTOCOL = 1", "PROTOCOL = 1 // 0")
    with device_of("--service") as port:
        assert run("flash", "--dev", "--port", port).code == 0
    with device_of() as port:
        assert run("info", "--port", port).code == 3
    shutil.copy(AS_BUILT / "stimcore/link.py", sources / "stimcore/link.py")
    with device_of("--service") as port:
        assert run("flash", "--dev", "--port", port).code == 0
    with device_of() as port:
        assert told(run, port)["state"] == "READY"


def test_a_release_image_has_nothing_that_mounts_a_filesystem_at_boot(dev_uf2):
    release, development = (
        (folder / "firmware.bin").read_bytes() for folder in (firmware_dir("nmes2"), dev_uf2.parent)
    )
    for piece in _MOUNTING:
        assert piece in development and piece not in release
