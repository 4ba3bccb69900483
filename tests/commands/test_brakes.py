"""Pausing from the command line."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from reviewqueue.models import Pause
from tests import factories

pytestmark = pytest.mark.django_db


def _run(*words: str) -> dict[str, object]:
    out = StringIO()
    call_command(*words, stdout=out)
    said: dict[str, object] = json.loads(out.getvalue())
    return said


def test_pause_and_resume_by_name_with_a_reason() -> None:
    factories.person("supervisor", username="sam")
    made = _run("pause", "action", "refund*", "--reason", "odd refunds", "--by", "sam")
    listed = _run("resume")["pauses"]
    assert [each["id"] for each in listed] == [made["id"]]  # type: ignore[attr-defined] # JSON
    resumed = _run("resume", str(made["id"]), "--reason", "a sale", "--by", "sam")
    assert resumed["resumed_at"] is not None
    pause = Pause.objects.get()
    assert (str(pause.paused_by), pause.resumed_reason) == (str(pause.resumed_by), "a sale")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("pause", "everything", "x", "--reason", "r", "--by", "sam"), "Everything has no name."),
        (("pause", "everything", "--reason", "r", "--by", "nobody"), "There is no active person named nobody."),
        (("pause", "everything", "--reason", " ", "--by", "sam"), "Say why, in at most 2000 characters."),
        (("pause", "everything", "--reason", "r", "--by", "rita"), "Your role does not pause agents."),
        (("resume", "pause_x", "--reason", "r", "--by", "sam"), "There is no pause pause_x."),
    ],
)
def test_what_cannot_be_done_is_said(words: tuple[str, ...], says: str) -> None:
    factories.person("supervisor", username="sam")
    factories.person("reviewer", username="rita")
    with pytest.raises(CommandError) as refused:
        call_command(*words)
    assert str(refused.value) == says
    assert not Pause.objects.exists()


def test_a_pause_that_stops_no_agent_says_so() -> None:
    factories.person("supervisor", username="sam")
    factories.agent(name="support-bot")
    told = {}
    for name in ("suport-bot", "support-*"):
        err = StringIO()
        call_command("pause", "agent", name, "--reason", "r", "--by", "sam", stdout=StringIO(), stderr=err)
        told[name] = err.getvalue().strip()
    says = "No agent is named suport-bot: it is paused in case one comes, and nothing else stops."
    assert told == {"suport-bot": says, "support-*": ""}
