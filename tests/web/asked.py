"""A request put to an ASGI application as a server would, and what it answered: no socket, no
client library's own idea of what may be sent.
"""

import asyncio
import json
from typing import NamedTuple
from urllib.parse import urlsplit


# One for all: a new one costs more than the request
_LOOP = asyncio.new_event_loop()


class Answered(NamedTuple):
    # 101: a WebSocket was accepted; 403: closed before that, as a server tells it
    status: int
    headers: dict[str, str]
    text: str

    def json(self):
        return json.loads(self.text)


def ask(app, method, address, headers=(), default_host="127.0.0.1:9300"):
    """`method` "WEBSOCKET": the handshake of one. `headers`: a Host of its own replaces the
    default.
    """
    parts = urlsplit(address)
    given = {"host": default_host, **dict(headers)}
    scope = {
        "type": "websocket" if method == "WEBSOCKET" else "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "ws" if method == "WEBSOCKET" else "http",
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "root_path": "",
        "query_string": parts.query.encode(),
        "headers": [
            (key.lower().encode(), value.encode("latin-1")) for key, value in given.items()
        ],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 9_300),
        "subprotocols": [],
    }
    if method != "WEBSOCKET":
        scope["method"] = method
    comes = iter(
        [{"type": "websocket.connect"}]
        if method == "WEBSOCKET"
        else [{"type": "http.request", "body": b"", "more_body": False}]
    )
    sent = []

    async def receive():
        ended = "websocket.disconnect" if method == "WEBSOCKET" else "http.disconnect"
        return next(comes, {"type": ended, "code": 1000})

    async def send(message):
        sent.append(message)

    _LOOP.run_until_complete(app(scope, receive, send))
    first = sent[0]
    status = {"websocket.accept": 101, "websocket.close": 403}.get(first["type"])
    told = {k.decode(): v.decode() for k, v in first.get("headers", [])}
    texts = [one.get("body", b"").decode() or one.get("text", "") for one in sent[1:]]
    return Answered(status or first["status"], told, "".join(texts))
