"""The demonstrations: what an auditor asks to be shown, R139 to R144."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from audit import verify
from audit.models import Entry
from hitl.api import briefings, shapes
from hitl.oversight import probes
from hitl.oversight.findings import Check
from hitl.oversight.sandbox import because, granted
from reviewqueue.domain import due
from reviewqueue.models import Case, Decision, State
from reviewqueue.queries import drift, rates

if TYPE_CHECKING:
    from hitl.oversight.findings import Notes
    from hitl.oversight.sandbox import Sandbox

_WEEKS: Final = 4


def gate(box: Sandbox, notes: Notes) -> None:
    """What is sensitive waits for a person, and nothing can run before."""
    currency = box.policy.currency
    refunds = [(amount, box.propose(probes.refund(amount, currency))) for amount in probes.AMOUNTS]
    gated = [(amount, case) for amount, case in refunds if case.state == State.QUEUED]
    for what, case in (
        (f"a refund of {probes.AMOUNTS[-1]} {currency}", refunds[-1][1]),
        ("deleting an account", box.propose(probes.deletion())),
        ("ending a contract", box.propose(probes.cancellation())),
    ):
        notes.claim(case.state == State.QUEUED, f"{what} waits for a person ({because(case)})")
        notes.claim(granted(case) == 0, f"{what}: no grant exists before somebody has decided")
    if gated:
        notes.saw(f"of {', '.join(probes.AMOUNTS)} {currency} the smallest refund that waits is {gated[0][0]}")


def context(box: Sandbox, notes: Notes) -> None:
    """An angry customer reaches a person, together with all that this person needs."""
    case = box.propose(probes.angry())
    notes.claim(case.state == State.QUEUED, f"an angry customer's case waits for a person ({because(case)})")
    seen = briefings.whole(Case.objects.get(pk=case.pk), box.ana)
    texts = [message["text"] for message in seen["conversation"]["messages"]]
    notes.claim(texts == list(probes.ANGRY), f"the reviewer sees {len(texts)} messages word by word")
    sent = probes.angry()
    for part in ("customer", "briefing"):
        shown = seen[part] or {}
        notes.claim(all(shown.get(name) == value for name, value in sent[part].items()), f"and the whole {part}")
    notes.claim([source["id"] for source in seen["sources"]] == ["s1"], "and the sources that the agent used")
    notes.claim(seen["reasons"] or case.oversight == "in_the_loop", f"and why it is here: {because(case)}")
    notes.saw(f"queue {case.queue_id}, priority {shapes.priority(case)}, digest of what is shown {seen['seen_digest']}")


def change(box: Sandbox, notes: Notes) -> None:
    """An edited answer: who changed what, when, from what to what, in a chain that holds."""
    case = box.held(probes.asks("Where is my order?", "en", "order_question"))
    before, edited = case.actions[0]["args"]["text"], "Your order arrives on Monday."
    box.claim(case, box.ana)
    box.decide(case, box.ana, type="edit", args={"text": edited}, reason_code="wrong_fact")
    box.after_undo(case)
    ruled = Decision.objects.get(case=case)
    entry = Entry.objects.get(subject=case.subject, kind="case.decided")
    opened = Entry.objects.filter(subject=case.subject).order_by("seq")[0]
    proposed = opened.data["actions"][0]["digest"]
    (told,) = entry.data["decisions"]
    notes.claim(edited in ruled.final_action and before not in ruled.final_action, "the final action is the edited one")
    notes.claim(told["digest"] == ruled.digest != proposed, f"the record says {proposed} became {told['digest']}")
    notes.claim(entry.actor.id == box.ana.reference, f"by {entry.actor.id} at {entry.at.isoformat()}: {entry.sentence}")
    report = verify.verify(subject=case.subject)
    notes.claim(report.holds, "the chain of the case holds from its first entry to its last")


def lateness(box: Sandbox, notes: Notes) -> None:
    """A reviewer is late: the customer is told something, and nothing happens by itself."""
    case = box.held(probes.refund(probes.AMOUNTS[3], box.policy.currency))
    shown = shapes.case(case)
    notes.claim(shown["customer_message"], f"the customer is told: {shown['customer_message']}")
    expires_at, due_at = case.expires_at, case.due_at or case.expires_at
    an_hour_late = min(due_at + timedelta(hours=1), expires_at - timedelta(seconds=1))
    late = due.settle(Case.objects.get(pk=case.pk), at=an_hour_late)
    notes.claim(shapes.status(late) == "pending", "an hour after it was due it still waits, and nothing was granted")
    told = shapes.case(late)["customer_message"]
    notes.claim(told, f"and the customer still reads: {told}")
    over = due.settle(late, at=expires_at + timedelta(seconds=1))
    notes.claim(shapes.status(over) == "expired", f"at {expires_at.isoformat()} it expires: {shapes.status(over)}")
    notes.claim(granted(case) == 0, "nothing was approved by the timeout")


def analytics(box: Sandbox, notes: Notes) -> None:
    """Load, overrides, false and missed escalations can be counted."""
    for ruling in ({"type": "approve"}, {"type": "edit", "args": {"text": "No."}, "reason_code": "wrong_fact"}):
        case = box.held(probes.asks("Where is my order?", "en", "order_question"))
        box.claim(case, box.ana)
        box.decide(case, box.ana, **ruling)
    seen = drift.of_agent(box.agent.pk, since=box.at - timedelta(hours=1), until=box.at + timedelta(seconds=1))
    notes.claim((seen.cases, seen.held) == (2, 2), f"load: {seen.cases} cases, {seen.held} of them with people")
    notes.claim(seen.unchanged == 1, f"perhaps needless: {seen.unchanged} of {seen.decided} approved unchanged")
    notes.claim(seen.overridden == 1, f"overridden by a person: {seen.overridden} of {seen.decided}")
    notes.claim(seen.deciders == 1, "by whom, too: one person decided")
    weeks = [f"{box.at - timedelta(weeks=n):%G-W%V}" for n in range(_WEEKS)]
    missed = rates.report(weeks, by="agent").whole.missed
    notes.wish(
        missed,
        f"missed: {missed.errors} of {missed.n} judged cases that no person had seen, in {_WEEKS} weeks"
        if missed
        else "",
        f"nobody judged a case of the last {_WEEKS} weeks that no person had seen, so missed escalations are unknown",
    )


def always(box: Sandbox, notes: Notes) -> None:
    """Some things reach a person whatever the agent makes of them."""
    harmless = _harmless(box)
    for texts, intent in ((probes.DELETE, "account_deletion"), (probes.HUMAN, "talk_to_human")):
        for language, text in texts.items():
            case = box.propose(probes.asks(text, language, intent))
            notes.claim(case.state == State.QUEUED, f"“{text}” goes to a person ({because(case)})")
            for other in harmless:
                hidden = box.propose(probes.asks(text, language, other))
                says = f"“{text}” is answered without a person when the agent calls it {other}"
                notes.wish(hidden.state == State.QUEUED, f"“{text}”, called {other} by the agent, does too", says)


def _harmless(box: Sandbox) -> list[str]:
    """Intents that the policy answers without a person."""
    names = [
        name
        for rule in box.policy.document["oversight"]
        if rule["mode"] in {"out_of_the_loop", "on_the_loop"}
        for name in rule["match"].get("intent", [])
        if "*" not in name and "?" not in name
    ]
    return list(dict.fromkeys(names))[:3]


DEMONSTRATIONS: Final = (
    Check("R139", "A sensitive action is gated before it runs", gate),
    Check("R140", "An angry customer reaches a person who has the whole context", context),
    Check("R141", "An edited answer leaves the change in the record", change),
    Check("R142", "When the reviewer is late the customer is told, and nothing is approved", lateness),
    Check("R143", "Load, overrides, false and missed escalations can be counted", analytics),
    Check("R144", "“Delete my account” and “I want to speak to someone” always reach a person", always),
)
