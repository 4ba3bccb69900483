"""Every verb as a form without JavaScript: what it does, where it leads, and that nothing typed is ever lost."""

from collections.abc import Callable
from typing import Any

import pytest

from reviewqueue.domain import claims, questions, takeover
from reviewqueue.models import Case, Decision, Grant, Queue
from tests import factories
from tests.web.desks import Desk, ruling, where
from tests.web.pages import Page, Visitor

pytestmark = pytest.mark.django_db
Visit = Callable[..., Visitor]
SCHEMA = {
    "type": "object",
    "required": ["order_id", "amount"],
    "properties": {"order_id": {"type": "string"}, "amount": {"type": "string", "pattern": r"^\d+\.\d{2}$"}},
}


@pytest.fixture
def desk(visit: Visit) -> Callable[..., Desk]:
    """A reviewer at a case that they have claimed."""

    def _desk(visitor: Visitor | None = None, **fields: Any) -> Desk:
        visitor = visitor or visit()
        return Desk(visitor, factories.claimed(visitor.user, **fields))

    return _desk


At = Callable[..., Desk]


class TestClaiming:
    """Claim, hand back, heartbeat."""

    def test_claim_opens_the_fields(self, visit: Visit) -> None:
        at = Desk(visit(), factories.case())
        page = at.press("Claim")
        assert (at.case.state, at.case.claimed_by) == ("claimed", at.visitor.user)
        assert page.form(at.decide).fields["a0-1"] == "350.00"

    def test_a_claim_that_somebody_else_won_says_who(self, visit: Visit) -> None:
        at = Desk(visit(), factories.case())
        claims.claim(at.case, reviewer=factories.person(first_name="Ben", last_name="Kessler"), at=factories.now())
        page = at.press("Claim")
        assert page.status == 409
        assert page.says("strong", class_="")[:1] == ["Ben K. is working on this case."]

    def test_hand_back_returns_to_the_same_part_of_the_queue(self, desk: At) -> None:
        at = desk()
        at.page = at.visitor.open(f"/cases/{at.case.pk}/?lane=routine&view=mine&q=maya")
        page = at.press("Hand back")
        assert (at.case.state, where(page)) == ("queued", "/?lane=routine&view=mine&q=maya")

    def test_a_heartbeat_renews_the_lease(self, desk: At) -> None:
        at = desk()
        Case.objects.update(claim_expires_at=factories.now() + factories.later(5))
        fields = at.page.form(at.decide).fields
        page = Page(at.visitor.client.post(f"/cases/{at.case.pk}/heartbeat", {"claim_token": fields["claim_token"]}))
        at.case.refresh_from_db()
        assert page.status == 200
        assert at.case.claim_expires_at is not None
        assert at.case.claim_expires_at > factories.now() + factories.later(200)

    def test_a_heartbeat_of_a_lost_lease_says_why(self, desk: At) -> None:
        at = desk()
        claims.release(at.case, reviewer=at.visitor.user, token=None, at=factories.now())
        page = Page(at.visitor.client.post(f"/cases/{at.case.pk}/heartbeat", {"claim_token": at.case.claim_token}))
        assert (page.status, page.text) == (409, "You do not hold this case; claim it first.")


