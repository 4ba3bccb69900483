"""Text of customers, agents and sources never runs, never fetches, never hides."""

import itertools
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import expect

from tests.hostile.corpus import MARK, TEXTS
from tests.journeys.conftest import Desk, Sit, refund
from tests.journeys.test_every_page import places

if TYPE_CHECKING:
    from playwright.sync_api import Page

BATCH = 75
LONG = 300
# What reaches a page through an address or a small field, a few of each kind.
TYPED = [
    "<script>window.owned=1</script>",
    '"><img src=x onerror=window.owned=1>',
    "' autofocus onfocus=window.owned=1 x='",
    "{{ constructor.constructor('window.owned=1')() }}",
    "javascript:window.owned=1",
    "</title></textarea></script><svg onload=window.owned=1>",
    "https://evil.example.net/leak www.evil.example.net",
    "re\u202efund\u200b",
]
HIDDEN = [
    "\u202e",
    "\u2066",
    "\u200b",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\U000e0041",
    "\u0007",
    "\u061c",
    "\u3164",
]


def everywhere(text: str) -> dict[str, Any]:
    """A proposal with this text in every field that a page shows."""
    return {
        "intent": "refund",
        "language": "en",
        "agent": {"version": text[:60]},
        "conversation": {
            "id": f"hostile-{abs(hash(text))}",
            "channel": text[:40],
            "messages": [
                {"seq": n, "role": role, "text": text} for n, role in enumerate(("customer", "agent", "tool"))
            ],
        },
        "customer": {"id": "h", "name": f"Hostile {text}"[:190], "tier": text[:60], "attributes": {text[:60]: text}},
        "actions": [
            refund(
                args={"order_id": text, text[:60]: text, "nested": {text[:60]: [text]}},
                args_schema=None,
                description=text,
            ),
            {"call_id": "call_2", "kind": "reply", "name": text[:100], "args": {"text": f"{text}\n{text}"}},
        ],
        "briefing": {"issue": text, "summary": text, "attempted": [text], "recommendation": text, "missing": [text]},
        "signals": {"confidence": 0.9, "topics": [text[:60]], "risk_flags": [text[:60]]},
        "sources": [{"id": "s", "title": text, "url": "https://evil.example.net/", "text": text, "score": 0.5}],
    }


def without_schema(fields: dict[str, Any]) -> dict[str, Any]:
    """An absent schema is left out, not null."""
    fields["actions"] = [{k: v for k, v in action.items() if v is not None} for action in fields["actions"]]
    return fields


NOT_OURS = (
    ".said :not(b, span, a[href^='/leave/?to=']), iframe, object, embed, base, meta[http-equiv], "
    "body style, img:not([src^='/static/']), form#ruling ~ form#ruling"
)
HARM = """([mark, notOurs]) => {
    const named = ['href', 'src', 'action', 'formaction']
    const leads = (each) => named.some((name) =>
        each.hasAttribute(name) && new URL(each.getAttribute(name), location).origin !== location.origin)
    const listens = (each) => [...each.attributes].some((one) => one.name.startsWith('on'))
    const all = [...document.querySelectorAll('*')]
    const bad = [...document.querySelectorAll(notOurs), ...all.filter((each) => leads(each) || listens(each))]
    return [...(window[mark] === undefined ? [] : ['it ran']), ...bad.map((each) => each.outerHTML)]
}"""


def harm(page: "Page") -> list[str]:
    """What foreign text did to a page: ran, or became an element that is not ours."""
    found: list[str] = page.evaluate(HARM, [MARK, NOT_OURS])
    return found


def piled(number: int, batch: list[str], *, name: str = "Heap") -> dict[str, Any]:
    """A proposal with all of these in its long fields, and one of them in each short one."""
    one = itertools.cycle(batch)
    keyed = {f"{n} {text}"[:80]: text for n, text in enumerate(batch)}
    fields = without_schema(everywhere("x"))
    fields["agent"]["version"] = next(one)[:60]
    fields["conversation"] |= {
        "id": f"pile-{number}",
        "channel": next(one)[:40],
        "messages": [
            {"seq": n, "role": ("customer", "agent", "tool")[n % 3], "text": text} for n, text in enumerate(batch)
        ],
    }
    fields["customer"] |= {"name": f"{name} {next(one)}"[:190], "tier": next(one)[:60], "attributes": keyed}
    fields["actions"][0] |= {"args": keyed | {"nested": keyed}, "description": "\n".join(batch)}
    fields["actions"][1] |= {"name": next(one)[:100], "args": {"text": "\n".join(batch)}}
    fields["briefing"] = {
        "issue": next(one),
        "summary": "\n".join(batch),
        "attempted": batch,
        "recommendation": next(one),
        "missing": batch,
    }
    fields["signals"] |= {"topics": [text[:60] for text in batch], "risk_flags": [text[:60] for text in batch]}
    fields["sources"] = [
        {"id": f"s{n}", "title": text, "url": text, "text": text, "score": 0.5} for n, text in enumerate(batch[:40])
    ]
    return fields


