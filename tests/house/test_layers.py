"""The shape of the code."""

import subprocess
import sys
from pathlib import Path

from tests.house import pages, tree


def test_imports_point_down() -> None:
    program = str(Path(sys.executable).with_name("lint-imports"))
    command = [program, "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=tree.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


def test_the_architecture_page_knows_every_folder_of_tests() -> None:
    told = {
        pages.code(name) for row in pages.page("docs/architecture.md").rows("folder") for name in row[0].split(", ")
    }
    there = {path.name for path in (tree.ROOT / "tests").iterdir() if path.is_dir() and any(path.glob("test_*.py"))}
    assert told == there
