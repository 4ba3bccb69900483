"""Deliveries: signed, in order, tried again, given up, replayed; and what a bad receiver can and cannot do."""

import itertools
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from pytest_django import Settings

from audit import ledger
from audit.actions import SYSTEM
from audit.models import Entry
from hitl.webhooks import dispatch, secrets, sending
from hitl.webhooks.answers import Answer
from hitl.webhooks.models import Delivery, Endpoint
from reviewqueue.domain import endings, pauses
from reviewqueue.models import Agent, Case
from reviewqueue.refusal import Refusal
from tests import factories, services
from tests.webhooks import receivers
from tests.webhooks.conftest import Make
from tests.webhooks.receivers import receiving, status

# On PostgreSQL an event is read once its transaction has ended, which these tests do not wait for.
pytestmark = pytest.mark.django_db
START = datetime.fromisoformat("2026-11-20T12:00:00+00:00")


def ended(agent: Agent, **fields: Any) -> Case:
    """A case that nobody decided in time: one event for its agent."""
    case = factories.case(by=agent, **fields)
    return endings.expire(case, at=case.expires_at)


def states(endpoint: Endpoint) -> list[str]:
    return list(endpoint.deliveries.order_by("id").values_list("state", flat=True))


def settled(made: Endpoint, at: datetime, answer: Callable[[int], Answer]) -> list[float]:
    """Try again and again on a clock that jumps to what is due; returns the seconds after which each try came."""
    moment, tries = [at], []
    numbers = itertools.count()

    def send(_endpoint: Endpoint, _delivery: Delivery, now: datetime) -> Answer:
        tries.append((now - at).total_seconds())
        return answer(next(numbers))

    while (waiting := made.deliveries.filter(state="pending").order_by("due_at").first()) and len(tries) < 50:
        made.refresh_from_db()
        moment[0] = max(waiting.due_at, made.rests_until or waiting.due_at, moment[0])
        dispatch.work(made, at=lambda: moment[0], send=send)
    return tries


@pytest.mark.covers("R81")
def test_what_happened_arrives_signed_and_thin(endpoint: Make) -> None:
    with receiving() as receiver:
        made, secret = endpoint(receiver.url)
        case = ended(made.agent)
        assert (dispatch.gather(at=factories.now()), dispatch.work(made)) == (1, 1)
        (event,) = receiver.verified(secret)
    assert event | {"timestamp": ""} == {
        "type": "case.expired",
        "timestamp": "",
        "data": {
            "case_id": case.pk,
            "dedupe_key": case.dedupe_key,
            "status": "expired",
            "version": case.version,
            "url": f"http://127.0.0.1:8000/api/v1/cases/{case.pk}",
        },
    }
    assert states(made) == ["delivered"]


@pytest.mark.django_db(transaction=True)  # on PostgreSQL only what has been committed is told
@pytest.mark.covers("R46")
def test_a_pause_is_told_without_its_reason(endpoint: Make) -> None:
    with receiving() as receiver:
        made, secret = endpoint(receiver.url, agent=factories.agent(name="shop-bot"))
        supervisor = factories.person("supervisor")
        paused = pauses.pause(of="agent", name="shop-bot", reason="secret", person=supervisor, at=factories.now())
        assert (dispatch.gather(at=factories.now()), dispatch.work(made)) == (1, 1)
        (event,) = receiver.verified(secret)
    assert (event["type"], event["data"]) == ("agent.paused", {"pause": paused.pk, "of": "agent", "name": "shop-bot"})


def test_an_event_becomes_one_delivery_however_often_it_is_looked_for(endpoint: Make) -> None:
    bot = factories.agent()
    made, _secret = endpoint("http://127.0.0.1:9/", agent=bot)
    stale = Endpoint.objects.get(pk=made.pk)
    ended(bot)
    assert (dispatch.gather(at=factories.now()), dispatch.gather(at=factories.now())) == (1, 0)
    assert (dispatch._gather(stale, bot, factories.now()), Delivery.objects.count()) == (0, 1)  # noqa: SLF001 - a second process


