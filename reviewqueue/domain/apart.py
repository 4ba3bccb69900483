"""Grouping in a process of its own: what it needs is large, and a desk at rest should not keep it in memory."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reviewqueue.engine.grouping import Failure

_PATIENCE: Final = 600


def groups(failures: Sequence[Failure]) -> dict[str, str]:
    """As ``grouping.groups``. Raises ``CalledProcessError`` when the process fails; nothing is grouped then."""
    told = json.dumps([asdict(failure) for failure in failures])
    done = subprocess.run(
        [sys.executable, "-m", "reviewqueue.engine.grouping"],
        input=told,
        capture_output=True,
        check=True,
        cwd=settings.BASE_DIR,
        text=True,
        timeout=_PATIENCE,
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found
