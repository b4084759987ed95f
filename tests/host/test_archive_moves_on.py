"""What Debian's archive may do to a pin: a point release takes its version away, and the build
goes on and says so.
"""

import json
import shutil

import pytest
from local_archive import Key, LocalArchive
from toolchain import ToolchainError, debian, manifest, sources
from toolchain.pins import RELEASES, SHIPPED, Pin, Release

SUITE = "trixie"
PINNED, SUCCESSOR = "1.0-1", "1.0-2"

pytestmark = pytest.mark.skipif(
    shutil.which("apt-get") is None,
    reason="only a machine with apt reads Debian's archive; another takes MICROPY_DIR",
)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    made = [Key(tmp_path_factory.mktemp("gpg") / name) for name in ("debian", "stranger")]
    yield made
    for key in made:
        key.end()


@pytest.fixture
def archive(tmp_path, monkeypatch, keys):
    """An archive that is served as this machine's mirror, with the key that it trusts."""
    made = LocalArchive(tmp_path / "archive")
    server = made.serve()
    monkeypatch.setenv("EVENPULSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("EVENPULSE_DEBIAN_MIRROR", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    for name in ("MICROPY_DIR", "EVENPULSE_MICROPYTHON"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(debian, "_KEYRINGS", (str(keys[0].public),))
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def fetch(archive, monkeypatch, keys, capsys):
    """Publish the archive and put the sources together: (their tree, their identity, what was
    said).
    """

    def _fetch(source_sha256, binary_sha256, key=keys[0], suite=SUITE):
        for published in {SUITE, suite}:
            archive.publish(key, published)
        pins = (
            Pin("micropython", PINNED, source_sha256, "."),
            Pin("pico-sdk-source", PINNED, binary_sha256, "lib/sdk", inside="usr/src/sdk"),
        )
        monkeypatch.setitem(RELEASES, SHIPPED, Release(suite, pins))
        sources.fetch()
        return sources.tree(), sources.identity(), capsys.readouterr().err

    return _fetch


def add(archive, source, binary):
    """Both packages in these versions, each with a file that tells its own; their SHA-256."""
    return (
        archive.add_source("micropython", source, {"py/version": source, "lib/sdk/": ""}),
        archive.add_binary("pico-sdk-source", binary, {"usr/src/sdk/version": binary}),
    )


def told(identity, tmp_path):
    """What firmware.json of a build from these sources says of its pins."""
    folder = tmp_path / "built"
    folder.mkdir()
    for name in ("firmware.uf2", "firmware.bin"):
        (folder / name).write_bytes(b"\0" * 512)
    others = (
        {}
        if "checkout" in identity
        else dict.fromkeys(("mbedtls", "tinyusb-source"), {"version": "1", "sha256": ""})
    )
    tree = {"sources": {**others, **identity}, "compiler": "gcc 1", "libc": "1"}
    manifest.write(folder, "nmes2", "0.0.0", b"\0", {"tree": tree})
    return json.loads((folder / "firmware.json").read_text())["pins"]


def test_what_is_pinned_is_taken_while_it_is_there(archive, fetch, tmp_path):
    hashes = add(archive, PINNED, PINNED)
    tree, identity, said = fetch(*hashes)
    assert (tree / "py/version").read_text() == (tree / "lib/sdk/version").read_text() == PINNED
    assert {name: (one["version"], one["sha256"]) for name, one in identity.items()} == {
        "micropython": (PINNED, hashes[0]),
        "pico-sdk-source": (PINNED, hashes[1]),
    }
    assert "successor" not in said
    assert told(identity, tmp_path) == {"as_pinned": True, "differs": {}}


@pytest.mark.parametrize(
    "source, binary", [(SUCCESSOR, PINNED), (PINNED, SUCCESSOR), (SUCCESSOR, SUCCESSOR)]
)
def test_what_has_left_gives_way_to_its_successor_with_a_note(
    archive, fetch, tmp_path, source, binary
):
    hashes = add(archive, source, binary)
    tree, identity, said = fetch(
        *(sha if version == PINNED else "0" * 64 for sha, version in zip(hashes, (source, binary)))
    )
    assert (tree / "py/version").read_text() == source and (
        tree / "lib/sdk/version"
    ).read_text() == binary
    moved = {
        name: version
        for name, version in (("micropython", source), ("pico-sdk-source", binary))
        if version != PINNED
    }
    for name in ("micropython", "pico-sdk-source"):
        note = f"{name} {PINNED} has left {SUITE}; taking its successor {SUCCESSOR}"
        assert (note in said) == (name in moved)
    assert told(identity, tmp_path) == {
        "as_pinned": False,
        "differs": {name: {"pinned": PINNED, "taken": version} for name, version in moved.items()},
    }


def test_of_several_successors_the_newest_is_taken(archive, fetch):
    _, binary = add(archive, SUCCESSOR, PINNED)
    archive.add_source("micropython", "1.1-1", {"py/version": "1.1-1", "lib/sdk/": ""})
    tree, _, said = fetch("0" * 64, binary)
    assert (tree / "py/version").read_text() == "1.1-1" and "its successor 1.1-1" in said


def test_other_bytes_under_the_pinned_version_are_refused(archive, fetch):
    _, binary = add(archive, PINNED, PINNED)
    with pytest.raises(ToolchainError, match="not the file that was pinned"):
        fetch("0" * 64, binary)


def test_a_package_that_is_gone_is_named(archive, fetch):
    source = archive.add_source("micropython", PINNED, {"py/version": "", "lib/sdk/": ""})
    archive.add_binary("other", PINNED, {"usr/src/sdk/version": ""})
    with pytest.raises(ToolchainError, match=f"{SUITE} has no pico-sdk-source {PINNED}"):
        fetch(source, "0" * 64)


def test_a_mirror_that_is_behind_is_no_successor(archive, fetch):
    add(archive, "1.0-0", PINNED)
    with pytest.raises(ToolchainError, match="micropython 1.0-0 only.*this mirror is behind"):
        fetch("0" * 64, "0" * 64)


def test_an_archive_signed_by_a_stranger_is_refused(archive, fetch, keys):
    with pytest.raises(
        ToolchainError,
        match="(?s)fetch MicroPython.*(NO_PUBKEY|not signed|Missing key|cannot be verified)",
    ):
        fetch(*add(archive, SUCCESSOR, SUCCESSOR), key=keys[1])


# A MicroPython that is not the shipped one comes from a suite that goes on to the next.


@pytest.mark.parametrize("source", [PINNED, SUCCESSOR])
def test_another_suite_gives_one_package_in_its_release(archive, fetch, source):
    hashes = add(archive, source, PINNED)
    tree, identity, said = fetch(
        hashes[0] if source == PINNED else "0" * 64, hashes[1], suite="other"
    )
    assert (tree / "py/version").read_text() == identity["micropython"]["version"] == source
    assert f"other and {SUITE}" in said
    assert ("has left other; taking" in said) == (source == SUCCESSOR)


def test_another_suite_that_has_gone_on_to_another_release_is_refused(archive, fetch):
    _, binary = add(archive, "1.1-1", PINNED)
    with pytest.raises(ToolchainError, match="micropython 1.0-1 has left other, which has 1.1-1"):
        fetch("0" * 64, binary, suite="other")


def test_a_checkout_of_ones_own_is_not_pinned(tmp_path):
    assert told({"checkout": "/somewhere", "state": "0" * 64}, tmp_path) == {
        "as_pinned": False,
        "differs": {},
    }
