"""All that intake must know before it judges, in one question: every proposal asks it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from django.db import connection

from reviewqueue.queries.history import WEEK

if TYPE_CHECKING:
    from datetime import datetime


class Glance(NamedTuple):
    """What there is: case, conversation and who holds it, newest policy, recent contacts, open pauses, the ladder.

    ``queues``: another text once a queue has changed; ``next_conversation``: what a new one may be called, where the
    database knows before.
    """

    case: str | None
    conversation: int | None
    held_by: str | None
    policy: int | None
    policy_digest: str | None
    contacts: int
    paused: bool
    climbs: bool
    queues: str
    next_conversation: int | None


_SQL: Final = """
SELECT known.id, talk.id, talk.held_by_id, policy.number, policy.digest,
    (SELECT COUNT(*) FROM reviewqueue_conversation recent
     WHERE recent.customer_ref = %s AND recent.created_at >= %s AND recent.agent_id = %s),
    EXISTS (SELECT 1 FROM reviewqueue_pause WHERE resumed_at IS NULL),
    EXISTS (SELECT 1 FROM reviewqueue_cell WHERE agent_id = %s),
    {queues}, {next_conversation}
FROM (SELECT 1 AS one) AS one
LEFT JOIN reviewqueue_case known ON known.agent_id = %s AND known.dedupe_key = %s
LEFT JOIN reviewqueue_conversation talk ON talk.agent_id = %s AND talk.external_id = %s
LEFT JOIN reviewqueue_policyversion policy ON policy.number = (SELECT MAX(number) FROM reviewqueue_policyversion)
"""


_NEW: Final = {
    "sqlite": {"queues": "(SELECT GROUP_CONCAT(stamp) FROM reviewqueue_queue)", "next_conversation": "NULL"},
    "postgresql": {
        "queues": "(SELECT STRING_AGG(stamp, ',' ORDER BY name) FROM reviewqueue_queue)",
        "next_conversation": "CASE WHEN COALESCE(known.id, talk.external_id) IS NULL"
        " THEN nextval('reviewqueue_conversation_id_seq') END",
    },
}


def at_proposal(*, agent: int, dedupe_key: str, conversation: str, customer: str, at: datetime) -> Glance:
    """Look once; ``contacts`` counts this customer's conversations of the last seven days."""
    since = connection.ops.adapt_datetimefield_value(at - WEEK)
    with connection.cursor() as cursor:
        cursor.execute(_sql(connection.vendor), [customer, since, agent, agent, agent, dedupe_key, agent, conversation])
        return Glance(*cursor.fetchone())


@lru_cache(maxsize=2)
def _sql(vendor: str) -> str:
    return _SQL.format(**_NEW[vendor])
