"""The files of a page, read once: their address carries a hash of them all, so that a browser never
mixes two releases.
"""

import hashlib
from pathlib import Path

from starlette.responses import Response

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
_FOR_GOOD = {"cache-control": "private, max-age=31536000, immutable"}
# Stands in a page's HTML where its files are
_MARK = "{static}"


class Assets:
    """The files of a folder by name; only what was there at the start, and no path of a request's
    own.
    """

    def __init__(self, folder: Path):
        files = sorted(one for one in folder.iterdir() if one.suffix in _TYPES)
        self._files = {file.name: file.read_bytes() for file in files}
        digest = hashlib.sha256()
        for name, data in self._files.items():
            digest.update(f"{name} {len(data)}\n".encode() + data)
        self.base = f"/static/{digest.hexdigest()[:16]}"

    def page(self, name: str) -> Response:
        """An HTML page, whose files it names by their hashed address."""
        text = self._files[name].decode().replace(_MARK, self.base)
        return Response(text, media_type=_TYPES[".html"])

    def file(self, digest: str, name: str) -> Response | None:
        """One file of this release; None for any other."""
        if f"/static/{digest}" != self.base or name not in self._files:
            return None
        return Response(self._files[name], media_type=_TYPES[Path(name).suffix], headers=_FOR_GOOD)
