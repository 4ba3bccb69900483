"""The living demo: an invented bicycle shop whose agents, customers and reviewers keep a desk busy.

Everything that the shop does goes through the public API, by the project's own client package. Only the weeks before
(``past``) are told by the desk's verbs, at the times at which they happened.
"""

from __future__ import annotations

from django.conf import settings

from hitl.demo.floor import Floor, Running
from hitl.demo.pace import LIVELY, Pace
from hitl.demo.past.writing import Past
from hitl.demo.people import DemoDesk, DemoError
from hitl.demo.people import prepare as _prepare
from reviewqueue.queries import clock

__all__ = ["DemoDesk", "DemoError", "Running", "prepare", "start"]


def prepare() -> DemoDesk:
    """Make the demo's people, policy and keys in this process's database; DemoError where a demo must not run."""
    return _prepare(at=clock.now())


def start(base_url: str, desk: DemoDesk, *, pace: Pace = LIVELY, seed: str = "") -> Running:
    """Open the shop in a thread as soon as the desk at ``base_url`` is ready; ``stop()`` closes it within 2 seconds."""
    # Without a seed every start tells other stories; customers' numbers go on where they stood.
    folder, seed = settings.DATA_DIR, seed or str(clock.now())
    past = Past(folder, clock=clock.now)
    floor = Floor(base_url, desk, folder=folder, clock=clock.now, seed=seed, pace=pace, past=past)
    return Running(floor)
