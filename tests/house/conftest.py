"""A desk on which the documentation is tried."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.desk import Desk, embedded
from tests.house import tree


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """The whole desk in one process, as `make serve` runs it."""
    with embedded() as running:
        yield running


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder that looks like the project to the commands of a page, and takes what they write."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    for path in tree.ROOT.iterdir():
        if not path.name.startswith("."):
            (tmp_path / path.name).symlink_to(path)
    return tmp_path
