"""Does the customer ask for a human? Phrases, no model: the same words give the same answer on every desk.

Recall comes first, since nobody may be stuck with a bot: a condition ("if that is not possible, ...") and a plea to
escalate count as asking. A refusal ("no, don't transfer me") takes an earlier request back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from rapidfuzz.distance import OSA

from reviewqueue.engine.wording import readable

_CLAUSE = re.compile(r"[.!?;:,\n…–—]+| - |\b(?:but|although|sondern|aber)\b")
_WORDS = re.compile(r"[\w']+")
# Only there does a clause have words that the whole text has not.
_SPLITS_A_WORD = re.compile(r"'(?:but|although|sondern|aber)\b|\b(?:but|although|sondern|aber)'")

# The words that decide, to be known also when they are mistyped by one letter.
_KEY_WORDS = (
    "agent",
    "assistant",
    "human",
    "mensch",
    "menschen",
    "mitarbeiter",
    "operator",
    "person",
    "representative",
    "somebody",
    "someone",
    "speak",
    "speaking",
    "sprechen",
    "talking",
    "transfer",
    "verbinden",
)
_TELLING_LENGTH = 5
_OTHER_WORDS = frozenset({"humane", "persona"})

# English. Python's patterns are bounded in every repetition, so the time grows with the text alone.
_STRONG = (
    r"(?:(?:a|the|any|some|one|another|your|my|real|live|actual|human|customer|service|support|sales|bloody|fucking"
    r"|freaking|damn) ){0,6}(?:humans?|human being|persons?|people|agents?|operators?|representatives?|reps?"
    r"|advis[oe]rs?|associates?|managers?|supervisors?|specialists?|employees?|staff|team members?|human help"
    r"|human support|human assistance)"
)
_ANYONE = (
    rf"(?:{_STRONG}|someone(?: else)?|somebody(?: else)?|anyone|anybody|(?:an? |the |your )?(?:\w+ )?assistants?"
    r"|customer (?:service|support|care))"
)
_TALK = (
    r"(?:speak|speaking|talk|talking|chat|chatting|conversing|communicate|communicating|get in touch"
    r"|getting in touch|be in touch|get in contact|get ahold|get hold|reach|reaching|connect|connected|connecting"
    r"|transfer|transferred|transferring|forwarded|redirected|handed over|put through|put me through|pass me"
    r"|hand me over|switch)"
)
_WANT = (
    r"(?:need|want|wanna|would like|'d like|like|prefer|get|get me|give me|gimme|bring|demand|insist on|have|request"
    r"|requesting|require|ask for|asking for|looking for|find|send me|let me have|contact|contacting|call|phone)"
)
_ASKS = re.compile(
    rf"\b{_TALK}\b(?: (?:me|us|this|it|my \w+|over|through|on|back|up|directly|now)){{0,3}}"
    rf"(?: (?:to|with|of|by|at|from)){{0,2}}(?: a| an| the)?(?: \w+){{0,2}}? {_ANYONE}\b"
    r"|\b(?:transfer|connect) me\b"
    r"|\b(?:put me through|hand me over|pass me on)\b"
    r"|\bescalat(?:e|ed|ing|ion)\b"
    rf"|\bcontact(?:ing)?(?: an?| the)?(?: \w+){{0,2}}? (?:{_STRONG}|someone|somebody|anyone|anybody|assistants?)\b"
    rf"|\b(?:direct|refer)(?: \w+){{0,2}}? to(?: me)?(?: to)? {_ANYONE}\b"
    rf"|\b{_WANT}(?: me)?(?: to)?(?: have| see| reach| contact)?(?: an?| the| some)? {_STRONG}\b"
    rf"|^(?:\w+ )?(?:an? )?{_STRONG}(?: please| pls| now| asap){{0,2}}$"
    r"|\bis there (?:an?|any|some|someone|somebody|anyone|anybody)\b(?: \w+){0,3}? (?:human|person|agent|speak|talk)\b"
    rf"|\b{_ANYONE} (?:who )?(?:can |could |should |must |to |please |needs to )?"
    r"(?:call|phone|ring|contact|reach out to) (?:me|us)\b"
)
_NOT = (
    r"\b(?:not|don't|dont|no|no more|stop|tired of|sick of|hate|instead of|rather than|another|stupid|nicht|kein\w*"
    r"|statt|anstatt)\b"
)
_NO_BOT = re.compile(
    rf"{_NOT}(?: \w+){{0,5}}? (?:bots?|chatbots?|ai|ki|roboter\w*)\b"
    rf"|{_NOT}(?: \w+){{0,3}}? (?:talk\w*|speak\w*|chat\w*|deal\w*)(?: \w+){{0,3}}? (?:robots?|machines?|computers?)\b"
    rf"|{_NOT}(?: \w+){{0,3}}? (?:maschinen?|computern?|automaten?)(?: \w+){{0,3}}?"
    r" (?:sprechen|reden|chatten|schreiben)\b"
)
_NAMED = (
    r"(?:human\w*|persons?|people|agents?|someone|somebody|anyone|anybody|representative|operator|manager|supervisor)"
)
_REFUSES = re.compile(
    r"\b(?:don't|do not|dont|didn't|did not|never|not|no|needn't|shouldn't)(?: \w+){0,2}?"
    r" (?:transfer\w*|connect\w*|escalat\w*|forward\w*|redirect\w*|hand|put|pass|switch)\b"
    r"|\b(?:don't|do not|dont|didn't|did not|no longer)(?: \w+){0,1}? (?:want|need|wish|like|have|care)\b"
    rf"(?: \w+){{0,6}}? (?:{_NAMED}|transferred|escalated|escalation|connected)\b"
    rf"|\b(?:no need|not necessary|unnecessary|without|rather not|instead of|avoid)\b(?: \w+){{0,6}}?"
    rf" (?:{_NAMED}|transfer\w*|escalat\w*|connect\w*)\b"
)
_ASKS_WHY = re.compile(r"\b(?:why|how come)\b|\b(?:can't|cannot|can not|couldn't|can|could|will|won't) (?:you|i|we)\b")
_REPORTS = re.compile(
    r"\b(?:was|were|been|had|already|just|yesterday|earlier|last (?:week|time|month|night))\b(?: \w+){0,2}?"
    r" (?:speaking|talking|chatting|in (?:contact|touch)|connected|transferred|escalated|told)\b"
)

# "When can I reach customer service?" asks for hours.
_ASKS_WHEN = re.compile(r"\b(?:hours?|what time|at what time|opening times?)\b")

# German.
_MENSCH = (
    r"(?:mensch\w*|(?:echte|reale|richtige|lebende|menschliche|wirkliche)[nmrs]? \w+|\w*mitarbeiter\w*|\w*berater\w*"
    r"|ansprechpartner\w*|sachbearbeiter\w*|kundendienst\w*|kundenservice|kundenbetreu\w*|kolleg(?:en|in)"
    r"|vorgesetzte\w*|chef\w*|teamleit\w*|filialleit\w*)"
)
_JEMAND = rf"(?:{_MENSCH}|jemand\w*|eine[rm]? person|support)"
_REDEN = (
    r"(?:sprechen|spreche|sprech|reden|rede|telefonieren|chatten|unterhalten|verbinden|verbinde|verbunden|verbindet"
    r"|weiterleiten|weitergeleitet|weiterverbinden|weiterverbunden|durchstellen|übergeben|uebergeben|zurückrufen"
    r"|zurueckrufen|anrufen|anruft|zurückruft|kontaktieren|erreichen|kontakt)"
)
_BITTET = re.compile(
    rf"\b{_JEMAND}\b(?: \w+){{0,5}}? {_REDEN}\b"
    rf"|\b{_REDEN}\b(?: \w+){{0,5}}? {_JEMAND}\b"
    r"|\bverbinde[nt]?(?: sie)? mich\b|\b(?:leiten?|stellen?|reichen?)(?: sie)? (?:mich|das|es|dies)(?: \w+){0,4}?"
    r" (?:weiter|durch)\b"
    r"|\bmich(?: \w+){0,4}? (?:weiterverbinden|weiterleiten|durchstellen|verbinden)\b|\beskalier\w*"
    rf"|\b(?:will|m(?:ö|oe)chte|brauche|ben(?:ö|oe)tige|h(?:ä|ae)tte|bitte|verlange|gib|geben|holen?"
    rf"|w(?:ü|ue)nsche|gibt es)\b(?: \w+){{0,3}}? {_MENSCH}\b"
    rf"|^(?:bitte )?(?:\w+ )?{_MENSCH}(?: bitte)?$"
)
_LEHNT_AB = re.compile(
    rf"\b(?:nicht|kein\w*|ohne|niemals)\b(?: \w+){{0,6}}? (?:{_JEMAND}|{_REDEN}|eskalier\w*|weiter|durch)\b"
    rf"|\b(?:{_JEMAND}|{_REDEN}|eskalier\w*|mich)\b(?: \w+){{0,3}}? (?:nicht|nie|unn(?:ö|oe)tig)\b"
)
_FRAGT = re.compile(r"\b(?:warum|wieso|weshalb|kann ich|k(?:ö|oe)nnen sie|k(?:ö|oe)nnte ich|kann man|darf ich)\b")

# Each phrase that asks or refuses has one of these words, and most of what people write has none: a look at the words
# spares it all the patterns above.
_TELLS = re.compile(
    r"\b(?:bots?|chatbots?|ai|ki)\b|\b(?:robot|machine|maschine|computer|automat)"
    r"|\b(?:put|hand|pass|switch|reps?|staff|team|durch|mich)\b"
    r"|\b(?:transfer|connect|escalat|forward|redirect|human|person|people|agent|operator|representative|advis[oe]r"
    r"|associate|manager|supervisor|specialist|employee|someone|somebody|anyone|anybody|assistant|customer|speak|talk)"
    r"|\b(?:mensch|echte|reale|richtige|lebende|wirkliche|ansprechpartner|sachbearbeiter|kunden|kolleg|vorgesetzte|chef"
    r"|teamleit|filialleit|jemand|support|sprech|rede|telefonier|chatten|unterhalten|verbind|verbunden|weiter|durchstell"
    r"|(?:ü|ue)bergeben|zur(?:ü|ue)ck|anruf|kontakt|erreich|eskalier)|mitarbeiter|berater"
)
# Words that were looked at and tell nothing; longer ones are not kept, since nobody writes them.
_dull: set[str] = set()
_MOST_DULL = 10_000
_LONGEST_WORD = 40


def asks_for_human(messages: Iterable[Mapping[str, Any]]) -> bool | None:
    """Whether the customer's last word on it was yes; None when the customer said nothing.

    `messages`: `{"role", "text"}` in order. A message of a human colleague settles what was asked before it.
    """
    asked: bool | None = None
    for message in messages:
        if message.get("role") == "human" and asked:
            asked = False
        elif message.get("role") == "customer":
            asked = _after(str(message.get("text") or ""), before=bool(asked))
    return asked


def _after(text: str, *, before: bool) -> bool:
    asked, said_plainly = before, readable(text).casefold()
    if _dull.issuperset(_WORDS.findall(said_plainly)) and not _SPLITS_A_WORD.search(said_plainly):
        return asked
    for clause in _CLAUSE.split(said_plainly):
        words = _WORDS.findall(clause)
        if _may_tell(words) and (said := _stance(" ".join(map(_spelled, words)))) is not None:
            asked = said
    return asked


def _may_tell(words: list[str]) -> bool:
    if _dull.issuperset(words):
        return False
    if any(_TELLS.search(_spelled(word)) for word in words):
        return True
    short = [word for word in words if len(word) <= _LONGEST_WORD][:_MOST_DULL]
    if len(_dull) + len(short) > _MOST_DULL:
        _dull.clear()
    _dull.update(short)
    return False


def _spelled(word: str) -> str:
    perhaps = _TELLING_LENGTH <= len(word) <= _LONGEST_WORD and word not in _KEY_WORDS and word not in _OTHER_WORDS
    return _nearest(word) if perhaps else word


@lru_cache(maxsize=1024)
def _nearest(word: str) -> str:
    return next((key for key in _KEY_WORDS if OSA.distance(word, key, score_cutoff=1) <= 1), word)


def _stance(clause: str) -> bool | None:
    """True: asks for a human, False: refuses one, None: speaks of something else."""
    if _NO_BOT.search(clause):
        return True
    if (_REFUSES.search(clause) and not _ASKS_WHY.search(clause)) or (
        _LEHNT_AB.search(clause) and not _FRAGT.search(clause)
    ):
        return False
    if _REPORTS.search(clause) or _ASKS_WHEN.search(clause):
        return None
    return True if _ASKS.search(clause) or _BITTET.search(clause) else None
