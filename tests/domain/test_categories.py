"""A whole category of replies that is sent without a person: proposed by one, published by another, and undone."""

from typing import Any

import pytest

from audit.ledger import timeline
from reviewqueue.domain import categories, intake, policies, policy_drafts
from reviewqueue.models import PolicyDraft
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R44", "R46", "R146")]
REASON = "200 of 200 sampled replies were sent unchanged"


def proposed(author: Any, **changes: Any) -> PolicyDraft:
    given = {"intents": ["store_hours"], "channels": ["email"], "reason": REASON} | changes
    return categories.propose(author=author, at=factories.now(), **given)


def mode_of(**changes: Any) -> str:
    sent = {"intent": "store_hours", "actions": [factories.reply()]} | changes
    sent["conversation"] = {"id": f"c-{factories.document()['dedupe_key']}", "channel": sent.pop("channel", "email")}
    case, _new = intake.propose(factories.proposal(**sent), agent=factories.agent(), at=factories.now())
    return str(case.oversight)


def test_no_reply_is_sent_automatically_before_somebody_says_so() -> None:
    factories.policy()
    proposed(factories.person("supervisor"))
    assert mode_of() == "in_the_loop"


def test_once_somebody_else_publishes_it_only_that_category_goes_out() -> None:
    factories.policy()
    sue, ada = factories.person("supervisor", first_name="Sue", last_name="Ito"), factories.person("admin")
    draft = proposed(sue)
    version = policy_drafts.publish(draft, publisher=ada, revision=draft.revision, at=factories.now())
    assert (version.author, version.approved_by, version.reason, version.loosens) == (sue, ada, REASON, True)
    assert version.document["oversight"][0] == {
        "name": "Replies sent automatically: store_hours",
        "match": {"kind": ["reply"], "intent": ["store_hours"], "channel": ["email"]},
        "mode": "out_of_the_loop",
        "author": "Sue I.",
        "reason": REASON,
    }
    assert mode_of() == "out_of_the_loop"
    assert {
        mode_of(channel="chat"),
        mode_of(intent="refund"),
        mode_of(actions=[factories.action()]),
        mode_of(actions=[factories.reply(), factories.action()]),
    } == {"in_the_loop"}


def test_triggers_still_hold_what_they_name() -> None:
    trigger = {"name": "words", "when": {"fact": "intent", "is": "store_hours"}, "outcome": "review"}
    factories.policy(triggers=[trigger])
    draft = proposed(factories.person("supervisor"))
    policy_drafts.publish(draft, publisher=factories.person("admin"), revision=1, at=factories.now())
    assert mode_of() == "in_the_loop"


@pytest.mark.parametrize("role", ["reviewer", "qa_lead", "auditor", "admin"])
def test_it_takes_a_right_of_its_own(role: str) -> None:
    factories.policy()
    with pytest.raises(Refusal) as refused:
        proposed(factories.person(role))
    assert (refused.value.slug, PolicyDraft.objects.count()) == ("forbidden", 0)


@pytest.mark.parametrize(
    "changes", [{"intents": []}, {"reason": " "}, {"intents": ["x" * 300]}, {"intents": ["a\u200bb"]}]
)
def test_without_intents_or_a_reason_nothing_is_proposed(changes: Any) -> None:
    factories.policy()
    with pytest.raises(Refusal) as refused:
        proposed(factories.person("supervisor"), **changes)
    assert (refused.value.slug, PolicyDraft.objects.count()) == ("invalid-request", 0)


def test_the_record_says_who_proposed_what_and_why() -> None:
    factories.policy()
    sue = factories.person("supervisor")
    entry = timeline(proposed(sue).subject)[-1]
    assert (entry.kind, entry.actor.id) == ("policy.category_proposed", sue.reference)
    assert entry.data == {"intents": ["store_hours"], "channels": ["email"], "agents": [], "reason": REASON}
    assert policies.current(at=factories.now())[0] == 1