def test_nothing_of_it_runs_or_fetches_wherever_an_agent_puts_it(sit: Sit, desk: Desk) -> None:
    batches = [TEXTS[start : start + BATCH] for start in range(0, len(TEXTS), BATCH)]
    cases = [desk.propose("x", **piled(number, batch, name="Pile")) for number, batch in enumerate(batches)]
    ana = sit("ana")
    for query in ("?q=Pile", "?q=Pile&view=open", ""):
        ana.open(f"/{query}")
        assert harm(ana.page) == [], query
    expect(ana.open("/?q=Pile").locator("tbody tr")).to_have_count(len(batches))
    for case, batch in zip(cases, batches, strict=True):
        page = ana.case(case)
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        expect(page.locator(".msg")).to_have_count(len(batch))
        assert harm(page) == []


def test_nothing_of_it_runs_where_people_and_agents_answer_each_other(sit: Sit, desk: Desk) -> None:
    text = "\n".join(text for text in TEXTS if len(text) < LONG)
    name = "Answers <b>"
    case = desk.propose(name)
    ana = sit("ana")
    ana.case(case)
    page = ana.claim()
    page.get_by_label("Order id").fill("<script>window.owned=1</script>")
    expect(page.locator("ins")).to_have_count(1)
    assert harm(page) == []
    page.get_by_role("button", name="Ask").first.click()
    page.get_by_label("Question").fill(text[:9000])
    page.locator("#ask").get_by_role("button", name="Ask").click()
    expect(page.locator(".toasts")).to_have_text("Asked. You see the answer first.")
    desk.answer(case, text)
    page = ana.case(case)
    expect(page.locator(".msg.ask")).to_have_count(1)
    assert harm(page) == []
    page.get_by_role("button", name="Claim").click()
    expect(page.locator("#lease")).to_contain_text("yours for")
    page.get_by_text("Message to the agent, internal note").click()
    page.get_by_label("Message to the agent").fill(text[:9000])
    page.get_by_label("wrong amount").check()
    page.get_by_role("button", name="Reject").first.click()
    expect(page.locator("#undo-bar")).to_be_visible()
    assert harm(page) == []
    assert desk.outcome(case)["status"] == "decided"
    assert harm(ana.case(case)) == []
    assert harm(sit("iris").case(case)) == []


@pytest.mark.parametrize(
    "path", ["/?q={}", "/?intent={}&language={}&lane={}&view={}", "/record/?about={}&by={}&kind={}"]
)
def test_nothing_of_it_runs_from_an_address(sit: Sit, path: str) -> None:
    sue = sit("sue")
    for text in TYPED:
        page = sue.open(path.replace("{}", quote(text)))
        assert harm(page) == [], text


def test_nothing_of_it_runs_from_the_name_of_a_view(sit: Sit) -> None:
    sue = sit("sue")
    for number, text in enumerate(TYPED[:6]):
        page = sue.open(f"/?least={number + 1}")
        page.get_by_role("button", name="Save or share this view").click()
        page.get_by_label("Name of the view").fill(text[:60])
        page.get_by_role("button", name="Save view").click()
        expect(page.locator(".toasts")).to_contain_text("Saved as")
        assert harm(page) == [], text
    expect(sue.page.locator("nav [aria-labelledby=saved-title] li")).to_have_count(6)


def test_nothing_of_it_runs_from_the_name_of_a_colleague(sit: Sit, desk: Desk) -> None:
    desk.manage("make_user", "mallory", "--role", "reviewer")
    adam, name = sit("adam"), "<img src=x onerror=window.owned=1>"
    page = adam.open("/admin/accounts/user/")
    page.get_by_role("link", name="mallory").click()
    page.get_by_label("First name").fill(name)
    page.get_by_role("button", name="Save", exact=True).click()
    assert harm(adam.open("/admin/accounts/user/")) == []
    case = desk.propose("Colleague C.")
    mallory = sit("mallory")
    mallory.case(case).get_by_role("button", name="Claim").click()
    expect(mallory.page.locator("#lease")).to_contain_text("yours for")
    sue = sit("sue")
    expect(sue.open("/?q=Colleague").locator("tbody")).to_contain_text(name)
    assert harm(sue.page) == []
    expect(sue.case(case).locator("main")).to_contain_text(name)
    assert harm(sue.page) == []
    assert harm(sue.open("/record/")) == []