class TestDeciding:
    """Approve, edit, reject, answer instead."""

    @pytest.mark.covers("R37")
    def test_approve_lets_exactly_the_proposed_action_run(self, desk: At) -> None:
        at = desk()
        page = at.press("Approve")
        assert ruling(at.case)["args"] == {"order_id": "A-1", "amount": "350.00"}
        assert (at.case.outcome, Grant.objects.count(), where(page)) == ("decided", 1, "/")

    @pytest.mark.covers("R38", "R141")
    def test_a_changed_field_makes_it_an_edit(self, desk: At) -> None:
        at = desk()
        at.press("Approve", a0__1="320.00", reason_code="wrong_amount", message="§4: less 10 %", note="asked Ben")
        assert ruling(at.case) == {
            "type": "edit",
            "reason": "wrong_amount",
            "message": "§4: less 10 %",
            "response": "",
            "note": "asked Ben",
            "args": {"order_id": "A-1", "amount": "320.00"},
        }

    def test_a_reason_that_was_chosen_for_nothing_is_not_kept(self, desk: At) -> None:
        at = desk()
        at.press("Approve", reason_code="wrong_amount")
        assert (ruling(at.case)["type"], ruling(at.case)["reason"]) == ("approve", "within_rules")

    @pytest.mark.covers("R39")
    def test_reject_needs_a_reason_and_keeps_what_was_typed_until_there_is_one(self, desk: At) -> None:
        at = desk()
        at.page = at.press("Reject", message="Not covered by §4", a0__1="1.00")
        assert (at.page.status, at.page.says("p", id="reason-fault")) == (422, ["Say why: choose a reason."])
        fields = at.page.form(at.decide).fields
        assert (fields["message"], fields["a0-1"]) == ("Not covered by §4", "1.00")
        at.press("Reject", reason_code="policy")
        assert ruling(at.case) == {
            "type": "reject",
            "reason": "policy",
            "message": "Not covered by §4",
            "response": "",
            "note": "",
            "args": None,
        }

    def test_an_answer_can_go_to_the_agent_instead(self, desk: At) -> None:
        at = desk()
        at.press("Send this answer", a0__response="Offer a voucher of 40 EUR first.")
        assert (ruling(at.case)["type"], ruling(at.case)["response"]) == ("respond", "Offer a voucher of 40 EUR first.")

    def test_an_argument_that_does_not_fit_the_schema_is_refused_beside_its_field(self, desk: At) -> None:
        at = desk(actions=[factories.action(args_schema=SCHEMA)])
        page = at.press("Approve", a0__1="lots", reason_code="wrong_amount")
        assert (page.status, page.all("input", name="a0-1")[0].attributes["aria-invalid"]) == (422, "true")
        assert page.says("span", id="a0-1-fault") == [r"'lots' does not match '^\\d+\\.\\d{2}$'"]
        assert page.form(at.decide).fields["a0-1"] == "lots"

    def test_a_number_that_is_none_is_refused_before_anything_is_decided(self, desk: At) -> None:
        at = desk(actions=[factories.action(args={"count": 3})])
        page = at.press("Approve", a0__0="three", reason_code="wrong_fact")
        assert (page.status, page.says("span", id="a0-0-fault")) == (422, ["Write a number such as 12 or 12.50."])
        assert page.form(at.decide).fields["a0-0"] == "three"

    def test_line_breaks_that_a_browser_sends_are_no_edit(self, desk: At) -> None:
        at = desk(actions=[factories.reply(args={"text": "Dear Maya,\nwe are sorry.\n"})])
        at.press("Approve", a0__0="Dear Maya,\r\nwe are sorry.\r\n")
        assert ruling(at.case, "call_2")["type"] == "approve"

    def test_a_field_that_begins_with_a_line_break_is_sent_back_whole(self, desk: At) -> None:
        at = desk(actions=[factories.reply(args={"text": "\n\nDear Maya"})])
        at.press("Approve")
        assert ruling(at.case, "call_2")["args"] == {"text": "\n\nDear Maya"}

    def test_all_actions_are_decided_at_once(self, desk: At) -> None:
        at = desk(actions=[factories.action(), factories.reply()])
        at.press("Approve all")
        assert [ruling(at.case, call)["type"] for call in ("call_1", "call_2")] == ["approve", "approve"]

    def test_one_action_can_be_decided_differently_from_the_rest(self, desk: At) -> None:
        at = desk(actions=[factories.action(), factories.reply()])
        at.press("Approve all", a0__type="reject", reason_code="wrong_amount")
        assert [ruling(at.case, call)["type"] for call in ("call_1", "call_2")] == ["reject", "approve"]

    def test_actions_that_are_released_alone_can_be_decided_one_after_the_other(self, desk: At) -> None:
        at = desk(actions=[factories.action(), factories.reply()], release="each")
        page = at.press("Only the marked ones", a1__type="approve")
        assert (at.case.state, where(page).split("?")[0]) == ("claimed", f"/cases/{at.case.pk}/")
        assert page.says("li", class_="success") == ["Decided. Other actions of this case still wait for you."]
        at.page = page
        at.press("Approve")
        assert at.case.outcome == "decided"

    def test_nothing_marked_is_nothing_decided(self, desk: At) -> None:
        at = desk(actions=[factories.action(), factories.reply()], release="each")
        page = at.press("Only the marked ones")
        assert (page.status, page.says("strong")[0]) == (422, "Mark what you decide about each action.")

    def test_an_agent_that_takes_no_edit_gets_none(self, desk: At) -> None:
        at = desk(actions=[factories.action(allowed_decisions=["approve", "reject"])])
        assert {"a0-0", "a0-1"} <= {e.attributes["name"] for e in at.page.all("input") if "readonly" in e.attributes}
        page = at.press("Approve", a0__1="1.00", reason_code="wrong_amount")
        assert (page.status, "The agent accepts only: approve, reject." in page.text) == (422, True)

    @pytest.mark.covers("R43")
    def test_what_changed_is_shown_before_anything_is_decided(self, desk: At) -> None:
        at = desk()
        page = at.press("Show what I changed", a0__1="320.00")
        assert (page.says("del"), page.says("ins"), at.case.state) == (["350.00"], ["320.00"], "claimed")
        assert "You changed it. The agent proposed: Refund order: 350.00 EUR" in page.text
        assert '"amount":"320.00"' in page.says("code")[0]
        assert "Approve my edit" in page.form(at.decide).buttons

    def test_while_somebody_types_only_the_parts_that_change_come_back(self, desk: At) -> None:
        at = desk()
        fields = at.page.form(at.decide).fields | {"a0-1": "320.00"}
        answer = at.visitor.client.post(f"/cases/{at.case.pk}/change", fields, headers={"HX-Request": "true"})
        targets = [part.attributes["hx-target"] for part in Page(answer).all("hx-partial")]
        assert targets == ["#a0-does", "#a0-diff", "#a0-claims", "#go-label", "#draft"]

    def test_when_the_page_was_shown_is_kept_with_the_decision(self, desk: At) -> None:
        at = desk()
        shown_at = at.page.form(at.decide).fields["shown_at"]
        at.press("Approve")
        kept = Decision.objects.get().timings
        assert (kept["shown_at"], kept["claims"], kept["unsupported"]) == (shown_at, 2, 1)

    @pytest.mark.parametrize("shown_at", ["", "soon", "2001-01-01T00:00:00+00:00", "2099-01-01T00:00:00", "9" * 400])
    def test_a_time_that_cannot_be_is_not_kept(self, desk: At, shown_at: str) -> None:
        at = desk()
        at.press("Approve", shown_at=shown_at)
        assert sorted(Decision.objects.get().timings) == [
            "claims",
            "held_seconds",
            "opened",
            "reading_seconds",
            "unsupported",
        ]


