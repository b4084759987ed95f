"""A clinic's keys as files: the private one stays with the clinic, the public one goes onto its
devices.

RSA-2048 in PEM, as other tools write it. What signs is `cryptography`; what a device accepts is
stimcore.signature.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stimcore import signature

from evenpulse.base.errors import BadUsage, Problem
from evenpulse.base.files import read_bounded

# Imported late: commands that need no key start sooner
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa

PASSPHRASE_VARIABLE = "EVENPULSE_KEY_PASSPHRASE"
_PEM_BYTES_MAX = 16_384
_NEW = "make one: evenpulse keys new FOLDER --name NAME"


@dataclass(frozen=True)
class PublicKey:
    """What a device trusts: a name for people, and the modulus."""

    name: str
    modulus: bytes

    @property
    def id(self) -> str:
        return signature.key_id(self.modulus)


class PrivateKey:
    """A key that signs; `public` is its other half."""

    def __init__(self, key: "rsa.RSAPrivateKey", name: str):
        self._key = key
        self.public = PublicKey(name, _modulus(key.public_key()))

    def sign(self, text: bytes) -> bytes:
        """PKCS#1 v1.5 with SHA-256: 256 bytes."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding

        return self._key.sign(text, padding.PKCS1v15(), hashes.SHA256())


def new(folder: Path, name: str, passphrase: str) -> tuple[Path, Path, PublicKey]:
    """Make a pair in a folder: NAME.key, readable by its owner alone and encrypted if there is a
    passphrase, and NAME.pub.
    """
    from cryptography.hazmat.primitives import serialization as pem
    from cryptography.hazmat.primitives.asymmetric import rsa

    if (
        not name
        or not name.isascii()
        or not name.isprintable()
        or set(name) & set("/\\")
        or len(name) > 32
        or name.startswith(".")
    ):
        raise BadUsage(
            f"--name {name!r} is no name for a key",
            do_next="1 to 32 printable ASCII characters, no slash, for example clinic",
        )
    private_path, public_path = folder / f"{name}.key", folder / f"{name}.pub"
    for path in (private_path, public_path):
        if path.exists():
            raise BadUsage(
                f"{path} is already there",
                do_next="choose another name or folder; a key is never replaced",
            )
    key = rsa.generate_private_key(signature.EXPONENT, 8 * signature.KEY_BYTES)
    how = pem.BestAvailableEncryption(passphrase.encode()) if passphrase else pem.NoEncryption()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_new(
            private_path, key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, how), 0o600
        )
        public = key.public_key().public_bytes(
            pem.Encoding.PEM, pem.PublicFormat.SubjectPublicKeyInfo
        )
        try:
            _write_new(public_path, public, 0o644)
        except OSError:
            # A pair or nothing
            private_path.unlink()
            raise
    except OSError as error:
        raise Problem(
            f"cannot write the keys into {folder}: {error.strerror}",
            do_next="name a folder that can be written",
        ) from error
    return private_path, public_path, PublicKey(name, _modulus(key.public_key()))


def _write_new(path: Path, data: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def is_encrypted(path: Path) -> bool:
    """Whether a private key file wants a passphrase."""
    return b"ENCRYPTED" in _read(path)


def is_private(path: Path) -> bool:
    """Whether a file holds a private key."""
    return b"PRIVATE KEY" in _read(path)


def load_private(path: Path, passphrase: str = "") -> PrivateKey:
    """A private key from its file; raises Problem for anything that cannot sign prescriptions."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    data = _read(path)
    if b"PUBLIC KEY" in data:
        raise Problem(
            f"{path} is the public half of a key", do_next="sign with the private one, NAME.key"
        )
    encrypted = b"ENCRYPTED" in data
    try:
        key = load_pem_private_key(data, passphrase.encode() if encrypted and passphrase else None)
    except TypeError as error:
        raise Problem(
            f"{path} is encrypted", do_next=f"give its passphrase, or set {PASSPHRASE_VARIABLE}"
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        what = (
            "cannot be opened with this passphrase" if encrypted else "is not a private key in PEM"
        )
        raise Problem(f"{path} {what}", do_next=f"check it, or {_NEW}") from error
    return PrivateKey(_of_our_kind(path, key, rsa.RSAPrivateKey), path.stem)


def load_public(path: Path, name: str = "") -> PublicKey:
    """A public key from its file; its name is the file's."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    data = _read(path)
    if b"PRIVATE KEY" in data:
        raise Problem(
            f"{path} is a private key",
            do_next="it stays with the clinic; use the public one, NAME.pub",
        )
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Problem(
            f"{path} is not a public key in PEM", do_next=f"check it, or {_NEW}"
        ) from error
    return PublicKey(name or path.stem, _modulus(_of_our_kind(path, key, rsa.RSAPublicKey)))


def _of_our_kind(path: Path, key: Any, kind: type) -> Any:
    public = key.public_key() if hasattr(key, "public_key") else key
    if (
        isinstance(key, kind)
        and public.key_size == 2_048
        and public.public_numbers().e == signature.EXPONENT
    ):
        return key
    raise Problem(
        f"{path} is no RSA key of 2048 bits with exponent {signature.EXPONENT}",
        do_next=f"devices know no other kind; {_NEW}",
    )


def _modulus(public: "rsa.RSAPublicKey") -> bytes:
    return public.public_numbers().n.to_bytes(signature.KEY_BYTES, "big")


def _read(path: Path) -> bytes:
    return read_bounded(path, _PEM_BYTES_MAX)