def test_an_address_leads_to_a_warning_that_sends_nobody_on(sit: Sit, desk: Desk) -> None:
    text = "see https://evil.example.net/a?b=1 and https://p\u0430ypal.example/"
    case = desk.propose("x", **without_schema(everywhere(text)))
    page = sit("ana").case(case)
    page.locator(".pane.talk .msg a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are about to leave the desk")
    expect(page.locator(".leads-to")).to_have_text("evil.example.net")
    expect(page.locator(".canonical")).to_have_text("https://evil.example.net/a?b=1")
    opens = page.get_by_role("link", name="Open in a new tab")
    expect(opens).to_have_attribute("href", "https://evil.example.net/a?b=1")
    expect(opens).to_have_attribute("rel", "noopener noreferrer nofollow")
    page.go_back()
    expect(page.locator(".pane.talk .msg").first).to_contain_text("letters of several scripts")
    page.locator(".pane.talk .msg a").nth(1).click()
    expect(page.get_by_role("alert")).to_contain_text("letters of several scripts")
    expect(opens).to_have_count(0)


@pytest.mark.covers("R23")
def test_every_hidden_character_is_visible_and_counted(sit: Sit, desk: Desk) -> None:
    case = desk.propose("x", **without_schema(everywhere("a" + "".join(f"{char}b" for char in HIDDEN))))
    page = sit("ana").case(case)
    expect(page.locator(".notice.warn").first).to_contain_text("that nobody can see")
    for frame in (".pane.brief .own", ".pane.talk .msg", ".does .canonical"):
        chips = page.locator(frame).first.locator(".hid")
        assert chips.count() >= len(HIDDEN), frame
    assert page.locator("title").inner_text().count("[U+") >= 1
    for chip in page.locator(".hid").all()[:5]:
        box = chip.bounding_box()
        assert box is not None
        assert box["width"] > 5


def test_text_cannot_paint_over_what_is_ours(sit: Sit, desk: Desk) -> None:
    tower = "Z" + "\u0300" * 400
    case = desk.propose("x", **without_schema(everywhere(tower)))
    page = sit("ana").case(case)
    contained = page.evaluate(
        "[...document.querySelectorAll('.foreign, .does')].every(e => getComputedStyle(e).contain.includes('paint'))"
    )
    assert contained
    expect(page.get_by_role("button", name="Claim")).to_be_visible()


def test_nothing_of_it_runs_where_a_conversation_is_taken_over(sit: Sit, desk: Desk) -> None:
    batch = [text for text in TEXTS if len(text) < LONG][-BATCH:]
    fields = piled(900, batch)
    case = desk.propose("x", **fields)
    talk, said = fields["conversation"]["id"], "\n".join(batch)[:9000]
    sue = sit("sue")
    sue.case(case).get_by_role("button", name="Take over").first.click()
    sue.page.locator("#take-over").get_by_label("Note").fill(said)
    sue.page.locator("#take-over").get_by_role("button", name="Take over").click()
    letter = sue.page.get_by_label("Message to the customer")
    expect(letter).to_be_visible()
    message = {"messages": [{"role": "customer", "text": said}], "draft": said}
    desk.agent.post(f"/conversations/{talk}/messages", json=message).raise_for_status()
    expect(sue.page.locator("#offer")).to_contain_text("evil.example.net")
    letter.fill(said)
    assert harm(sue.page) == []
    sue.page.get_by_role("button", name="Send").click()
    expect(sue.page.locator("#messages .msg.ours")).to_have_count(1)
    assert harm(sue.page) == []


def test_nothing_of_it_runs_on_the_monitor_and_the_other_places(sit: Sit, desk: Desk) -> None:
    batch = [text for text in TEXTS if len(text) < LONG][:BATCH]
    desk.propose("x", **piled(901, batch))
    watched = piled(902, batch) | {"intent": "watched", "actions": [refund("10.00", description=batch[0])]}
    desk.propose("x", **watched)
    sue = sit("sue")
    page = sue.open("/monitor/")
    expect(page.locator("[id^=watched-]").filter(has_text="Heap").first).to_be_visible()
    for path in dict.fromkeys(["/monitor/", *places(page)]):
        assert harm(sue.open(path)) == [], path


def test_nothing_of_it_runs_from_what_a_customer_writes_to_us(sit: Sit, desk: Desk) -> None:
    said = "\n".join(text for text in TEXTS if len(text) < LONG)[:1900]
    case = desk.propose("Writing W.")
    customer = sit()
    page = customer.open(f"{urlsplit(case['status_url']).path}/human")
    page.get_by_label("What should we know?").fill(said)
    page.get_by_role("button", name="Ask for a person").click()
    expect(page.locator(".asked").first).to_be_visible()
    assert harm(page) == []
    page = customer.open("/contact/")
    page.get_by_label("Your name").fill(f"Contacting {TYPED[0]}")
    page.get_by_label("Your e-mail address").fill("contact@example.org")
    page.get_by_label("Your message").fill(said)
    assert harm(page) == []
    sue = sit("sue")
    rows = sue.open("/?q=Writing").locator("tbody tr").filter(has_not_text="Order A-1 arrived two weeks late")
    rows.first.get_by_role("link").first.click()
    expect(sue.page.locator("#ruling")).to_be_attached()
    assert harm(sue.page) == []
