"""A browser as the server sees it, without one: a connection with a cookie, and a WebSocket."""

import http.client
import json
import socket
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)

# A hang is told as one; nothing else hangs on it
QUIET_S = 60


class Visitor:
    """Whoever has opened an address."""

    def __init__(self, address):
        self.host = urlsplit(address).netloc
        self.cookie = ""
        self.get(address)

    def get(self, path, **headers):
        """(status, text)"""
        connection = http.client.HTTPConnection(self.host, timeout=QUIET_S)
        given = {"Cookie": self.cookie} if self.cookie else {}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path[path.index("/?") :] if "://" in path else path, None, given)
        answer = connection.getresponse()
        if set_cookie := answer.getheader("Set-Cookie"):
            self.cookie = set_cookie.partition(";")[0]
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def page(self, **headers):
        return Page(self, headers)


class Page:
    """One open page: `until(…)` takes frames until something is so; `now` is what they told."""

    def __init__(self, visitor, headers):
        self.frames, self.now, self.problems, self.refused = [], {}, [], None
        host, _, port = visitor.host.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), QUIET_S)
        self._ws = WSConnection(ConnectionType.CLIENT)
        told = {"Origin": f"http://{visitor.host}", "Cookie": visitor.cookie, **headers}
        lines = [(name.encode(), value.encode()) for name, value in told.items() if value]
        self.socket.sendall(self._ws.send(Request(visitor.host, "/twin", extra_headers=lines)))
        self._text, self._open = "", False
        while not self._open and self.refused is None:
            self._take()

    def _take(self):
        data = self.socket.recv(65_536)
        if not data:
            self.refused = self.refused or 0
            return
        self._ws.receive_data(data)
        for event in self._ws.events():
            if isinstance(event, AcceptConnection):
                self._open = True
            elif isinstance(event, RejectConnection):
                self.refused = event.status_code
            elif isinstance(event, CloseConnection):
                self.refused = event.code
            elif isinstance(event, Ping):
                self.socket.sendall(self._ws.send(event.response()))
            elif isinstance(event, TextMessage):
                self._text += event.data
                if event.message_finished:
                    self._frame(json.loads(self._text))
                    self._text = ""

    def _frame(self, told):
        if "problem" in told:
            self.problems.append(told["problem"])
        self.frames.append(told)
        self.now |= told

    def until(self, wanted):
        while not wanted(self.now) and self.refused is None:
            self._take()
        assert wanted(self.now), self.refused
        return self.now

    def until_problem(self, words):
        while not any(words in one["what"] for one in self.problems):
            assert self.refused is None
            self._take()

    def do(self, do, **parameters):
        self.say(json.dumps({"do": do, **parameters}))

    def say(self, text):
        self.socket.sendall(self._ws.send(TextMessage(text)))

    def close(self):
        self.socket.close()