def test_the_proposal_names_the_endpoint_and_an_unknown_name_goes_to_all(endpoint: Make) -> None:
    one, _secret = endpoint("http://127.0.0.1:9/", name="we_orders")
    other, _secret = endpoint("http://127.0.0.1:9/", name="we_other", agent=one.agent)
    quiet, _secret = endpoint("http://127.0.0.1:9/", name="we_quiet", agent=one.agent, every=False)
    foreign, _secret = endpoint("http://127.0.0.1:9/")
    for callback in ("we_quiet", "we_unknown", None):
        ended(one.agent, callback=callback)
    dispatch.gather(at=factories.now())
    assert [each.deliveries.count() for each in (one, other, quiet, foreign)] == [2, 2, 1, 0]


def test_what_happened_before_an_endpoint_was_there_is_not_sent_to_it(endpoint: Make) -> None:
    agent = factories.agent()
    ended(agent)
    made, _secret = endpoint("http://127.0.0.1:9/", agent=agent)
    assert (dispatch.gather(at=factories.now()), made.deliveries.count()) == (0, 0)


def test_what_happens_while_it_is_switched_off_is_sent_later(endpoint: Make) -> None:
    made, _secret = endpoint("http://127.0.0.1:9/")
    made.active = False
    secrets.save_endpoint(made, actor=SYSTEM, at=factories.now())
    ended(made.agent)
    assert dispatch.gather(at=factories.now()) == 0
    made.refresh_from_db()
    made.active = True
    secrets.save_endpoint(made, actor=SYSTEM, at=factories.now())
    assert dispatch.gather(at=factories.now()) == 1


def test_two_secrets_sign_until_one_is_retired_and_a_third_is_refused(endpoint: Make) -> None:
    with receiving() as receiver:
        made, old = endpoint(receiver.url)
        new = secrets.make(made, actor=SYSTEM, at=factories.now())
        with pytest.raises(Refusal, match="valid already"):
            secrets.make(made, actor=SYSTEM, at=factories.now())
        ended(made.agent)
        dispatch.gather(at=factories.now())
        dispatch.work(made)
        assert receiver.verified(old) == receiver.verified(new)
        secrets.retire(made.secrets.order_by("pk")[0], actor=SYSTEM, at=factories.now())
        assert secrets.valid(made) == [new]
    kinds = [entry.kind for entry in ledger.timeline(f"agent:{made.agent}")]
    assert kinds == [
        "agent.webhook_saved",
        "agent.webhook_secret_made",
        "agent.webhook_secret_made",
        "agent.webhook_secret_retired",
    ]


def test_a_secret_is_stored_sealed(endpoint: Make) -> None:
    made, secret = endpoint("http://127.0.0.1:9/")
    assert secret.removeprefix("whsec_") not in made.secrets.get().sealed


def test_a_dead_receiver_is_tried_for_three_days_and_then_given_up(endpoint: Make) -> None:
    made, _secret = endpoint("http://127.0.0.1:9/")
    ended(made.agent)
    dispatch.gather(at=START)
    tries = settled(made, START, lambda _n: Answer(status=500))
    gaps = [later - sooner for sooner, later in itertools.pairwise(tries)]
    usual = [*dispatch.PAUSES, *[dispatch.PAUSES[-1]] * 20][: len(gaps)]
    # A receiver that failed several times rests a little, which may be longer than the first pauses.
    odd = [(gap, pause) for gap, pause in zip(gaps, usual, strict=True) if not 0.8 * pause <= gap <= 1.2 * pause + 10]
    assert odd == []
    assert (2.5 * 86400 < tries[-1] <= 3 * 86400, states(made)) == (True, ["dead"])


def test_what_was_given_up_is_replayed_under_the_same_id(endpoint: Make) -> None:
    with receiving() as receiver:
        made, secret = endpoint(receiver.url)
        ended(made.agent)
        dispatch.gather(at=factories.now())
        delivery = made.deliveries.get()
        dispatch.noted(delivery, Answer(status=500), at=delivery.begun_at + dispatch.LASTS)
        assert states(made) == ["dead"]
        dispatch.replay(delivery, at=factories.now())
        assert (dispatch.work(made), receiver.ids, len(receiver.verified(secret))) == (1, [delivery.message_id], 1)


