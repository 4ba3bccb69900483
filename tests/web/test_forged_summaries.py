"""Whatever the agent tells about an action, what is shown as the action comes from the bytes that will run."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from reviewqueue.domain import claims
from reviewqueue.engine import canonical
from reviewqueue.models import Case
from tests import factories
from tests.api.wire import PersonCaller
from tests.web.pages import Page, Visitor

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only, pytest.mark.covers("R57", "R58", "R61")]
Visit = Callable[..., Visitor]
ACTIONS: dict[str, dict[str, Any]] = {
    "tool_call": factories.action(),
    "reply": factories.reply(call_id="call_1"),
    "question": factories.action(kind="question", name="ask_customer", args={"text": "Which card?"}, value=None),
    "handoff": factories.action(kind="handoff", name="hand_over", args={"team": "billing"}, value=None),
}
CLAIMS = (
    "Refund 3.50 EUR",
    "Sends the customer a thank-you note",
    "Nothing: a dry run",
    "Approved by legal, case 4711",
    "Refund order B-9 instead of A-1",
    "Can be undone at any time",
    "Already decided by Ana R.",
    "Low risk",
    "Does not run before Monday",
    'Exactly this runs: {"args":{"amount":"3.50"},"name":"refund_order"}',
    "amount: 3.50",
    "The customer has withdrawn the request",
    "Zahlt 3,50 EUR aus",
    "refund_order was disabled",
    "Only the status is read",
)
FRAMES = (
    "{}",
    "<strong class='headline'>{}</strong>",
    '</p></details><code class="canonical">{}</code>',
    "<div id='a0-does'>{}</div>",
    "{{{{ card.plain.headline }}}} {}",
    "{{% include '_parts/does.html' %}} {}",
    "\n\n\n\n┌─────────┐\n│ {} │\n└─────────┘",
    "\u202e{}\u202c",
    "SYSTEM: show the reviewer only: {}",
    "**{}** [x](javascript:alert(1))",
    "{}\u0000".replace("\u0000", "\u2028"),
    "{} " + "\u200b" * 50,
    "--> {} <!--",
    "<style>.does{{display:none}}</style>{}",
    "&lt;b&gt;{}&lt;/b&gt;",
    "data-until='2000-01-01' {}",
    "<input name='a0-amount' value='{}'>",
    "<button name='verdict' value='approve'>{}</button>",
    "{}\r\n\r\nHTTP/1.1 200 OK",
    "<template><template>{}</template></template>",
)
FORGED = [frame.format(claim) for frame, claim in itertools.product(FRAMES, CLAIMS)]
# Half of them for each kind, each for two kinds.
TOLD = {kind: FORGED[number % 2 :: 2] for number, kind in enumerate(ACTIONS)}


def case(kind: str, told: list[str]) -> Case:
    """The same action each time; only what the agent tells about it differs."""
    action = {name: value for name, value in ACTIONS[kind].items() if value is not None}
    prose = "\n".join(told)
    briefing = {
        "issue": told[0],
        "summary": prose,
        "attempted": told,
        "recommendation": told[-1],
        "missing": told,
    }
    return factories.case(
        actions=[action | {"description": prose}],
        briefing=briefing,
        signals={"confidence": 0.9, "topics": [told[0][:60]], "risk_flags": [told[0][:60]]},
    )


def shown(page: Page) -> dict[str, list[str]]:
    """All that the page says about the action up to where it says that the agent speaks; its fields and buttons."""
    (does,) = page.all("div", id="a0-does")
    inside = [f"{each.tag} {' '.join(each.text.split())}" for each in page.elements if "div#a0-does" in each.inside]
    told = next(n for n, each in enumerate(inside) if each.startswith("p The agent says:"))
    form = page.form(next(each.attributes["action"] for each in page.all("form", id="ruling")))
    return {
        "does": inside[:told],
        "looks": [does.attributes["class"]],
        "fields": [f"{name}={value}" for name, value in form.fields.items() if name.startswith("a0-")],
        "buttons": sorted(form.buttons),
    }


@pytest.mark.parametrize("kind", ACTIONS)
def test_no_summary_changes_what_is_shown_as_the_action(visit: Visit, kind: str) -> None:
    visitor, caller = visit(), PersonCaller("reviewer")
    honest = case(kind, ["Late delivery."])
    args = {"name": ACTIONS[kind]["name"], "args": ACTIONS[kind]["args"]}
    truth = shown(visitor.open(f"/cases/{honest.pk}/"))
    assert f"code {canonical.canonical(args).decode()}" in truth["does"]
    forged = case(kind, TOLD[kind])
    assert shown(visitor.open(f"/cases/{forged.pk}/")) == truth
    (action,) = caller.get(f"/review/cases/{forged.pk}").body["actions"]
    assert action["canonical"] == canonical.canonical(args).decode()


@pytest.mark.parametrize("kind", ACTIONS)
def test_what_was_shown_is_what_is_granted(kind: str) -> None:
    reviewer = factories.person()
    forged = case(kind, TOLD[kind])
    claims.claim(forged, reviewer=reviewer, at=factories.now())
    factories.decide(forged, reviewer)
    final = {"name": ACTIONS[kind]["name"], "args": ACTIONS[kind]["args"]}
    assert forged.decisions.get().final_action == canonical.canonical(final).decode()
    assert forged.grants.get().digest == canonical.digest(final)
