"""The life of a policy before it is in force."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from pytest_django import Settings

from audit.ledger import timeline
from hitl.accounts.models import User
from reviewqueue.domain import looks, policies, policy_drafts
from reviewqueue.engine import policy_file
from reviewqueue.engine.policy import PolicyError
from reviewqueue.engine.starting import starting_policy
from reviewqueue.models import PolicyDraft, PolicyVersion, WhatIf
from reviewqueue.queries.recorded import Period
from reviewqueue.refusal import Refusal
from tests import factories

pytestmark = pytest.mark.django_db
STRICTER = factories.PLAIN_POLICY | {"name": "Stricter", "undo_seconds": 60}


@pytest.fixture
def ada() -> User:
    factories.policy()
    return factories.person("admin", first_name="Ada")


def begun(author: User, document: dict[str, Any] | None = None) -> PolicyDraft:
    return policy_drafts.begin(document or STRICTER, origin="a test", author=author, at=factories.now())


def edited(draft: PolicyDraft, editor: User, **changes: Any) -> PolicyDraft:
    document = draft.document | changes
    policy_drafts.edit(draft, document, editor=editor, revision=draft.revision, at=factories.now())
    return draft


def published(draft: PolicyDraft, publisher: User, reason: str = "Better") -> PolicyVersion:
    return policy_drafts.publish(draft, publisher=publisher, revision=draft.revision, reason=reason, at=factories.now())


def slug_of(verb: Any) -> str:
    with pytest.raises(Refusal) as refused:
        verb()
    return refused.value.slug


@pytest.mark.covers("R33", "R35")
def test_a_draft_changes_nothing_until_it_is_published_and_then_becomes_the_next_version(ada):
    draft = edited(begun(ada), ada, undo_seconds=90)
    assert policies.current(at=factories.now())[1].undo_seconds == 0
    version = published(draft, ada)
    assert (version.number, version.author, version.reason) == (2, ada, "Better")
    assert policies.current(at=factories.now())[1].undo_seconds == 90
    draft.refresh_from_db()
    assert (draft.state, draft.version, draft.settled_at) == ("published", version, version.published_at)


@pytest.mark.covers("R81", "R91")
def test_every_step_is_on_record_with_who_took_it(ada):
    bea = factories.person("admin")
    draft = edited(begun(ada), ada, undo_seconds=90)
    at = factories.now()
    policy_drafts.submit(draft, author=ada, reason="Slower hands", at=at)
    policy_drafts.send_back(draft, editor=bea, note="Two minutes, please", at=at)
    edited(draft, ada, undo_seconds=120)
    policy_drafts.submit(draft, author=ada, reason="Slower hands", at=at)
    published(draft, bea)
    steps = [(entry.kind.removeprefix("policy.draft_"), entry.actor.id) for entry in timeline(draft.subject)]
    a, b = ada.reference, bea.reference
    assert steps == [
        ("begun", a),
        ("changed", a),
        ("submitted", a),
        ("sent_back", b),
        ("changed", a),
        ("submitted", a),
        ("published", b),
    ]


def test_the_second_person_is_recorded_beside_the_author(ada):
    bea = factories.person("admin")
    draft = begun(ada)
    policy_drafts.submit(draft, author=ada, reason="Slower hands", at=factories.now())
    version = published(draft, bea, reason="")
    assert (version.author, version.approved_by, version.reason) == (ada, bea, "Slower hands")
    assert timeline("policy")[-1].data["approved_by"] == bea.reference


def test_whoever_edited_a_draft_is_no_second_person(ada):
    bea = factories.person("admin")
    draft = edited(begun(ada), bea, undo_seconds=90)
    assert published(draft, bea).approved_by is None


def test_an_edit_takes_a_submitted_draft_back(ada):
    draft = begun(ada)
    policy_drafts.submit(draft, author=ada, reason="Slower hands", at=factories.now())
    edited(draft, ada, undo_seconds=90)
    assert (draft.state, draft.submitted_at, draft.revision) == ("draft", None, 2)


def test_two_edits_of_the_same_revision_are_one_edit_and_a_refusal(ada):
    draft = begun(ada)
    twin = PolicyDraft.objects.get(pk=draft.pk)
    edited(draft, ada, undo_seconds=90)
    assert slug_of(lambda: edited(twin, ada, undo_seconds=5)) == "stale-version"
    assert PolicyDraft.objects.get().document["undo_seconds"] == 90


def test_what_was_not_seen_is_not_published(ada):
    draft = begun(ada)
    twin = PolicyDraft.objects.get(pk=draft.pk)
    edited(twin, ada, undo_seconds=90)
    draft.revision = 1
    assert slug_of(lambda: published(draft, ada)) == "stale-version"
    assert PolicyVersion.objects.count() == 1


def test_a_draft_is_held_against_the_version_that_came_into_force_since(ada):
    draft = begun(ada)
    factories.policy(undo_seconds=7)
    assert slug_of(lambda: published(draft, ada)) == "stale-version"
    policy_drafts.compare_anew(draft, editor=ada, at=factories.now())
    assert (published(draft, ada).number, draft.base_id) == (3, 2)


def test_saving_the_same_again_is_no_change(ada):
    draft = begun(ada)
    edited(draft, ada)
    assert (draft.revision, len(timeline(draft.subject))) == (1, 1)


def test_a_draft_with_faults_is_kept_but_neither_submitted_nor_published(ada):
    draft = edited(begun(ada), ada, undo_seconds="soon")
    for verb in (
        lambda: policy_drafts.submit(draft, author=ada, reason="why", at=factories.now()),
        lambda: published(draft, ada),
    ):
        with pytest.raises(PolicyError) as refused:
            verb()
        assert [fault.path for fault in refused.value.faults] == ["/undo_seconds"]
    assert (PolicyDraft.objects.get().state, PolicyVersion.objects.count()) == ("draft", 1)


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_without_a_reason_nothing_is_submitted_or_published(ada, reason):
    draft = begun(ada)
    assert slug_of(lambda: policy_drafts.submit(draft, author=ada, reason=reason, at=factories.now())) == (
        "invalid-request"
    )
    assert slug_of(lambda: published(draft, ada, reason=reason)) == "invalid-request"


@pytest.mark.parametrize("settle", ["publish", "discard"])
def test_a_settled_draft_stays_as_it_is(ada, settle):
    draft, at = begun(ada), factories.now()
    if settle == "publish":
        published(draft, ada)
    else:
        policy_drafts.discard(draft, editor=ada, at=at)
    again = [
        lambda: edited(draft, ada, undo_seconds=1),
        lambda: published(draft, ada),
        lambda: policy_drafts.discard(draft, editor=ada, at=at),
        lambda: policy_drafts.submit(draft, author=ada, reason="why", at=at),
        lambda: policy_drafts.send_back(draft, editor=ada, note="", at=at),
        lambda: policy_drafts.compare_anew(draft, editor=ada, at=at),
    ]
    assert [slug_of(verb) for verb in again] == ["not-pending"] * 6
    assert PolicyVersion.objects.count() == (2 if settle == "publish" else 1)


def test_steps_out_of_order_are_refused(ada):
    draft, at = begun(ada), factories.now()
    assert slug_of(lambda: policy_drafts.send_back(draft, editor=ada, note="", at=at)) == "not-pending"
    policy_drafts.submit(draft, author=ada, reason="why", at=at)
    assert slug_of(lambda: policy_drafts.submit(draft, author=ada, reason="why", at=at)) == "not-pending"


@pytest.mark.covers("R91")
@pytest.mark.parametrize("role", ["reviewer", "supervisor", "qa_lead", "auditor"])
def test_only_administrators_work_on_policies(ada, role):
    draft, at = begun(ada), factories.now()
    other = factories.person(role)
    verbs = [
        lambda: begun(other),
        lambda: policy_drafts.begin_from_version(None, author=other, at=at),
        lambda: policy_drafts.adopt("conservative", author=other, at=at),
        lambda: edited(draft, other, undo_seconds=1),
        lambda: policy_drafts.compare_anew(draft, editor=other, at=at),
        lambda: policy_drafts.submit(draft, author=other, reason="why", at=at),
        lambda: policy_drafts.send_back(draft, editor=other, note="", at=at),
        lambda: policy_drafts.discard(draft, editor=other, at=at),
        lambda: published(draft, other),
    ]
    assert [slug_of(verb) for verb in verbs] == ["forbidden"] * len(verbs)


def test_an_account_that_is_switched_off_works_on_nothing():
    gone = factories.person("admin", is_active=False)
    assert slug_of(lambda: begun(gone)) == "forbidden"


@pytest.mark.covers("R5")
def test_publishing_a_draft_of_an_earlier_version_rolls_back_to_it(ada):
    factories.policy(undo_seconds=7, name="Second")
    draft = policy_drafts.begin_from_version(1, author=ada, at=factories.now())
    version = published(draft, factories.person("admin"), reason="The second was a mistake")
    first = PolicyVersion.objects.get(number=1)
    assert (version.number, version.digest, draft.origin) == (3, first.digest, "version 1")


def test_a_version_or_starting_policy_that_is_not_there_is_named(ada):
    at = factories.now()
    assert slug_of(lambda: policy_drafts.begin_from_version(99, author=ada, at=at)) == "not-found"
    assert slug_of(lambda: policy_drafts.adopt("../secrets", author=ada, at=at)) == "not-found"


@pytest.mark.covers("R155")
def test_adopting_a_starting_policy_makes_a_draft_of_it(ada):
    draft = policy_drafts.adopt("conservative", author=ada, at=factories.now())
    assert (draft.document, draft.state, draft.base_id) == (starting_policy(), "draft", 1)


def test_a_file_becomes_a_draft(ada):
    text = policy_file.dump(STRICTER)
    draft = policy_drafts.begin_from_text(text, author=ada, at=factories.now())
    assert PolicyDraft.objects.get(pk=draft.pk).document == STRICTER


@pytest.mark.parametrize(
    "text", ["a: [1", "- 1", "", '"\\0": 1', 'name: "\\0"', 'name: "\\ud800"', "when: !!timestamp 2026-01-01"]
)
def test_what_cannot_be_kept_is_no_draft(ada, text):
    with pytest.raises(PolicyError):
        policy_drafts.begin_from_text(text, author=ada, at=factories.now())
    assert not PolicyDraft.objects.exists()


def test_a_version_with_the_new_columns_is_still_immutable(ada):
    version = published(begun(ada), ada)
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        PolicyVersion.objects.filter(pk=version.pk).update(approved_by=ada)


def test_a_draft_that_is_held_against_the_newest_version_already_stays_as_it_is() -> None:
    editor, at = factories.person("admin"), factories.now()
    factories.policy()
    draft = policy_drafts.begin_from_version(None, author=editor, at=at)
    policy_drafts.compare_anew(draft, editor=editor, at=at)
    draft.refresh_from_db()
    assert draft.revision == 1


def looked_at(document: dict[str, Any], person: User, *, agents: tuple[str, ...] = ()) -> WhatIf:
    look = looks.ask(document, person=person, period=Period(agents=frozenset(agents)), at=factories.now())
    return looks.work(look, at=factories.now())


@pytest.mark.covers("R33", "R101")
class TestNobodyPublishesBlind:
    @pytest.fixture(autouse=True)
    def _recorded(self, ada: User) -> None:
        assert ada.pk
        factories.case()

    def test_a_draft_that_nobody_held_against_what_happened_is_not_published(self, ada: User) -> None:
        draft = begun(ada)
        assert slug_of(lambda: published(draft, ada)) == "not-yet"
        looked_at(draft.document, ada)
        version = published(draft, ada)
        told = timeline("policy")[-1].data["what_if"]
        assert (version.number, told["cases"], told["newly_released"]) == (2, 1, 0)
        assert told["look"] == WhatIf.objects.get().pk

    def test_a_look_at_another_document_is_none_at_this_one(self, ada: User) -> None:
        draft = begun(ada)
        looked_at(draft.document, ada)
        edited(draft, ada, undo_seconds=61)
        assert slug_of(lambda: published(draft, ada)) == "not-yet"
        looked_at(draft.document, ada)
        assert published(draft, ada).document["undo_seconds"] == 61

    def test_a_look_of_somebody_else_at_the_same_document_counts_however_it_came_there(self, ada: User) -> None:
        looked_at(STRICTER, factories.person("admin"))
        assert published(begun(ada), ada).number == 2

    def test_a_look_at_nothing_or_one_that_is_not_finished_is_none(self, ada: User) -> None:
        draft = begun(ada)
        looked_at(draft.document, ada, agents=("nobody",))
        looks.ask(draft.document, person=ada, period=Period(), at=factories.now())
        assert slug_of(lambda: published(draft, ada)) == "not-yet"

    def test_who_has_to_publish_blind_says_why_and_that_is_on_record(self, ada: User) -> None:
        draft = begun(ada)
        blind = {"publisher": ada, "revision": 1, "reason": "Better", "at": factories.now()}
        assert slug_of(lambda: policy_drafts.publish(draft, blind="  ", **blind)) == "not-yet"
        policy_drafts.publish(draft, blind="Refunds run away", **blind)
        assert timeline("policy")[-1].data["what_if"] == {"blind": "Refunds run away"}

    def test_the_operator_can_do_without(self, ada: User, settings: Settings) -> None:
        settings.POLICY_WHAT_IF = "off"
        assert published(begun(ada), ada).number == 2


def test_where_nothing_is_recorded_there_is_nothing_to_look_at(ada: User) -> None:
    assert published(begun(ada), ada).number == 2
    assert "what_if" not in timeline("policy")[-1].data
