"""The host's end of the link: JSON-RPC requests with ids and CRC, time-outs, retries, and clear
errors.
"""

import hashlib
import logging
import secrets
from collections.abc import Callable

from stimcore import link
from stimcore.acceptance import WAIT_MS
from stimcore.checks import Check
from stimcore.envelope import Envelope, signature_text

from evenpulse.base.errors import LinkLost, NoBoard, Problem, Refused
from evenpulse.base.printable import printable
from evenpulse.link.diagnosis import SEEN_CHARS, at_prompt, looks_like_frame, why_no_answer
from evenpulse.link.transport import Transport

_LOG = logging.getLogger("evenpulse.link")
ATTEMPTS = 3
TIMEOUT_S = 2.0
# A flash sector takes up to 0.4 s to erase
CONFIGURE_TIMEOUT_S = 10.0
_POLL_S = 0.25
# The device gives up first
_POLLS_MAX = int(WAIT_MS / 1000 / _POLL_S) + 40
# The device answers a line it cannot read with this id
_BAD_LINE_ID = None
# Lines that are no answer to us, an attempt: one that chatters must not keep us for ever
_LINES_MAX = 100
_ONE_RELEASE = "use the tool and the firmware of one release (make flash)"


class Device:
    """One device on one transport. `call` asks and answers; the same id makes a repeated request
    harmless.
    """

    def __init__(
        self, transport: Transport, timeout_s: float | None = None, first_id: int | None = None
    ):
        self.transport = transport
        self.timeout_s = timeout_s or TIMEOUT_S
        self.info: dict = {}
        # A random start: the device answers a repeated line from memory, and we are not its last
        # caller. A twin's player gives its own: there the same calls must take the same clocks.
        self._next_id = secrets.randbelow(1 << 28) if first_id is None else first_id

    def __enter__(self) -> "Device":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.transport.close()

    def call(
        self,
        method: str,
        params: dict | None = None,
        timeout_s: float | None = None,
        attempts: int = ATTEMPTS,
    ) -> dict:
        """Ask until a sound answer comes, at most `attempts` times; raises Refused, LinkLost or
        NoBoard.
        """
        self._next_id += 1
        request = link.encode(link.request(self._next_id, method, params or {}))
        if len(request) > link.LINE_BYTES_MAX:
            raise Problem(
                (
                    f"{method} needs a line of {len(request)} bytes, the link carries "
                    f"{link.LINE_BYTES_MAX}"
                ),
                do_next="send less: a prescription with fewer programs",
            )
        timeout_s = timeout_s or self.timeout_s
        seen: list[bytes] = []
        asked = 0
        while asked < attempts and not at_prompt(self.transport.pending):
            asked += 1
            _LOG.debug("> %s", request)
            self.transport.write(request)
            answer = self._answer(self._next_id, timeout_s, seen)
            if answer is not None:
                return _result(method, answer)
        tried = f"{method}, {asked} time{'s' * (asked != 1)}, {timeout_s:g} s each"
        raise why_no_answer(
            self.transport.name, bool(self.info), tried, request, [*seen, self.transport.pending]
        )

    def configure(self, signed: Envelope, now_s: int, ask: Callable[[], None]) -> dict:
        """Offer a signed prescription and the time, wait for the person at the device, then ask
        what it holds.

        `ask` is called once, when the device shows it. An acknowledgement alone is no proof.
        """
        offered = self.call("configure", offer(signed, now_s), CONFIGURE_TIMEOUT_S)
        sent = hashlib.sha256(signed.text).hexdigest()
        if offered.get("sha256") == sent:
            ask()
            held = self.await_person(
                "acceptance", sent, "the prescription was not accepted at the device"
            )
        else:
            held = self.call("status")
        same = all(
            offered.get(name) == held.get(field)
            for name, field in (
                ("id", "prescription"),
                ("programs", "programs"),
                ("sha256", "prescription_sha256"),
            )
        )
        if offered.get("sha256") != sent or not same:
            raise Problem(
                "the device holds another prescription than the one sent",
                tried="configure, then reading back",
                seen=(
                    f"{held.get('prescription')}, {held.get('programs')}, SHA-256 "
                    f"{held.get('prescription_sha256')}"
                ),
                do_next="do not use the device; report this",
            )
        return {**offered, "state": held.get("state"), "time_s": held.get("time_s")}

    def self_test(self) -> tuple[list[str], list[Check]]:
        """Ids of the failed checks that keep the device in FAULT, and every check; raises
        LinkLost for an answer of another shape.
        """
        told = self.call("self_test")
        failed, rows = told.get("failed"), told.get("checks")
        lists = isinstance(rows, list) and isinstance(failed, list)
        sound = lists and all(
            isinstance(row, list) and len(row) == len(Check._fields)
            for row in rows  # type: ignore[union-attr]
        )
        if not isinstance(rows, list) or not isinstance(failed, list) or not sound:
            raise LinkLost(
                "the device's answer to self_test is not a list of checks",
                seen=printable(told)[:SEEN_CHARS],
                do_next=_ONE_RELEASE,
            )
        return failed, [Check(*row) for row in rows]

    def await_person(self, field: str, sent: str, what: str) -> dict:
        """Status once the person has accepted what was sent, told in `field`; raises Problem
        (`what`) for every other end.
        """
        for _ in range(_POLLS_MAX):
            held = self.call("status")
            answer = held.get(field)
            told = answer if isinstance(answer, dict) and answer.get("sha256") == sent else {}
            if told.get("state") == "accepted":
                return held
            if told.get("state") != "pending":
                break
            # Nothing comes: time passes, a twin's too
            self.transport.read_line(_POLL_S)
        raise Problem(
            what,
            tried="offering it, then waiting for SELECT to be held",
            seen=printable(told.get("why") or "the device no longer shows it"),
            do_next="run the command again, read the device's screen, and hold SELECT for a second",
        )

    def _answer(self, wanted_id: int, timeout_s: float, seen: list[bytes]) -> dict | None:
        """The answer to `wanted_id`.

        None when it does not come, comes damaged, or the device could not read us.
        """
        for _ in range(_LINES_MAX):
            line = self.transport.read_line(timeout_s)
            _LOG.debug("< %s", "(nothing came)" if line is None else line)
            if line is None:
                return None
            try:
                answer = link.decode(line)
            except (link.LinkError, RecursionError):
                seen.append(line)
                if looks_like_frame(line):
                    return None
                continue
            if not isinstance(answer, dict) or "method" in answer:
                # An echo of our own request, perhaps
                seen.append(line)
            elif answer.get("id") == wanted_id:
                return answer
            elif answer.get("id") is _BAD_LINE_ID:
                seen.append(line)
                return None
        return None


