"""What others wrote and the project contains or installs is exactly what was looked at."""

import hashlib
import re
from pathlib import Path

import pytest

from tests.house import tree

LOCKS = ("requirements.txt", "requirements-dev.txt")
VENDORED = ("static/vendor/htmx", "tests/vendor/axe")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")
PINNED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[a-z0-9, _-]+\])?==[^\s;]+(?: ; [^\\]+)?")
INSTALLS = re.compile(r"(?:\$\(PIP\)|pip) install[^\n]*")
# Installs nothing that was not looked at: our own client without what it needs, and the program that writes the locks.
OTHERWISE = ("--no-deps --no-build-isolation -e clients/python", "--quiet uv")


def locked(name: str) -> list[str]:
    """Each entry of a lock file with everything that belongs to it."""
    lines = [line for line in tree.text(tree.ROOT / name).splitlines() if line and not line.lstrip().startswith("#")]
    return re.split(r"\n(?=\S)", "\n".join(lines))


@pytest.mark.parametrize("name", LOCKS)
def test_whatever_is_installed_is_one_version_with_its_hashes(name: str) -> None:
    entries = locked(name)
    assert len(entries) > 40
    unlike = [entry for entry in entries if not (PINNED.match(entry) and HASH.search(entry))]
    assert unlike == []


def test_nothing_is_installed_without_its_hashes() -> None:
    files = [tree.ROOT / "Makefile", tree.ROOT / ".ci/run", *(tree.ROOT / "deploy").rglob("*")]
    installs = [found for path in files if path.is_file() for found in INSTALLS.findall(tree.text(path))]
    assert [each for each in installs if "--require-hashes" not in each and not each.endswith(OTHERWISE)] == []
    assert len(installs) > 3


@pytest.mark.parametrize("folder", VENDORED)
def test_the_files_of_others_are_unmodified_and_of_a_named_version(folder: str) -> None:
    head, *lines = (tree.ROOT / folder / "VERSION").read_text().splitlines()
    assert re.match(r"[\w.-]+ \d+\.\d+\.\d+ \(.+\), unmodified: ", head)
    told = {name: digest for digest, name in (line.split() for line in lines)}
    kept = [path for path in (tree.ROOT / folder).iterdir() if path.suffix == ".js"]
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in kept} == told


def test_no_other_folder_holds_files_of_others() -> None:
    found = [path.parent for path in tree.ROOT.glob("*/**/vendor/*/*") if ".venv" not in path.parts]
    assert {tree.name(Path(folder)) for folder in found} == set(VENDORED)
