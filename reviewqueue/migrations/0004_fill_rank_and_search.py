from typing import Any

from django.db import migrations

from reviewqueue.engine import rank
from reviewqueue.engine.terms import terms
from reviewqueue.models import wordindex

_OPEN = ["queued", "claimed", "asked", "second_look"]
_AT_ONCE = 500


def fill(apps: Any, _schema_editor: object) -> None:
    """Cases of before get their rank and their words; their worth is taken to be their value."""
    cases = apps.get_model("reviewqueue", "Case").objects.filter(search_terms="")
    while batch := list(cases[:_AT_ONCE]):
        for case in batch:
            told = f"{case.pk} {case.customer_ref} {case.customer_name} {case.issue}"
            case.search_terms, case.worth = " ".join(terms(told)), case.value
            head = rank.head_start(
                priority=case.priority, risk=case.risk, has_value=case.value is not None, worth=case.worth
            )
            case.rank_at = rank.rank_at(case.due_at or case.expires_at, head) if case.state in _OPEN else None
        cases.model.objects.bulk_update(batch, ["search_terms", "worth", "rank_at"])


class Migration(migrations.Migration):
    dependencies = [("reviewqueue", "0003_rank_and_search")]

    operations = [
        migrations.RunPython(wordindex.forwards, wordindex.backwards),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
