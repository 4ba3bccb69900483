"""The proof that oversight works here: it passes, it fails where the policy is too loose, and it leaves nothing."""

import json
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from hitl.oversight import trial
from reviewqueue.engine.starting import starting_policy
from reviewqueue.models import Case, Grant, Pause, Sampled, SamplePlan
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
NAMES = [check.name for check in trial.CHECKS]


def _run() -> dict[str, Any]:
    out = StringIO()
    try:
        call_command("oversight_check", "--json", stdout=out)
    except CommandError as failed:
        told: dict[str, Any] = json.loads(out.getvalue()) | {"says": str(failed)}
        return told
    said: dict[str, Any] = json.loads(out.getvalue())
    return said


def _grades(said: dict[str, Any]) -> dict[str, str]:
    return {check["name"]: check["grade"] for check in said["checks"]}


def _everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - the database's own names
            found[table] = sorted(cursor.fetchall(), key=repr)
    return found


@pytest.mark.covers("R139", "R140", "R141", "R142", "R144")
def test_the_starting_policy_passes_every_check_and_nothing_of_it_is_kept() -> None:
    factories.grant()
    factories.policy(**starting_policy())
    Pause.objects.create(of="everything", reason="r", paused_at=factories.now(), swept_at=factories.now())
    before = _everything()
    said = _run()
    assert _grades(said) == dict.fromkeys(NAMES, "pass") | {"R143": "warn"}
    assert said["passed"] is True
    after = _everything()
    assert {table for table in before if before[table] != after[table]} == set()
    assert before.keys() == after.keys() >= {model._meta.db_table for model in apps.get_models()}  # noqa: SLF001 - the model's own table


@pytest.mark.covers("R113", "R143")
def test_missed_escalations_are_those_that_judged_samples_of_this_desk_show() -> None:
    factories.policy(**starting_policy())
    at, case = factories.now(), factories.case()
    week = {"seed": "s", "from_at": at, "to_at": at, "rules": {}, "opened_at": at, "due_at": at, "drawn_at": at}
    design = {"domains": [["s", "unseen", "shop-bot", "", "", 1]]}
    plan = SamplePlan.objects.create(week=f"{at:%G-W%V}", design=design, **week)
    judged = {"state": "settled", "verdict": "ok", "should_have_been_reviewed": True, "stratum": "s", "drawn_at": at}
    columns = {"unseen": True, "agent": "shop-bot"}
    Sampled.objects.create(plan=plan, case=case, kind="random", columns=columns, **judged)
    said = _run()
    (check,) = (check for check in said["checks"] if check["name"] == "R143")
    assert check["grade"] == "pass"
    assert "missed: 1 of 1 judged cases that no person had seen, in 4 weeks" in check["evidence"]


@pytest.mark.covers("R33")
def test_a_policy_that_lets_everything_go_fails_where_a_person_should_have_come_and_holds_elsewhere() -> None:
    factories.policy(oversight=[{"match": {}, "mode": "out_of_the_loop"}])
    said = _run()
    failed = [name for name, grade in _grades(said).items() if grade == "fail"]
    assert failed == ["R139", "R140", "R144"]
    assert said["says"] == "3 of 15 failed: R139, R140, R144."
    (gate,) = (check for check in said["checks"] if check["name"] == "R139")
    assert [line for line in gate["evidence"] if line.startswith("NOT SO: ending a contract")] != []
    assert (Case.objects.count(), Grant.objects.count()) == (0, 0)


@pytest.mark.covers("R134")
def test_a_veto_window_is_no_gate() -> None:
    factories.policy(oversight=[{"match": {}, "mode": "on_the_loop", "veto_seconds": 60}])
    grades = _grades(_run())
    assert (grades["R139"], grades["R144"], grades["replay"]) == ("fail", "fail", "pass")


def test_what_an_agent_can_hide_behind_a_harmless_intent_is_shown() -> None:
    loose = [{"match": {"intent": ["faq"]}, "mode": "out_of_the_loop"}, {"match": {}, "mode": "in_the_loop"}]
    factories.policy(oversight=loose)
    said = _run()
    assert _grades(said)["R144"] == "warn"
    (check,) = (check for check in said["checks"] if check["name"] == "R144")
    assert (
        "LOOK AT THIS: “Delete my account” is answered without a person when the agent calls it faq"
        in (check["evidence"])
    )


@pytest.mark.parametrize("mode", ["human_only", "in_the_loop"])
def test_the_attacks_are_tried_also_where_the_policy_lets_nobody_approve_or_wants_two(mode: str) -> None:
    trigger = {"name": "two", "match": {}, "outcome": "review", "eyes": 2}
    levels = [{"match": {"kind": ["tool_call"]}, "level": "critical"}]
    factories.policy(oversight=[{"match": {}, "mode": mode}], triggers=[trigger], risk_levels=levels, undo_seconds=60)
    grades = _grades(_run())
    assert {name: grades[name] for name in NAMES[6:]} == dict.fromkeys(NAMES[6:], "pass")


def test_a_check_that_breaks_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    factories.policy()
    monkeypatch.setattr("hitl.oversight.sandbox.Sandbox.redeem", lambda *_args, **_more: 1 / 0)
    grades = _grades(_run())
    assert (grades["replay"], grades["R139"]) == ("fail", "pass")


def test_it_reads_as_a_report() -> None:
    factories.policy(**starting_policy())
    out = StringIO()
    call_command("oversight_check", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("Policy 1, Starting policy, digest ")
    assert lines[-1] == "15 of 15 hold, 1 of them with something to look at. Nothing of this was kept."
    assert any(line.startswith("pass  replay") for line in lines)