class TestRefusals:
    """Late, stale and forbidden decisions change nothing and lose nothing."""

    @pytest.mark.covers("R77")
    def test_after_a_lost_lease_one_claims_again_and_goes_on_typing(self, desk: At) -> None:
        at = desk()
        claims.release(at.case, reviewer=at.visitor.user, token=None, at=factories.now())
        at.page = at.press("Approve", a0__1="320.00", reason_code="wrong_amount", message="less 10 %")
        assert (at.page.status, at.page.says("strong")[0]) == (409, "You do not hold this case; claim it first.")
        at.page = at.press("Claim")
        fields = at.page.form(at.decide).fields
        assert (fields["a0-1"], fields["reason_code"], fields["message"]) == ("320.00", "wrong_amount", "less 10 %")
        at.press("Approve my edit")
        assert ruling(at.case)["args"]["amount"] == "320.00"

    def test_a_case_that_changed_meanwhile_is_shown_with_what_changed(self, desk: At) -> None:
        at = desk()
        claims.release(at.case, reviewer=at.visitor.user, token=None, at=factories.now())
        claims.claim(at.case, reviewer=at.visitor.user, at=factories.now())
        at.case.refresh_from_db()
        page = at.press("Approve", claim_token=at.case.claim_token, a0__1="320.00", reason_code="wrong_amount")
        (alert,) = page.says("div", id="refusal")
        assert page.status == 409
        assert "handed the case back" in alert
        assert "What you typed is still here" in alert
        assert page.form(at.decide).fields["version"] == str(at.case.version)

    def test_what_was_seen_must_be_what_is_there(self, desk: At) -> None:
        at = desk()
        page = at.press("Approve", seen_digest="sha256:" + "0" * 64)
        assert (page.status, at.case.state) == (412, "claimed")

    def test_a_case_that_ended_meanwhile_says_how(self, desk: At) -> None:
        at = desk()
        supervisor = factories.person("supervisor", first_name="Sue", last_name="Park")
        takeover.take_over(at.case, person=supervisor, note="I know her", at=factories.now())
        page = at.press("Approve", a0__1="320.00", reason_code="wrong_amount")
        assert (page.status, page.says("strong")[0]) == (409, "Sue P. has taken this conversation over: “I know her”")
        assert 'value="320.00"' in page.source

    def test_the_owner_of_an_agent_does_not_decide_its_cases(self, visit: Visit) -> None:
        visitor = visit()
        at = Desk(visitor, factories.case(by=factories.agent(owner=visitor.user)))
        assert at.page.says("p", id="armed") == ["You own the agent that proposed this; somebody else must decide."]
        answer = visitor.client.post(f"/cases/{at.case.pk}/claim")
        assert answer.status_code == 403

    def test_a_verb_that_does_not_exist_is_not_found(self, desk: At) -> None:
        at = desk()
        assert at.visitor.client.post(f"/cases/{at.case.pk}/explode").status_code == 404

    def test_verbs_are_not_done_by_following_a_link(self, desk: At) -> None:
        at = desk()
        assert at.visitor.client.get(f"/cases/{at.case.pk}/decide").status_code == 405

    def test_a_form_from_elsewhere_is_refused(self, desk: At) -> None:
        at = desk()
        at.visitor.client.handler.enforce_csrf_checks = True
        answer = at.visitor.client.post(at.decide, {"verdict": "approve"})
        assert (answer.status_code, "This form is too old" in answer.content.decode()) == (403, True)

    def test_the_same_form_sent_twice_decides_once(self, desk: At) -> None:
        at = desk()
        at.press("Approve")
        page = at.press("Approve")
        assert (page.status, where(page), Decision.objects.count()) == (200, "/", 1)

    @pytest.mark.usefixtures("undoable")
    def test_a_decided_case_is_not_decided_again(self, desk: At) -> None:
        at = desk()
        at.press("Approve")
        page = at.press("Approve", version="99")
        assert (page.status, page.says("strong")[0]) == (409, "You do not hold this case: decided.")


