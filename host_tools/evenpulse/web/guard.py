"""Who may speak to a page of ours: the browser of whoever opened it, on this computer, and nothing
else that runs in that browser.

A page on another port of localhost is *same-site* with ours: it has our cookie, whatever SameSite
says. So it is Host, Origin and Sec-Fetch-Site that decide, and the cookie comes on top of them.
"""

import hmac
import secrets
from typing import NamedTuple

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from evenpulse.base.errors import Problem
from evenpulse.web.answers import answer

LOOPBACK = "127.0.0.1"
_NAMES = (LOOPBACK, "localhost")
_READING = ("GET", "HEAD")
_METHODS = (*_READING, "POST")
_OPEN_PATH = "/"
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Refusal(NamedTuple):
    """An HTTP status and what is told with it."""

    status: int
    problem: Problem


class Session:
    """What the opened address holds, once, and what the browser keeps from then on."""

    def __init__(self, port: int):
        self.port, self.cookie = port, f"evenpulse_{port}"
        self._secret = secrets.token_urlsafe(32)
        self._token: str | None = secrets.token_urlsafe(32)

    @property
    def address(self) -> str:
        """The address to open, good for one time."""
        return f"http://{LOOPBACK}:{self.port}{_OPEN_PATH}?token={self._token}"

    def spend(self, token: str) -> bool:
        """Whether the token is the right one; it never is again."""
        right = self._token is not None and _same(token, self._token)
        if right:
            self._token = None
        return right

    def knows(self, cookies: dict[str, str]) -> bool:
        return _same(cookies.get(self.cookie, ""), self._secret)

    def set_cookie(self) -> str:
        """The header's value. A name by port: cookies of two ports are one jar."""
        return f"{self.cookie}={self._secret}; Path=/; HttpOnly; SameSite=Strict"


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


class Guard:
    """Stands before every route: what it lets through is of the session, and from our own page."""

    def __init__(self, app: ASGIApp, session: Session):
        self._app, self._session = app, session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The server itself, as it starts and ends
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        asked = HTTPConnection(scope)
        refusal = stranger(asked, self._session.port)
        token = asked.query_params.get("token")
        if refusal is None and token is not None and scope["path"] == _OPEN_PATH:
            return await self._open(asked, token, receive, send)
        if refusal is None and not self._session.knows(asked.cookies):
            refusal = Refusal(401, _no_session("the address that opens it was not used here"))
        if refusal:
            return await self._refuse(asked, refusal, receive, send)
        await self._app(scope, receive, _with_headers(send))

    async def _open(self, asked: HTTPConnection, token: str, receive: Receive, send: Send) -> None:
        """The token gives the cookie, and leaves the address bar."""
        if asked.scope["type"] != "http" or asked.scope["method"] != "GET":
            refusal = Refusal(405, _no_session("it is opened by GET"))
        elif self._session.spend(token) or self._session.knows(asked.cookies):
            response = RedirectResponse(_OPEN_PATH, status_code=303)
            response.headers["set-cookie"] = self._session.set_cookie()
            return await response(asked.scope, receive, _with_headers(send))
        else:
            refusal = Refusal(
                401, _no_session("this address was used before, or is of another run")
            )
        await self._refuse(asked, refusal, receive, send)

    async def _refuse(
        self, asked: HTTPConnection, refusal: Refusal, receive: Receive, send: Send
    ) -> None:
        if asked.scope["type"] == "websocket":
            # Closed before it is accepted: the browser is told 403 and nothing else.
            await receive()
            return await send({"type": "websocket.close", "code": 1008, "reason": ""})
        response = answer(asked, refusal.problem, refusal.status)
        await response(asked.scope, receive, _with_headers(send))


def stranger(asked: HTTPConnection, port: int) -> Refusal | None:
    """Why this request is not of our own page, whatever cookie it has; None when it is."""
    headers = asked.headers
    host, origin = headers.get("host", "").lower(), headers.get("origin")
    site = headers.get("sec-fetch-site")
    if host not in [f"{name}:{port}" for name in _NAMES]:
        return Refusal(421, _not_ours("Host", host, f"{LOOPBACK}:{port}"))
    ours = f"http://{host}"
    if origin is not None and origin != ours:
        return Refusal(403, _not_ours("Origin", origin, ours))
    if asked.scope["type"] == "websocket":
        return None if origin == ours else Refusal(403, _not_ours("Origin", "none", ours))
    method = asked.scope["method"]
    if method not in _METHODS:
        return Refusal(405, Problem(f"{method} is not done here", do_next="use GET or POST"))
    if method not in _READING:
        from_us = site == "same-origin" if site is not None else origin == ours
        return None if from_us else Refusal(403, _not_ours("Sec-Fetch-Site", site, "same-origin"))
    # A link on another page may open ours; nothing there may load a part of it.
    if site not in (None, "none", "same-origin") and headers.get("sec-fetch-mode") != "navigate":
        return Refusal(403, _not_ours("Sec-Fetch-Site", site, "same-origin"))
    return None


def _not_ours(header: str, seen: str | None, wanted: str) -> Problem:
    return Problem(
        "this request is not from the page itself",
        seen=f"{header}: {(seen or 'none')[:100]}; needed: {wanted}",
        do_next="open the address that the command printed, on this computer",
    )


def _no_session(seen: str) -> Problem:
    return Problem(
        "this browser has no session with the twin",
        seen=seen,
        do_next="end the command with Ctrl-C, run it again, and open the address that it prints",
    )


def _with_headers(send: Send) -> Send:
    """What every answer carries; a route may say more, never less."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {name for name, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *(
                    (name.encode(), value.encode())
                    for name, value in HEADERS.items()
                    if name.encode() not in given
                ),
            ]
        await send(message)

    return sending
