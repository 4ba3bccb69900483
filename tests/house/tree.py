"""The files of the project as somebody who cloned it has them, without what is installed or made."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MADE = frozenset({"__pycache__", "var", "htmlcov", "node_modules", "build", "dist"})
KEPT_HIDDEN = frozenset({".ci", ".editorconfig", ".gitattributes", ".gitignore", ".dockerignore"})
# Other people's files, with their own licences.
VENDORED = frozenset({"vendor"})


def files(*endings: str) -> list[Path]:
    """Every file of ours, or those with one of these endings, in order."""
    found = (path for path in _walk(ROOT) if not endings or path.suffix in endings)
    return sorted(found)


def code(*folders: str) -> list[Path]:
    """The Python files below some folders of the project, `hitl` or `tests/api` for instance."""
    return [path for folder in folders for path in files(".py") if path.is_relative_to(ROOT / folder)]


def name(path: Path) -> str:
    """The path inside the project."""
    return str(path.relative_to(ROOT))


def text(path: Path) -> str:
    """What a file says; a picture says nothing."""
    return path.read_text(encoding="utf-8", errors="ignore")


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in MADE | VENDORED or path.name.endswith(".egg-info"):
            continue
        if path.name.startswith(".") and path.name not in KEPT_HIDDEN:
            continue
        if path.is_dir():
            yield from _walk(path)
        elif path.suffix not in {".pyc", ".png", ".webp", ".jpg", ".mo"}:
            yield path
