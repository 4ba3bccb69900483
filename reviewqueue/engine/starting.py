"""The policies that come with the desk; an admin adopts one, changes it, and publishes the change."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from reviewqueue.engine.policy_file import load

FILE: Final = Path(__file__).with_name("starting_policy.yaml")
CONSERVATIVE: Final = "conservative"
NAMES: Final = (CONSERVATIVE,)


def starting_policy(name: str = CONSERVATIVE) -> dict[str, Any]:
    """The document of a starting policy; every call makes a new one."""
    if name not in NAMES:
        raise ValueError(name)
    return load(FILE.read_text(encoding="utf-8"))