class TestTwoPeople:
    """Four eyes: nothing runs before two people agreed to the same bytes."""

    POLICY: dict[str, Any] = {
        "triggers": [
            {
                "name": "big",
                "category": "financial",
                "when": {"fact": "action.value", "over": "1"},
                "outcome": "review",
                "eyes": 2,
            }
        ]
    }

    @pytest.mark.covers("R84")
    def test_the_second_person_sees_what_the_first_ruled_and_agrees_to_exactly_that(
        self, visit: Visit, desk: At
    ) -> None:
        factories.policy(**self.POLICY)
        first = desk(visit(first_name="Ana", last_name="Ruiz"))
        page = first.press("Approve", a0__1="320.00", reason_code="wrong_amount")
        assert page.says("li", class_="success") == ["Recorded. A second person must look before anything happens."]
        assert (first.case.state, Grant.objects.count()) == ("second_look", 0)
        second = Desk(visit(), first.case)
        second.page = second.press("Claim")
        (seen,) = second.page.says("div", class_="first")
        assert seen.startswith('Ana R. edited and approved this {"args":{"amount":"320.00"')
        second.press("Approve my edit")
        assert (ruling(second.case)["args"]["amount"], Grant.objects.count()) == ("320.00", 1)

    def test_the_first_person_cannot_be_the_second_too(self, desk: At) -> None:
        factories.policy(**self.POLICY)
        first = desk()
        first.press("Approve")
        assert first.see().says("p", id="armed") == ["You were the first of two people; a second one must look."]

    def test_at_critical_risk_the_amount_is_typed_again(self, desk: At) -> None:
        factories.policy(risk_levels=[{"match": {}, "level": "critical"}])
        at = desk()
        at.page = at.press("Approve")
        assert at.page.says("span", id="amount-fault") == ["Type the amount again to confirm it."]
        at.press("Approve", typed_amount="350")
        assert (at.case.state, at.case.first_by) == ("second_look", at.visitor.user)

    def test_of_several_amounts_the_sum_is_asked_for_and_taken_as_the_reader_writes_it(self, desk: At) -> None:
        factories.policy(risk_levels=[{"match": {}, "level": "critical"}])
        at = desk(actions=[factories.action(), factories.action(call_id="call_2")])
        assert any("(700.00 EUR)" in label for label in at.page.says("label", class_="field"))
        at.press("Approve all", typed_amount="700,00")
        assert at.case.state == "second_look"

    def test_each_currency_has_a_sum_of_its_own(self, desk: At) -> None:
        factories.policy(risk_levels=[{"match": {}, "level": "critical"}], currency_rates={"USD": "0.9"})
        dollars = factories.action(call_id="call_2", value={"amount": "350.00", "currency": "USD"})
        at = desk(actions=[factories.action(), dollars])
        at.page = at.press("Approve all", typed_amount_EUR="350", typed_amount_USD="35")
        assert at.page.says("span", id="amount-fault") == ["Type the sum of each currency: EUR, USD."]
        named = [
            field.attributes for field in at.page.all("input") if "typed_amount" in field.attributes.get("name", "")
        ]
        fields = {field["name"]: field["value"] for field in named}
        assert fields == {"typed_amount_EUR": "350", "typed_amount_USD": "35"}
        at.press("Approve all", typed_amount_EUR="350", typed_amount_USD="350,00")
        assert at.case.state == "second_look"


