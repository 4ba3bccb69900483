"""What is on record can be read: events of the ledger, and the decisions behind the code."""

import re

from audit.actions import SENTENCES
from reviewqueue.domain import lifecycle
from tests.house import pages, tree

# The families of events besides the case's own, which the lifecycle lists; and those whose names are put together.
_EVENT = re.compile(r"\"((?:grant|user|agent|policy|article|contact)\.[a-z_]+)\"")
_OF_DRAFTS = ("begun", "changed", "compared", "submitted", "sent_back", "published", "discarded")
PUT_TOGETHER = {"agent.changed", "queue.created", "queue.changed", *(f"policy.draft_{step}" for step in _OF_DRAFTS)}


def recorded() -> set[str]:
    written = {kind for path in tree.code("hitl", "reviewqueue") for kind in _EVENT.findall(tree.text(path))}
    return written | PUT_TOGETHER


def test_every_event_that_is_recorded_reads_as_a_sentence() -> None:
    steps = {step.kind for step in lifecycle.TABLE.values()}
    assert sorted((recorded() | steps) - SENTENCES.keys()) == []


def test_the_audit_page_names_every_event_that_is_recorded() -> None:
    told = {
        kind for _subject, cell in pages.page("docs/audit.md").rows("subject") for kind in re.findall(r"`(.+?)`", cell)
    }
    assert told == recorded()


def test_the_list_of_decisions_is_complete_and_in_order() -> None:
    records = sorted(path for path in (tree.ROOT / "docs/adr").glob("0*.md"))
    titles = [path.read_text().splitlines()[0].removeprefix(f"# {path.name[:4]} · ") for path in records]
    told = pages.page("docs/adr/README.md").rows("record")
    assert told == [[f"[{path.name[:4]}]({path.name})", title] for path, title in zip(records, titles, strict=True)]


def test_every_decision_says_why_what_and_what_follows() -> None:
    heads = ["Context.", "Decision.", "Consequences."]
    records = (tree.ROOT / "docs/adr").glob("0*.md")
    unlike = [path.name for path in records if re.findall(r"^\*\*(.+?)\*\*", path.read_text(), re.MULTILINE) != heads]
    assert unlike == []
