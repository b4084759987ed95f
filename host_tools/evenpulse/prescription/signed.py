"""A signed prescription as a file: one JSON object with the canonical text, the key's id and the
signature.

Reading one never trusts it: `verify` needs the clinic's public key, and the device checks again
with its own.
"""

import json
from pathlib import Path

from stimcore import canonical, envelope, signature
from stimcore import prescription as rules
from stimcore.envelope import Envelope
from stimcore.errors import Refused

from evenpulse.base.files import read_bounded
from evenpulse.prescription.file import BadPrescription, refused
from evenpulse.prescription.keys import PrivateKey, PublicKey

KIND = "signed prescription"
_FIELDS = ("evenpulse", "key", "rx", "signature")
_FILE_BYTES_MAX = 65_536
_SIGN = "sign it: evenpulse prescribe sign rx.toml --key clinic.key -o rx.signed"


def sign(rx: dict, key: PrivateKey) -> Envelope:
    """Sign a checked prescription in device form."""
    text = canonical.text(rx).encode()
    return Envelope(text, key.public.id, key.sign(text))


def verify(path: Path, signed: Envelope, key: PublicKey) -> None:
    """Refuse what this key has not signed."""
    if key.id != signed.key:
        raise BadPrescription(
            f"{path}: signed by key {signed.key}, not by {key.name} ({key.id})",
            do_next="use the key it names",
        )
    if not signature.verify(signed.text, signed.signature, key.modulus):
        raise BadPrescription(
            (
                f"{path}: its signature is wrong: it was changed, or not signed by {key.name} "
                f"({key.id})"
            ),
            do_next="do not use it; sign the prescription again",
        )


def as_text(signed: Envelope) -> str:
    """What goes into the file."""
    fields = {
        "evenpulse": KIND,
        "key": signed.key,
        "rx": signed.text.decode(),
        "signature": envelope.signature_text(signed),
    }
    return json.dumps(fields, indent=1) + "\n"


def load(path: Path) -> tuple[Envelope, dict]:
    """Envelope and device form in a file, checked for shape alone; raises BadPrescription."""
    document = _document(path)
    try:
        signed = envelope.from_text(document["rx"], document["key"], document["signature"])
        rx = json.loads(signed.text)
        if not isinstance(rx, dict) or canonical.text(rx).encode() != signed.text:
            raise ValueError
    except Refused as no:
        raise refused(str(path), no) from no
    except (ValueError, RecursionError) as error:
        raise BadPrescription(
            f"{path}: the prescription in it is not canonical JSON",
            do_next="it was changed: " + _SIGN,
        ) from error
    return signed, rx


def is_toml(path: Path) -> bool:
    """Whether a file's name says that it is a prescription that is not signed yet."""
    return path.suffix == ".toml"


def check(path: Path, rx: dict, board: dict) -> None:
    """Refuse what the device would refuse by its limits, with the device's own code."""
    try:
        rules.check(rx, board)
    except Refused as no:
        raise refused(str(path), no) from no


def _document(path: Path) -> dict:
    data = read_bounded(path, _FILE_BYTES_MAX, BadPrescription)
    try:
        document = json.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise BadPrescription(
            f"{path}: not a {KIND}",
            seen="a prescription in TOML" if path.suffix == ".toml" else "no JSON",
            do_next=_SIGN,
        ) from error
    if (
        not isinstance(document, dict)
        or set(document) != set(_FIELDS)
        or document["evenpulse"] != KIND
    ):
        raise BadPrescription(f"{path}: not a {KIND}", seen="JSON of another kind", do_next=_SIGN)
    return document