class TestUndo:
    """Until the window closes, a decision can be taken back, and the work goes on where it was."""

    @pytest.mark.usefixtures("undoable")
    def test_the_queue_offers_to_undo_what_was_just_decided(self, desk: At) -> None:
        at = desk()
        page = at.press("Approve", a0__1="320.00", reason_code="wrong_amount", message="less 10 %")
        assert (where(page), at.case.outcome, Grant.objects.count()) == ("/", "", 0)
        (bar,) = page.says("ul", id="undo-bar")
        assert bar.startswith("Decided: Maya R. takes effect in 0:")
        back = at.visitor.press(page, "Undo", on=f"/cases/{at.case.pk}/undo")
        at.case.refresh_from_db()
        assert (at.case.state, at.case.claimed_by) == ("claimed", at.visitor.user)
        fields = back.form(at.decide).fields
        assert (fields["a0-1"], fields["reason_code"], fields["message"]) == ("320.00", "wrong_amount", "less 10 %")

    @pytest.mark.usefixtures("undoable")
    def test_the_case_itself_offers_it_too(self, desk: At) -> None:
        at = desk()
        at.press("Approve")
        at.page = at.see()
        page = at.press("Undo")
        assert page.says("li", class_="success") == ["Taken back; nothing had happened yet. The case is yours."]

    @pytest.mark.usefixtures("undoable")
    def test_it_is_offered_to_nobody_else_and_not_for_ever(self, desk: At, visit: Visit) -> None:
        at = desk()
        at.press("Approve")
        assert visit().open("/").says("ul", id="undo-bar") == []
        Decision.objects.update(effective_at=factories.now() - factories.later(1))
        assert at.visitor.open("/").says("ul", id="undo-bar") == []


