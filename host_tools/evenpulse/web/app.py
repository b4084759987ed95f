"""The pages of a twin: one page, its files, the socket of its frames, what was recorded."""

import asyncio
import contextlib
import sys
import traceback
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from evenpulse.base.errors import Problem
from evenpulse.web.answers import answer
from evenpulse.web.assets import Assets
from evenpulse.web.guard import Guard, Session
from evenpulse.web.hub import Hub, Viewer
from evenpulse.web.recording import PRESCRIPTION

_PAGE = Path(__file__).with_name("page")
# Of a checkout; an installed package has no firmware sources.
_SAFETY = Path(__file__).parents[3] / "firmware" / "SAFETY.md"
_LEFT = 1001


def make(session: Session, hub: Hub, rx: Path) -> ASGIApp:
    """The application, behind its guard."""
    pages = _Pages(hub, rx)
    routes = [
        Route("/", pages.page),
        Route("/static/{digest}/{name}", pages.file),
        Route("/recorded/scenario.toml", pages.scenario),
        Route(f"/recorded/{PRESCRIPTION}", pages.prescription),
        Route("/safety", pages.safety),
        WebSocketRoute("/twin", pages.frames),
    ]

    @contextlib.asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        hub.start()
        yield
        hub.stop()

    handlers = {HTTPException: _http, Problem: _problem, Exception: _defect}
    return Guard(Starlette(routes=routes, lifespan=life, exception_handlers=handlers), session)


class _Pages:
    def __init__(self, hub: Hub, rx: Path):
        self._hub, self._rx, self._assets = hub, rx, Assets(_PAGE)

    async def page(self, _request: Request) -> Response:
        return self._assets.page("index.html")

    async def file(self, request: Request) -> Response:
        found = self._assets.file(request.path_params["digest"], request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        return found

    async def scenario(self, _request: Request) -> Response:
        return _download(await self._hub.recording(), "scenario.toml")

    async def prescription(self, _request: Request) -> Response:
        return _download(self._rx.read_text(encoding="utf-8-sig"), PRESCRIPTION)

    async def safety(self, _request: Request) -> Response:
        if not _SAFETY.is_file():
            raise Problem(
                "the page on safety is not with these tools",
                do_next="read firmware/SAFETY.md in the project's sources",
            )
        return PlainTextResponse(_SAFETY.read_text(encoding="utf-8"))

    async def frames(self, socket: WebSocket) -> None:
        """Frames out, acts in, until one side is gone."""
        await socket.accept()
        viewer = self._hub.join()
        sending = asyncio.create_task(_send(socket, viewer))
        try:
            while (message := await socket.receive())["type"] == "websocket.receive":
                self._hub.hear(viewer, message.get("text") or "")
        finally:
            self._hub.leave(viewer)
            sending.cancel()


async def _send(socket: WebSocket, viewer: Viewer) -> None:
    # The other side has gone
    with contextlib.suppress(RuntimeError, OSError):
        while (text := await viewer.frames.get()) is not None:
            await socket.send_text(text)
        await socket.close(_LEFT)


def _download(text: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return PlainTextResponse(text, headers=headers)


async def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    what = {404: "there is no such page", 405: "this is not done here"}.get(status, "refused")
    return answer(
        request, Problem(what, seen=request.url.path[:200], do_next="go back to /"), status
    )


async def _problem(request: Request, error: Exception) -> Response:
    return answer(request, error if isinstance(error, Problem) else Problem(str(error)), 409)


async def _defect(request: Request, error: Exception) -> Response:
    """A defect of ours: told in full where the command was started, and to no page."""
    traceback.print_exception(error, file=sys.stderr)
    problem = Problem(
        f"unexpected {type(error).__name__}", do_next="what it was stands where the command runs"
    )
    return answer(request, problem, 500)
