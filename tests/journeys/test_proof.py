"""What an agent earns and loses on the ladder, and a control case from its being met to its coaching."""

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests import services
from tests.journeys.conftest import PASSWORD, Desk, Sit, refund
from tests.journeys.test_everybody import SIZES, in_every_look
from tests.runtime import processes

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Rules under which five reviews are enough, and an owner who does nothing else at this desk. With a share of one
# percent nearly every proposal of the rung “review sampled” runs.
LADDER = """
import json
from hitl.accounts.models import User
from reviewqueue.models import Agent, LadderRules
olga = User.objects.create(username="olga", first_name="Olga", role="supervisor", all_queues=True)
olga.set_password({password!r})
olga.save()
Agent.objects.filter(name="support-bot").update(owner=olga)
LadderRules.objects.create(to_review_sampled=50, to_automatic=50, alarming=60, share=1)
print(json.dumps({{"owner": olga.pk}}))
"""
# Ana approves what waits for this intent.
APPROVED = """
import json
from datetime import timedelta
from hitl.accounts.models import User
from reviewqueue.domain import claims, decisions
from reviewqueue.domain.decisions import Look
from reviewqueue.models import Case
from reviewqueue.queries import briefing, clock
ana, at = User.objects.get(username="ana"), clock.now()
for case in Case.objects.filter(intent="climb", state="queued"):
    held = claims.claim(case, reviewer=ana, at=at)
    held.refresh_from_db()
    look = Look(claim_token=held.claim_token, version=held.version, seen_digest=briefing.seen_digest(held))
    ruled = [{"call_id": "call_1", "type": "approve"}]
    decisions.decide(held, reviewer=ana, look=look, decisions=ruled, at=at)
print(json.dumps({}))
"""
# A control case in the lane of somebody who has decided before; made from what a colleague put right.
PLANTED = """
import json
from datetime import timedelta
from hitl.accounts.models import User
from reviewqueue.domain import canaries, claims, decisions, specimens
from reviewqueue.domain.decisions import Look
from reviewqueue.models import Case, CoachingRules
from reviewqueue.queries import briefing, clock
def ruled(case, name, ruling):
    person, at = User.objects.get(username=name), clock.now()
    held = claims.claim(case, reviewer=person, at=at)
    held.refresh_from_db()
    look = Look(claim_token=held.claim_token, version=held.version, seen_digest=briefing.seen_digest(held))
    decisions.decide(held, reviewer=person, look=look, decisions=[{"call_id": "call_1"} | ruling], at=at)
    decisions.take_effect(case, at=at + timedelta(minutes=1))
wrong, right = Case.objects.get(pk=IDS[0]), Case.objects.get(pk=IDS[1])
ruled(wrong, "ben", {"type": "reject", "reason_code": "wrong_amount", "message": "The limit is 200 EUR."})
ruled(right, "solo", {"type": "approve"})
at, quinn = clock.now(), User.objects.get(username="quinn")
rules = CoachingRules.objects.create(canaries=True, share=100, per_week=5, queue_at_most=100)
made = specimens.make(Case.objects.get(pk=wrong.pk), person=quinn, at=at)
made = specimens.approve(made, person=quinn, at=at)
planted = canaries.plant(made, coaching=rules, at=at)
print(json.dumps({"case": planted.pk, "name": planted.customer_name, "specimen": made.pk}))
"""


def faults(page: "Page") -> list[str]:
    """What axe finds in any size and light; afterwards the page is wide again."""
    found = in_every_look(page)
    page.set_viewport_size(SIZES["wide"])
    page.emulate_media(color_scheme="light")
    return found


def ran(desk: Desk, script: str) -> Any:
    """What the desk's own verbs did, in a process beside it."""
    done = processes.manage(desk.env, "shell", "-v", "0", "-c", script)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.covers("R8", "R71")
