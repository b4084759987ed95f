"""H2: the journal fetched over the link beside the same bytes fetched with mpremote, both from
`evenpulse twin serve` over TCP in one run.
"""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from stimcore import journal

from evenpulse.base import boards
from evenpulse.base.errors import Problem
from evenpulse.bench.rows import Row, row
from evenpulse.connect.ports import connect
from evenpulse.twin.state_folder import StateFolder
from evenpulse.twin.twin import flash_bytes

_BOARD = "nmes2"
_LEAST_RATIO = 5
_XIP = 0x10000000
_FILE = "journal.bin"
_WAIT_S = 60


def h2(sectors: int, say: Callable[[str], None]) -> list[Row]:
    """How many times faster `log` is than `fs cp`, and both rates."""
    say("H2: log download beside mpremote")
    board = boards.load(_BOARD)
    image = ring(sectors)
    with tempfile.TemporaryDirectory() as name:
        state = StateFolder(Path(name))
        state.keep((b"\xff" * board["JOURNAL_OFFSET"] + image).ljust(flash_bytes(_BOARD), b"\xff"))
        state.close()
        with _served(name) as port:
            frames, link_s = by_link(port)
        if b"".join(frames[: image.count(b"bench")]) != image.rstrip(b"\xff"):
            raise Problem(
                "the link gives other bytes than the journal holds", do_next="make test-twin"
            )
        with _served(name, "--service") as port:
            copied, copy_s = by_mpremote(port, _XIP + board["JOURNAL_OFFSET"], len(image))
    if copied != image:
        raise Problem("mpremote gives other bytes than the journal holds", do_next="make test-twin")
    rates = [sum(map(len, frames)) / link_s / 1000, len(copied) / copy_s / 1000]
    how = (
        f"wall time over TCP from a served twin: {len(image) // 1000} kB of journal by method "
        f"log, checked; the same by what mpremote fs cp calls"
    )
    return [
        row("H2", round(rates[0] / rates[1], 1), "×", _LEAST_RATIO, how),
        row(
            "H2.log",
            round(rates[0], 1),
            "kB/s",
            None,
            "Device.call from the first record to the last",
        ),
        row(
            "H2.mpremote",
            round(rates[1], 1),
            "kB/s",
            None,
            "SerialTransport.fs_readfile of mpremote, its start and the raw REPL's not counted",
        ),
    ]


def ring(sectors: int) -> bytes:
    """So many sectors of a journal, each filled to its last byte with records of the usual
    length.
    """
    image, link, sequence = b"", journal.NO_LINK, 0
    for _ in range(sectors):
        left = journal.SECTOR_BYTES
        while left:
            sequence += 1
            filler = 80
            frame = _record(sequence, link, filler)
            # The last one takes what is left
            if left < 2 * len(frame):
                frame = _record(sequence, link, filler + left - len(frame))
            image, link, left = image + frame, journal.link_of(frame), left - len(frame)
    return image


def _record(sequence: int, link: bytes, filler: int) -> bytes:
    payload = {"t": 1_795_348_800 + sequence, "ms": sequence, "e": "bench", "x": "a" * filler}
    return bytes(journal.frame(sequence, link, payload))


def by_link(port: str) -> tuple[list[bytes], float]:
    """Every record and the seconds it took."""
    with connect(port) as device:
        frames: list[bytes] = []
        after, began = 1, time.perf_counter()
        while after:
            answer = device.call("log", {"from": after})
            frames += [bytes.fromhex(text) for _, text in answer["records"]]
            after = answer["next"]
        return frames, time.perf_counter() - began


def by_mpremote(port: str, address: int, count: int) -> tuple[bytes, float]:
    """Bytes of flash put into a file on the device, then copied from there; the seconds of the
    copy.
    """
    from mpremote.transport_serial import SerialTransport

    transport = SerialTransport(port)
    try:
        transport.enter_raw_repl(soft_reset=False)
        transport.exec(
            f"import uctypes\nwith open('{_FILE}','wb') as f: "
            f"f.write(bytes(uctypes.bytearray_at({address},{count})))"
        )
        began = time.perf_counter()
        data = bytes(transport.fs_readfile(_FILE))
        return data, time.perf_counter() - began
    finally:
        transport.close()


@contextmanager
def _served(state: str, *options: str) -> Iterator[str]:
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "evenpulse",
            "twin",
            "serve",
            "--tcp",
            "0",
            "--state",
            state,
            *options,
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        said = process.stderr.readline() if process.stderr else ""
        if "socket://" not in said:
            raise Problem("the twin cannot be served", seen=said.strip())
        yield "socket://" + said.split("socket://")[1].split(";")[0]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=_WAIT_S)
