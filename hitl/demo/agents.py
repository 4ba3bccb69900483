"""The shop's AI agents: each encounter is proposed, waited for, executed as it was approved, and reported."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import Final, TypeVar

from hitl.demo.encounters import Encounter
from hitl.demo.notebook import Notebook
from hitl.demo.pace import Patience
from hitl.demo.shop import Shop
from hitl.demo.talks import Talks
from hitl_client import AsyncDesk, FinalAction, Problem, Question, Receipt, Result, UnreachableError

log = logging.getLogger(__name__)
Done = TypeVar("Done")
GAVE_UP: Final = "The customer has left the conversation."
# For questions that the story does not foresee: to the agent itself, and to the customer, whom it asks.
_ANSWERS: Final = {
    ("en", "agent"): (
        "I looked again: order {order}, {product}, {price} EUR, customer {name}. Nothing more is on record.",
        "The account of {name} and order {order} agree with what the customer says; I have no other source.",
    ),
    ("en", "customer"): (
        "{first} answers: yes, exactly as I wrote. I can send a photo if that helps.",
        "{first} answers: that was on {date}, if I remember rightly.",
    ),
    ("de", "agent"): (
        "Ich habe noch einmal nachgesehen: {order}, {product}, {price_de} EUR, {name}. Mehr steht nicht in den Akten.",
        "Konto und Bestellung {order} stimmen mit den Angaben von {name} überein; eine andere Quelle habe ich nicht.",
    ),
    ("de", "customer"): (
        "{first} antwortet: Ja, genau so, wie ich es geschrieben habe. Ein Foto kann ich gern schicken.",
        "{first} antwortet: Das war am {date}, wenn ich mich recht erinnere.",
    ),
}


class Agents:
    """All agents of the shop, on one event loop."""

    def __init__(
        self, desks: Mapping[str, AsyncDesk], shop: Shop, notebook: Notebook, chance: Random, patience: Patience
    ) -> None:
        self._desks = desks
        self._shop = shop
        self._notebook = notebook
        self._chance = chance
        self._patience = patience
        self._talks = Talks(desks, chance, patience)

    async def attend(self, encounter: Encounter) -> Result | None:
        """See one encounter through to its end; what goes wrong is logged and ends this encounter only."""
        self._shop.admit(encounter)
        result = None
        try:
            if encounter.scenario.live:
                await self._persist(lambda: self._talks.hold(encounter))
            else:
                result = await self._persist(lambda: self._propose(encounter))
                if result.case.status == "taken_over":
                    await self._persist(lambda: self._talks.follow(encounter))
        except Exception:
            log.exception("Encounter %d (%s) ended early", encounter.number, encounter.scenario.name)
        self._notebook.close(encounter)
        return result

    async def _persist(self, work: Callable[[], Awaitable[Done]]) -> Done:
        while True:
            try:
                return await work()
            except UnreachableError as away:
                log.warning("The desk is away; trying again: %s", away)
                await asyncio.sleep(self._patience.outage)

    async def _propose(self, encounter: Encounter) -> Result:
        result = await self._run(encounter, self._stays(encounter))
        if result.settled:
            return result
        if encounter.scenario.ending == "correct" and not encounter.supersedes:
            return await self._propose(self._notebook.correct(encounter, result.case.id))
        return await self._take_back(encounter, result)

    async def _run(self, encounter: Encounter, seconds: float) -> Result:
        async def execute(action: FinalAction) -> Receipt:
            await asyncio.sleep(self._chance.uniform(*self._patience.acting))
            return self._shop.execute(action)

        async def answer(question: Question) -> str:
            await asyncio.sleep(self._chance.uniform(*self._patience.answering))
            return self._answer(encounter, question)

        desk = self._desks[encounter.scenario.agent]
        return await desk.run(encounter.proposal(), execute, answer=answer, timeout=seconds)

    async def _take_back(self, encounter: Encounter, result: Result) -> Result:
        reason = encounter.said(encounter.scenario.takes_back) or GAVE_UP
        try:
            await self._desks[encounter.scenario.agent].withdraw(result.case.id, reason)
        except Problem as no:
            if no.slug != "not-pending":
                raise
        # Also when somebody decided at the last moment: then the decision is acted on.
        return await self._run(encounter, self._patience.customer)

    def _stays(self, encounter: Encounter) -> float:
        if encounter.scenario.ending == "wait" or encounter.supersedes:
            return self._patience.customer
        return self._chance.uniform(*self._patience.second_thoughts)

    def _answer(self, encounter: Encounter, question: Question) -> str:
        scenario = encounter.scenario
        asked = "customer" if question.of == "customer" else "agent"
        scripted = scenario.answers if asked == "agent" else ()
        return encounter.said(self._chance.choice(scripted or _ANSWERS[scenario.language, asked]))
