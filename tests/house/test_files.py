"""What holds for every file."""

import ast
import re
from statistics import median, quantiles

import pytest

from tests.house import tree

MOST_LINES = 350
# Longer on purpose; each with its reason.
LONGER = {
    "audit/standalone/verify_export.py": "is handed over, read and run alone",
}
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|NotImplementedError|lorem ipsum)\b", re.IGNORECASE)
REGISTRIES = re.compile(r"pypi\.org|pythonhosted|npmjs|(?:deb|security|ftp)\.debian\.org|docker\.io")
NO_REASON = re.compile(r"#\s*noqa(?::\s*[A-Z0-9, ]*)?$")


def lines_over(limit: int) -> dict[str, int]:
    code = [path for path in tree.files(".py") if "migrations" not in path.parts]
    sizes = {tree.name(path): len(tree.text(path).splitlines()) for path in code}
    return {name: size for name, size in sizes.items() if size > limit}


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
    ours = (
        path for path in tree.files(".py") if path.relative_to(tree.ROOT).parts[0] in {"hitl", "reviewqueue", "audit"}
    )
    nodes = (node for path in ours for node in ast.walk(ast.parse(tree.text(path))) if isinstance(node, kinds))
    return [(node.end_lineno or node.lineno) - node.lineno + 1 for node in nodes]


def test_no_file_has_outgrown_one_reading() -> None:
    assert sorted(lines_over(MOST_LINES)) == sorted(LONGER)


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
    code = [
        path for path in tree.files(".py") if path.relative_to(tree.ROOT).parts[0] in {"hitl", "reviewqueue", "audit"}
    ]
    assert [tree.name(path) for path in code if path.stem in vague] == []
