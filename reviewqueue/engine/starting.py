"""The policy that a new desk starts with; an admin adopts it, changes it, and publishes the change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reviewqueue.engine.policy_file import load

FILE = Path(__file__).with_name("starting_policy.yaml")


def starting_policy() -> dict[str, Any]:
    """The document of the starting policy; every call makes a new one."""
    return load(FILE.read_text(encoding="utf-8"))
