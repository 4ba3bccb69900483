"""Evidence that leaves the house: one JSON Lines file and, beside it, the program that checks it."""

import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.db.models import QuerySet

from audit import chain
from audit.heads import Expected
from audit.models import Entry
from audit.standalone import verify_export as verifier
from audit.verify import of_subject, rows, snapshot

NOTHING_EXPECTED = Expected({}, ())


@dataclass(frozen=True, slots=True)
class Export:
    """What was written; note the fingerprint elsewhere: it stands for every byte of the file."""

    path: str
    verifier: str
    entries: int
    chains: int
    fingerprint: str


def write(path: Path, *, at: datetime, subject: str | None = None, expected: Expected = NOTHING_EXPECTED) -> Export:
    """Write all chains (or one `subject`'s) to `path`, readable by its owner only, and the verifier next to it.

    `expected` is the product's word on where chains end (`heads.expected()`), so that the export cannot hide a cut.
    Raises LookupError when there is nothing about `subject`, OSError when the file cannot be written, and
    `verifier.Broken` at a row of the database that cannot be read.
    """
    with snapshot():
        entries = of_subject(subject)
        heads = _heads(entries, subject, expected)
        if subject and not heads:
            raise LookupError(f"the ledger knows nothing about {subject}")
        header = _header(heads, at)
        _write_lines(path, header, entries)
    beside = path.with_name("verify_export.py")
    shutil.copyfile(verifier.__file__, beside)
    return Export(str(path), str(beside), header["entries"], header["chains"], header["fingerprint"])


def _header(heads: Mapping[str, verifier.Head], at: datetime) -> dict[str, Any]:
    header = {
        "format": verifier.FORMAT,
        "version": verifier.VERSION,
        "created_at": chain.instant(at),
        "chains": len(heads),
        "entries": sum(head.seq for head in heads.values()),
        "heads": {subject: asdict(head) for subject, head in heads.items()},
    }
    return {**header, "fingerprint": verifier.digest(chain.canonical(header))}


def _heads(entries: QuerySet[Entry], subject: str | None, expected: Expected) -> dict[str, verifier.Head]:
    """Where each chain ends: the number that the product expects, hash and erasures as they are."""
    wanted = {name: seq for name, seq in expected.seqs.items() if subject in (None, name)}
    heads = {name: verifier.Head(seq, verifier.GENESIS, 0) for name, seq in wanted.items()}
    erased: Counter[str] = Counter()
    for row in rows(entries):
        name, seq = row["subject"], int(row["seq"])
        if name not in wanted and name.startswith(expected.complete):
            continue  # Nobody knows this chain: left out of the list, so that the verifier finds it.
        erased[name] += row["body"] is None
        heads[name] = verifier.Head(wanted.get(name, seq), row["hash"], erased[name])
    return heads


def _write_lines(path: Path, header: Mapping[str, Any], entries: QuerySet[Entry]) -> None:
    """All or nothing: the name appears when the last byte is on the disk."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    with _private(part) as file:
        for line in _lines(header, entries):
            file.write(line)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _private(path: Path) -> BinaryIO:
    """The export holds personal text: for its owner's eyes from the first byte."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _lines(header: Mapping[str, Any], entries: QuerySet[Entry]) -> Iterator[bytes]:
    yield f"{chain.canonical(header)}\n".encode()
    for row in rows(entries):
        yield f"{chain.canonical({name: row[name] for name in verifier.SHAPE})}\n".encode()
