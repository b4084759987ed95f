"""A board at MicroPython's prompt, for tests: what MicroPython's page on the REPL says of
friendly and raw mode, and no more.
"""

import json
import re
import socket

from fake_server import FakeServer


class FakePrompt(FakeServer):
    """Answers the question what it is with `told`; calls `on_bootloader` and hangs up when told
    to go into its boot loader.
    """

    def __init__(self, told: dict, on_bootloader=lambda: None):
        self.told, self._on_bootloader = told, on_bootloader
        self.ran: list[str] = []
        super().__init__()

    def _talk(self, connection: socket.socket) -> None:
        raw, code = False, b""
        while data := connection.recv(4096):
            for byte in (data[k : k + 1] for k in range(len(data))):
                if byte == b"\x01":
                    raw, code = True, b""
                    connection.sendall(b"\r\nraw REPL; CTRL-B to exit\r\n>")
                elif byte == b"\x02":
                    raw = False
                    connection.sendall(b"\r\nMicroPython v1.25.0\r\n>>> ")
                elif raw and byte == b"\x04":
                    if not self._run(connection, code.decode()):
                        return
                    code = b""
                elif raw:
                    code += byte
                elif byte == b"\n":
                    connection.sendall(
                        b"\r\nTraceback (most recent call last):\r\nSyntaxError: invalid syntax\r\n"
                        b">>> "
                    )

    def _run(self, connection: socket.socket, code: str) -> bool:
        self.ran.append(code)
        if "machine.bootloader()" in code:
            connection.sendall(b"OK")
            self._on_bootloader()
            return False
        mark = re.search(r"print\('([^']+)'", code).group(1)
        connection.sendall(
            b"OK" + mark.encode() + json.dumps(self.told).encode() + b"\r\n\x04\x04>"
        )
        return True
