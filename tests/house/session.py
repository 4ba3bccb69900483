"""The commands of a page, run word for word in one shell; and what they print, held against what the page says."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.house import tree
from tests.house.pages import Fence, Page

ANYTHING = "…"
_END = "\x1e"
_SECONDS = 500


@dataclass(frozen=True, slots=True)
class Step:
    """One block of commands, what the page says that it prints, and what it printed."""

    commands: Fence
    told: Fence | None
    printed: str

    @property
    def place(self) -> int:
        """Where on the page."""
        return self.commands.line

    @property
    def holds(self) -> bool:
        """Does the page say what happens? An ellipsis there stands for anything."""
        if self.told is None:
            return True
        if self.told.words[0] == "json":
            return alike(json.loads(self.told.text), _document(self.printed))
        return alike(self.told.text.splitlines(), self.printed.splitlines())


def run(page: Page, environment: dict[str, str], folder: Path = tree.ROOT) -> list[Step]:
    """Run every block marked `run` in a folder; a command that fails ends the page, and is shown with what it said."""
    blocks = commands(page)
    script = "\n".join(f"{fence.text}\nprintf '{_END}'" for fence, _told in blocks)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{page.name} stops after:\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
    printed = done.stdout.split(_END)[:-1]
    return [Step(fence, told, text) for (fence, told), text in zip(blocks, printed, strict=True)]


def commands(page: Page) -> list[tuple[Fence, Fence | None]]:
    """The blocks marked `run`, each with the block behind it that says what it prints."""
    fences = page.fences
    following = [*fences[1:], None]
    return [
        (fence, after if after and "prints" in after.words else None)
        for fence, after in zip(fences, following, strict=True)
        if "run" in fence.words
    ]


def alike(told: Any, found: Any) -> bool:
    """Equal, where an ellipsis alone is anything at all, at the end of a list any rest, and inside a text any text."""
    if told == ANYTHING:
        return True
    if isinstance(told, dict) and isinstance(found, dict):
        return told.keys() == found.keys() and all(alike(value, found[key]) for key, value in told.items())
    if isinstance(told, list) and isinstance(found, list):
        return _all_alike(told, found)
    if isinstance(told, str) and isinstance(found, str) and ANYTHING in told:
        head, _, tail = told.partition(ANYTHING)
        return found.startswith(head) and found.endswith(tail)
    return bool(told == found)


def _all_alike(told: list[Any], found: list[Any]) -> bool:
    if told and told[-1] == ANYTHING:
        told, found = told[:-1], found[: len(told) - 1]
    return len(told) == len(found) and all(alike(a, b) for a, b in zip(told, found, strict=True))


def _document(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