class TestPassingOn:
    """Ask, pass on, take over, give back, stop."""

    @pytest.mark.covers("R41")
    def test_a_question_sends_the_case_away_and_is_kept(self, desk: At) -> None:
        at = desk()
        page = at.press("Ask", ask_of="customer", ask_text="Which card was charged?")
        question = at.case.questions.get()
        assert (at.case.state, question.of, question.text) == ("asked", "customer", "Which card was charged?")
        assert page.says("li", class_="success") == ["Asked. You see the answer first."]

    def test_an_empty_question_is_refused_and_the_ruling_that_was_being_typed_is_kept(self, desk: At) -> None:
        at = desk()
        page = at.press("Ask", ask_text="  ", a0__1="320.00", note="half a thought")
        fields = page.form(at.decide).fields
        assert (page.status, "Write the question." in page.text) == (422, True)
        assert (fields["a0-1"], fields["note"]) == ("320.00", "half a thought")

    def test_a_colleague_answers_on_the_case_page(self, desk: At, visit: Visit) -> None:
        at = desk()
        at.press("Ask", ask_of="colleague", ask_text="Is this covered?")
        helper = visit()
        page = helper.open(f"/cases/{at.case.pk}/")
        helper.press(page, "Answer", on=f"/cases/{at.case.pk}/answer", answer_text="Yes, by §4.")
        at.case.refresh_from_db()
        assert (at.case.state, at.case.offered_to) == ("queued", at.visitor.user)
        assert at.case.questions.get().answer == "Yes, by §4."
        assert "offered to you" in at.visitor.open("/").text

    def test_an_answer_to_a_question_that_was_answered_is_refused_with_the_text_kept(
        self, desk: At, visit: Visit
    ) -> None:
        at = desk()
        question = questions.ask(at.case, reviewer=at.visitor.user, of="agent", text="Which?", at=factories.now())
        helper = visit()
        page = helper.open(f"/cases/{at.case.pk}/")
        questions.answer_by_agent(
            at.case, agent=at.case.agent, question_id=question.pk, text="A-1", attachments=(), at=factories.now()
        )
        page = helper.press(page, "Answer", on=f"/cases/{at.case.pk}/answer", answer_text="My long answer")
        assert (page.status, page.says("strong")[0]) == (403, "No question is open.")
        assert "My long answer" in page.text

    @pytest.mark.covers("R40")
    def test_a_case_is_passed_to_a_person(self, desk: At) -> None:
        at = desk()
        ben = factories.person(first_name="Ben", last_name="Kessler")
        at.page = at.see()
        page = at.press("Pass on", to_user=str(ben.pk), pass_note="knows Maya")
        assert (at.case.state, at.case.offered_to) == ("queued", ben)
        assert page.says("li", class_="success") == ["Passed on to Ben K.."]

    def test_or_to_another_queue(self, desk: At) -> None:
        Queue.objects.create(name="legal")
        at = desk()
        at.press("Pass on", to_queue="legal")
        assert (at.case.state, at.case.queue_id) == ("queued", "legal")

    @pytest.mark.parametrize(
        ("typed", "says"),
        [
            ({}, "Pass the case to a person or to a queue, not to both or neither."),
            ({"to_user": "99999"}, "There is no such person."),
            ({"to_user": "x"}, "There is no such person."),
            ({"to_queue": "nowhere"}, "There is no such queue."),
        ],
    )
    def test_nowhere_is_refused_with_the_note_kept(self, desk: At, typed: dict[str, str], says: str) -> None:
        at = desk()
        page = at.press("Pass on", pass_note="see above", **typed)
        assert (page.status, page.says("strong")[0]) == (422, says)
        assert page.form(at.decide).fields["pass_note"] == "see above"

    def test_only_people_who_may_decide_here_are_offered(self, desk: At) -> None:
        fit = factories.person(first_name="Fit", last_name="")
        factories.person("qa_lead", first_name="Lead")
        factories.person(first_name="Elsewhere", queues=["billing"])
        factories.person(first_name="Gone", is_active=False)
        factories.person("supervisor", first_name="Sue", last_name="", queues=["billing"])
        assert desk().page.says("option")[:3] == ["–", "Fit", "Sue"]
        assert fit.display == "Fit"

    @pytest.mark.covers("R42", "R48")
    def test_take_over_and_give_back(self, visit: Visit) -> None:
        at = Desk(visit("supervisor"), factories.case())
        at.page = at.press("Take over", take_note="angry", take_why="tone")
        assert (at.case.state, at.case.claimed_by) == ("taken_over", at.visitor.user)
        page = at.visitor.press(at.page, "Give back", on=f"/cases/{at.case.pk}/write", give_note="refunded by phone")
        at.case.refresh_from_db()
        assert (at.case.state, page.says("li", class_="success")) == ("closed", ["The agent may go on."])

    @pytest.mark.covers("R49")
    def test_a_release_is_stopped_inside_its_veto_window(self, visit: Visit) -> None:
        factories.policy(oversight=[{"match": {}, "mode": "on_the_loop", "veto_seconds": 300}])
        at = Desk(visit("supervisor"), factories.case())
        page = at.press("Stop it", stop_reason="wrong order")
        assert (at.case.state, page.says("li", class_="success")) == ("queued", ["Stopped. A person must decide now."])
