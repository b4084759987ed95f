"""A twin's page on this computer, until it is interrupted."""

import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from evenpulse.base.errors import PortBusy
from evenpulse.web.app import make
from evenpulse.web.guard import LOOPBACK, Session
from evenpulse.web.hub import Hub

_ACT_BYTES_MAX = 4_096


def serve(
    board: str, rx: Path, scenario: Path | None, port: int, ready: Callable[[str], None]
) -> None:
    """`ready` learns the address that opens the page, good for one browser. On loopback alone."""
    with _listen(port) as listener:
        session = Session(listener.getsockname()[1])
        server = server_of(session, Hub(board, rx, scenario), rx)
        ready(session.address)
        server.run(sockets=[listener])


def server_of(session: Session, hub: Hub, rx: Path) -> uvicorn.Server:
    """What `serve` runs: for whoever has a socket already."""
    return uvicorn.Server(
        uvicorn.Config(
            make(session, hub, rx),
            http="h11",
            ws="wsproto",
            ws_max_size=_ACT_BYTES_MAX,
            ws_per_message_deflate=False,
            lifespan="on",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
    )


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError as error:
        raise PortBusy(
            f"cannot listen on {LOOPBACK}:{port}",
            seen=error.strerror or str(error),
            do_next="choose another port, or 0 for any that is free",
        ) from error
