"""What a reviewer rules about one action: checked before anything is written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from reviewqueue import rules
from reviewqueue.engine import arguments, canonical
from reviewqueue.engine.amounts import readings
from reviewqueue.models import Ground, Ruling
from reviewqueue.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reviewqueue.models import Case

_NEEDS_REASON = {Ruling.EDIT, Ruling.REJECT}


@dataclass(frozen=True, slots=True)
class Ruled:
    """One checked ruling; ``final`` is the canonical text of the action that may run, empty when none may."""

    call_id: str
    type: str
    final: str
    digest: str
    message: str
    reason_code: str
    response: str
    knowledge_gap: str

    def as_json(self) -> dict[str, str]:
        """How the first of two rulings is kept until the second."""
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def executes(self) -> bool:
        return bool(self.final)


def checked(case: Case, rulings: Sequence[Mapping[str, Any]], *, typed_amount: str | None) -> list[Ruled]:
    """The rulings in the order of the actions; refused with every fault by pointer (``invalid-decision``)."""
    faults = list(_faults(case, rulings))
    ruled = [] if faults else [_ruled(case, ruling) for ruling in rulings]
    if not faults:
        faults = list(_amount_faults(case, ruled, typed_amount))
    if faults:
        raise Refusal("invalid-decision", _("The decision does not fit."), errors=tuple(faults))
    return ruled


def _faults(case: Case, rulings: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    actions = {action["call_id"]: action for action in case.actions}
    done = set(case.decisions.filter(undone_at=None).values_list("call_id", flat=True))
    named = [ruling["call_id"] for ruling in rulings]
    if not rulings:
        yield _fault("", _("Decide at least one action."))
    for n, ruling in enumerate(rulings):
        if ruling["call_id"] not in actions:
            yield _fault(f"/{n}/call_id", _("This case has no such action."))
        elif ruling["call_id"] in done:
            yield _fault(f"/{n}/call_id", _("This action is already decided."))
        elif named.index(ruling["call_id"]) != n:
            yield _fault(f"/{n}/call_id", _("This action is named twice."))
        else:
            yield from _ruling_faults(case, actions[ruling["call_id"]], ruling, f"/{n}")
    missing = actions.keys() - done - set(named)
    if missing and case.releases_together:
        names = ", ".join(sorted(missing))
        yield _fault("", _("The actions of this case are released together; decide these too: %s.") % names)


def _ruling_faults(
    case: Case, action: Mapping[str, Any], ruling: Mapping[str, Any], at: str
) -> Iterator[dict[str, str]]:
    kind = ruling["type"]
    permitted = action.get("allowed_decisions") or list(Ruling.values)
    if kind not in permitted:
        yield _fault(f"{at}/type", _("The agent accepts only: %s.") % ", ".join(permitted))
    if kind in {Ruling.APPROVE, Ruling.EDIT} and (sentence := rules.may_execute(case)):
        yield _fault(f"{at}/type", sentence)
    if kind in _NEEDS_REASON and (ruling.get("reason_code") or "").strip() in {"", *Ground.values}:
        yield _fault(f"{at}/reason_code", _("Say why: choose a reason."))
    if kind == Ruling.RESPOND and not (ruling.get("response") or "").strip():
        yield _fault(f"{at}/response", _("Write the response."))
    if kind == Ruling.EDIT:
        yield from _edit_faults(action, ruling, at)
    elif ruling.get("args") is not None:
        yield _fault(f"{at}/args", _("Only an edit carries arguments."))


def _edit_faults(action: Mapping[str, Any], ruling: Mapping[str, Any], at: str) -> Iterator[dict[str, str]]:
    if not isinstance(ruling.get("args"), dict):
        yield _fault(f"{at}/args", _("An edit carries the complete arguments."))
        return
    try:
        canonical.canonical(ruling["args"])
    except ValueError as error:
        yield _fault(f"{at}/args", str(error))
        return
    if action.get("args_schema") is not None:
        for fault in arguments.faults(action["args_schema"], ruling["args"]):
            yield _fault(f"{at}/args{fault['pointer']}", fault["detail"])


def _ruled(case: Case, ruling: Mapping[str, Any]) -> Ruled:
    action = next(a for a in case.actions if a["call_id"] == ruling["call_id"])
    final, digest = "", ""
    if ruling["type"] in {Ruling.APPROVE, Ruling.EDIT}:
        args = ruling["args"] if ruling["type"] == Ruling.EDIT else action["args"]
        whole = {"name": action["name"], "args": args}
        final, digest = canonical.canonical(whole).decode(), canonical.digest(whole)
    said = {name: ruling.get(name) or "" for name in ("message", "reason_code", "response", "knowledge_gap")}
    return Ruled(call_id=ruling["call_id"], type=ruling["type"], final=final, digest=digest, **said)


def _amount_faults(case: Case, ruled: Iterable[Ruled], typed: str | None) -> Iterator[dict[str, str]]:
    """At critical risk whoever lets money move types the amount once more; of several actions, their sum.

    What moves in several currencies is no one sum: each is typed with its currency, ``350.00 EUR + 20.00 USD``.
    """
    sums: dict[str, Decimal] = {}
    for ruling in ruled:
        if ruling.executes and (amount := final_amount(case, ruling)) is not None:
            currency = _currency(case, ruling)
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    if case.risk != "critical" or not sums:
        return
    if not (typed or "").strip():
        yield _fault("/typed_amount", _("Type the amount again to confirm it."))
    elif len(sums) == 1 and not set(sums.values()) & readings(typed or ""):
        yield _fault("/typed_amount", _("This is not the amount of the action."))
    elif len(sums) > 1 and not _names_each(typed or "", sums):
        says = _("Type the sum of each currency: %s.") % ", ".join(sums)
        yield _fault("/typed_amount", says)


def _names_each(typed: str, sums: Mapping[str, Decimal]) -> bool:
    """Is each sum named once, with its currency behind it?"""
    named = [part.strip().rpartition(" ") for part in typed.split(" + ")]
    said = {currency: digits for digits, _space, currency in named}
    fits = all(sums[currency] in readings(digits) for currency, digits in said.items() if currency in sums)
    return len(named) == len(said) and said.keys() == sums.keys() and fits


def _currency(case: Case, ruling: Ruled) -> str:
    action = next(a for a in case.actions if a["call_id"] == ruling.call_id)
    return str(action["value"]["currency"])


def final_amount(case: Case, ruling: Ruled) -> Decimal | None:
    """The money that would move: the ``amount`` argument where it is a number, else the action's value."""
    action = next(a for a in case.actions if a["call_id"] == ruling.call_id)
    if not action.get("value"):
        return None
    edited = _amount(json.loads(ruling.final)["args"].get("amount"))
    return _amount(action["value"]["amount"]) if edited is None else edited


def _amount(value: Any) -> Decimal | None:
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def _fault(pointer: str, detail: str) -> dict[str, str]:
    return {"pointer": pointer if pointer == "/typed_amount" else f"/decisions{pointer}", "detail": detail}
