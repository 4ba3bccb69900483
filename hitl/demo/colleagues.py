"""Simulated reviewers: they leave a history, hold a case now and then, and never empty the queue for the visitor."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from http import HTTPStatus
from random import Random
from typing import Any, Final

import httpx

from hitl.demo.encounters import Encounter
from hitl.demo.pace import Tempo
from hitl.demo.scenarios.script import Ruling, approve

log = logging.getLogger(__name__)
Document = dict[str, Any]
# Corrections for these reasons tell what the agent did not know.
_UNKNOWN_TO_AGENT: Final = frozenset({"wrong_fact", "policy", "missing_information"})
_BACK: Final = "Settled with the customer."
_HELLO: Final = {
    "en": "Hello {first}, a person speaking now. I have read everything and take care of it myself.",
    "de": "Guten Tag {first}, hier schreibt jetzt ein Mensch. Ich habe alles gelesen und kümmere mich selbst darum.",
}
# Somebody was faster, or the case has changed: nothing to speak of.
_MISSED: Final = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}


class Colleague:
    """One simulated reviewer, who acts through the reviewers' wire with a personal token."""

    def __init__(
        self, reference: str, http: httpx.AsyncClient, met: Callable[[str], Encounter | None], chance: Random
    ) -> None:
        self._reference = reference
        self._http = http
        self._met = met
        self._chance = chance

    async def shift(self, tempo: Tempo) -> None:
        """Work until cancelled; whatever goes wrong is logged and the next case taken."""
        while True:
            await asyncio.sleep(self._chance.uniform(*tempo.pausing))
            try:
                await self.work(tempo)
            except httpx.HTTPError as error:
                log.debug("A colleague could not work: %r", error)
            except Exception:
                log.exception("A colleague stumbled")

    async def work(self, tempo: Tempo) -> bool:
        """Deal with one waiting case, if more wait than are to be left alone; says whether one was dealt with."""
        waiting = (await self._get("/review/cases", state="queued,second_look") or {}).get("cases", [])
        if len(waiting) <= tempo.leave:
            return False
        for row in self._chance.sample(waiting, min(len(waiting), 6)):
            briefing = await self._get(f"/review/cases/{row['id']}")
            encounter = self._met(briefing["conversation"]["id"]) if briefing else None
            if briefing and encounter and self._for_me(briefing):
                return await self._deal(row["id"], encounter, tempo)
        return False

    def _for_me(self, briefing: Document) -> bool:
        """Cases that somebody else asked about come back to them first."""
        askers = [question["asked_by"]["id"] for question in briefing["questions"]]
        return briefing["allowed"]["claim"] is True and askers[-1:] in ([], [self._reference])

    async def _deal(self, case: str, encounter: Encounter, tempo: Tempo) -> bool:
        briefing = await self._post(case, "claim", {})
        if briefing is None:
            return False
        await asyncio.sleep(self._chance.uniform(*tempo.reading))
        ruling = self._rule(encounter, briefing)
        if ruling.way == "ask":
            return await self._post(case, "ask", {"of": "agent", "text": encounter.said(ruling.says)}) is not None
        if ruling.way == "take_over":
            return await self._talk(case, encounter, encounter.said(ruling.says), tempo)
        return await self._post(case, "decide", decision(ruling, encounter, briefing)) is not None

    def _rule(self, encounter: Encounter, briefing: Document) -> Ruling:
        if encounter.supersedes or briefing["first_ruling"]:
            return approve()
        asked = bool(briefing["questions"])
        rulings = [ruling for ruling in encounter.scenario.rulings if not (asked and ruling.way == "ask")]
        return self._chance.choice(rulings) if rulings else approve()

    async def _talk(self, case: str, encounter: Encounter, note: str, tempo: Tempo) -> bool:
        if await self._post(case, "take_over", {"note": note}) is None:
            return False
        await self._post(case, "messages", {"text": encounter.said(_HELLO[encounter.scenario.language])})
        await asyncio.sleep(self._chance.uniform(*tempo.talking))
        return await self._post(case, "return", {"note": _BACK}) is not None

    async def _get(self, path: str, **asked: str) -> Document | None:
        return _read(await self._http.get(f"/api/v1{path}", params=asked))

    async def _post(self, case: str, verb: str, body: Document) -> Document | None:
        return _read(await self._http.post(f"/api/v1/review/cases/{case}/{verb}", json=body))


def decision(ruling: Ruling, encounter: Encounter, briefing: Document) -> Document:
    """The body of a decision: every open action ruled, with what was seen, and the amount typed again."""
    decided = {made["call_id"] for made in briefing["decisions"]}
    first = {made["call_id"]: made for made in (briefing["first_ruling"] or {}).get("decisions", [])}
    rulings = [
        agreed(first[action["call_id"]])
        if action["call_id"] in first
        else ruled(ruling, encounter, action, (ruling.changes or {}).get(position))
        for position, action in enumerate(briefing["actions"])
        if action["call_id"] not in decided
    ]
    body = {
        "claim_token": briefing["claim"]["token"],
        "version": briefing["version"],
        "seen_digest": briefing["seen_digest"],
        "decisions": rulings,
    }
    amount = amount_of(rulings, briefing["actions"])
    return body | ({"typed_amount": amount} if amount else {})


def agreed(first: Document) -> Document:
    """The second of two people agrees to exactly what the first one ruled."""
    said = {name: first[name] for name in ("message", "reason_code", "response") if first[name]}
    ruled = {"call_id": first["call_id"], "type": first["type"], **said}
    return ruled | ({"args": json.loads(first["final"])["args"]} if first["type"] == "edit" else {})


def ruled(
    ruling: Ruling, encounter: Encounter, action: Document, changes: Mapping[str, str | int | bool] | None
) -> Document:
    """What is ruled of one action, in the words of the wire."""
    says = encounter.said(ruling.says)
    made: Document = {"call_id": action["call_id"], "type": ruling.way}
    if ruling.way == "respond":
        return made | {"response": says}
    if ruling.way == "edit" and changes is None:
        return made | {"type": "approve"}
    if ruling.way == "edit" and changes is not None:
        made["args"] = action["args"] | encounter.arguments(changes)
    if ruling.reason:
        made["reason_code"] = ruling.reason
    if ruling.reason in _UNKNOWN_TO_AGENT:
        made["knowledge_gap"] = says
    return made | ({"message": says} if says else {})


def amount_of(rulings: Sequence[Document], actions: Sequence[Document]) -> str:
    """What a critical decision wants to be typed: the money that would move, in several currencies each by its name."""
    sums: dict[str, Decimal] = {}
    for each in rulings:
        action = next(action for action in actions if action["call_id"] == each["call_id"])
        if each["type"] in {"approve", "edit"} and (value := action.get("value")):
            args = each.get("args") or action["args"]
            moved = Decimal(str(args.get("amount", value["amount"])))
            sums[value["currency"]] = sums.get(value["currency"], Decimal(0)) + moved
    if len(sums) > 1:
        return " + ".join(f"{amount} {currency}" for currency, amount in sums.items())
    return "".join(str(amount) for amount in sums.values())


def _read(answer: httpx.Response) -> Document | None:
    if answer.is_success:
        found: Document = answer.json()
        return found
    told = log.debug if answer.status_code in _MISSED else log.warning
    told("%s %s was refused: %s", answer.request.method, answer.request.url.path, answer.text[:500])
    return None
