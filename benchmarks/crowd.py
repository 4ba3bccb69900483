"""How long a page takes while agents propose as fast as the desk takes it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from itertools import repeat
from typing import TYPE_CHECKING, Final

from benchmarks import desk, http, proposals
from benchmarks.figures import Measure, percentile

if TYPE_CHECKING:
    from collections.abc import Iterator

AGENTS: Final = 16
PAGES: Final = 100
_SHARES: Final = (0.5, 0.95)


def pages_beside_intake(rounds: int) -> list[Measure]:
    """Milliseconds for the page of signing in, with 16 agents that propose without a pause and with none."""
    measures = [
        Measure(f"A page while {AGENTS} agents propose, p{round(share * 100)}", "ms", "the same with nobody else")
        for share in _SHARES
    ]
    with desk.embedded() as running:
        key = running.agent_key()
        _pages(running.url)
        for _round in range(rounds):
            alone = _pages(running.url)
            with _agents(running.url, key):
                beside = _pages(running.url)
            for measure, share in zip(measures, _SHARES, strict=True):
                measure.product.append(percentile(beside, share) * 1000)
                measure.limit.append(percentile(alone, share) * 1000)
    return measures


def _pages(url: str) -> list[float]:
    connection = http.Connection(url)
    taken = [http.timed(lambda: connection.call("GET", "/sign-in/")) for _each in repeat(None, PAGES)]
    connection.close()
    return taken


@contextmanager
def _agents(url: str, key: str) -> Iterator[None]:
    """So many propose until the block ends; each has been answered once before it begins."""
    over, begun = threading.Event(), threading.Barrier(AGENTS + 1)

    def propose() -> None:
        connection = http.Connection(url, key)
        connection.json("POST", "/api/v1/proposals", proposals.document())
        begun.wait()
        while not over.is_set():
            connection.json("POST", "/api/v1/proposals", proposals.document())
        connection.close()

    threads = [threading.Thread(target=propose) for _each in range(AGENTS)]
    for thread in threads:
        thread.start()
    begun.wait(60)
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()
