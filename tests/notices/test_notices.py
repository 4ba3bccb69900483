"""E-mail notices: each thing once, together, as everybody wants, and nothing of what is in a case."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db.models import F

from hitl.accounts.models import User
from hitl.notices import gathering, sending
from hitl.notices.models import Gathered, How, Kind, Mail, Notice, Wishes
from hitl.tasks import ring_notices
from reviewqueue.domain import alarms, claims, comments, escalation
from reviewqueue.models import Alarm, AlarmRule, Gap, Mention, Queue
from tests import factories
from tests.domain import planned
from tests.domain.planned import HOUR, MINUTE

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases, pytest.mark.covers("R49", "R69")]


@pytest.fixture(autouse=True)
def _no_day_is_a_monday(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Mondays everybody gets the week as well; the test of that chooses its day."""
    monkeypatch.setattr(gathering, "_MONDAY", None)


def reader(role: str = "supervisor", **fields: Any) -> User:
    number = User.objects.count()
    return factories.person(role, **({"email": f"p{number}@example.org"} | fields))


def wants(user: User, **wishes: str) -> None:
    Wishes.objects.update_or_create(user=user, defaults=wishes)


def write(at: datetime, post: Any = None) -> list[EmailMessage]:
    """Gather, collect and send at this moment; returns what was sent."""
    gathering.gather(at=at)
    sending.collect(at=at)
    sent: list[EmailMessage] = []
    sending.send_due(at=at, post=post or into(sent))
    return sent


def into(sent: list[EmailMessage]) -> Callable[[EmailMessage], int]:
    def post(message: EmailMessage) -> int:
        sent.append(message)
        return 1

    return post


def alarm(at: datetime, of: str = "routine") -> Alarm:
    rule = AlarmRule.objects.filter(measure="queue_age").first()
    data = {"value": 75.0, "limit": 60.0, "cases": []}
    return Alarm.objects.create(rule=rule, of=of, data=data, raised_at=at, seen_at=at)


def begun(at: datetime) -> datetime:
    """The desk has looked before."""
    gathering.gather(at=at)
    return at


def test_several_things_go_into_one_letter_and_the_next_one_comes_later() -> None:
    at = begun(factories.now())
    user = reader()
    for n in range(3):
        alarm(at, of=f"q{n}")
    assert write(at + MINUTE) == []
    (letter,) = write(at + 2 * MINUTE)
    assert (letter.to, letter.subject) == ([user.email], "[hitl] 3 alarms")
    assert letter.body.count("- q") == 3
    alarm(at + 3 * MINUTE, of="q9")
    assert [len(write(at + n * MINUTE)) for n in (5, 8, 11, 12, 13)] == [0, 0, 0, 1, 0]
    assert Notice.objects.count() == 4


def test_nobody_is_told_twice_however_often_somebody_looks() -> None:
    at = begun(factories.now())
    reader()
    alarm(at)
    assert [gathering.gather(at=at + MINUTE) for _each in range(3)] == [1, 0, 0]
    assert [sending.collect(at=at + 3 * MINUTE) for _each in range(3)] == [1, 0, 0]


@pytest.mark.parametrize(
    ("how", "minutes"),
    [(How.SOON, [2]), (How.HOURLY, [2]), (How.NEVER, [])],
)
def test_each_person_chooses_how_soon(how: str, minutes: list[int]) -> None:
    at = begun(factories.now())
    wants(reader(), alarm=how)
    alarm(at)
    assert [n for n in (1, 2, 3, 70) if write(at + n * MINUTE)] == minutes


def test_hourly_letters_are_an_hour_apart() -> None:
    at = begun(factories.now())
    wants(reader(), alarm=How.HOURLY)
    alarm(at)
    write(at + 2 * MINUTE)
    alarm(at + 5 * MINUTE, of="other")
    assert [n for n in (10, 61, 62, 63) if write(at + n * MINUTE)] == [62]