def test_whoever_is_gone_is_switched_off(endpoint: Make) -> None:
    with receiving(status("410 Gone")) as receiver:
        made, _secret = endpoint(receiver.url)
        ended(made.agent)
        dispatch.gather(at=factories.now())
        dispatch.work(made)
    made.refresh_from_db()
    assert (made.active, made.why_inactive, states(made)) == (False, "the receiver answered 410: gone", ["dead"])
    assert list(dispatch.waiting(at=factories.now() + timedelta(days=1))) == []


@pytest.mark.parametrize(
    ("said", "least"),
    [("1800", 1800), ("Fri, 20 Nov 2026 12:20:00 GMT", 1200), ("999999999", 86400), ("-5", 0), ("soon", 0), ("", 0)],
)
def test_a_receiver_says_when_to_come_again(endpoint: Make, said: str, least: int) -> None:
    with receiving(status("503 Busy", f"Retry-After: {said}")) as receiver:
        made, _secret = endpoint(receiver.url)
        ended(made.agent)
        dispatch.gather(at=START)
        dispatch.work(made, at=lambda: START)
    waits = (made.deliveries.get().due_at - START).total_seconds()
    assert least <= waits <= max(least, 6)


@pytest.mark.parametrize(("said", "rests"), [("60", 60), ("86400", 300), ("soon", 0)])
def test_whoever_says_when_to_come_again_gets_nothing_of_other_cases_either(
    endpoint: Make, said: str, rests: int
) -> None:
    with receiving(status("503 Busy", f"Retry-After: {said}")) as receiver:
        made, _secret = endpoint(receiver.url)
        ended(made.agent)
        ended(made.agent)
        dispatch.gather(at=START)
        dispatch.work(made, at=lambda: START)
    assert dispatch.waiting(at=START + timedelta(seconds=rests)).exists()
    assert not dispatch.waiting(at=START + timedelta(seconds=rests - 1)).exists()


def test_events_of_one_case_come_in_order_and_others_do_not_wait(endpoint: Make) -> None:
    made, _secret = endpoint("http://127.0.0.1:9/")
    first = ended(made.agent)
    ended(made.agent)
    dispatch.gather(at=START)
    blocked = made.deliveries.order_by("id")[0]
    Delivery.objects.create(
        endpoint=made,
        event_id=10**9,
        kind="case.superseded",
        case_id=first.pk,
        body="{}",
        created_at=START,
        begun_at=START,
        due_at=START,
    )
    Delivery.objects.filter(pk=blocked.pk).update(due_at=START + timedelta(hours=1))
    sent: list[str] = []

    def send(_endpoint: Endpoint, delivery: Delivery, _at: datetime) -> Answer:
        sent.append(delivery.kind)
        return Answer(status=200)

    dispatch.work(made, at=lambda: START, send=send)
    assert sent == ["case.expired"]
    dispatch.work(made, at=lambda: START + timedelta(hours=1), send=send)
    assert sent == ["case.expired", "case.expired", "case.superseded"]


def test_an_endpoint_is_worked_by_one_at_a_time(endpoint: Make) -> None:
    made, _secret = endpoint("http://127.0.0.1:9/")
    ended(made.agent)
    dispatch.gather(at=START)
    inner: list[int] = []

    def send(_endpoint: Endpoint, _delivery: Delivery, _at: datetime) -> Answer:
        inner.append(dispatch.work(Endpoint.objects.get(pk=made.pk), at=lambda: START, send=send))
        return Answer(status=200)

    assert (dispatch.work(made, at=lambda: START, send=send), inner) == (1, [0])


def test_who_died_in_the_middle_is_followed_by_another_after_the_lease(endpoint: Make) -> None:
    made, _secret = endpoint("http://127.0.0.1:9/")
    ended(made.agent)
    dispatch.gather(at=START)

    def dies(_endpoint: Endpoint, _delivery: Delivery, _at: datetime) -> Answer:
        raise SystemExit

    with pytest.raises(SystemExit):
        dispatch.work(made, at=lambda: START, send=dies)
    Endpoint.objects.update(leased_until=START + dispatch.LEASE)  # a killed process gives nothing back
    fine = {"send": lambda *_args: Answer(status=200)}
    tries = [dispatch.work(made, at=lambda s=s: START + timedelta(seconds=s), **fine) for s in (1, 61)]
    assert (tries, states(made)) == ([0, 1], ["delivered"])


