"""A package index on the disk, of tiny wheels and source packages made here, in the layout of
PEP 503 that pip reads.
"""

import hashlib
import html
import io
import os
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from packaging.utils import canonicalize_name

ANYWHERE = "py3-none-any"


class LocalIndex:
    """`add_wheel`, `add_source`; then `use` makes it all that pip sees, and `locked` is a line
    of a lock.
    """

    def __init__(self, folder: Path):
        self._folder = folder

    def add_wheel(
        self,
        name: str,
        version: str,
        requires: Iterable[str] = (),
        tag: str = ANYWHERE,
        python: str = "",
    ) -> str:
        """Its SHA-256. `python`: what its page says of the Pythons that it is for."""
        under = canonicalize_name(name).replace("-", "_")
        info = f"{under}-{version}.dist-info"
        about = [
            f"Name: {name}",
            f"Version: {version}",
            *(f"Requires-Dist: {one}" for one in requires),
        ]
        files = {
            f"{under}_module.py": f"VERSION = {version!r}\n",
            f"{info}/METADATA": "\n".join(["Metadata-Version: 2.1", *about]) + "\n",
            f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
        }
        record = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as wheel:
            for path, text in {**files, f"{info}/RECORD": record}.items():
                wheel.writestr(path, text)
        return self._add(name, f"{under}-{version}-{tag}.whl", data.getvalue(), python)

    def add_source(self, name: str, version: str, setup: str) -> str:
        """Its SHA-256. `setup`: the text of its setup.py, which runs when it is built."""
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w:gz") as archive:
            entry = tarfile.TarInfo(f"{name}-{version}/setup.py")
            entry.size = len(setup.encode())
            archive.addfile(entry, io.BytesIO(setup.encode()))
        return self._add(name, f"{name}-{version}.tar.gz", data.getvalue(), "")

    def use(self, monkeypatch) -> None:
        """Of the machine's own settings of pip none is left."""
        for name in [name for name in os.environ if name.startswith("PIP_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
        monkeypatch.setenv("PIP_INDEX_URL", self._folder.as_uri())

    def _add(self, name: str, file: str, data: bytes, python: str) -> str:
        folder = self._folder / canonicalize_name(name)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(data)
        needs = f' data-requires-python="{html.escape(python)}"' if python else ""
        with open(folder / "index.html", "a") as page:
            page.write(f'<a href="{file}"{needs}>{file}</a><br>\n')
        return hashlib.sha256(data).hexdigest()