def offer(signed: Envelope, now_s: int) -> dict:
    """What `configure` asks for."""
    return {
        "rx": signed.text.decode(),
        "key": signed.key,
        "signature": signature_text(signed),
        "now_s": now_s,
    }


def identify(device: Device, attempts: int = ATTEMPTS) -> None:
    """Fill in `device.info`; raises Problem unless an Evenpulse of our protocol answers."""
    info = device.call("info", attempts=attempts)
    _check_product(device.transport.name, info)
    device.info = info


def _check_product(name: str, info: dict) -> None:
    if info.get("product") != "evenpulse":
        raise NoBoard(
            f"the device on {name} is not an Evenpulse",
            seen=f"product {info.get('product')!r}",
            do_next="choose the board with --port",
        )
    if info.get("protocol") != link.PROTOCOL:
        raise Problem(
            f"{name} speaks link protocol {info.get('protocol')}, this tool speaks {link.PROTOCOL}",
            seen=f"firmware {info.get('version')}",
            do_next=_ONE_RELEASE,
        )
    missing = [name for name in ("board", "serial", "state") if not isinstance(info.get(name), str)]
    if missing:
        raise Problem(
            f"the device on {name} does not tell its {' and '.join(missing)}",
            seen=printable(info)[:SEEN_CHARS],
            do_next=_ONE_RELEASE,
        )


def _result(method: str, answer: dict) -> dict:
    if isinstance(answer.get("result"), dict):
        return answer["result"]
    error = answer.get("error")
    if not isinstance(error, dict):
        raise LinkLost(
            f"the device's answer to {method} has neither a result nor an error",
            seen=printable(answer)[:SEEN_CHARS],
            do_next=_ONE_RELEASE,
        )
    data = error.get("data")
    advice = data.get("advice", "") if isinstance(data, dict) else ""
    raise Refused(
        printable(f"the device refused {method}: {error.get('message')}"),
        error.get("code", 0),
        data,
        seen=printable(f"error {error.get('code')}"),
        do_next=printable(advice),
    )
