"""Conversations that the desk hears live: a person is called, writes, is answered, and hands back."""

import asyncio

import pytest
from asgiref.sync import sync_to_async

from reviewqueue.models import Case, Conversation, Letter
from tests.demo.conftest import BRISK, House

pytestmark = pytest.mark.django_db(transaction=True)


async def one_case() -> Case:
    """Once there is one."""
    async with asyncio.timeout(60):
        while (case := await sync_to_async(Case.objects.first)()) is None:  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.05)
    return case


@pytest.mark.covers("R22", "R42", "R144")
@pytest.mark.parametrize(
    ("story", "trigger", "queue", "colleague"),
    [
        ("please-a-human", "asks-for-a-human", "routine", 2),
        ("writes-to-a-lawyer-next", "legal-threat", "legal", 1),
        ("vater-verstorben", "distress", "angry", 2),
    ],
)
async def test_who_needs_a_person_gets_one_without_any_proposal(
    house: House, story: str, trigger: str, queue: str, colleague: int
) -> None:
    agents, met = await house.agents(), house.begin(story)
    task = asyncio.create_task(agents.attend(met))
    case = await one_case()
    assert (case.verdict["reasons"][0]["trigger"], case.queue_id, case.raised_by_desk) == (trigger, queue, True)
    assert await (await house.colleagues())[colleague].work(BRISK)
    await task
    talk = await sync_to_async(Conversation.objects.get)()
    letter = await sync_to_async(Letter.objects.get)()
    assert (talk.held_by_id, talk.resolved, letter.delivered_at is None) == (None, True, False)
    assert await sync_to_async(Case.objects.count)() == 1
