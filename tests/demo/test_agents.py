"""Agents and colleagues of the demo at a real desk: what is decided happens in the shop, and nothing else does."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest
from asgiref.sync import sync_to_async

from hitl.demo.agents import GAVE_UP
from hitl.demo.notebook import Notebook
from reviewqueue.models import Case, Grant, Question
from reviewqueue.queries import briefing
from tests.demo.conftest import BRISK, PATIENT

pytestmark = [pytest.mark.sqlite_only, pytest.mark.usefixtures("transport")]


async def cases():
    return await sync_to_async(lambda: list(Case.objects.order_by("pk")))()


async def outcomes():
    return await sync_to_async(lambda: list(Grant.objects.order_by("pk").values_list("outcome", flat=True)))()


async def true(check):
    async with asyncio.timeout(60):
        while not check(await cases()):  # noqa: ASYNC110 - the condition is a row in the database
            await asyncio.sleep(0.02)


async def until(count):
    """Wait until so many cases wait for a reviewer."""
    await true(lambda found: sum(case.state in {"queued", "second_look"} for case in found) >= count)


def order(house, encounter):
    return house.shop.orders[encounter.words["order"]]


async def test_a_harmless_question_is_answered_at_once(house):
    agents, met = await house.agents(), house.begin("open-on-saturday")
    result = await agents.attend(met)
    assert result.of("call_1").ok
    assert house.shop.sent == [met.said(met.acts[0].args["text"])]
    assert house.notebook.open() == []


async def test_nothing_happens_in_the_shop_before_a_person_has_decided(house):
    agents, met = await house.agents(), house.begin("refund-lost-parcel", "approve")
    task = asyncio.create_task(agents.attend(met))
    await until(1)
    assert order(house, met).refunded == 0
    mara = (await house.colleagues())[0]
    assert await mara.work(BRISK)
    await task
    assert order(house, met).refunded == Decimal(met.words["amount"])
    assert await outcomes() == ["succeeded"]


async def test_what_is_rejected_never_happens(house):
    agents, met = await house.agents(), house.begin("charged-twice", "reject")
    task = asyncio.create_task(agents.attend(met))
    await until(1)
    assert await (await house.colleagues())[0].work(BRISK)
    result = await task
    assert [done.status for done in result.done] == ["rejected", "rejected"]
    assert (order(house, met).refunded, house.shop.sent, await outcomes()) == (0, [], [])


async def test_an_edited_amount_is_what_the_books_show(house):
    agents, met = await house.agents(), house.begin("refund-with-a-slip", "edit")
    task = asyncio.create_task(agents.attend(met))
    await until(1)
    assert await (await house.colleagues())[0].work(BRISK)
    await task
    assert order(house, met).refunded == Decimal(met.words["amount"])


async def test_a_failure_at_the_till_is_reported(house):
    agents, met = await house.agents(), house.begin("refund-lost-parcel", "approve")
    task = asyncio.create_task(agents.attend(met))
    await until(1)
    order(house, met).paid = Decimal(1)
    assert await (await house.colleagues())[0].work(BRISK)
    result = await task
    assert (result.of("call_1").status, await outcomes()) == ("failed", ["failed"])


async def test_a_critical_sum_is_typed_again_and_agreed_by_two(house):
    agents, met = await house.agents(), house.begin("fleet-invoice", "edit")
    task = asyncio.create_task(agents.attend(met))
    await until(1)
    assert [case.risk for case in await cases()] == ["critical"]
    mara, _jonas, tilda = await house.colleagues()
    assert await tilda.work(BRISK)
    assert [case.state for case in await cases()] == ["second_look"]
    assert await mara.work(BRISK)
    result = await task
    assert result.of("call_1").action.args["amount"] == "1467.00"


async def test_two_colleagues_agree_before_an_account_is_erased(house):
    agents, met = await house.agents(), house.begin("delete-my-account", "approve")
    task = asyncio.create_task(agents.attend(met))
    await until(1)
    _mara, jonas, tilda = await house.colleagues()
    assert await jonas.work(BRISK)
    assert [case.state for case in await cases()] == ["second_look"]
    assert not await jonas.work(BRISK)
    assert await tilda.work(BRISK)
    await task
    assert house.shop.accounts[met.words["customer"]].state == "erased"


async def test_a_reviewers_question_is_answered_and_comes_back_to_the_asker(house):
    agents, met = await house.agents(), house.begin("lost-my-phone", "ask")
    task = asyncio.create_task(agents.attend(met))
    await until(1)
    _mara, jonas, tilda = await house.colleagues()
    assert await jonas.work(BRISK)
    await until(1)
    question = await sync_to_async(Question.objects.get)()
    assert question.answer == met.said(met.scenario.answers[0])
    assert not await tilda.work(BRISK)
    assert await jonas.work(BRISK)
    assert (await task).settled


@pytest.mark.parametrize(
    ("name", "of", "begins"),
    [
        ("refund-scratched-bell", "customer", "{first} answers"),
        ("kulanz-sattel", "customer", "{first} antwortet"),
        ("refund-scratched-bell", "agent", ""),
    ],
)
async def test_a_question_that_no_story_foresees_is_answered_too(house, name, of, begins):
    agents, met = await house.agents(), house.begin(name)
    task = asyncio.create_task(agents.attend(met))
    await until(1)
    case = (await cases())[0]
    await house.asked(case.pk, of)
    await until(1)
    question = await sync_to_async(Question.objects.get)()
    assert question.answer.startswith(met.said(begins))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_person_takes_over_what_is_for_people_alone_and_gives_it_back(house):
    agents, met = await house.agents(), house.begin("third-missed-delivery", "take_over")
    task = asyncio.create_task(agents.attend(met))
    await until(1)
    assert await (await house.colleagues())[2].work(BRISK)
    result = await task
    assert (result.case.status, house.shop.sent) == ("taken_over", [])
    assert [case.state for case in await cases()] == ["closed"]


async def test_an_agent_takes_its_question_back_when_the_customer_found_the_parcel(house):
    agents, met = await house.agents(), house.begin("found-it-after-all")
    result = await agents.attend(met)
    assert result.case.status == "withdrawn"
    assert order(house, met).remarks == []


async def test_an_agent_that_thinks_better_replaces_its_proposal(house):
    agents, met = await house.agents(), house.begin("thinks-better-of-the-sum")
    task = asyncio.create_task(agents.attend(met))
    await true(lambda found: [case.outcome for case in found] == ["superseded", ""])
    assert await (await house.colleagues())[2].work(BRISK)
    await task
    assert order(house, met).refunded == Decimal(met.words["half"])


async def test_a_customer_does_not_wait_for_ever(house):
    agents = await house.agents(replace(PATIENT, customer=0.01))
    result = await agents.attend(house.begin("refund-lost-parcel"))
    assert result.case.status == "withdrawn"
    timeline = await sync_to_async(briefing.timeline)((await cases())[0])
    assert timeline[-1].data["reason"] == GAVE_UP


async def test_after_a_restart_the_same_case_goes_on(house):
    agents, met = await house.agents(), house.begin("refund-lost-parcel")
    task = asyncio.create_task(agents.attend(met))
    await until(1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    house.notebook = Notebook(house.folder)
    again = (await house.agents()).attend(house.notebook.open()[0])
    resumed = asyncio.create_task(again)
    assert await (await house.colleagues())[0].work(BRISK)
    assert (await resumed).of("call_1").ok
    assert len(await cases()) == 1


async def test_colleagues_leave_some_cases_to_the_visitor(house):
    agents = await house.agents()
    tasks = [asyncio.create_task(agents.attend(house.begin("refund-lost-parcel"))) for _ in range(2)]
    await until(2)
    mara = (await house.colleagues())[0]
    assert not await mara.work(replace(BRISK, leave=2))
    assert await mara.work(replace(BRISK, leave=1))
    assert "queued" in {case.state for case in await cases()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_colleagues_leave_cases_of_other_agents_alone(house):
    agents, met = await house.agents(), house.begin("refund-lost-parcel")
    task = asyncio.create_task(agents.attend(met))
    await until(1)
    house.notebook.close(met)
    assert not await (await house.colleagues())[0].work(BRISK)
    assert [case.state for case in await cases()] == ["queued"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_one_encounter_that_goes_wrong_ends_alone(house, caplog):
    agents = await house.agents()
    taken = house.begin("open-on-saturday")
    await agents.attend(taken)
    # The same key for other words: the desk refuses, the shop goes on.
    changed = replace(taken, scenario=replace(taken.scenario, issue="Something else"))
    assert await agents.attend(changed) is None
    assert "Encounter 1 (open-on-saturday) ended early" in caplog.text
    assert (await agents.attend(house.begin("which-tyre-fits"))).of("call_1").ok
