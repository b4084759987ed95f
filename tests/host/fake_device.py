"""A device of the link for tests, with faults to order: written from the link's description,
without our codec.
"""

import hashlib
import json
import struct
import zlib

from fake_server import FakeServer

INFO = {
    "product": "evenpulse",
    "version": "0.1.0",
    "protocol": 1,
    "board": "nmes2",
    "serial": "E661640843",
    "micropython": "1.25.0",
    "state": "READY",
    "calibration": [
        {"channel": 1, "gain_permyriad": 0, "offset_ua": 0},
        {"channel": 2, "gain_permyriad": -120, "offset_ua": 7},
    ],
}
STATUS = {
    "state": "READY",
    "program": None,
    "programs": [],
    "prescription": None,
    "ua": [0, 0],
    "fault": None,
    "advice": None,
    "uptime_ms": 4200,
}


def line_of(message: dict) -> bytes:
    body = json.dumps(message, separators=(",", ":")).encode()
    return body + b" " + format(zlib.crc32(body), "08x").encode() + b"\n"


def frame(sequence: int, link: bytes, payload: dict) -> bytes:
    text = json.dumps(payload).encode()
    body = struct.pack("<BBHI", 0xE7, 1, len(text), sequence) + link + text
    return body + struct.pack("<I", zlib.crc32(body))


def chain(payloads: list[dict], first: int = 1) -> list[tuple[int, bytes]]:
    """Journal records as a device keeps them: each names the hash of the one before."""
    records, link = [], bytes(8)
    for sequence, payload in enumerate(payloads, first):
        raw = frame(sequence, link, payload)
        records.append((sequence, raw))
        link = hashlib.sha256(raw).digest()[:8]
    return records


class FakeDevice(FakeServer):
    """Serves one TCP port. `faults` befall the first answers, one each.

    `always` befalls every answer after them.
    """

    def __init__(
        self,
        faults=(),
        always="ok",
        info=INFO,
        status=STATUS,
        configure=None,
        records=(),
        chunk=2,
        log=None,
        calibrate=None,
        person="accepts",
        update=None,
        self_test=None,
        keeps=None,
    ):
        self.faults, self.always = list(faults), always
        self.info, self.status, self.configure, self.log = info, dict(status), configure, log
        self.calibrate = calibrate
        # The calibration that it holds after an offer, if not the one that was taken
        self.keeps = keeps
        self.records, self.chunk = list(records), chunk
        self.requests: list[dict] = []
        # "accepts", or why not
        self.person = person
        self.update, self.self_test = update, self_test
        self._waiting: list[dict] = []
        self._field = "acceptance"
        self._held: dict = {}
        super().__init__()

    def methods(self) -> list[str]:
        return [request["method"] for request in self.requests]

    def _talk(self, connection) -> None:
        with connection.makefile("rb") as lines:
            self._answer_each(connection, lines)

    def _answer_each(self, connection, lines) -> None:
        for line in lines:
            if not line.startswith(b"{"):
                # Keys typed at a prompt that is not there
                continue
            body, crc = line.rstrip(b"\n").rsplit(b" ", 1)
            assert int(crc, 16) == zlib.crc32(body), line
            request = json.loads(body)
            self.requests.append(request)
            fault = self.faults.pop(0) if self.faults else self.always
            for data in FAULTS[fault](line, line_of(self._answer(request))):
                connection.sendall(data)
            if fault == "hang_up":
                return

    def _answer(self, request: dict) -> dict:
        answer = getattr(self, "_" + request["method"])(request["params"])
        return {"jsonrpc": "2.0", "id": request["id"], **answer}

    def _info(self, _params: dict) -> dict:
        return {"result": self.info}

    def _status(self, _params: dict) -> dict:
        if self._waiting:
            self.status[self._field] = self._waiting.pop(0)
            if not self._waiting:
                self.status.update(self._held)
        return {"result": self.status}

    def _configure(self, params: dict) -> dict:
        if self.configure:
            return self.configure
        rx = json.loads(params["rx"])
        digest = hashlib.sha256(params["rx"].encode()).hexdigest()
        names = [program["name"] for program in rx["programs"]]
        self._ask_person("acceptance", digest)
        if self.person == "accepts":
            self._held = {
                "prescription": rx["id"],
                "programs": names,
                "prescription_sha256": digest,
            }
        return {
            "result": {
                "id": rx["id"],
                "counter": rx["counter"],
                "programs": names,
                "sha256": digest,
            }
        }

    def _ask_person(self, field: str, digest: str) -> None:
        """What status tells from now on, in `field`: twice that it waits, then the person's
        answer.
        """
        self._field = field
        self._waiting = [{"sha256": digest, "state": "pending", "why": None, "left_s": 60}] * 2
        yes = self.person == "accepts"
        self._waiting.append(
            {
                "sha256": digest,
                "state": "accepted" if yes else "refused",
                "why": None if yes else self.person,
                "left_s": 0,
            }
        )

    def _update(self, params: dict) -> dict:
        """Offers it to the person; where a test says `update`, answers that."""
        if self.update:
            return self.update
        self._ask_person("update", params["sha256"])
        return {"result": self._waiting[0]}

    def _self_test(self, _params: dict) -> dict:
        return {
            "result": self.self_test
            or {"failed": [], "checks": [["firmware_intact", 1, 1, 1, "crc", True]]}
        }

    def _calibrate(self, params: dict) -> dict:
        if self.calibrate:
            return self.calibrate
        rows = [
            params if row["channel"] == params["channel"] else row
            for row in self.info["calibration"]
        ]
        if self.person == "accepts":
            self.info = {**self.info, "calibration": self.keeps or rows}
        text = json.dumps(params, separators=(",", ":"), sort_keys=True)
        self._ask_person("calibration", hashlib.sha256(text.encode()).hexdigest())
        return {"result": self._waiting[0]}

    def _log(self, params: dict) -> dict:
        if self.log:
            return self.log
        if params["from"] < 1:
            return {
                "error": {"code": -32602, "message": "log takes from (a sequence number from 1)"}
            }
        left = [record for record in self.records if record[0] >= params["from"]]
        rows = [[sequence, raw.hex()] for sequence, raw in left[: self.chunk]]
        return {
            "result": {
                "records": rows,
                "next": left[self.chunk][0] if len(left) > self.chunk else None,
            }
        }


