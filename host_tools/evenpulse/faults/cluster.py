"""The same cases spread over machines with Dask. A worker that dies takes nothing along: its batch
is played elsewhere.

On each machine, in a checkout of the same commit after `make setup`: `.venv/bin/dask worker
tcp://HOST:8786 --nthreads CORES`. Cases fork, and a worker has threads, so each batch is a process
of its own.
"""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

from evenpulse.base import firmware_files, sources
from evenpulse.base.errors import BadUsage, Problem
from evenpulse.base.printable import printable
from evenpulse.faults.campaign import Campaign, applies, base_of
from evenpulse.faults.report import sha256

# A session is brought to RUNNING for each: some seconds
_BATCH = 25
_TRIES = 5
_CONNECT_S = 10
_ADDRESS = re.compile(r"tcp://(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]{1,253}):(\d{1,5})", re.ASCII)

Cases = list[tuple[int, int]]


def each(
    address: str, cases: Cases, without: str | None, say: Callable[[str], None]
) -> Iterator[dict]:
    """The result of each (seed, number), as batches come in from the workers of the scheduler at
    `address`.
    """
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise BadUsage(
            "SCHEDULER needs Dask", do_next="pip install 'evenpulse[cluster]', or make setup"
        ) from error
    make: Any = Client
    _ask(address)
    try:
        client = make(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise _nobody(address, error) from error
    with client:
        yield from _each(client, as_completed, batches(cases), without, say)


def _ask(address: str) -> None:
    """Whether anybody is there at all: Dask's client would wait, and then end in its own way."""
    found = _ADDRESS.fullmatch(address)
    if not found or not 0 < int(found[2]) < 65_536:
        raise BadUsage(
            f"SCHEDULER={printable(address[:60])} is no address of a Dask scheduler",
            seen="tcp://HOST:PORT, the port from 1 to 65535",
            do_next="take the address that .venv/bin/dask scheduler prints",
        )
    try:
        with socket.create_connection((found[1].strip("[]"), int(found[2])), _CONNECT_S) as line:
            # A scheduler greets first.
            if not line.recv(1):
                raise OSError("it hangs up")
    except (OSError, UnicodeError) as error:
        raise _nobody(address, error) from error


def _nobody(address: str, error: Exception) -> BadUsage:
    return BadUsage(
        f"no Dask scheduler answers at {address}",
        seen=str(error),
        do_next=(
            "start one: .venv/bin/dask scheduler; then workers: .venv/bin/dask worker "
            "tcp://HOST:8786"
        ),
    )


def _each(
    client: Any,
    as_completed: Any,
    waiting: list[Cases],
    without: str | None,
    say: Callable[[str], None],
) -> Iterator[dict]:
    """Each batch until it is played: Dask moves it when its worker dies, and what Dask gives up
    is handed in again.
    """
    mine = _made_of()
    played = {client.submit(play, batch, without, pure=False): (batch, 1) for batch in waiting}
    say(
        f"{sum(map(len, waiting))} cases in {len(waiting)} batches for "
        f"{len(client.scheduler_info()['workers'])} workers"
    )
    done = as_completed(list(played), loop=client.loop)
    for future in done:
        batch, tries = played.pop(future)
        if future.status == "finished":
            yield from _sound(future.result(), mine)
        elif tries == _TRIES:
            raise Problem(
                f"a batch came to nothing {_TRIES} times: {batch[0]} to {batch[-1]}",
                seen=str(future.exception()),
            )
        else:
            say(f"a batch came to nothing ({type(future.exception()).__name__}): again")
            again = client.submit(play, batch, without, pure=False)
            played[again] = batch, tries + 1
            done.add(again)


def _sound(told: dict, mine: dict[str, str]) -> list[dict]:
    """A worker's results, when they are of the same sources and firmware as ours."""
    if told["of"] != mine:
        raise Problem(
            "a worker has other sources or other firmware than this checkout",
            seen=f"worker {told['of']}, here {mine}",
            do_next="the same commit on every machine, then make setup, and start the worker again",
        )
    return told["results"]


def batches(cases: Cases) -> list[Cases]:
    """Cases of one base together: they share its session."""
    groups: dict[tuple[str, int], Cases] = {}
    for case in cases:
        groups.setdefault(base_of(*case), []).append(case)
    return [
        mine[at : at + _BATCH] for mine in groups.values() for at in range(0, len(mine), _BATCH)
    ]


def play(batch: Cases, without: str | None) -> dict:
    """On a worker: a batch in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", __name__],
        input=json.dumps([batch, without]),
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise RuntimeError(ran.stderr.strip()[-500:] or f"exit code {ran.returncode}")
    return json.loads(ran.stdout)


def _batch() -> dict:
    batch, without = json.load(sys.stdin)
    cases = [(seed, number) for seed, number in batch if applies(seed, number, without)]
    return {"of": _made_of(), "results": list(Campaign(1, lambda _text: None).each(cases, without))}


def _made_of() -> dict[str, str]:
    """What a result depends on besides seed and number."""
    return {
        **sources.of("campaign"),
        "built": sha256(firmware_files.folder(sources.BOARD) / "firmware.uf2"),
    }


if __name__ == "__main__":
    print(json.dumps(_batch()))
