"""What holds for every file."""

import ast
import re
from collections.abc import Iterable
from pathlib import Path
from statistics import median, quantiles

import pytest

from tests.house import tree

OURS = ("hitl", "reviewqueue", "audit")
MOST_LINES = 350
# A file of tests is a list of sentences, read by its names.
MOST_LINES_OF_TESTS = 500
# Longer on purpose; each with its reason.
LONGER = {
    "audit/standalone/verify_export.py": "is handed over, read and run alone",
}
UNFINISHED = re.compile(r"\b(?:[T]ODO|[F]IXME|[X]XX|[N]otImplementedError|[l]orem ipsum)\b", re.IGNORECASE)
REGISTRIES = re.compile(r"py[p]i\.org|python[h]osted|npm[j]s|(?:deb|security|ftp)\.[d]ebian\.org|docker[.]io")
NO_REASON = re.compile(r"#\s*noqa(?::\s*[A-Z0-9, ]*)?$")


def sizes(paths: Iterable[Path]) -> dict[str, int]:
    return {tree.name(path): len(tree.text(path).splitlines()) for path in paths if "migrations" not in path.parts}


def found(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{tree.name(path)}:{number}: {line.strip()[:100]}"
        for path in tree.files()
        if path.name != "LICENSE"
        for number, line in enumerate(tree.text(path).splitlines(), 1)
        if pattern.search(line)
    ]


def functions() -> list[int]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = (
        node for path in tree.code(*OURS) for node in ast.walk(ast.parse(tree.text(path))) if isinstance(node, kinds)
    )
    return [(node.end_lineno or node.lineno) - node.lineno + 1 for node in nodes]


def test_no_file_has_outgrown_one_reading() -> None:
    tests = sizes(tree.code("tests"))
    others = {name: size for name, size in sizes(tree.files(".py")).items() if name not in tests}
    assert sorted(name for name, size in others.items() if size > MOST_LINES) == sorted(LONGER)
    assert [name for name, size in tests.items() if size > MOST_LINES_OF_TESTS] == []


def test_functions_stay_small() -> None:
    lengths = functions()
    assert (median(lengths) <= 9, quantiles(lengths, n=20)[-1] <= 40) == (True, True)


def test_nothing_is_left_unfinished() -> None:
    assert found(UNFINISHED) == []


def test_no_file_names_a_package_registry() -> None:
    assert found(REGISTRIES) == []


def test_whoever_silences_the_linter_says_why() -> None:
    assert found(NO_REASON) == []


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "THREAT_MODEL.md", "LICENSE"])
def test_the_project_has_what_a_newcomer_looks_for(name: str) -> None:
    assert tree.text(tree.ROOT / name).strip() != ""


def test_modules_are_named_after_what_they_hold() -> None:
    vague = {"utils", "util", "helpers", "helper", "services", "service", "managers", "manager", "misc", "common"}
    assert [tree.name(path) for path in tree.code(*OURS) if path.stem in vague] == []
