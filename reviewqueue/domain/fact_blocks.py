"""Keeps the packed copy of recorded facts: made out of the way of intake, and dropped when facts change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from django.db import IntegrityError, transaction

from reviewqueue.engine.columns import Column
from reviewqueue.engine.packing import packed
from reviewqueue.models import FactBlock, FactColumn, ids
from reviewqueue.queries import real, recorded

# Ids are made before their transaction ends; after this long, none that is smaller can still come.
SETTLED: Final = timedelta(minutes=10)
_BATCH: Final = 8


def pack(*, at: datetime, most: int = _BATCH) -> int:
    """Pack the oldest cases that are not packed yet, in full blocks only; says how many cases that were."""
    done = 0
    for first, before in _gaps(at):
        for rows in _full(first, before, most):
            done += store(rows)
            most -= 1
        if most <= 0:
            break
    return done


def waiting(*, at: datetime) -> int:
    """How many settled cases are not packed yet."""
    settled = real.cases().filter(pk__lt=ids.first_at("case", at - SETTLED)).count()
    return settled - sum(FactBlock.objects.values_list("count", flat=True))


def check() -> int:
    """Drop the blocks that do not hold what lies between their ends, as this desk lays it out; says how many."""
    whole = FactColumn.objects.filter(name=recorded.CASE[-1]).values("block_id")
    old = list(FactBlock.objects.exclude(pk__in=whole).values_list("pk", flat=True))
    FactBlock.objects.filter(pk__in=old).delete()
    return len(old) + _check_counts()


def _check_counts() -> int:
    """A late case makes a block that lacks it."""
    known = list(FactBlock.objects.values_list("first", "last", "count"))
    if not known or real.cases().filter(pk__lte=known[-1][1]).count() == sum(count for *_ends, count in known):
        return 0
    wrong = [first for first, last, count in known if real.cases().filter(pk__range=(first, last)).count() != count]
    FactBlock.objects.filter(pk__in=wrong).delete()
    return len(wrong)


def _gaps(at: datetime) -> Iterator[tuple[str, str]]:
    """Stretches of ids between blocks, and behind the last: (behind this one, before that one)."""
    after = ""
    for first, last in FactBlock.objects.values_list("first", "last"):
        if real.cases().filter(pk__gt=after, pk__lt=first).exists():
            yield after, first
        after = last
    yield after, ids.first_at("case", at - SETTLED)


def _full(after: str, before: str, most: int) -> Iterator[list[dict[str, Any]]]:
    """What lies behind the last block waits until a block is full; a gap is filled with what there is."""
    between = FactBlock.objects.filter(first__gte=before).exists()
    while most > 0:
        rows = recorded.unpacked_rows(after, before=before)
        if not rows or (len(rows) < recorded.SIZE and not between):
            return
        yield rows
        after, most = rows[-1]["id"], most - 1


def store(rows: Sequence[dict[str, Any]]) -> int:
    """Pack these rows, as ``recorded.unpacked_rows`` reads them; says how many."""
    table = recorded.laid_out(rows)
    moments = [row["created_at"] for row in rows]
    block = FactBlock(
        first=rows[0]["id"],
        last=rows[-1]["id"],
        count=len(rows),
        actions=table.actions,
        from_at=min(moments),
        to_at=max(moments),
    )
    columns = dict(table.columns) | {recorded.PLACES: Column.of(np.asarray(table.case_of).tolist())}
    try:
        with transaction.atomic():
            block.save(force_insert=True)
            FactColumn.objects.bulk_create(
                FactColumn(block=block, name=name, data=packed(column)) for name, column in columns.items()
            )
    except IntegrityError:  # another process packed the same cases
        return 0
    return len(rows)