def _bad_line_answer(_request: bytes, _answer: bytes) -> list[bytes]:
    return [
        line_of(
            {
                "jsonrpc": "2.0",
                "id": None,
                "error": {"code": -32700, "message": "CRC-32 does not match"},
            }
        )
    ]


def _other_first(_request: bytes, answer: bytes) -> list[bytes]:
    return [line_of({"jsonrpc": "2.0", "id": -5, "result": {"product": "late answer"}}), answer]


FAULTS = {
    "ok": lambda request, answer: [answer],
    "in_pieces": lambda request, answer: [answer[:7], answer[7:20], answer[20:]],
    "crlf": lambda request, answer: [answer[:-1] + b"\r\n"],
    "silent": lambda request, answer: [],
    "torn": lambda request, answer: [answer[: len(answer) // 2] + b"\n"],
    "unfinished": lambda request, answer: [answer[: len(answer) // 2]],
    "bad_crc": lambda request, answer: [answer[:-10] + b" 00000000\n"],
    "flipped": lambda request, answer: [answer[:30] + bytes([answer[30] ^ 1]) + answer[31:]],
    "not_json": lambda request, answer: [
        b'{"jsonrpc" ' + format(zlib.crc32(b'{"jsonrpc"'), "08x").encode() + b"\n"
    ],
    "noise": lambda request, answer: [b"\x1b[31m\x00\xff modem ready\n"],
    "noise_first": lambda request, answer: [b"boot: hello\n", answer],
    "endless": lambda request, answer: [b"U" * 200_000],
    "other_first": _other_first,
    "not_understood": _bad_line_answer,
    "repl": lambda request, answer: [
        request.rstrip() + b'\r\nTraceback (most recent call last):\r\n  File "<stdin>"\r\n'
        b"SyntaxError: invalid syntax\r\n>>> "
    ],
    "echo": lambda request, answer: [request.rstrip()],
    "hang_up": lambda request, answer: [answer[:10]],
    "empty_answer": lambda request, answer: [
        line_of({"jsonrpc": "2.0", "id": json.loads(request.rsplit(b" ", 1)[0])["id"]})
    ],
}
