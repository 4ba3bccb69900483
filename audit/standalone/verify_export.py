"""Check an audit export without the desk, without a network, with nothing but Python 3.11 or later.

    python verify_export.py export.jsonl

Prints a report as JSON. Status 0: everything holds; 1: it does not, the first bad place is named; 2: no such file.

The first line of an export is its header, every other line one ledger entry in RFC 8785 form. Checked are
* the chain of each subject: numbers from 1 without a gap, every entry linked to the hash of the one before it,
  every hash and every commitment to a body recomputed (a body may have been erased: then the commitment stays);
* the ends of the chains against the header (or, in the desk, against the product's own rows);
* the meaning of a case: every execution had one matching, unexpired, unused approval; four eyes where demanded.
Whoever can rewrite the whole file can also recompute it: compare `fingerprint` with the one noted when it was made.
It is one file on purpose, long as it is: it is handed over, read and run alone. The desk checks itself with it as well.
"""

import hashlib
import itertools
import json
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

FORMAT = "hitl-audit-export"
VERSION = 1
GENESIS = "0" * 64
SALT = re.compile(r"[0-9a-f]{32}")
EXECUTING = ("approve", "edit")
# After these nothing more of the case may run.
ENDINGS = ("case.expired", "case.withdrawn", "case.superseded", "case.taken_over", "case.closed")
Row = Mapping[str, Any]
SHAPE: Mapping[str, tuple[type, ...]] = {
    "subject": (str,),
    "seq": (int,),
    "kind": (str,),
    "at": (str,),
    "actor": (dict,),
    "salt": (str, type(None)),
    "body": (str, type(None)),
    "commitment": (str,),
    "prev": (str,),
    "hash": (str,),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """The first bad place: which entry, what is wrong (a slug and a sentence), what was expected and found."""

    subject: str
    seq: int | None
    what: str
    says: str
    expected: str = ""
    found: str = ""
    line: int | None = None


class Broken(Exception):  # noqa: N818 -- the ledger is broken, not the program
    """Stops the examination at the first bad place."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.says)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Head:
    """How a chain must end: number of its last entry and, where known, that entry's hash and the erased entries."""

    seq: int
    hash: str | None = None
    erased: int | None = None


@dataclass(slots=True)
class Report:
    """What was examined until everything was, or until the first fault."""

    entries: int = 0
    chains: int = 0
    erased: int = 0
    fingerprint: str = ""
    fault: Fault | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return self.fault is None

    def as_json(self) -> str:
        """The report for people and programs."""
        return json.dumps({"holds": self.holds, **asdict(self)}, indent=2)


def canonical(value: object) -> str:
    """RFC 8785 for what the ledger seals: objects, lists, strings, integers, booleans, null; never a float."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{canonical(key)}:{canonical(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float):
        raise ValueError("the ledger seals no floating-point numbers")  # noqa: TRY004 -- bad data, not a bad call
    return json.dumps(value, ensure_ascii=False)


def digest(text: str, salt: bytes = b"") -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(salt + text.encode()).hexdigest()


def seal(row: Row) -> str:
    """The hash that an entry must carry."""
    kept = ("subject", "seq", "kind", "at", "actor", "commitment", "prev")
    return digest(canonical({"v": VERSION, **{name: row[name] for name in kept}}))


def examine(rows: Iterable[Row], heads: Mapping[str, Head], complete: Collection[str] = ()) -> Report:
    """Check `rows`, which come chain by chain, each in order.

    `heads` says how chains must end. `complete` holds prefixes of subjects ("case:"; "" for all) under which `heads`
    is a full list, so that a chain missing there is a fault too.
    """
    report, seen = Report(), set[str]()
    try:
        for subject, entries in itertools.groupby(rows, key=lambda row: row["subject"]):
            _check_chain(_listed(entries, seen, heads, complete), heads.get(subject), report)
            seen.add(subject)
        _check_none_missing(seen, heads)
    except Broken as broken:
        report.fault = broken.fault
    return report


def _listed(
    entries: Iterator[Row], seen: set[str], heads: Mapping[str, Head], complete: Collection[str]
) -> Iterator[Row]:
    """The entries of one chain, once it is clear that there may be such a chain here."""
    first = next(entries)
    if first["subject"] in seen:
        _broken(first, "order", "the entries of one chain do not stand together")
    if first["subject"] not in heads and first["subject"].startswith(tuple(complete)):
        _broken(first, "unknown-chain", "a chain that nothing else knows of", "no chain", "a chain")
    yield first
    yield from entries


def _check_none_missing(seen: set[str], heads: Mapping[str, Head]) -> None:
    for subject, head in heads.items():
        if head.seq and subject not in seen:
            says = f"the whole chain of {subject} is missing"
            raise Broken(Fault(subject, 1, "missing-chain", says, f"{head.seq} entries", "none"))


def _check_chain(rows: Iterable[Row], head: Head | None, report: Report) -> None:
    report.chains += 1
    told, erased, prev, row = [], 0, GENESIS, None
    for seq, row in enumerate(rows, 1):
        _check_entry(row, seq, prev)
        prev = row["hash"]
        erased += row["body"] is None
        report.entries += 1
        report.erased += row["body"] is None
        if row["subject"].startswith("case:"):
            told.append(row)
    if row and head:
        _check_end(row, erased, head)
    story = Story()
    for event in told:
        story.tell(event)


def _check_entry(row: Row, seq: int, prev: str) -> None:
    if row["seq"] != seq:
        _broken(row, "seq", "an entry is missing, doubled or out of order", seq, row["seq"])
    if row["prev"] != prev:
        _broken(row, "prev", "the entry is not linked to the one before it", prev, row["prev"])
    _check_body(row)
    if row["hash"] != (expected := seal(row)):
        _broken(row, "hash", "the entry was changed after it was written", expected, row["hash"])


def _check_body(row: Row) -> None:
    salt, body = row["salt"], row["body"]
    if salt is None and body is None:
        return
    if salt is None or body is None or not SALT.fullmatch(salt):
        _broken(row, "commitment", "salt and body belong together: one of them is missing or damaged")
    if row["commitment"] != (found := digest(body, bytes.fromhex(salt))):
        _broken(row, "commitment", "the body is not the one that was written", row["commitment"], found)


def _check_end(last: Row, erased: int, head: Head) -> None:
    if last["seq"] != head.seq:
        says = "entries are missing at the end" if last["seq"] < head.seq else "entries were added at the end"
        seq = min(last["seq"], head.seq) + 1
        line = last["line"] and last["line"] + seq - last["seq"]
        _broken({**last, "seq": seq, "line": line}, "head", says, head.seq, last["seq"])
    if head.hash is not None and head.hash != last["hash"]:
        _broken(last, "head", "the chain ends in another entry than it should", head.hash, last["hash"])
    if head.erased is not None and head.erased != erased:
        _broken(last, "erased", "bodies were removed or brought back", head.erased, erased)


def _broken(row: Row, what: str, says: str, expected: object = "", found: object = "") -> NoReturn:
    raise Broken(Fault(row["subject"], row["seq"], what, says, str(expected), str(found), row.get("line")))


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision about one action."""

    type: str
    call_id: str
    digest: str
    effective_at: datetime | None


@dataclass(slots=True)
class Grant:
    """A permission to execute, as far as the story has been told."""

    digest: str
    expires_at: datetime
    redeemed: bool = False
    void: bool = False


@dataclass(slots=True)
class Story:
    """The events of one case, and whether each may follow the others."""

    rulings: dict[str, Ruling] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    first_eyes: dict[str, dict[str, str]] = field(default_factory=dict)
    ended: str = ""
    forgotten: bool = False

    def tell(self, row: Row) -> None:
        """Take one more event; raises Broken when it could not have happened."""
        if row["kind"] in ENDINGS:
            self.ended = row["kind"]
        if row["body"] is None:
            self.forgotten = True
        elif step := _STEPS.get(row["kind"]):
            step(self, row, _document(row))

    def second_look(self, row: Row, body: Row) -> None:
        """The first of two people said what may run: their latest word counts."""
        said = {_text(item, "call_id"): _text(item, "digest") for item in _items(body) if _executes(item)}
        self.first_eyes[row["actor"]["id"]] = said

    def decided(self, row: Row, body: Row) -> None:
        """A person decided; where two are required, nothing runs on the word of one."""
        if row["actor"]["type"] != "user":
            _broken(row, "decided-by", "only a person decides a case", "user", row["actor"]["type"])
        if body.get("eyes") == 2:  # noqa: PLR2004 -- four eyes
            self._check_four_eyes(row, body)
        self.ruled(row, body)

    def ruled(self, _row: Row, body: Row) -> None:
        """Rulings of a person or of the policy."""
        effective_at = _moment(body, "effective_at")
        for item in _items(body):
            ruling = Ruling(_text(item, "type"), _text(item, "call_id"), _text(item, "digest"), effective_at)
            self.rulings[_text(item, "id")] = ruling

    def undone(self, _row: Row, body: Row) -> None:
        """Rulings that were taken back allow nothing any more; where it is not said which, none does."""
        listed = body.get("decisions")
        for ruling in listed if isinstance(listed, list) else list(self.rulings):
            self.rulings.pop(str(ruling), None)

    def issued(self, row: Row, body: Row) -> None:
        """A grant follows an approval of the same bytes that has taken effect."""
        self._check_open(row)
        ruling, expires_at = self.rulings.get(_text(body, "decision")), _moment(body, "expires_at")
        if _text(body, "grant") in self.grants:
            _broken(row, "grant-twice", "the same grant was issued twice", "", _text(body, "grant"))
        if expires_at is None:
            _broken(row, "grant-expiry", "a grant without an expiry", "a time", body.get("expires_at"))
        if ruling or not self.forgotten:
            _check_ruling(row, body, ruling)
        self.grants[_text(body, "grant")] = Grant(_text(body, "digest"), expires_at)

    def renewed(self, row: Row, body: Row) -> None:
        """A new expiry for a grant that could still be used."""
        grant, expires_at = self._grant(row, body), _moment(body, "expires_at")
        if grant and (grant.void or grant.redeemed or expires_at is None):
            _broken(row, "grant-renewed", "a grant was renewed that could not be", "a usable grant", "void or used")
        if grant and expires_at:
            grant.expires_at = expires_at

    def voided(self, row: Row, body: Row) -> None:
        """A grant that must not be used any more."""
        if grant := self._grant(row, body):
            grant.void = True

    def redeemed(self, row: Row, body: Row) -> None:
        """The execution: once, in time, of the bytes that were approved."""
        at = _moment(body, "at") or _moment(row, "at")
        if not (grant := self._grant(row, body)):
            return
        self._check_open(row)
        if grant.void:
            _broken(row, "grant-void", "a voided grant was used")
        if grant.redeemed:
            _broken(row, "grant-redeemed-twice", "a grant was used twice", 1, 2)
        if _text(body, "digest") != grant.digest:
            _broken(row, "grant-digest", "something else ran than was approved", grant.digest, body.get("digest"))
        if at is None or at >= grant.expires_at:
            _broken(row, "grant-expired", "a grant was used after its expiry", grant.expires_at, at)
        grant.redeemed = True

    def outcome(self, row: Row, body: Row) -> None:
        """Only what was redeemed can have an outcome."""
        if (grant := self._grant(row, body)) and not grant.redeemed:
            _broken(row, "outcome-without-redemption", "an outcome was reported of something that never ran")

    def _check_open(self, row: Row) -> None:
        if self.ended:
            _broken(row, "after-end", f"something was allowed or ran after {self.ended}", "nothing", row["kind"])

    def _grant(self, row: Row, body: Row) -> Grant | None:
        """The grant meant; None where the entry that issued it has been erased and nothing can be said."""
        if not (grant := self.grants.get(_text(body, "grant"))) and not self.forgotten:
            _broken(row, "grant-unknown", "no such grant was issued for this case", "", _text(body, "grant"))
        return grant

    def _check_four_eyes(self, row: Row, body: Row) -> None:
        """Two different people approved the same bytes; a rejection needs only one."""
        first, second = _text(body, "first_by"), row["actor"]["id"]
        executing = {_text(item, "call_id"): _text(item, "digest") for item in _items(body) if _executes(item)}
        if not executing:
            return
        if not first or first == second:
            _broken(row, "four-eyes", "two people were required and one decided", "another user", first)
        if not self.forgotten and first not in self.first_eyes:
            _broken(row, "four-eyes", "the first of two decisions is not in the ledger", first, "nobody")
        if not self.forgotten and not executing.items() <= self.first_eyes[first].items():
            _broken(row, "four-eyes", "two people approved different things", self.first_eyes[first], executing)


def _check_ruling(row: Row, body: Row, ruling: Ruling | None) -> None:
    if not ruling or ruling.type not in EXECUTING or ruling.call_id != _text(body, "call_id"):
        found = f"{ruling.type} of {ruling.call_id}" if ruling else "no such decision"
        _broken(row, "grant-without-decision", "a grant was issued that nobody approved", "an approval", found)
    if ruling.digest != _text(body, "digest"):
        _broken(row, "grant-digest", "a grant for something else than was approved", ruling.digest, body.get("digest"))
    at = _moment(row, "at")
    if ruling.effective_at and (at is None or at < ruling.effective_at):
        says = "a grant was issued while the decision could still be undone"
        _broken(row, "grant-early", says, ruling.effective_at, at)


_STEPS = {
    "case.queued": Story.ruled,
    "case.released": Story.ruled,
    "case.second_look": Story.second_look,
    "case.decided": Story.decided,
    "case.undone": Story.undone,
    "grant.issued": Story.issued,
    "grant.renewed": Story.renewed,
    "grant.voided": Story.voided,
    "grant.redeemed": Story.redeemed,
    "grant.outcome": Story.outcome,
}


def _document(row: Row) -> Row:
    try:
        document = json.loads(row["body"])
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        _broken(row, "body", "the body is not a JSON object")
    return document


def _items(body: Row) -> list[dict[str, Any]]:
    listed = body.get("decisions")
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def _executes(item: Row) -> bool:
    return item.get("type") in EXECUTING


def _text(body: Row, key: str) -> str:
    value = body.get(key)
    return value if isinstance(value, str) else ""


def _moment(body: Row, key: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(_text(body, key))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def check_shape(row: object, line: int | None = None) -> Row:
    """`row` if it has an entry's fields and types, else Broken; `line` is remembered for the report."""
    fits = isinstance(row, dict) and row.keys() == SHAPE.keys() and all(type(row[k]) in SHAPE[k] for k in SHAPE)
    if not (fits and isinstance(row, dict) and _is_actor(row["actor"])):
        raise Broken(Fault(*_place(row), "format", "this is not a ledger entry", line=line))
    return {**row, "line": line}


def _is_actor(actor: dict[str, Any]) -> bool:
    return actor.keys() == {"type", "id"} and all(isinstance(value, str) for value in actor.values())


def _place(row: object) -> tuple[str, int | None]:
    if not isinstance(row, dict):
        return "", None
    seq = row.get("seq")
    return _text(row, "subject"), seq if type(seq) is int else None


def verify_file(path: Path) -> Report:
    """Check an export; the report carries its fingerprint. Raises OSError where the file cannot be read."""
    with path.open("rb") as file:
        try:
            header = _parse(file.readline(), 1)
            heads, fingerprint = _heads(header)
        except Broken as broken:
            return Report(fault=broken.fault)
        report = examine(_entries(file), heads, complete=("",))
    report.fingerprint = fingerprint
    return report


def _entries(file: BinaryIO) -> Iterator[Row]:
    for line, raw in enumerate(file, 2):
        yield check_shape(_parse(raw, line), line)


def _parse(raw: bytes, line: int) -> dict[str, Any]:
    try:
        document = json.loads(raw)
        exact = f"{canonical(document)}\n".encode() == raw
    except (ValueError, RecursionError):
        document, exact = None, False
    if not exact or not isinstance(document, dict):
        says = f"line {line} is not as it was written"
        raise Broken(Fault(*_place(document), "format", says, line=line))
    return document


def _heads(header: dict[str, Any]) -> tuple[dict[str, Head], str]:
    """The ends of the chains and the fingerprint of the whole, which is the header's own digest."""
    fingerprint = digest(canonical({key: value for key, value in header.items() if key != "fingerprint"}))
    if header.get("format") != FORMAT or header.get("version") != VERSION:
        raise Broken(Fault("", None, "format", f"this is not version {VERSION} of an audit export", line=1))
    if header.get("fingerprint") != fingerprint:
        found = str(header.get("fingerprint"))
        raise Broken(Fault("", None, "header", "the header was changed", fingerprint, found, line=1))
    try:
        heads = {subject: Head(**head) for subject, head in header["heads"].items()}
    except (AttributeError, KeyError, TypeError):
        heads = {"": Head(0, "")}
    if not all(type(head.seq) is int for head in heads.values()) or "" in heads:
        raise Broken(Fault("", None, "header", "the header does not list the chains", line=1))
    return heads, fingerprint


def main(arguments: list[str]) -> int:
    """Check the export named; returns the exit status."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python verify_export.py export.jsonl\n")
        return 2
    try:
        report = verify_file(Path(arguments[0]))
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(report.as_json() + "\n")
    return 0 if report.holds else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
