"""The decision as a form: what was typed becomes rulings, and nothing typed is lost when they are refused."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

from django.utils.html import format_html
from django.utils.translation import gettext as _

from reviewqueue.models import Decision, Ground, Reason, Ruling
from reviewqueue.queries import takeovers
from reviewqueue.queries.numbers import decimal, money
from reviewqueue.refusal import Refusal
from reviewqueue.web import arguments
from reviewqueue.web.card import Card, changes
from reviewqueue.web.render import untrusted
from reviewqueue.web.wording import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.utils.safestring import SafeString

    from reviewqueue.models import Case, Wording

# What these do is said with the customer's name already.
_NAMING_THE_CUSTOMER: Final = frozenset({"reply", "question"})
# An action that is marked has its own ruling; a verdict rules about the rest, this one about nothing else.
MARKED: Final = "marked"


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum to type again, as it is shown, and the field it is typed in."""

    name: str
    currency: str
    shown: str


@dataclass
class RulingForm:
    """The case's decision form. ``posted`` is what was typed, ``None`` on the first look."""

    case: Case
    actions: Sequence[Mapping[str, Any]]
    decided: Mapping[str, Decision]
    posted: Mapping[str, str] | None = None
    # What this person ruled before taking it back: they go on from there.
    taken_back: Mapping[str, Decision] = field(default_factory=dict)
    wordings: Mapping[tuple[str, str], Wording] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    _found: dict[str, list[str]] = field(default_factory=dict)

    @cached_property
    def cards(self) -> list[Card]:
        """One card for each action, in the agent's order."""
        return [self._card(n, action) for n, action in enumerate(self.actions)]

    @property
    def open(self) -> list[Card]:
        """The actions that still wait for a ruling."""
        return [card for card in self.cards if card.decided is None]

    @property
    def edited(self) -> bool:
        """Was any open action changed?"""
        return any(card.edited for card in self.open)

    @property
    def touched(self) -> bool:
        """Is there typed work that must not be lost?"""
        if self.posted is None:
            return False
        own = (
            "message",
            "note",
            "knowledge_gap",
            *(amount.name for amount in self.amounts),
            "reason_code",
            "ground",
            "upheld",
            *(f"{card.prefix}-response" for card in self.open),
        )
        return any(self.posted.get(name) for name in own) or any(self._typed(card) for card in self.open)

    @property
    def reasons(self) -> list[tuple[str, str]]:
        """The reasons to choose from."""
        return [(str(value), str(label)) for value, label in Reason.choices]

    @property
    def grounds(self) -> list[tuple[str, str]]:
        """Why an approval is right; at low risk nobody has to say."""
        return [] if self.case.risk == "low" else [(str(value), str(label)) for value, label in Ground.choices]

    @cached_property
    def amounts(self) -> list[Amount]:
        """What to type again at critical risk: the sum of each currency; empty when no money moves."""
        moving = [card.plain for card in self.open if card.plain.money and card.marked in {"", Ruling.APPROVE}]
        by_currency: dict[str, list[Any]] = {}
        for each in moving:
            by_currency.setdefault(each.currency, []).append(each)
        several = len(by_currency) > 1
        return [
            Amount(f"typed_amount_{currency}" if several else "typed_amount", currency, _summed(its))
            for currency, its in by_currency.items()
        ]

    def said(self, name: str) -> str:
        """What stands in one of the form's own fields."""
        if self.posted is not None:
            return str(self.posted.get(name, "")).replace("\r\n", "\n")
        return self._before(name)

    @property
    def reason_code(self) -> str:
        """The chosen reason."""
        return self.said("reason_code")

    @property
    def ground(self) -> str:
        """Why an approval is right, as chosen."""
        return self.said("ground")

    @property
    def upheld(self) -> str:
        """What was wrong with the decision that the customer contests, or that nothing was."""
        return self.said("upheld")

    @property
    def message(self) -> str:
        """What the agent will read."""
        return self.said("message")

    @property
    def note(self) -> str:
        """What stays in the desk."""
        return self.said("note")

    @property
    def knowledge_gap(self) -> str:
        """What the agent did not know."""
        return self.said("knowledge_gap")

    @property
    def typed_amount(self) -> str:
        """The amount, typed again; each with its currency where there are several."""
        if len(self.amounts) < 2:  # noqa: PLR2004 - several
            return self.said("typed_amount").strip()
        typed = [(self.said(each.name).strip(), each.currency) for each in self.amounts]
        return " + ".join(f"{digits} {currency}" for digits, currency in typed if digits)

    @property
    def asked_amounts(self) -> list[tuple[Amount, str]]:
        """Each with what was typed for it."""
        return [(each, self.said(each.name)) for each in self.amounts]

    def rulings(self) -> list[dict[str, Any]]:
        """The rulings that the form stands for. Raises Refusal when a field cannot be read, or one is left open."""
        made = self._made()
        answers = any(ruling["type"] == Ruling.RESPOND for ruling in made)
        if answers and self.case.contests_id and self.upheld not in takeovers.CODES:
            says = _("Say what was wrong with the decision that is contested, or that it stands.")
            raise Refusal("invalid-decision", says, errors=({"pointer": "/decisions/0/reason_code", "detail": says},))
        return made

    def _made(self) -> list[dict[str, Any]]:
        if self.faults or any(card.faults or any(map(arguments.faulty, card.fields)) for card in self.cards):
            raise Refusal("invalid-decision", _("The decision does not fit."))
        chosen = [(card, self._chosen(card)) for card in self.open]
        made = [self._ruling(card, kind) for card, kind in chosen if kind]
        if self.open and not made:
            raise Refusal("invalid-decision", _("Mark what you decide about each action."))
        return made

    def refused(self, refusal: Refusal) -> RulingForm:
        """The same form with every fault beside the field that it is about."""
        try:
            order = [ruling["call_id"] for ruling in self._made()]
        except Refusal:
            return self
        found: dict[str, list[str]] = {}
        for error in refusal.errors:
            found.setdefault(self._place(error["pointer"], order), []).append(error["detail"])
        return replace(self, faults=found.pop("", []), _found=found)

    def faults_of(self, name: str) -> list[str]:
        """What is wrong with one of the form's own fields."""
        return self._found.get(name, [])

    @property
    def reason_faults(self) -> list[str]:
        """What is wrong with the reason."""
        return self.faults_of("reason_code")

    @property
    def ground_faults(self) -> list[str]:
        """What is wrong with the ground."""
        return self.faults_of("ground")

    @property
    def upheld_faults(self) -> list[str]:
        """What is missing about the decision that is contested."""
        return self.faults_of("upheld")

    @property
    def amount_faults(self) -> list[str]:
        """What is wrong with the amount typed again."""
        return self.faults_of("typed_amount")

    def _chosen(self, card: Card) -> str:
        """What the form rules about an action: its own mark, else what the pressed button says about the rest."""
        verdict = self.said("verdict") or MARKED
        return card.marked or ("" if verdict == MARKED else verdict)

    def _before(self, name: str) -> str:
        """On the first look: what this person wrote before they took it back, else what the first of two chose."""
        if name == "ground":
            return next((d.reason_code for d in self.taken_back.values() if d.type == Ruling.APPROVE), "")
        if name == "upheld":
            return next((d.reason_code or takeovers.NO_FAULT for d in self.taken_back.values() if d.response), "")
        mine = next((getattr(decision, name, "") for decision in self.taken_back.values()), "")
        if mine or name != "reason_code":
            return mine
        return next((ruling["reason_code"] for ruling in self.case.first_ruling or [] if ruling["reason_code"]), "")

    def _ruling(self, card: Card, kind: str) -> dict[str, Any]:
        said = {
            "message": self.message.strip(),
            "reason_code": "",
            "response": "",
            "knowledge_gap": self.knowledge_gap.strip(),
        }
        ruling: dict[str, Any] = {"call_id": card.action["call_id"], "type": kind, **said}
        if kind == Ruling.APPROVE and card.edited:
            ruling |= {"type": str(Ruling.EDIT), "args": card.args}
        if ruling["type"] in {Ruling.EDIT, Ruling.REJECT}:
            ruling["reason_code"] = self.reason_code
        elif ruling["type"] == Ruling.APPROVE:
            ruling["reason_code"] = self.ground
        if kind == Ruling.RESPOND:
            ruling["response"] = card.response
            ruling["reason_code"] = self.upheld if self.case.contests_id and self.upheld in Reason.values else ""
        return ruling

    def _card(self, n: int, action: Mapping[str, Any]) -> Card:
        call_id = action["call_id"]
        first = next((ruling for ruling in self.case.first_ruling or [] if ruling["call_id"] == call_id), None)
        start = self._start(action, first)
        fields = arguments.fields(action, action["args"], f"a{n}", start=start, typed=self.posted)
        fields = [arguments.with_faults(field, self.faults_of) for field in fields]
        args = {field.key: held for field in fields if (held := arguments.value(field)) is not arguments.ABSENT}
        whose, record = self.case.customer_name, self.case.document.get("customer")
        wording = self.wordings.get((action["kind"], action["name"]))
        said = partial(plain, action, customer=whose, wording=wording, record=record)
        return Card(
            n=n,
            action=action,
            fields=fields,
            args=args,
            plain=said(args),
            proposed=said(action["args"]),
            changes=list(changes(arguments.fields(action, action["args"], f"a{n}"), fields)),
            marked=self._marked(n, call_id),
            response=self.said(f"a{n}-response") or getattr(self.taken_back.get(call_id), "response", ""),
            decided=self.decided.get(call_id),
            first=first,
            faults=tuple(self.faults_of(f"a{n}")),
        )

    def _start(self, action: Mapping[str, Any], first: Mapping[str, Any] | None) -> dict[str, Any]:
        """The arguments to begin with: what was ruled, or the first person's edit, as two must agree on the same."""
        call_id = action["call_id"]
        before = self.decided.get(call_id) or self.taken_back.get(call_id)
        final = (before.final_action if before else "") or (first["final"] if first else "")
        return dict(json.loads(final)["args"]) if final else dict(action["args"])

    def _typed(self, card: Card) -> bool:
        """Was a field of this action sent with another text than it began with?"""
        start, sent = self._start(card.action, card.first), self.posted or {}
        began = arguments.texts(arguments.fields(card.action, card.action["args"], card.prefix, start=start))
        now = arguments.texts(card.fields)
        return any(name in sent and text != began.get(name, "") for name, text in now.items())

    def _marked(self, n: int, call_id: str) -> str:
        if self.posted is not None:
            return self.posted.get(f"a{n}-type", "")
        before = self.taken_back.get(call_id)
        return "" if before is None else str(Ruling.APPROVE if before.executes else before.type)

    def _place(self, pointer: str, order: Sequence[str]) -> str:
        """The form field that a fault's pointer means; empty for the form as a whole."""
        parts = pointer.split("/", 3)[1:]
        if parts[0] == "typed_amount":
            return "typed_amount"
        if len(parts) < 2 or not parts[1].isdigit():  # noqa: PLR2004 - /decisions/<n>
            return ""
        card = next(card for card in self.cards if card.action["call_id"] == order[int(parts[1])])
        rest = parts[2] if len(parts) > 2 else ""  # noqa: PLR2004 - /decisions/<n>/<what>
        if rest == "reason_code" and self._chosen(card) == Ruling.RESPOND:
            return "upheld"
        if rest == "reason_code":
            return "reason_code" if card.edited or self._chosen(card) == Ruling.REJECT else "ground"
        about = arguments.deepest(card.fields, rest.removeprefix("args"))
        return about.name if about else card.prefix


