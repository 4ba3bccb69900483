"""Every string of the corpus in every short field that shows foreign text, all of them on one page, in a real browser.

The pages are rendered here with all that the desk sends along, its policy of content included, and only then loaded:
nothing of it reaches a desk that other tests share.
"""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from hitl.accounts.models import User
from reviewqueue.domain import comments, pauses
from reviewqueue.engine import hidden
from reviewqueue.models import Case, Pause, Queue, SavedView, ids
from tests import chromium, factories
from tests.hostile.corpus import MARK, TEXTS
from tests.journeys.test_hostile import HARM, NOT_OURS
from tests.web.pages import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Route

pytestmark = pytest.mark.django_db
DESK = "http://desk.test"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
# What a browser makes of the page: text that somebody reads, and what reads it out; a field holds what was typed.
READ = """() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const said = []
    while (walker.nextNode())
        if (!walker.currentNode.parentElement.closest('textarea, script, style')) said.push(walker.currentNode.data)
    for (const each of document.querySelectorAll('[title], [aria-label], [alt]'))
        said.push(...['title', 'aria-label', 'alt'].map((name) => each.getAttribute(name) ?? ''))
    return [said.join('\\n'), [...document.querySelectorAll('.hid')].map((each) => each.title.split(' ')[0])]
}"""


def _cases(person: User) -> None:
    """One case for each string, with it in whatever of a case is short."""
    like = factories.case(channel="chat")
    document, made = json.loads(like.proposal), []
    for text in TEXTS:
        case, said = copy.copy(like), copy.deepcopy(document)
        said["customer"] = {"id": "h", "name": text[:200], "tier": text[:60]}
        said["actions"][0] |= {"name": text[:100], "description": text}
        said["briefing"] = {"issue": text[:300]}
        case.__dict__.pop("document", None)
        case.pk = case.dedupe_key = ids.case_id()
        case.proposal, case.customer_name, case.customer_tier = json.dumps(said), text[:200], text[:60]
        case.issue, case.intent, case.workflow, case.channel = text[:300], text[:100], text[:100], text[:40]
        case.language, case.agent_version, case.claimed_by = text[:35], text[:100], person
        made.append(case)
    Case.objects.bulk_create(made)


def _queue(_sue: Visitor) -> str:
    _cases(User.objects.create(username="mallory", first_name=TEXTS[0][:150], role="reviewer"))
    return "/"


def _lanes(_sue: Visitor) -> str:
    Queue.objects.bulk_create(Queue(name=f"lane-{n}", title=text[:80]) for n, text in enumerate(TEXTS))
    return "/"


def _views(sue: Visitor) -> str:
    names = dict.fromkeys(text[:60] for text in TEXTS)
    at = factories.now()
    SavedView.objects.bulk_create(
        SavedView(owner=sue.user, name=name, query="risk=low", created_at=at) for name in names
    )
    return "/"


def _colleagues(_sue: Visitor) -> str:
    User.objects.bulk_create(
        User(username=f"m{n}", first_name=text[:150], role="reviewer", all_queues=True) for n, text in enumerate(TEXTS)
    )
    return "/team/"


def _comments(sue: Visitor) -> str:
    case = factories.case()
    for text in TEXTS:
        comments.comment(case, person=sue.user, text=text, at=factories.now())
    return f"/cases/{case.pk}/"


def _pauses(sue: Visitor) -> str:
    pauses.pause(of=Pause.Of.INTENT, name="x", reason="slow", person=sue.user, at=factories.now())
    like = Pause.objects.get()
    Pause.objects.all().delete()
    Pause.objects.bulk_create(
        Pause(of=like.of, name=text[:100], reason=text, paused_by=sue.user, paused_at=like.paused_at) for text in TEXTS
    )
    return "/monitor/"


FILLED: list[Callable[[Visitor], str]] = [_queue, _lanes, _views, _colleagues, _comments, _pauses]


@pytest.mark.covers("R23")
@pytest.mark.parametrize("filled", FILLED, ids=lambda each: each.__name__)
def test_no_string_of_any_short_field_runs_fetches_or_hides(
    filled: Callable[[Visitor], str], browser: "Browser", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reviewqueue.queries.cases.PAGE", len(TEXTS) + 1)
    sue = Visitor(factories.person("supervisor"))
    shown_safely(sue, filled(sue), browser)


def shown_safely(who: Visitor, path: str, browser: "Browser", *, chips: bool = True) -> None:
    """What the corpus could do on this page it does not; with ``chips`` whatever hides is shown."""
    answer = who.client.get(path)
    assert (answer.status_code, "script-src 'self'" in answer["Content-Security-Policy"]) == (200, True)
    found = _loaded(browser, path, answer)
    assert found["harm"] == []
    assert (found["asked"], found["dialogs"]) == ([], [])
    said, shown = found["read"]
    assert hidden.count(said) == 0
    assert not chips or len(set(shown)) > len({char for text in TEXTS for char in text if hidden.is_hidden(char)}) * 0.9


def _loaded(browser: "Browser", path: str, answer: Any) -> dict[str, Any]:
    """The page as a browser has it, and everything that it asked for besides the desk's own files."""
    asked: list[str] = []
    dialogs: list[str] = []
    headers = {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}

    def give(route: "Route") -> None:
        url = urlsplit(route.request.url)
        file = _file(url.path)
        if route.request.url == f"{DESK}{path}":
            route.fulfill(status=200, headers=headers, body=answer.content)
        elif route.request.url.startswith(f"{DESK}/static/") and file is not None:
            route.fulfill(status=200, content_type=KINDS.get(file.suffix, "image/png"), body=file.read_bytes())
        else:
            if not route.request.url.startswith(f"{DESK}/"):
                asked.append(route.request.url)
            route.fulfill(status=204)

    def noted(dialog: "Dialog") -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    context = browser.new_context()
    try:
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.on("dialog", noted)
        context.route("**/*", give)
        page.goto(f"{DESK}{path}")
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        return {
            "harm": page.evaluate(HARM, [MARK, NOT_OURS]),
            "read": page.evaluate(READ),
            "asked": asked,
            "dialogs": dialogs,
        }
    finally:
        chromium.close(context)


def _file(path: str) -> Path | None:
    name = re.sub(r"\.[0-9a-f]{12}(?=\.)", "", path.removeprefix("/static/"))
    found = Path(settings.BASE_DIR) / "static" / name
    return found if found.is_file() else None
