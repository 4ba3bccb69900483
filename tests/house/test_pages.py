"""The documentation says what is there."""

import re
from argparse import ArgumentParser, _SubParsersAction
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.template import Engine
from django.urls import reverse

from hitl.accounts.roles import PERMISSIONS, Role
from hitl.api.problems import KINDS
from reviewqueue import rules
from reviewqueue.domain import lifecycle
from reviewqueue.models import Reason
from tests.house import pages, tree
from tests.house.pages import code

_MANAGE = re.compile(r"manage\.py (\w+)([^\n`|>]*)")
_OPTION = re.compile(r" (--[a-z-]+)")
_MAKE = re.compile(r"(?:^|`|\s)make ([a-z]+)(?=`|$| ARGS=)", re.MULTILINE)
_TARGET = re.compile(r"^([a-z]+):.*## ", re.MULTILINE)
_ASKED_FOR = re.compile(r"\b(?:text|number|words|yes|secret|get)\(\s*\"((?:HITL_[A-Z_]+|[A-Z]+_URL))\"")
_SHEET_ROW = re.compile(r"<dt>(.*?)</dt><dd>{% translate \"(.*?)\" %}</dd>")
_KEY = re.compile(r"<kbd>(.*?)</kbd>")
_KEY_TOLD = re.compile(r"`(.*?)`")
_OPERATE = "docs/operate.md"


def target(page: pages.Page, link: str) -> tuple[Path, str]:
    path, _, anchor = link.partition("#")
    return ((page.path.parent / path).resolve() if path else page.path), anchor


def dead(page: pages.Page) -> list[str]:
    inside = [link for link in page.links if "://" not in link]
    targets = [(link, *target(page, link)) for link in inside]
    return [
        link
        for link, path, anchor in targets
        if not path.exists() or (anchor and anchor not in pages.page(tree.name(path)).anchors)
    ]


@pytest.mark.parametrize("page", pages.pages(), ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: pages.Page) -> None:
    assert dead(page) == []


@pytest.mark.parametrize("page", pages.pages(), ids=lambda page: page.name)
def test_every_command_that_is_named_exists(page: pages.Page) -> None:
    known = get_commands()
    named = {name for name, _rest in _MANAGE.findall(page.text)}
    assert sorted(named - set(known)) == []


@pytest.mark.parametrize("page", pages.pages(), ids=lambda page: page.name)
def test_every_option_that_is_named_exists(page: pages.Page) -> None:
    known = get_commands()
    named = {(name, option) for name, rest in _MANAGE.findall(page.text) for option in _OPTION.findall(rest)}
    wrong = [
        f"{name} {option}"
        for name, option in named
        if option not in options(load_command_class(known[name], name).create_parser("", name))
    ]
    assert wrong == []


def options(parser: ArgumentParser) -> set[str]:
    """Of a command and of its verbs; argparse tells them no other way."""
    actions = parser._actions  # noqa: SLF001 - see above
    verbs = [verb for action in actions if isinstance(action, _SubParsersAction) for verb in action.choices.values()]
    return {name for action in actions for name in action.option_strings}.union(*(options(verb) for verb in verbs))


@pytest.mark.parametrize("page", pages.pages(), ids=lambda page: page.name)
def test_every_make_target_that_is_named_exists(page: pages.Page) -> None:
    blocks = "\n".join(fence.text for fence in page.fences)
    named = set(_MAKE.findall(page.prose)) | set(_MAKE.findall(blocks))
    assert sorted(named - set(_TARGET.findall(tree.text(tree.ROOT / "Makefile")))) == []


def test_every_problem_is_in_the_table_with_its_status() -> None:
    told = {code(slug): int(status) for slug, status, *_ in pages.page("docs/integrate.md").rows("slug")}
    assert told == {slug: kind.status for slug, kind in KINDS.items()}


def test_every_setting_is_explained_and_nothing_else() -> None:
    asked_for = {name for path in tree.code("hitl") for name in _ASKED_FOR.findall(tree.text(path))}
    told = set(re.findall(r"`((?:HITL_[A-Z_]+|[A-Z]+_URL))`", tree.text(tree.ROOT / _OPERATE)))
    assert told == asked_for


def test_the_lifecycle_page_is_the_lifecycle() -> None:
    assert tree.text(tree.ROOT / "docs/lifecycle.md") == lifecycle.page()


def test_the_reviewers_page_says_what_each_role_may_do() -> None:
    head, *rows = table_of_rights()
    told = {role: {row[0] for row in rows if row[place] == "yes"} for place, role in enumerate(head[1:], start=1)}
    assert told == {role: set(PERMISSIONS[Role(role)]) for role in Role.values}


def table_of_rights() -> list[list[str]]:
    text = pages.page("docs/review.md").prose
    head = next(line for line in text.splitlines() if line.startswith("| permission |"))
    names = [code(cell.strip()) for cell in head.strip("| ").split("|")]
    return [names, *([code(cell) for cell in row] for row in pages.page("docs/review.md").rows("permission"))]


def test_the_reviewers_page_knows_every_reason() -> None:
    told = [code(row[0]) for row in pages.page("docs/review.md").rows("reason")]
    assert told == list(Reason.values)


@pytest.mark.parametrize("verb", rules.RULES)
def test_every_verb_of_the_rules_is_tried_by_a_test(verb: str) -> None:
    tests = tree.code("tests/domain", "tests/api", "tests/web")
    mentions = [tree.name(path) for path in tests if re.search(rf"\"{verb}\"|\b{verb}\(|/{verb}\b", tree.text(path))]
    assert mentions != []


@pytest.mark.parametrize("path", tree.files(".html"), ids=tree.name)
def test_every_template_compiles(path: Path) -> None:
    name = str(path).rpartition("templates/")[2]
    assert Path(Engine.get_default().get_template(name).origin.name) == path


def test_the_readable_description_of_the_api_is_where_the_page_says() -> None:
    assert (reverse("api_docs"), reverse("openapi")) == ("/api/v1/docs", "/api/v1/openapi.json")


def test_the_reviewers_page_knows_every_key_of_the_sheet() -> None:
    sheet = tree.text(tree.ROOT / "templates/_parts/cheatsheet.html")
    there = {tuple(_KEY.findall(term)): says for term, says in _SHEET_ROW.findall(sheet)}
    told = {tuple(_KEY_TOLD.findall(key)): says for key, says in pages.page("docs/review.md").rows("key")}
    assert told == there