def test_an_agent_earns_autonomy_by_evidence_and_loses_it_by_an_incident(sit: Sit, desk: Desk) -> None:
    ran(desk, LADDER.format(password=PASSWORD))
    small = {"intent": "climb", "agent": {"version": "1"}, "actions": [refund("50.00")]}
    assert desk.case(desk.propose("Climber", **small))["status"] != "pending"
    olga = sit("olga")
    page = olga.open("/ladder/")
    row = page.get_by_role("row", name=re.compile("support-bot.*climb.*refund_order"))
    row.get_by_role("button", name=re.compile("Put on the ladder")).click()
    rung = page.locator("section.rung").filter(has_text="climb")
    expect(rung.locator(".here")).to_have_text("review all")
    expect(rung).to_contain_text("more reviews without an error")

    held = [desk.propose(f"Climber {n}", **small) for n in range(5)]
    assert {desk.case(case)["status"] for case in held} == {"pending"}
    ran(desk, APPROVED)
    desk.hurry(*(case["id"] for case in held))
    services.until(lambda: "the evidence is enough" in olga.open("/ladder/").content(), what="five reviews count")
    expect(rung).to_contain_text("5 reviews, 0 errors; with 95 % the error rate is below 45.1 %, needed is below 50 %")
    assert faults(page) == []
    rung.get_by_role("button", name="Up to “review sampled”").click()
    expect(rung).to_contain_text("Olga agreed; a second person is asked.")
    sue = sit("sue")
    sue.open("/ladder/")
    hers = sue.page.locator("section.rung").filter(has_text="climb")
    hers.get_by_role("button", name="Agree to “review sampled”").click()
    expect(hers.locator(".here")).to_have_text("review sampled")

    ran_alone = [desk.propose(f"Trusted {n}", **small) for n in range(4)]
    free = next(case for case in ran_alone if desk.case(case)["status"] != "pending")
    flow = sue.open("/monitor/").locator("tr").filter(has_text="climb").filter(has_text="review sampled")
    expect(flow.get_by_role("link", name="refund_order")).to_have_count(1)

    # Quality assurance finds that one of them should never have run.
    quinn = sit("quinn")
    page = quinn.open("/qa/plan/")
    page.get_by_label("Number of the case").fill(free["id"])
    page.get_by_role("button", name="Choose it").click()
    page = quinn.open("/qa/")
    page.get_by_role("row").filter(has_text=re.compile("Trusted")).first.get_by_role("link").first.click()
    page.get_by_label("Note").fill("Paid twice.")
    page.get_by_role("button", name="Critical error").click()
    expect(page.locator(".toasts")).to_contain_text("Recorded.")
    olga.open("/ladder/")
    expect(rung.locator(".here")).to_have_text("review all")
    rung.get_by_text("Steps so far").click()
    expect(rung).to_contain_text("a critical error")
    assert desk.case(desk.propose("Trusted no more", **small))["status"] == "pending"


@pytest.mark.covers("R129", "R86")
def test_a_control_case_is_met_decided_and_told_afterwards(sit: Sit, desk: Desk) -> None:
    wrong, right = (desk.propose(name, intent="solo") for name in ("Wanda W.", "Ruth R."))
    planted = ran(desk, f"IDS = {[wrong['id'], right['id']]}\n{PLANTED}")
    # At once, or the desk's own clock may plant it a second time.
    sit("quinn").open(f"/coaching/{planted['specimen']}/").get_by_role("button", name="Use it no longer").click()
    solo = sit("solo")
    page = solo.open("/")
    expect(page.get_by_role("row", name=re.compile(re.escape(planted["name"])))).to_be_visible()
    page = solo.open(f"/cases/{planted['case']}/")
    page.get_by_role("button", name="Claim").click()
    expect(page.locator("#lease")).to_contain_text("yours for")
    solo.read()
    page.get_by_role("button", name=re.compile("^Approve")).click()
    expect(page.locator("#undo-bar")).to_contain_text("Decided")
    assert "control case" not in page.content()
    desk.hurry(planted["case"])
    services.until(lambda: "A case that you decided was a control case" in solo.open("/").content(), what="it is told")
    page.get_by_role("link", name="What was to be seen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A control case")
    expect(page.locator("main")).to_contain_text("let pass")
    expect(page.locator("main")).to_contain_text("The limit is 200 EUR.")
    assert faults(page) == []
    expect(solo.open("/").locator("main")).not_to_contain_text("A case that you decided")
    caught = solo.open("/how-i-decide/").get_by_role("row", name=re.compile("Control cases caught"))
    expect(caught).to_contain_text("0/1")

    expect(sit("quinn").open("/coaching/").get_by_role("row", name=re.compile("the whole desk"))).to_contain_text("0/1")
