"""The policy as a file: out, checked, compared, in again."""

import io
import itertools
import json
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command

from audit.ledger import timeline
from reviewqueue.domain import policies
from reviewqueue.engine import facts, policy_file, triggers, unmet
from reviewqueue.engine import policy as engine
from reviewqueue.engine.starting import starting_policy
from reviewqueue.models import Absence, Calendar, Certificate, PolicyVersion, Queue, Shift
from reviewqueue.models.hours import WEEK
from reviewqueue.queries import clock
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.covers("R13")]

SMALL = """\
format: 1
name: Small policy
currency: EUR
oversight:
- match: {}
  mode: in_the_loop
triggers:
- name: refund-over-limit
  category: financial
  when: {fact: action.value, over: "200.00", if_unknown: fire}
  outcome: review
  queue: money
"""


@pytest.fixture
def file(tmp_path) -> Path:
    path: Path = tmp_path / "policy.yaml"
    path.write_text(SMALL)
    return path


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("policy", *arguments, stdout=out)
    return out.getvalue()


def in_force() -> tuple[int, str]:
    number, policy = policies.current(at=factories.now())
    return number, policy.name


def test_what_is_exported_can_be_published_again_and_says_the_same(tmp_path):
    factories.person("admin", username="ada")
    path = tmp_path / "out.yaml"
    run("export", str(path))
    run("publish", str(path), "--author", "ada", "--reason", "again")
    first, second = PolicyVersion.objects.order_by("number")
    assert (second.number, second.digest) == (2, first.digest)
    assert run("export", "-") == path.read_text()


def test_a_file_that_is_called_json_gets_json(tmp_path):
    path = tmp_path / "out.json"
    run("export", str(path))
    assert json.loads(path.read_text()) == policies.current(at=factories.now())[1].document


def test_an_earlier_version_can_be_exported(file):
    factories.person("admin", username="ada")
    before = run("export", "-")
    run("publish", str(file), "--author", "ada", "--reason", "smaller")
    assert run("export", "-", "--version", "1") == before
    with pytest.raises(CommandError, match="There is no version 3"):
        run("export", "-", "--version", "3")


def test_publishing_makes_a_version_with_author_and_reason_on_record(file):
    ada = factories.person("admin", username="ada")
    assert in_force()[0] == 1
    shown = json.loads(run("publish", str(file), "--author", "ada", "--reason", "Limits for refunds"))
    version = PolicyVersion.objects.get(number=2)
    assert (version.author, version.reason, in_force()) == (ada, "Limits for refunds", (2, "Small policy"))
    names = {"version": 2, "name": "Small policy", "author": "ada", "reason": "Limits for refunds"}
    assert shown == names | {"digest": version.digest, "what_if": None}
    last = timeline("policy")[-1]
    assert (last.kind, last.actor.id, last.data["reason"]) == ("policy.published", ada.reference, "Limits for refunds")
    assert Queue.objects.filter(pk="money").exists()


@pytest.mark.parametrize(
    ("author", "reason", "says"),
    [
        ("nobody", "why", "There is no active person named nobody."),
        ("gone", "why", "There is no active person named gone."),
        ("ada", " ", "Say why: --reason must not be empty."),
        ("rita", "why", "rita has not the right to publish a policy; an administrator has."),
        ("ada --approved-by rita", "why", "rita has not the right to publish a policy; an administrator has."),
    ],
)
def test_without_somebody_who_answers_for_it_nothing_is_published(file, author, reason, says):
    factories.person("admin", username="ada")
    factories.person("admin", username="gone", is_active=False)
    factories.person("supervisor", username="rita")
    with pytest.raises(CommandError) as refused:
        run("publish", str(file), "--author", *author.split(), "--reason", reason)
    assert (str(refused.value), PolicyVersion.objects.count()) == (says, 0)


@pytest.mark.parametrize("missing", ["--author", "--reason"])
def test_author_and_reason_are_both_required(file, missing):
    given = {"--author": "ada", "--reason": "why"}
    arguments = [word for name, value in given.items() if name != missing for word in (name, value)]
    with pytest.raises(CommandError, match=missing):
        run("publish", str(file), *arguments)


def test_a_policy_without_faults_passes_the_check(file):
    first, *found = run("check", str(file)).splitlines()
    assert first == "Small policy: no faults (1 oversight rules, 1 triggers)."
    assert found == [
        f"serious: {path}: Nobody who decides works in the queue {queue}, which one rule names; its cases would wait"
        for path, queue in (("/default_queue", "routine"), ("/triggers/0", "money"))
    ]


@pytest.mark.covers("R34")
def test_a_finding_does_not_fail_the_check_and_a_staffed_desk_has_none(file):
    run("publish", str(file), "--author", factories.person("admin", username="ada").username, "--reason", "why")
    factories.person()
    assert run("check", str(file)).splitlines() == ["Small policy: no faults (1 oversight rules, 1 triggers)."]