FAULTS: dict[str, Any] = {
    "500": status("500 Oops"),
    "502": status("502 Bad Gateway"),
    "404": status("404 Not Found"),
    "401": status("401 Unauthorized"),
    "429": status("429 Too Many", "Retry-After: 3"),
    "301": status("301 Moved", "Location: http://127.0.0.1:1/"),
    "302 to the metadata": status("302 Found", "Location: http://169.254.169.254/latest/"),
    "307": status("307 Again", "Location: /other"),
    "100 for ever": b"HTTP/1.1 100 Continue\r\n\r\n" * 3,
    "304": status("304 Not Modified"),
    "silent": receivers.silent,
    "dripping": receivers.dripping,
    "reset": receivers.reset,
    "closed": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    "binary": bytes(range(256)),
    "wrong length": b"HTTP/1.1 500 X\r\nContent-Length: -5\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    "endless head": receivers.endless_head,
    "bad status": b"HTTP/1.1 banana\r\n\r\n",
}


# From these no answer ever comes: the try ends with its time.
NEVER_DONE = ("silent", "dripping")


@pytest.mark.parametrize("kind", FAULTS)
def test_a_bad_receiver_gets_another_try_later_and_holds_nobody_long(
    endpoint: Make, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Reading the machine's certificates may take as long as a whole try here.
    sending._tls()  # noqa: SLF001 - what every try uses
    monkeypatch.setattr(sending.post, "__kwdefaults__", {"seconds": 2.0 if kind in NEVER_DONE else 50.0})
    with receiving(FAULTS[kind]) as receiver:
        made, _secret = endpoint(receiver.url)
        ended(made.agent)
        dispatch.gather(at=factories.now())
        began = time.monotonic()
        assert dispatch.work(made) == 0
        took = time.monotonic() - began
    delivery = made.deliveries.get()
    assert (delivery.state, delivery.attempts, bool(delivery.status or delivery.error)) == ("pending", 1, True)
    assert (took < 60, receiver.connections) == (True, 1)


@pytest.mark.parametrize("answer", [receivers.endless, status("204 No Content"), status("299 Odd")])
def test_any_2xx_counts_whatever_follows(endpoint: Make, answer: Any) -> None:
    with receiving(answer) as receiver:
        made, _secret = endpoint(receiver.url)
        ended(made.agent)
        dispatch.gather(at=factories.now())
        assert dispatch.work(made) == 1


def test_a_receiver_that_takes_a_message_twice_sees_the_same_id(endpoint: Make) -> None:
    with receiving(receivers.reset, receivers.OK) as receiver:
        made, _secret = endpoint(receiver.url)
        ended(made.agent)
        dispatch.gather(at=factories.now())
        dispatch.work(made)
        dispatch.work(made, at=lambda: factories.now() + timedelta(seconds=10))
        assert (len(receiver.ids), len(set(receiver.ids)), states(made)) == (2, 1, ["delivered"])


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_one_bad_receiver_delays_no_other(endpoint: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending.post, "__kwdefaults__", {"seconds": 60.0})
    let_go = threading.Event()
    with receiving(lambda _connection: let_go.wait(60)) as bad, receiving() as good:
        slow, _secret = endpoint(bad.url)
        quick, _secret = endpoint(good.url, agent=slow.agent, name="we_quick")
        ended(slow.agent)
        dispatch.ring(at=factories.now())
        services.until(lambda: states(quick) == ["delivered"], what="the other one has it")
        assert slow.deliveries.get().attempts == 0  # it still waits for an answer
        let_go.set()
    services.until(lambda: not dispatch._working, what="the threads are done")  # noqa: SLF001 - their own list


def test_what_has_arrived_is_forgotten_after_a_month_and_what_was_given_up_is_not(endpoint: Make) -> None:
    made, _secret = endpoint("http://127.0.0.1:9/")
    ended(made.agent)
    ended(made.agent)
    dispatch.gather(at=START)
    one, other = made.deliveries.order_by("id")
    dispatch.noted(one, Answer(status=200), at=START)
    dispatch.noted(other, Answer(status=500), at=START + timedelta(days=4))
    dispatch.forget_old(at=START + timedelta(days=31))
    assert states(made) == ["dead"]


def test_an_address_that_is_inside_now_is_not_called(endpoint: Make, settings: Any) -> None:
    with receiving() as receiver:
        made, _secret = endpoint(receiver.url)
        ended(made.agent)
        dispatch.gather(at=factories.now())
        settings.WEBHOOK_NETWORKS = []
        dispatch.work(made)
        assert (receiver.connections, "private or special" in made.deliveries.get().error) == (0, True)


def test_an_endpoint_without_a_secret_sends_nothing_unsigned(endpoint: Make) -> None:
    with receiving() as receiver:
        made, _secret = endpoint(receiver.url)
        secrets.retire(made.secrets.get(), actor=SYSTEM, at=factories.now())
        secrets.retire(made.secrets.get(), actor=SYSTEM, at=factories.now())
        ended(made.agent)
        dispatch.gather(at=factories.now())
        assert (dispatch.work(made), receiver.connections) == (0, 0)
    assert made.deliveries.get().error == dispatch.UNSIGNED
    assert Entry.objects.filter(kind="agent.webhook_secret_retired").count() == 1


def test_with_another_secret_key_nothing_is_sent_until_a_new_secret_is_made(endpoint: Make, settings: Settings) -> None:
    with receiving() as receiver:
        made, _secret = endpoint(receiver.url)
        settings.SECRET_KEY = "the key of a desk that was set up anew"
        ended(made.agent)
        dispatch.gather(at=factories.now())
        assert (dispatch.work(made), receiver.connections) == (0, 0)
        waits = made.deliveries.get()
        assert (waits.error, waits.attempts) == (dispatch.UNSIGNED, 1)
        new = secrets.make(made, actor=SYSTEM, at=factories.now())
        dispatch.replay(waits, at=factories.now())
        made.refresh_from_db()
        assert (dispatch.work(made), secrets.valid(made)) == (1, [new])


def test_saving_an_endpoint_as_it_was_leaves_no_record(endpoint: Make) -> None:
    made, _secret = endpoint("http://127.0.0.1:9/hook")
    known = Entry.objects.count()
    secrets.save_endpoint(made, actor=SYSTEM, at=factories.now())
    assert Entry.objects.count() == known


def test_a_round_ends_and_leaves_the_rest_for_the_next_one(endpoint: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "_A_ROUND", 1)
    made, _secret = endpoint("http://127.0.0.1:9/hook")
    for _case in range(2):
        ended(made.agent)
    dispatch.gather(at=factories.now())

    def arrives(*_asked: Any) -> Answer:
        return Answer(status=200)

    assert [dispatch.work(made, send=arrives) for _round in range(3)] == [1, 1, 0]


def test_an_endpoint_in_work_gets_no_second_thread_and_failing_ones_no_more_than_half(
    endpoint: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr(dispatch, "_working", set())
    monkeypatch.setattr(dispatch, "_failing", threading.BoundedSemaphore(1))
    monkeypatch.setattr(dispatch, "_threads", SimpleNamespace(submit=lambda _do, each: started.append(each.name)))
    agent = factories.agent()
    for name, failures in (("good", 0), ("bad", 1), ("worse", 1)):
        endpoint("http://127.0.0.1:9/hook", name=name, agent=agent)
        Endpoint.objects.filter(name=name).update(failures=failures)
    ended(agent)
    dispatch.ring(at=factories.now())
    assert (len(started), "good" in started) == (2, True)
    dispatch.ring(at=factories.now())
    assert len(started) == 2


def test_a_thread_that_breaks_frees_its_place(
    endpoint: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made, _secret = endpoint("http://127.0.0.1:9/hook")
    made.failures = 1
    failing = threading.BoundedSemaphore(1)
    failing.acquire()

    def breaks(_work: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(dispatch, "_working", {made.pk})
    monkeypatch.setattr(dispatch, "_failing", failing)
    monkeypatch.setattr(dispatch, "with_fresh_connection", breaks)
    dispatch._in_thread(made)  # noqa: SLF001 - what a thread does
    assert (dispatch._working, failing.acquire(blocking=False), made.pk in caplog.text) == (set(), True, True)  # noqa: SLF001 - the same
