"""Conversations of the shop that the desk hears live: a person is called, speaks with the customer, and hands back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from random import Random
from typing import Final

from hitl.demo.encounters import Encounter
from hitl.demo.pace import Patience
from hitl_client import AsyncDesk, Customer, Message, Talk

# What customers answer to a person, and what the agent offers that person to say and says itself afterwards.
_ANSWERS: Final = {
    "en": (
        "Thank you, it is good to hear from a person.",
        "Yes, that works for me.",
        "All right. And when will that be?",
        "Perfect, that was all I needed.",
    ),
    "de": (
        "Danke, schön, dass sich ein Mensch meldet.",
        "Ja, das passt mir.",
        "In Ordnung. Und wann wird das sein?",
        "Wunderbar, mehr brauche ich nicht.",
    ),
}
_OFFERS: Final = {
    "en": "I am glad that we found a way, {first}. Is there anything else that I can do for you?",
    "de": "Schön, dass wir eine Lösung gefunden haben, {first}. Kann ich sonst noch etwas für Sie tun?",
}
_FAREWELL: Final = {
    "en": "Thank you for your patience, {first}. I am here when you need me.",
    "de": "Danke für Ihre Geduld, {first}. Ich bin da, wenn Sie mich brauchen.",
}


class Talks:
    """The live side of every agent of the shop."""

    def __init__(self, desks: Mapping[str, AsyncDesk], chance: Random, patience: Patience) -> None:
        self._desks = desks
        self._chance = chance
        self._patience = patience

    async def hold(self, encounter: Encounter) -> Talk:
        """Tell the conversation line by line; once it calls a person, wait until one has spoken and gone."""
        desk, told = self._desk(encounter), False
        for message in encounter.messages():
            answer = await desk.converse(
                encounter.conversation,
                [message],
                customer=Customer.model_validate(encounter.customer),
                channel=encounter.scenario.channel,
                language=encounter.scenario.language,
            )
            if answer.customer_message and not told:
                await self._say(encounter, answer.customer_message)
                told = True
            await asyncio.sleep(self._chance.uniform(*self._patience.acting))
        return await self._until_settled(encounter)

    async def follow(self, encounter: Encounter) -> Talk:
        """While a person speaks with the customer: deliver what they write, and bring what the customer answers."""
        desk = self._desk(encounter)
        talk = await desk.conversation(encounter.conversation)
        while talk.control == "human" or talk.outbox:
            for message in talk.outbox:
                await desk.delivered(talk.id, message.id)
                await asyncio.sleep(self._chance.uniform(*self._patience.answering))
                await self._answer(encounter)
            talk = await desk.watch(talk, timeout=self._patience.customer)
        if talk.closed_at is None:
            await self._say(encounter, encounter.said(_FAREWELL[encounter.scenario.language]))
            await desk.close_conversation(talk.id, resolved=True, csat=self._chance.choice((3, 4, 4, 5, 5)))
        return talk

    async def _until_settled(self, encounter: Encounter) -> Talk:
        """Nobody came: the customer leaves, and the request stays with the desk."""
        desk = self._desk(encounter)
        talk = await desk.conversation(encounter.conversation)
        case = (await desk.converse(encounter.conversation, [])).case
        if talk.control == "agent" and case is not None and not case.final:
            case = await desk.wait(case, timeout=self._patience.customer)
        return await self.follow(encounter)

    async def _answer(self, encounter: Encounter) -> None:
        language = encounter.scenario.language
        said = Message(role="customer", text=self._chance.choice(_ANSWERS[language]), sentiment=0.4)
        await self._desk(encounter).converse(encounter.conversation, [said], draft=encounter.said(_OFFERS[language]))

    async def _say(self, encounter: Encounter, text: str) -> None:
        await self._desk(encounter).converse(encounter.conversation, [Message(role="agent", text=text)])

    def _desk(self, encounter: Encounter) -> AsyncDesk:
        return self._desks[encounter.scenario.agent]
