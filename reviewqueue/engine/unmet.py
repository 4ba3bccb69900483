"""Rules that wait for what never comes to this desk: facts that nobody sends, agents, teams and queues that are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reviewqueue.engine import telling
from reviewqueue.engine.catalogue import FACTS
from reviewqueue.engine.saying import RuleName, listed, say
from reviewqueue.engine.surroundings import CALLBACKS, named
from reviewqueue.engine.tightness import globs_cover, never

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reviewqueue.engine.surroundings import Finding, Surroundings

    Rule = Mapping[str, Any]

# From fewer cases nobody can say what never comes.
FEWEST: Final = 100
_GROUPS: Final = ("oversight", "risk_levels", "triggers", "budgets", "wait")


def unmet(document: Rule, desk: Surroundings) -> Iterator[Finding]:
    """Findings as (severity, path, sentence)."""
    yield from _strangers(document, desk)
    yield from _unsent(document, desk)
    yield from _new_queues(document, desk)


def _new_queues(document: Rule, desk: Surroundings) -> Iterator[Finding]:
    """Queues that are not there, unless they have been named already because nobody works in them."""
    for queue, places in named(document, "queue").items():
        known = desk.queues is None or queue in desk.queues or queue == CALLBACKS
        if not known and desk.staffed is None:
            yield "hint", places[0], say("There is no queue %(queue)s here yet; publishing makes it", queue=queue)


def _strangers(document: Rule, desk: Surroundings) -> Iterator[Finding]:
    """Rules for agents or teams of which this desk has none."""
    for group in _GROUPS:
        for index, rule in enumerate(document.get(group) or ()):
            if rule.get("enabled", True) is False:
                continue
            for key, here in _here(desk).items():
                globs = telling.words((rule.get("match") or {}).get(key))
                if globs and not any(globs_cover(globs, [name]) for name in here):
                    yield "warning", f"/{group}/{index}/match/{key}", _nobody(key, globs)


def _nobody(key: str, globs: Sequence[str]) -> Any:
    if key == "agent":
        return say("A rule is for the agent %(names)s, and no agent here is called so", names=listed(globs))
    return say("A rule is for the team %(names)s, and no agent here belongs to it", names=listed(globs))


def _here(desk: Surroundings) -> dict[str, frozenset[str]]:
    """The agents and teams that there are; what nobody looked for is left out."""
    return {"agent": frozenset(desk.agents), "team": desk.teams} if desk.teams is not None else {}


def _unsent(document: Rule, desk: Surroundings) -> Iterator[Finding]:
    """Triggers that need a fact which no case had lately."""
    if desk.looked_at < FEWEST:
        return
    for index, rule in enumerate(document["triggers"]):
        when = rule.get("when")
        if rule.get("enabled", True) is False or never(when) or not never(when, lambda leaf: _missing(leaf, desk)):
            continue
        lost = sorted({str(leaf["fact"]) for leaf in _leaves(when) if _missing(leaf, desk)})
        told = {"rule": RuleName(rule["name"]), "facts": ", ".join(lost), "count": desk.looked_at}
        says = say("%(rule)s needs %(facts)s, which none of the last %(count)s cases had; it never fires", **told)
        yield "hint", f"/triggers/{index}/when", says


def _missing(leaf: Rule, desk: Surroundings) -> bool:
    """Is the fact of a comparison one that nobody sends? The desk's own always has a value."""
    name = str(leaf["fact"])
    return name not in desk.sent and not (name in FACTS and name.startswith(("text.", "proposal.", "conversation.")))


def _leaves(when: Any) -> Iterator[Rule]:
    if isinstance(when, list):
        for part in when:
            yield from _leaves(part)
    elif isinstance(when, dict):
        if "fact" in when:
            yield when
        for head in ("all", "any"):
            yield from _leaves(when.get(head))
