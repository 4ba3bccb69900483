"""The sentences of the desk and their translations: `make messages` brings the catalogue up to date and compiles it.

What it leaves empty is for a person to translate; then run it again. Needs no gettext programs.
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import polib
from django.utils.translation.template import templatize

from tests.house import tree

CATALOGUE: Final = tree.ROOT / "hitl" / "locale" / "de" / "LC_MESSAGES" / "django.po"
PACKAGES: Final = ("hitl", "reviewqueue", "audit")
# Of which functions, by their names without `_lazy` and `_noop`, what is the context, the text and its plural.
ARGUMENTS: Final = {
    "gettext": (None, 0, None),
    "ngettext": (None, 0, 1),
    "pgettext": (0, 1, None),
    "npgettext": (0, 1, 2),
}
# The engine knows no Django: it hands out templates, which are translated where they are shown.
SAYING: Final = "reviewqueue.engine.saying"
SAYS: Final = {"say": "gettext", "say_in": "pgettext"}
# What Django's `templatize` makes of the tags of a template.
CALL: Final = re.compile(
    r"""\b(?P<name>n?p?gettext|_)\((?P<args>u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
    r"""(?:, u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))*)"""
)
FORMATTED: Final = re.compile(r"(?<!%)%(?:\(\w+\))?\d*[sd]")


class Message(NamedTuple):
    text: str
    plural: str = ""
    context: str = ""


Found = Iterator[tuple[Message, int]]


def everywhere() -> dict[Message, list[str]]:
    """Every sentence that can be translated → the places where it is written, as `file:line`."""
    places: dict[Message, list[str]] = defaultdict(list)
    for path in [*tree.code(*PACKAGES), *tree.files(".html")]:
        for message, line in (in_python if path.suffix == ".py" else in_template)(tree.text(path)):
            places[message].append(f"{tree.name(path)}:{line}")
    return places


def in_python(source: str) -> Found:
    """The sentences of a module, under whatever names it has imported the functions."""
    module = ast.parse(source)
    names = dict(_imported(module))
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            texts = [_literal(argument) for argument in node.args]
            if message := _message(names[node.func.id], texts):
                yield message, node.lineno


def in_template(source: str) -> Found:
    """The sentences of a template: of its tags, and of `_()` in arguments."""
    for call in CALL.finditer(templatize(source)):
        texts = list(ast.literal_eval(f"({call['args']},)"))
        if message := _message("gettext" if call["name"] == "_" else call["name"], texts):
            yield message, source.count("\n", 0, _start(source, message)) + 1


def _imported(module: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module in {"django.utils.translation", SAYING}:
            for alias in node.names:
                plain = SAYS.get(alias.name, re.sub(r"_(?:lazy|noop)$", "", alias.name))
                if plain in ARGUMENTS:
                    yield alias.asname or alias.name, plain
        elif isinstance(node, ast.FunctionDef) and node.name in SAYS:
            yield node.name, SAYS[node.name]


def _literal(argument: ast.expr) -> str | None:
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def _message(function: str, texts: list[str | None]) -> Message | None:
    context, text, plural = (texts[at] if at is not None else "" for at in ARGUMENTS[function])
    return Message(text, plural or "", context or "") if text else None


def _start(source: str, message: Message) -> int:
    """Where a message stands in its template: where the longest of its words between placeholders do."""
    words = max(re.split(r"%\(\w+\)s|%%|\s{2,}|\n", message.text), key=len)
    return max(source.find(words), 0)


def entry(message: Message, places: list[str]) -> polib.POEntry:
    """A message as the catalogue writes it; files without lines, so that it changes when its words change."""
    files = sorted({place.rpartition(":")[0] for place in places})
    return polib.POEntry(
        msgid=message.text,
        msgid_plural=message.plural,
        msgctxt=message.context or None,
        msgstr_plural={0: "", 1: ""} if message.plural else {},
        occurrences=[(file, "") for file in files],
        flags=["python-format"] if FORMATTED.search(message.text + message.plural) else [],
    )


def known(catalogue: polib.POFile) -> dict[Message, polib.POEntry]:
    """The entries of a catalogue, without those that nothing uses any more."""
    entries = (entry for entry in catalogue if not entry.obsolete)
    return {Message(entry.msgid, entry.msgid_plural, entry.msgctxt or ""): entry for entry in entries}


def renewed(catalogue: polib.POFile, places: dict[Message, list[str]]) -> polib.POFile:
    """The catalogue with exactly these messages, and with the translations that it had for them."""
    had, result = known(catalogue), polib.POFile(wrapwidth=110)
    result.header, result.metadata = catalogue.header, catalogue.metadata
    for message in sorted(places, key=lambda message: (_files(places[message])[0], message)):
        new = entry(message, places[message])
        if old := had.get(message):
            new.msgstr, new.msgstr_plural = old.msgstr, old.msgstr_plural
            new.comment, new.tcomment = old.comment, old.tcomment
        result.append(new)
    return result


def _files(places: list[str]) -> list[str]:
    return sorted(place.rpartition(":")[0] for place in places)


def compiled(catalogue: Path) -> Path:
    """The file that the desk reads."""
    return catalogue.with_suffix(".mo")


def main() -> int:
    """Renew the catalogue, compile it, and say what still has no translation."""
    result = renewed(polib.pofile(str(CATALOGUE)), everywhere())
    result.save(str(CATALOGUE))
    result.save_as_mofile(str(compiled(CATALOGUE)))
    for missing in result.untranslated_entries():
        sys.stdout.write(f"Not translated: {missing.msgid!r} ({missing.occurrences[0][0]})\n")
    sys.stdout.write(f"{len(result)} messages in {tree.name(CATALOGUE)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
