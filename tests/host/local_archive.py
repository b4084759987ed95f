"""A Debian archive on the disk, signed with a throw-away key, as apt reads it;
served over HTTP.
"""

import hashlib
import io
import subprocess
import tarfile
import threading
from collections.abc import Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_WHO = "Nobody <nobody@example.org>"


class Key:
    """A throw-away OpenPGP key; `public` is its keyring."""

    def __init__(self, folder: Path):
        folder.mkdir(mode=0o700)
        self._home = folder
        self._gpg("--quick-generate-key", _WHO, "rsa3072", "sign", "never")
        self.public = folder / "keyring.gpg"
        self.public.write_bytes(self._gpg("--export"))

    def sign(self, text: str) -> bytes:
        return self._gpg("--clearsign", given=text.encode())

    def end(self) -> None:
        subprocess.run(["gpgconf", "--homedir", self._home, "--kill", "gpg-agent"], check=True)

    def _gpg(self, *words: str, given: bytes = b"") -> bytes:
        command = ["gpg", "--homedir", self._home, "--batch", "--quiet", "--passphrase", "", *words]
        return subprocess.run(command, input=given, capture_output=True, check=True).stdout


class LocalArchive:
    """`add_source`, `add_binary`, then `publish`; each add gives the SHA-256 of what a pin
    names.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._architecture = _output("dpkg", "--print-architecture")
        self._sources: list[str] = []
        self._binaries: list[str] = []
        (folder / "pool").mkdir(parents=True)

    def add_source(self, package: str, version: str, files: Mapping[str, str]) -> str:
        stem = f"{package}_{version.rpartition('-')[0]}"
        upstream, changes = (
            self._pool(name, _tar(top, content))
            for name, top, content in (
                (f"{stem}.orig.tar.xz", f"{package}-upstream", files),
                (f"{package}_{version}.debian.tar.xz", "debian", {"changelog": version}),
            )
        )
        about = [
            f"Binary: {package}",
            f"Version: {version}",
            f"Maintainer: {_WHO}",
            "Architecture: all",
            "Format: 3.0 (quilt)",
        ]
        description = "\n".join([f"Source: {package}", *about, *_listed(upstream, changes)]) + "\n"
        dsc = self._pool(f"{package}_{version}.dsc", description.encode())
        self._sources.append(
            "\n".join(
                [f"Package: {package}", *about, "Directory: pool", *_listed(dsc, upstream, changes)]
            )
        )
        return _sha256(upstream.read_bytes())

    def add_binary(self, package: str, version: str, files: Mapping[str, str]) -> str:
        tree = self._folder / "trees" / f"{package}-{version}"
        about = (
            f"Package: {package}\nVersion: {version}\nArchitecture: all\nMaintainer: {_WHO}\n"
            f"Description: made for a test\n"
        )
        for name, text in {**files, "DEBIAN/control": about}.items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(text)
        file = self._folder / "pool" / f"{package}_{version}_all.deb"
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "--build", tree, file],
            check=True,
            capture_output=True,
        )
        data = file.read_bytes()
        self._binaries.append(
            f"{about}Filename: pool/{file.name}\nSize: {len(data)}\nSHA256: {_sha256(data)}"
        )
        return _sha256(data)

    def publish(self, key: Key, suite: str) -> None:
        folder = self._folder / "dists" / suite
        listed = []
        for name, parts in (
            (f"main/binary-{self._architecture}/Packages", self._binaries),
            ("main/source/Sources", self._sources),
        ):
            data = "".join(f"{part}\n\n" for part in parts).encode()
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
            listed.append(f" {_sha256(data)} {len(data)} {name}")
        release = [
            f"Suite: {suite}",
            f"Codename: {suite}",
            "Date: Sat, 01 Jan 2000 00:00:00 UTC",
            f"Architectures: {self._architecture}",
            "Components: main",
            "SHA256:",
            *listed,
        ]
        (folder / "InRelease").write_bytes(key.sign("\n".join(release) + "\n"))

    def serve(self) -> ThreadingHTTPServer:
        """A server that is running; its address is the mirror's."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(self._folder)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def _pool(self, name: str, data: bytes) -> Path:
        file = self._folder / "pool" / name
        file.write_bytes(data)
        return file


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        pass


def _tar(top: str, files: Mapping[str, str]) -> bytes:
    """{name: text}; a name that ends in / is a folder, with no text."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:xz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"{top}/{name}")
            if name.endswith("/"):
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return data.getvalue()


def _listed(*files: Path) -> list[str]:
    datas = [(file.name, file.read_bytes()) for file in files]
    return [
        "Checksums-Sha256:",
        *(f" {_sha256(data)} {len(data)} {name}" for name, data in datas),
        "Files:",
        *(f" {hashlib.md5(data).hexdigest()} {len(data)} {name}" for name, data in datas),
    ]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _output(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
