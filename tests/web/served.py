"""A real server with a real twin's process behind it, in a thread of the test's."""

import contextlib
import socket
import threading

from evenpulse.web import hub
from evenpulse.web.guard import Session
from evenpulse.web.serve import server_of


@contextlib.contextmanager
def served(rx, board="nmes2", scenario=None):
    """(address, hub) of a twin in a page."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        session = Session(listener.getsockname()[1])
        the_hub = hub.Hub(board, rx, scenario)
        server = server_of(session, the_hub, rx)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield session.address, the_hub
        finally:
            server.should_exit = True
            thread.join()
