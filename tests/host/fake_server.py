"""A socket that serves one connection after another until it is closed, for fakes of what a port
leads to.
"""

import socket
import threading


class FakeServer:
    """Whoever inherits has `_talk(connection)`: one conversation, which may break off."""

    def __init__(self):
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = f"socket://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection:
                try:
                    self._talk(connection)
                except OSError:
                    pass

    def _talk(self, connection: socket.socket) -> None:
        raise NotImplementedError
