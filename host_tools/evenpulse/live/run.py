"""A twin on the terminal until a person leaves it: keys in, a picture out, 15 times a second."""

import time
from pathlib import Path
from typing import Any

from evenpulse.base.terminal import Keys
from evenpulse.live.desk import Desk
from evenpulse.live.serve import Line
from evenpulse.live.view import View
from evenpulse.twin.state_folder import StateFolder
from evenpulse.twin.twin import flash_bytes

_FRAME_S = 1 / 15


def run(
    board: dict[str, Any],
    rx: dict[str, Any] | None,
    address: tuple[str, int] | None,
    keys: Keys,
    folder: Path | None = None,
) -> None:
    """Show a twin on the terminal until q is typed; `address`: serve its USB serial line there
    too; `folder` keeps its flash.
    """
    line = Line(*address) if address else None
    desk = state = None
    try:
        state = StateFolder(folder) if folder else None
        desk = Desk(board, rx, line, state.read(flash_bytes(board["NAME"])) if state else b"")
        with keys, View() as view:
            while not desk.quit:
                frame_ends = time.monotonic() + _FRAME_S
                desk.advance(frame_ends)
                view.draw(desk)
                for key in keys.read(max(0.0, frame_ends - time.monotonic())):
                    desk.key(key)
    finally:
        if desk:
            desk.close()
            if state:
                state.keep(desk.twin.flash)
        if state:
            state.close()
        if line:
            line.close()