def _summed(moving: Sequence[Any]) -> str:
    amounts = [amount for each in moving if (amount := decimal(each.amount)) is not None]
    if len(amounts) < len(moving) or len(moving) == 1:
        return str(moving[0].shown)
    return money(str(sum(amounts)), moving[0].currency)


def decided(decisions: Iterable[Decision]) -> dict[str, Decision]:
    """The rulings that stand, by action."""
    return {decision.call_id: decision for decision in decisions if decision.undone_at is None}


def taken_back(decisions: Iterable[Decision], person_id: int) -> dict[str, Decision]:
    """The rulings that a person took back last, by action."""
    mine = [d for d in decisions if d.undone_at is not None and d.decided_by_id == person_id]
    newest = max((d.undone_at for d in mine if d.undone_at), default=None)
    return {decision.call_id: decision for decision in mine if decision.undone_at == newest}


def headline(form: RulingForm) -> SafeString:
    """What the case is about and whose it is: its first action that moves money, else its first."""
    chosen = next((card for card in form.cards if card.proposed.money), form.cards[0])
    customer = form.case.customer_name
    if not customer or chosen.action["kind"] in _NAMING_THE_CUSTOMER:
        return chosen.proposed.headline
    return format_html("{} · {}", chosen.proposed.headline, untrusted(customer))
