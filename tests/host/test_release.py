"""What a release consists of: the same bytes wherever it is built, a manifest of its inputs, a
bill of materials, a seal.
"""

import hashlib
import json
from importlib import resources

import pytest
from jsonschema import Draft7Validator, FormatChecker
from referencing import Registry, Resource

import sample_uf2
from evenpulse_ground import uf2
from evenpulse.flashing import image
from toolchain import firmware, firmware_dir, made_from, native, rebuilt, sources

BOARD = "nmes2"
HOST_TRACES = ("/tmp", "/root", "/home", "/work", str(made_from.CHECKOUT), ".cache", "@")


@pytest.fixture(scope="module")
def built():
    return firmware_dir(BOARD)


def test_the_same_sources_give_the_same_bytes_in_another_place():
    """Builds everything for the RP2040 again, in another path and with another cache: half a
    minute of two cores, once a state of the sources.
    """
    for name, (here, there) in rebuilt.compare(BOARD).items():
        assert here == there, name


@pytest.mark.parametrize(
    "of, name, other",
    [
        (firmware, "FLAGS", ("-g0",)),
        (firmware, "OPTIONS", (*firmware.OPTIONS, "-DMORE=1")),
        (firmware, "SOURCE_DATE_EPOCH", "1"),
        (native, "newlib_version", lambda: "another"),
        (native, "compiler_version", lambda command: "another"),
        (sources, "identity", lambda: "another"),
        (made_from, "port_files", lambda board: [made_from.CHECKOUT / "Makefile"]),
    ],
)
def test_what_was_built_elsewhere_stays_until_anything_is_other(monkeypatch, of, name, other):
    """A run that finds it does not compile again; any change does, in a place of its own."""
    before = rebuilt.place(BOARD), rebuilt.artefact(BOARD).name
    assert before == (rebuilt.place(BOARD), rebuilt.artefact(BOARD).name)
    monkeypatch.setattr(of, name, other)
    assert rebuilt.place(BOARD) != before[0] and rebuilt.artefact(BOARD).name != before[1]


def test_a_changed_module_is_built_elsewhere_again_in_the_same_place(monkeypatch):
    """Its C has not changed."""
    before = rebuilt.place(BOARD), rebuilt.artefact(BOARD).name
    changed = [made_from.CHECKOUT / "Makefile"]
    monkeypatch.setattr(made_from, "frozen_files", lambda board: changed)
    assert rebuilt.place(BOARD) == before[0] and rebuilt.artefact(BOARD).name != before[1]


def test_the_program_names_no_place_and_no_day_of_this_computer(built):
    """The day in it is that of the sources: 1744675200 s is 2025-04-15."""
    program = (built / "firmware.bin").read_bytes()
    for trace in (b"/root/", b"/home/", b"/tmp/", str(made_from.CHECKOUT).encode(), b".cache"):
        assert trace not in program
    assert b" on 2025-04-15" in program


def test_the_manifest_has_every_file_and_input_with_its_hash(built):
    told = json.loads((built / "firmware.json").read_text())
    for name, facts in told["files"].items():
        data = (built / name).read_bytes()
        assert facts == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    assert (
        told["program_sha256"] == hashlib.sha256((built / "firmware.bin").read_bytes()).hexdigest()
    )
    assert (told["board"], told["version"], told["inputs"]["dev"]) == (
        BOARD,
        made_from.version(),
        False,
    )
    for name in ("firmware/main.py", "boards/nmes2/board.py"):
        assert (
            told["inputs"]["python"][name]
            == hashlib.sha256((made_from.CHECKOUT / name).read_bytes()).hexdigest()
        )
    tree = told["inputs"]["tree"]
    assert (
        tree["sources"]
        and "gcc" in tree["compiler"]
        and tree["libc"][0].isdigit()
        and tree["epoch"]
    )


@pytest.mark.parametrize("name", ["firmware.json", "firmware.cdx.json"])
def test_nothing_in_it_names_this_computer(built, name):
    text = (
        (built / name)
        .read_text()
        .replace("pkg:deb/debian/", "")
        .replace("@1.", "")
        .replace("@3.", "")
        .replace("@2.", "")
        .replace("@0.", "")
    )
    for trace in HOST_TRACES:
        assert trace not in text, trace


def schema(name):
    return json.loads(resources.files("cyclonedx").joinpath("schema", "_res", name).read_text())


def test_the_bill_of_materials_fits_the_cyclonedx_schema(built):
    bom = json.loads((built / "firmware.cdx.json").read_text())
    whole = schema("bom-1.6.SNAPSHOT.schema.json")
    base = "http://cyclonedx.org/schema/"
    others = {
        f"{base}{short}.schema.json": schema(f"{short}.SNAPSHOT.schema.json")
        for short in ("spdx", "jsf-0.82")
    }
    others |= {
        f"{base}{short}.SNAPSHOT.schema.json": schema(f"{short}.SNAPSHOT.schema.json")
        for short in ("spdx", "jsf-0.82")
    }
    registry = Registry().with_resources(
        [(name, Resource.from_contents(content)) for name, content in others.items()]
    )
    check = Draft7Validator(whole, registry=registry, format_checker=FormatChecker())
    assert [error.message for error in check.iter_errors(bom)] == []
    wrong = {**bom, "components": [{**bom["components"][0], "type": "thing"}]}
    assert list(check.iter_errors(wrong)), "the schema does look at components"


def test_the_bill_of_materials_names_what_is_linked_in(built):
    bom = json.loads((built / "firmware.cdx.json").read_text())
    names = {part["name"]: part["version"] for part in bom["components"]}
    assert set(names) == {
        "MicroPython",
        "Raspberry Pi Pico SDK",
        "TinyUSB",
        "Mbed TLS",
        "newlib",
    } and all(names.values())
    assert (
        bom["metadata"]["component"]["hashes"][0]["content"]
        == hashlib.sha256((built / "firmware.uf2").read_bytes()).hexdigest()
    )


def test_the_seal_is_as_described_and_read_back_by_the_host(built):
    """Against a seal written from the description alone."""
    assert uf2.seal(sample_uf2.PROGRAM, "nmes2", "0.1.9") == sample_uf2.seal()
    program = (built / "firmware.bin").read_bytes()
    told = image.load(built / "firmware.uf2")
    assert (told.board, told.version, told.sha256, told.dev) == (
        BOARD,
        made_from.version(),
        hashlib.sha256(program).hexdigest(),
        False,
    )


@pytest.mark.parametrize("name", ["", "x" * 17])
def test_a_name_that_does_not_fit_into_the_seal_is_refused(name):
    with pytest.raises(ValueError, match="1 to 16"):
        uf2.seal(b"program", name, "0.1.0")
