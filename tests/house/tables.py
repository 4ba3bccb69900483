"""The tables of the documentation that are made from the code; ``python -m tests.house.tables`` writes them anew."""

from collections.abc import Iterable, Iterator
from typing import Any

from reviewqueue.engine.catalogue import fact_named
from reviewqueue.engine.starting import starting_policy
from tests.house import tree

PAGE = tree.ROOT / "docs/policy.md"
BEGIN, END = "<!-- made from the starting policy -->", "<!-- end -->"
_SHOWN = 3
_WORDS = {
    "over": "over",
    "at_least": "at least",
    "under": "under",
    "at_most": "at most",
    "is": "is",
    "in": "is",
    "has_any": "has",
}


def made() -> str:
    """Oversight, risk and triggers of the starting policy, as they stand in the page."""
    policy = starting_policy()
    return "\n\n".join([_oversight(policy), _risks(policy), _triggers(policy)])


def standing(text: str) -> str:
    """The same part of a page."""
    return text.partition(BEGIN)[2].partition(END)[0].strip()


def renewed(text: str) -> str:
    """A page with that part made anew."""
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n\n{made()}\n\n{END}{rest.partition(END)[2]}"


def _oversight(policy: dict[str, Any]) -> str:
    rows = ([rule.get("name", ""), _match(rule["match"]), f"`{rule['mode']}`"] for rule in policy["oversight"])
    return _table(["oversight", "of", "mode"], rows)


def _risks(policy: dict[str, Any]) -> str:
    return _table(["risk", "of"], ([f"`{rule['level']}`", _scope(rule)] for rule in policy["risk_levels"]))


def _triggers(policy: dict[str, Any]) -> str:
    rows = (
        [
            f"`{rule['name']}`",
            rule["category"],
            _scope(rule),
            f"`{rule['outcome']}`" + (", two people" if rule.get("eyes") == 2 else ""),
            ", ".join(filter(None, [rule.get("queue"), rule.get("priority")])),
            ", ".join(rule.get("skills", ())),
        ]
        for rule in policy["triggers"]
    )
    return _table(["trigger", "category", "fires on", "outcome", "queue, priority", "skills"], rows)


def _scope(rule: dict[str, Any]) -> str:
    parts = [_match(rule["match"])] if rule.get("match") else []
    parts += [_condition(rule["when"])] if rule.get("when") else []
    return "; ".join(parts)


def _match(match: dict[str, Any]) -> str:
    return ", ".join(f"{key} {_listed(value)}" for key, value in match.items()) or "everything"


def _condition(when: dict[str, Any]) -> str:
    for joiner, word in (("all", " and "), ("any", " or ")):
        if joiner in when:
            return word.join(_bracketed(part) for part in when[joiner])
    if "not" in when:
        return f"not ({_condition(when['not'])})"
    return f"`{when['cel']}`" if "cel" in when else _asked(when)


def _bracketed(when: dict[str, Any]) -> str:
    return f"({_condition(when)})" if {"all", "any"} & when.keys() else _condition(when)


def _asked(when: dict[str, Any]) -> str:
    unknown = " (or unknown)" if _fires_when_unknown(when) else ""
    last = f" in the last {when['for_last']}" if "for_last" in when else ""
    if "matches_any" in when:
        count = len(when["matches_any"])
        return f"`{when['fact']}` matches {'a pattern' if count == 1 else f'one of {count} patterns'}{unknown}"
    operator = next(name for name in _WORDS if name in when)
    return f"`{when['fact']}` {_WORDS[operator]} {_listed(when[operator])}{last}{unknown}"


def _fires_when_unknown(when: dict[str, Any]) -> bool:
    fact = fact_named(when["fact"])
    by_default = "fire" if fact and fact.fires else "pass"
    return bool(when.get("if_unknown", by_default) == "fire")


def _listed(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    words = [f"`{word}`" for word in value] if isinstance(value, list) else [f"`{value}`"]
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    return "\n".join(_lines([head, ["---"] * len(head), *rows]))


def _lines(rows: Iterable[list[str]]) -> Iterator[str]:
    return (f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text()))