def test_a_queue_whose_certificate_nobody_has_or_whose_people_are_off_for_good_is_named(file):
    ana = factories.person(queues=["routine", "money"])
    Queue.objects.filter(pk="money").update(certificates=["refunds"])
    assert "Nobody has the certificate that the queue money asks for; its cases would wait" in run("check", str(file))
    certificate = Certificate.objects.create(user=ana, name="refunds")
    assert "serious" not in run("check", str(file))
    yesterday = factories.now().date() - timedelta(days=1)
    shift = Shift.objects.create(user=ana, calendar=Calendar.objects.create(name="days"), until_on=yesterday)
    assert "Nobody who decides works in the queue money" in run("check", str(file))
    Shift.objects.create(user=ana, calendar=shift.calendar, from_on=yesterday)
    assert "serious" not in run("check", str(file))
    Certificate.objects.filter(pk=certificate.pk).update(until_on=yesterday)
    assert "Nobody has the certificate" in run("check", str(file))


@pytest.mark.covers("R34", "R127")
def test_the_roster_is_held_against_the_gates_with_shifts_of_other_queues_gaps_and_absences(file, monkeypatch):
    noon = factories.now().replace(hour=12)
    monkeypatch.setattr(clock, "now", lambda: noon)
    ana = factories.person(queues=["routine", "money"])
    always = Calendar.objects.create(name="always", **dict.fromkeys(WEEK, "00:00-24:00"))
    assert "rostered" not in run("check", str(file))
    shift = Shift.objects.create(user=ana, calendar=always, queue_id="routine")
    assert run("check", str(file)).splitlines()[1:] == [
        "serious: /triggers/0: Nobody is rostered for the queue money in the next 14 days; its cases would wait"
    ]
    Shift.objects.filter(pk=shift.pk).update(queue_id=None)
    assert "rostered" not in run("check", str(file))
    tomorrow = noon.date() + timedelta(days=1)
    Absence.objects.create(user=ana, from_on=tomorrow, until_on=tomorrow)
    gap = f"in 24 of the 336 hours in which it is open in the next 14 days, the first time on {tomorrow} 00:00"
    assert run("check", str(file)).splitlines()[1:] == [
        f"warning: {path}: Nobody is rostered for the queue {queue} {gap}"
        for path, queue in (("/default_queue", "routine"), ("/triggers/0", "money"))
    ]
    Absence.objects.update(until_on=tomorrow + timedelta(days=90), from_on=tomorrow - timedelta(days=1))
    assert run("check", str(file)).count("serious: ") == 2


@pytest.mark.covers("R34", "R133")
def test_a_trigger_that_needs_what_this_desk_never_gets_is_named(file, monkeypatch):
    monkeypatch.setattr(unmet, "FEWEST", 1)
    factories.person()
    document = policy_file.load(SMALL)
    document["triggers"][0] |= {"when": {"fact": "customer.attributes.score", "over": 3}}
    file.write_text(policy_file.dump(document))
    factories.case(customer={"id": "cus-1", "attributes": {"rank": 1}})
    assert "Refund over limit needs customer.attributes.score, which none of the last 1 cases had" in run(
        "check", str(file)
    )
    factories.case(customer={"id": "cus-1", "attributes": {"score": 1}})
    assert "never fires" not in run("check", str(file))


def test_the_starting_policy_has_no_faults(tmp_path):
    path = tmp_path / "start.yaml"
    path.write_text(policy_file.dump(starting_policy()))
    assert "no faults" in run("check", str(path))


@pytest.mark.parametrize("verb", [["check"], ["diff"], ["publish", "--author", "ada", "--reason", "why"]])
def test_every_fault_is_named_by_its_path_and_nothing_changes(file, verb):
    factories.person("admin", username="ada")
    before = in_force()
    file.write_text(SMALL.replace("over:", "above:").replace("outcome: review", "outcome: reviewed"))
    with pytest.raises(CommandError) as refused:
        run(verb[0], str(file), *verb[1:])
    lines = str(refused.value).splitlines()
    assert (lines[0], in_force()) == ("The policy has faults:", before)
    assert sorted(line.split(":")[0] for line in lines[1:]) == ["/triggers/0/outcome", "/triggers/0/when/above"]


def test_the_difference_shows_what_a_file_would_change(file, tmp_path):
    factories.person("admin", username="ada")
    run("publish", str(file), "--author", "ada", "--reason", "smaller")
    changed = tmp_path / "changed.yaml"
    changed.write_text(file.read_text().replace("200.00", "150.00"))
    first, *lines = run("diff", str(changed)).splitlines()
    says = "the value is over 150.00 EUR or unknown instead of over 200.00 EUR (stricter)"
    assert first == f"Refund over limit: held for a person: {says}"
    assert lines[:2] == ["--- version 1, in force", f"+++ {changed}"]
    moved = [line for line in lines[2:] if line.startswith(("+", "-"))]
    assert [line[0] + line.split("over: ")[1] for line in moved] == ["-'200.00'", "+'150.00'"]
    assert run("diff", str(file)) == "The file says what version 1 says, which is in force.\n"