def test_a_daily_letter_comes_in_the_morning(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    at = begun(planned.berlin("2026-11-26 15:00"))
    wants(reader(), alarm=How.DAILY)
    alarm(at)
    moments = [planned.berlin(text) for text in ("2026-11-26 23:00", "2026-11-27 06:50", "2026-11-27 09:10")]
    assert [len(write(moment)) for moment in moments] == [0, 0, 1]


def test_an_escalation_says_which_case_and_nothing_of_what_is_in_it() -> None:
    at = begun(factories.now())
    lead = reader(queues=["routine"])
    planned.service(("decide", 100, {"tell_role": "supervisor", "offer_to": lead}))
    case = factories.case(at=at)
    escalation.fire_due(at=at + HOUR)
    (letter,) = write(at + HOUR + 2 * MINUTE)
    assert letter.subject == "[hitl] 1 escalation, 1 case for you"
    assert f"Case {case.pk[-8:].upper()} in the queue Routine is escalated to you: 100 %" in letter.body
    assert f"/cases/{case.pk}/" in letter.body
    for secret in ("Maya", "A-1", "two weeks late", "refund", "350", "cus-"):
        assert secret not in letter.body + letter.subject


def test_what_somebody_may_no_longer_see_is_no_longer_told() -> None:
    at = begun(factories.now())
    lead = reader("reviewer", queues=["routine"])
    planned.service(("decide", 100, {"tell_role": "reviewer"}))
    factories.case(at=at)
    escalation.fire_due(at=at + HOUR)
    gathering.gather(at=at + HOUR)
    lead.memberships.all().delete()
    assert write(at + HOUR + 3 * MINUTE) == []
    assert Mail.objects.get().error == "nothing was left to tell"


def test_a_case_that_is_passed_to_somebody_and_a_comment_that_names_them_are_told() -> None:
    at = begun(factories.now())
    me, ben = factories.person("supervisor", username="me"), reader("reviewer", username="ben.k")
    case = factories.claimed(me, at=at)
    comments.comment(case, person=me, text="@Ben.K please look, @nobody @me.", at=at)
    claims.reassign(case, reviewer=me, to_user=ben, note="quietly", at=at)
    assert [each.user for each in Mention.objects.all()] == [ben]
    (letter,) = write(at + 2 * MINUTE)
    assert letter.subject == "[hitl] 1 case for you, 1 mention"
    assert ("please look" in letter.body, "quietly" in letter.body) == (False, False)


def test_a_comment_names_only_who_may_see_the_case() -> None:
    me = factories.person("supervisor")
    factories.person("reviewer", username="far", queues=["elsewhere"])
    comments.comment(factories.case(), person=me, text="@far @far@example.org mail@far", at=factories.now())
    assert Mention.objects.count() == 0


def test_the_week_comes_on_monday_once(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    monkeypatch.setattr(gathering, "_MONDAY", 0)
    begun(planned.berlin("2026-11-29 12:00"))
    reader()
    wants(reader(), weekly=How.NEVER)
    moments = ("2026-11-30 07:00", "2026-11-30 08:00", "2026-11-30 09:00", "2026-12-01 09:00")
    sent = [write(planned.berlin(text)) for text in moments]
    assert [len(each) for each in sent] == [0, 1, 0, 0]
    assert sent[1][0].subject == "[hitl] your week"
    assert "The week from 23 November to 29 November. People decided 0 cases." in sent[1][0].body


@pytest.mark.covers("R96")
def test_the_week_names_the_worst_gaps_in_words_of_the_desk_alone(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    monkeypatch.setattr(gathering, "_MONDAY", 0)
    at = begun(planned.berlin("2026-11-29 12:00"))
    over = {"name": "over-100", "when": {"fact": "action.value", "over": "100.00"}, "outcome": "review"}
    rule = {"match": {"intent": ["refund"]}, "mode": "in_the_loop"}
    factories.policy(triggers=[over], oversight=[rule, {"match": {}, "mode": "in_the_loop"}])
    kept = {"first_at": at, "last_at": at, "made_at": at, "cases": 12}
    secret = "Maya R. moved to 5 Elm Street"
    known = {"intent": "refund", "reason": "wrong_fact", "trigger": "over-100"}
    Gap.objects.create(title=secret, harm=40, source="Letter of Maya", **known, **kept)
    Gap.objects.create(title=secret, harm=30, intent="help Maya R.", trigger="call Maya", **kept)
    reader()
    (letter,) = write(planned.berlin("2026-11-30 08:00"))
    said = "The worst: refund, wrong fact, rule over-100: 12 cases, harm 40; a gap that is read on the page: 12 cases"
    assert said in letter.body
    assert ("Maya" in letter.body, "Elm" in letter.body) == (False, False)


def test_letters_are_in_the_language_of_the_reader() -> None:
    at = begun(factories.now())
    wants(reader(), language="de")
    alarm(at)
    (letter,) = write(at + 2 * MINUTE)
    assert letter.subject == "[hitl] 1 Alarm"
    assert "der \u00e4lteste Fall wartet 75 Minuten" in letter.body


INJECTED = [
    "a@x.org\r\nBcc: evil@x.org",
    "a@x.org\nSubject: x",
    "a@x.org, b@x.org",
    "<a@x.org>",
    "a@x.org\x00",
    "nobody",
]


@pytest.mark.parametrize("address", INJECTED)
def test_an_address_that_is_none_gets_no_letter(address: str) -> None:
    at = begun(factories.now())
    user = reader()
    User.objects.filter(pk=user.pk).update(email=address.replace("\x00", "\x01"))
    alarm(at)
    assert write(at + 2 * MINUTE) == []
    assert (Mail.objects.get().state, Mail.objects.get().attempts) == ("dead", 1)


@pytest.mark.parametrize("odd", ["q\r\nBcc: evil@x.org", "q\n\n<script>", "q\u202e\u200b", "q" * 150])
def test_names_break_neither_headers_nor_lines(odd: str) -> None:
    at = begun(factories.now())
    user = reader(first_name="Eve\r\nX-Evil: 1")
    planned.service(("decide", 100, {"tell_role": "supervisor"}))
    factories.case(at=at)
    Queue.objects.filter(pk="routine").update(title=odd[:80])
    escalation.fire_due(at=at + HOUR)
    alarm(at, of=odd)
    (letter,) = write(at + HOUR + 3 * MINUTE)
    raw = letter.message().as_bytes().decode()
    head = raw.partition("\n\n")[0]
    assert ("Bcc" in head, "X-Evil" in head, letter.recipients()) == (False, False, [user.email])
    lines = [line[:3] for line in letter.body.splitlines()]
    assert lines == ["Goo", "", "- q", "  h", "", "- C", "  h", "", "Wha"]
    assert ("\u202e" in letter.body, "\nBcc" in letter.body) == (False, False)


def test_a_budget_s_alarm_does_not_name_the_customer() -> None:
    at = begun(factories.now())
    reader()
    rule = AlarmRule.objects.filter(measure="budget").first()
    data = {"value": 95.0, "limit": 90.0, "cases": []}
    Alarm.objects.create(rule=rule, of="refunds cus-77", data=data, raised_at=at, seen_at=at)
    (letter,) = write(at + 2 * MINUTE)
    assert ("refunds: 95 %" in letter.body, "cus-77" in letter.body) == (True, False)


def test_nor_does_the_alarm_of_a_budget_that_paused_an_agent() -> None:
    at = begun(factories.now())
    reader()
    rule = AlarmRule.objects.filter(measure="budget").first()
    says = "refunds: 350.00 of 400.00 EUR are used in the last hour by customer cus-77; 350.00 EUR more is too much"
    data = {"value": 100.0, "limit": 90.0, "cases": [], "paused": "shop-bot", "says": says}
    Alarm.objects.create(rule=rule, of="refunds shop_bot", data=data, raised_at=at, seen_at=at)
    (letter,) = write(at + 2 * MINUTE)
    assert ("shop-bot is paused by a budget: refunds" in letter.body, "cus-77" in letter.body) == (True, False)


def test_a_server_that_fails_is_asked_again_with_the_same_letter_and_given_up_after_three_days() -> None:
    at = begun(factories.now())
    reader()
    alarm(at)
    ids: list[str] = []

    def fail(message: EmailMessage) -> int:
        ids.append(message.extra_headers["Message-ID"])
        raise smtplib.SMTPServerDisconnected("gone\r\nX: y")

    write(at + 2 * MINUTE, post=fail)
    mail = Mail.objects.get()
    assert (mail.state, mail.attempts, mail.due_at) == ("pending", 1, at + 3 * MINUTE)
    assert mail.error == "SMTPServerDisconnected: gone X: y"
    moment = mail.due_at
    while Mail.objects.get().state == "pending":
        sending.send_due(at=moment, post=fail)
        moment = Mail.objects.get().due_at
    assert Mail.objects.get().state == "dead"
    assert mail.begun_at + timedelta(days=2.8) < moment < mail.begun_at + timedelta(days=3.2)
    assert len(set(ids)) == 1
    sending.send_again(mail, at=moment)
    assert sending.send_due(at=moment, post=lambda _message: 1) == 1
    assert Mail.objects.get().state == "sent"


def test_two_who_ring_send_a_letter_once_and_a_lost_process_sends_it_later() -> None:
    at = begun(factories.now())
    reader()
    alarm(at)
    gathering.gather(at=at)
    sending.collect(at=at + 2 * MINUTE)
    mail = Mail.objects.get()
    sent: list[EmailMessage] = []
    sending.send_due(at=at + 2 * MINUTE, post=into(sent))
    assert sending._try(mail, at + 2 * MINUTE, into(sent)) == 0  # noqa: SLF001 - the other one of two
    assert len(sent) == 1
    Mail.objects.update(state="pending", due_at=F("created_at") + timedelta(minutes=2))
    assert sending.send_due(at=at + 3 * MINUTE) == 0
    assert sending.send_due(at=at + 5 * MINUTE, post=into(sent)) == 1


def test_after_a_long_outage_nobody_reads_of_what_was_over_long_ago() -> None:
    at = begun(factories.now())
    reader()
    alarm(at + HOUR)
    alarm(at + timedelta(days=9), of="now")
    gathering.gather(at=at + timedelta(days=10))
    assert Notice.objects.count() == 1
    assert Gathered.objects.count() == 1


def test_who_has_no_address_or_left_gets_nothing() -> None:
    at = begun(factories.now())
    factories.person("supervisor")
    reader(is_active=False)
    reader("reviewer")
    alarm(at)
    assert (gathering.gather(at=at + MINUTE), Notice.objects.count()) == (0, 0)


def test_old_letters_are_forgotten() -> None:
    at = begun(factories.now())
    reader()
    alarm(at)
    write(at + 2 * MINUTE)
    assert gathering.forget_old(at=at + timedelta(days=29)) == 0
    gathering.forget_old(at=at + timedelta(days=31))
    assert (Mail.objects.count(), Notice.objects.count()) == (0, 0)


@pytest.mark.parametrize(("server", "letters"), [("mail.example.org", 1), ("", 0)])
def test_the_alarm_clock_writes_by_the_desk_s_own_mail_where_there_is_a_server(
    settings: Any, mailoutbox: list[EmailMessage], server: str, letters: int
) -> None:
    settings.MAIL_ON = bool(server)
    at = factories.now()
    reader()
    begun(at - HOUR)
    AlarmRule.objects.exclude(measure="queue_age").delete()
    AlarmRule.objects.update(next_at=at)
    factories.case(at=at - 2 * HOUR)
    alarms.check_due(at=at)
    Alarm.objects.update(raised_at=at - 5 * MINUTE)
    ring_notices()
    assert len(mailoutbox) == letters


def test_kinds_and_wishes_are_the_same() -> None:
    assert {kind for kind in Kind.values if not hasattr(Wishes(), kind)} == set()
