"""The documentation as its tests read it: headings, links, tables and fenced blocks."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.house import tree

_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
# A bar ends a cell unless it is escaped.
_CELL_END = re.compile(r"(?<!\\)\|")
_NO_SLUG = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block: the words after the backticks, and its text."""

    words: tuple[str, ...]
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Page:
    """One Markdown file."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        return tree.name(self.path)

    @property
    def fences(self) -> list[Fence]:
        """Its fenced blocks in order."""
        return [
            Fence(tuple(found["info"].split()), found["text"], self.text[: found.start()].count("\n") + 1)
            for found in _FENCE.finditer(self.text)
        ]

    @property
    def prose(self) -> str:
        """All but the fenced blocks."""
        return _FENCE.sub("", self.text)

    @property
    def anchors(self) -> set[str]:
        """What `#…` can point to."""
        return {_slug(heading) for heading in _HEADING.findall(self.prose)}

    @property
    def links(self) -> list[str]:
        """Where its links and pictures point to."""
        return _LINK.findall(self.prose)

    def rows(self, header: str) -> list[list[str]]:
        """The cells of the table whose first cell is `header`, without head and rule."""
        lines = self.prose.splitlines()
        start = next(n for n, line in enumerate(lines) if line.startswith(f"| {header} |".replace("  ", " ")))
        body = []
        for line in lines[start + 2 :]:
            if not line.startswith("|"):
                break
            body.append([cell.strip() for cell in _CELL_END.split(line.strip().strip("|"))])
        return body


@cache
def page(name: str) -> Page:
    """One page by its path in the project."""
    return Page(tree.ROOT / name, (tree.ROOT / name).read_text())


@cache
def pages() -> tuple[Page, ...]:
    """Every page of the documentation."""
    return tuple(page(tree.name(path)) for path in tree.files(".md"))


def code(cell: str) -> str:
    """What stands in backticks."""
    return cell.strip("`")


def _slug(heading: str) -> str:
    return _NO_SLUG.sub("", heading.lower().replace("`", "")).strip().replace(" ", "-")