@pytest.mark.covers("R91")
def test_where_the_operator_wants_it_a_second_person_lets_pass_what_loosens(file, settings):
    settings.POLICY_SECOND_PERSON = "everywhere"
    factories.person("admin", username="ada")
    factories.person("admin", username="bea")
    loose = ["publish", str(file), "--author", "ada", "--reason", "smaller"]
    with pytest.raises(CommandError, match="This loosens scrutiny; name a second person with --approved-by:"):
        run(*loose)
    with pytest.raises(CommandError, match="another one than the author"):
        run(*loose, "--approved-by", "ada")
    assert PolicyVersion.objects.count() == 1
    shown = json.loads(run(*loose, "--approved-by", "bea"))
    version = PolicyVersion.objects.get(number=2)
    assert (shown["approved_by"], str(version.approved_by), version.loosens) == ("bea", "bea", True)


@pytest.mark.covers("R33", "R101")
def test_publishing_says_what_it_would_have_done_and_keeps_it_on_record(file, settings):
    factories.person("admin", username="ada")
    for amount in ("80.00", "350.00"):
        factories.case(actions=[factories.action(value={"amount": amount, "currency": "EUR"})])
    loose = SMALL.replace("in_the_loop", "out_of_the_loop")
    file.write_text(loose)
    told = json.loads(run("publish", str(file), "--author", "ada", "--reason", "smaller"))["what_if"]
    shown = {name: told[name] for name in ("days", "cases", "held_before", "held", "newly_released", "newly_held")}
    assert shown == {"days": 30, "cases": 2, "held_before": 2, "held": 1, "newly_released": 1, "newly_held": 0}
    assert timeline("policy")[-1].data["what_if"] == told
    why = ["--author", "ada", "--reason", "again", "--blind", "the desk stands still"]
    assert json.loads(run("publish", str(file), *why))["what_if"] == {"blind": "the desk stands still"}
    assert timeline("policy")[-1].data["what_if"] == {"blind": "the desk stands still"}
    settings.POLICY_WHAT_IF = "off"
    assert json.loads(run("publish", str(file), "--author", "ada", "--reason", "again"))["what_if"] is None


@pytest.mark.covers("R33", "R101")
def test_the_same_file_gives_the_same_verdicts_on_another_desk(tmp_path):
    path = tmp_path / "policy.yaml"
    run("export", str(path))
    here = policies.current(at=factories.now())[1]
    there = engine.parse(policy_file.load(path.read_text()))
    assert there.digest == here.digest
    for intent, amount in itertools.product(["refund", "faq", "legal_question", "cancel_order"], ["10.00", "900.00"]):
        value = {"amount": amount, "currency": "EUR"}
        sent = factories.document(intent=intent, actions=[factories.action(value=value), factories.reply()])
        seen = facts.gather(sent, agent="any")
        assert triggers.evaluate(there, seen).as_json() == triggers.evaluate(here, seen).as_json()


def test_what_is_exported_says_each_rule_in_a_comment(file):
    run("publish", str(file), "--author", factories.person("admin", username="ada").username, "--reason", "why")
    text = run("export", "-")
    assert "# All proposals are held for a person when the value is over 200.00 EUR or unknown. Queue money." in text
    assert policy_file.load(text) == policies.current(at=factories.now())[1].document


def test_a_policy_may_be_json(file):
    file.write_text(json.dumps(yaml.safe_load(SMALL)))
    assert "no faults" in run("check", str(file))


def test_a_policy_may_come_from_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(SMALL))
    assert "no faults" in run("check", "-")


def test_a_file_that_cannot_be_read_says_where(file):
    file.write_text("a: [1")
    with pytest.raises(CommandError) as refused:
        run("check", str(file))
    assert str(refused.value).splitlines()[1].startswith("/: expected ',' or ']'")
    assert str(refused.value).endswith("at line 1, column 6")


@pytest.mark.parametrize("verb", ["check", "export"])
def test_a_file_that_is_not_there_is_named(verb, tmp_path):
    missing = tmp_path / "no" / "policy.yaml"
    with pytest.raises(CommandError, match=r"cannot be (read|written): No such file or directory\."):
        run(verb, str(missing))


def test_a_file_of_other_bytes_is_refused(file):
    file.write_bytes(b"name: \xff")
    with pytest.raises(CommandError, match="is not UTF-8 text"):
        run("check", str(file))
