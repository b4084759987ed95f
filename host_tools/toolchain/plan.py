"""The parts of a set-up, each begun as soon as what it is made from is there: a download, a
configure step or a link leave most of a machine idle.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from typing import NamedTuple

from . import steps

_AT_ONCE = max(2, os.cpu_count() or 1)


class Part(NamedTuple):
    """What to do, once the parts of these names are done."""

    do: Callable[[], object]
    after: Iterable[str] = ()


def run(parts: Mapping[str, Part]) -> None:
    """All of them. Of those that could begin, the one that is named first does. The first failure
    ends the others, and is raised.
    """
    graph = TopologicalSorter({name: part.after for name, part in parts.items()})
    graph.prepare()
    first = list(parts).index
    busy: dict[Future, str] = {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            # Ctrl-C just before a wait without an end does not end it: it comes when that is over.
            while graph.is_active():
                for name in sorted(graph.get_ready(), key=first):
                    busy[pool.submit(parts[name].do)] = name
                for ended in wait(busy, steps.POLL_S, FIRST_COMPLETED).done:
                    ended.result()
                    graph.done(busy.pop(ended))
        except BaseException:
            with steps.none_goes_on():
                pool.shutdown(cancel_futures=True)
            raise
