"""Which requirements the tests show: ``@pytest.mark.covers("R15")``; ``python -m tests.covers`` prints them all."""

import io
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout

import pytest

REQUIREMENTS = tuple(f"R{number}" for number in range(1, 157))


def marked(item: pytest.Item) -> list[str]:
    """The requirements that a test shows. Raises UsageError for one that does not exist."""
    named = [str(name) for mark in item.iter_markers("covers") for name in mark.args]
    if unknown := sorted(set(named) - set(REQUIREMENTS)):
        message = f"{item.nodeid} covers {', '.join(unknown)}, which is no requirement"
        raise pytest.UsageError(message)
    return named


def by_requirement(items: Iterable[pytest.Item]) -> dict[str, list[str]]:
    """Requirement → the tests that show it, each test once however many parameters it runs with."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for item in items:
        for requirement in marked(item):
            found[requirement][re.sub(r"\[.*\]$", "", item.nodeid)] = None
    return {requirement: list(tests) for requirement, tests in found.items()}


def report(found: Mapping[str, list[str]]) -> str:
    """The map as text, then what nothing shows yet."""
    shown_by = ["\n    ".join([name, *found[name]]) for name in REQUIREMENTS if name in found]
    missing = [name for name in REQUIREMENTS if name not in found]
    count = f"{len(shown_by)} of {len(REQUIREMENTS)} shown; missing: {' '.join(missing) or 'none'}"
    return "\n".join([*shown_by, "", count, ""])


class Collector:
    """Keeps what pytest has collected."""

    def __init__(self) -> None:
        self.items: list[pytest.Item] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Called by pytest when it knows all tests."""
        self.items = list(session.items)


def main() -> int:
    """Collect without running and print the map; what pytest says only when it fails."""
    collector, said = Collector(), io.StringIO()
    with redirect_stdout(said):
        status = pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider"], plugins=[collector])
    sys.stdout.write(said.getvalue() if status else report(by_requirement(collector.items)))
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
