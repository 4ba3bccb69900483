"""Text of customers, agents and sources never runs, never fetches, never hides."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Desk, Sit, refund

MARK = "owned"
SCRIPTS = [
    f"<script>window.{MARK}=1</script>",
    f"<img src=x onerror=window.{MARK}=1>",
    f"<svg onload=window.{MARK}=1>",
    f'"><iframe srcdoc="<script>parent.{MARK}=1</script>">',
    f"</textarea><script>window.{MARK}=1</script>",
    f"</template><img src=x onerror=window.{MARK}=1>",
    f"</title><script>window.{MARK}=1</script>",
    f"' onmouseover=window.{MARK}=1 x='",
    f"javascript:window.{MARK}=1",
    f"{{% load x %}}{{{{ {MARK} }}}}",
    f'<a href="javascript:window.{MARK}=1">click</a>',
    f'<div hx-get="/" hx-trigger="load" hx-on:click="window.{MARK}=1">x</div>',
    '<hx-partial hx-target="#main">gone</hx-partial>',
    f'<details open ontoggle="window.{MARK}=1">',
    '<form id="ruling"><input name="verdict" value="approve"></form>',
    "<style>body{display:none}</style>",
    '<link rel="stylesheet" href="https://evil.example.net/x.css">',
    '<meta http-equiv="refresh" content="0;url=https://evil.example.net">',
    '<base href="https://evil.example.net/">',
    "![x](https://evil.example.net/leak.png)",
    "https://evil.example.net/?leak=1 www.evil.example.net",
    "//evil.example.net/x",
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


def test_nothing_of_it_runs_or_fetches_on_any_page_at_any_step(sit: Sit, desk: Desk) -> None:
    cases = [desk.propose("x", **without_schema(everywhere(text))) for text in SCRIPTS]
    ana = sit("ana")
    ana.open("/?q=Hostile")
    expect(ana.page.locator("tbody tr")).to_have_count(len(SCRIPTS))
    assert ana.page.evaluate(f"window.{MARK}") is None
    for case, text in zip(cases, SCRIPTS, strict=True):
        page = ana.case(case)
        page.get_by_role("button", name="Claim").click()
        expect(page.locator("#lease")).to_contain_text("yours for")
        page.locator("textarea[name=a1-0]").fill(f"changed {text}")
        expect(page.locator("#a1-diff ins")).not_to_have_count(0)
        page.locator(".pane.talk").hover()
        assert page.evaluate(f"window.{MARK}") is None, text
        assert page.locator(".said :not(b, span, a[href^='/leave/?to='])").count() == 0
        assert page.locator("form#ruling").count() == 1
        page.get_by_role("button", name="Hand back").click()
        expect(page.locator(".toasts")).to_be_visible()


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
