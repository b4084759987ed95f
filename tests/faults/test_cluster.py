"""Cases spread with Dask: two workers, one killed in the middle, the same results as alone.
`EVENPULSE_CLUSTER_CASES=200` for all that was promised.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from evenpulse.base.errors import BadUsage, Problem
from evenpulse.faults import cluster
from evenpulse.faults.campaign import base_of
from hang import HANG_S

CASES = int(os.environ.get("EVENPULSE_CLUSTER_CASES", "6"))
_SEED = 7


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """A scheduler and two workers, started as the page says; its address."""
    from distributed import Client

    file = tmp_path_factory.mktemp("dask") / "scheduler.json"
    dask, folder = Path(sys.executable).parent / "dask", file.parent
    commands = [
        ["scheduler", "--host", "127.0.0.1", "--port", "0"],
        *[["worker", "--nthreads", "1"]] * 2,
    ]
    started = [
        subprocess.Popen(
            [dask, *command, "--scheduler-file", file, "--no-dashboard"],
            cwd=folder,
            stderr=(folder / f"{n}.log").open("w"),
        )
        for n, command in enumerate(commands)
    ]
    try:
        with Client(scheduler_file=str(file), timeout=HANG_S, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=HANG_S)
            yield client.scheduler.address
    finally:
        # A worker that has lost its scheduler would wait for another
        for process in reversed(started):
            process.terminate()
            process.wait(60)


def _pids(scheduler):
    from distributed import Client

    with Client(scheduler, set_as_default=False) as client:
        return list(client.run(os.getpid).values())


def test_one_of_two_workers_dies_and_nothing_is_lost(scheduler, campaign, monkeypatch):
    """Few cases are small batches, so that both workers have one when it happens."""
    monkeypatch.setattr(cluster, "_BATCH", min(25, CASES // 2))
    # Of one situation, whose session the other tests of this folder have started.
    cases = [
        (_SEED, number) for number in range(40 * CASES) if base_of(_SEED, number) == ("running", 0)
    ][:CASES]
    pids, found = _pids(scheduler), []
    killer = threading.Thread(target=lambda: (time.sleep(3), os.kill(pids[0], signal.SIGKILL)))
    killer.start()
    for result in cluster.each(scheduler, cases, None, lambda _text: None):
        found.append(result)
    killer.join()
    assert pids[0] not in _pids(scheduler)
    alone = campaign.run(_SEED, [number for _, number in cases])
    assert sorted(found, key=lambda result: result["case"]) == alone and len(alone) == CASES


def test_a_worker_with_other_sources_is_refused():
    with pytest.raises(Problem, match="other sources"):
        cluster._sound({"of": {"firmware": "another"}, "results": []}, cluster._made_of())
    assert cluster._sound({"of": cluster._made_of(), "results": [1]}, cluster._made_of()) == [1]


def test_a_scheduler_that_is_not_there(monkeypatch):
    monkeypatch.setattr(cluster, "_CONNECT_S", 1)
    with pytest.raises(BadUsage, match="dask scheduler"):
        list(cluster.each("tcp://127.0.0.1:9", [(_SEED, 0)], None, lambda _text: None))


@pytest.mark.parametrize(
    "address",
    ["nonsense", "tcp://", "tcp://host", "tls://127.0.0.1:8786", "http://127.0.0.1:80", "tcp://h:0",
     "tcp://127.0.0.1:99999", "tcp://a b:8786", "inproc://x", "tcp://127.0.0.1:\u0663"],
)  # fmt: skip
def test_an_address_that_is_none_is_told_at_once(address):
    with pytest.raises(BadUsage, match="(?s)no address of a Dask scheduler.*tcp://HOST:PORT"):
        list(cluster.each(address, [(_SEED, 0)], None, lambda _text: None))


@pytest.mark.parametrize("says", [None, b""])
def test_who_is_no_scheduler_is_not_waited_for(monkeypatch, says):
    """Another server: it waits for us to speak, or hangs up. Dask's client waited for ever."""
    monkeypatch.setattr(cluster, "_CONNECT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        if says is not None:
            threading.Thread(target=lambda: server.accept()[0].close(), daemon=True).start()
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(BadUsage, match="no Dask scheduler answers"):
            list(cluster.each(address, [(_SEED, 0)], None, lambda _text: None))


def test_batches_hold_one_situation_each_and_every_case_once():
    cases = [(seed, number) for seed in (1, 2) for number in range(150)]
    made = cluster.batches(cases)
    assert sorted(case for batch in made for case in batch) == cases
    assert all(len({base_of(*case) for case in batch}) == 1 and len(batch) <= 25 for batch in made)
