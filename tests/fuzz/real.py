"""A real file of each kind, made by what makes them: the firmware's own journal, the tool's own
keys, signatures and templates.
"""

from pathlib import Path

from clinic_files import write_keys

from evenpulse.base import boards
from evenpulse.prescription import file as prescription
from fuzz.commands import answer
from played import Played
from sample_prescription import GOOD_TOML


def _made(*words: object) -> None:
    code, out, err = answer([str(word) for word in words])
    assert code == 0, (words, out, err)


def write_real(folder: Path) -> dict[str, bytes]:
    """{kind: bytes}; each is also in the folder as real.KIND."""
    device = Played(sectors=boards.load("nmes2")["JOURNAL_BYTES"] // 4_096).prescribe()
    device.session(before=6, after=3, skin=False)
    write_keys(folder)
    (folder / "real.prescription").write_text(GOOD_TOML)
    _made(
        "prescribe",
        "sign",
        folder / "real.prescription",
        "--key",
        folder / "clinic.key",
        "-o",
        folder / "real.signed",
    )
    _made("twin", "new", folder / "scenario.toml")
    real = {
        "journal": b"".join(device.frames()),
        "image": bytes(device.flash.read(0, device.flash.size)),
        "prescription": GOOD_TOML.encode(),
        "signed": (folder / "real.signed").read_bytes(),
        "public": (folder / "clinic.pub").read_bytes(),
        "private": (folder / "clinic.key").read_bytes(),
        "scenario": (folder / "scenario.toml").read_bytes(),
    }
    for kind, data in real.items():
        (folder / f"real.{kind}").write_bytes(data)
    assert prescription.load(folder / "real.prescription")
    return real
