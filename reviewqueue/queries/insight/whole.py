"""Every metric of the desk, wherever it comes from."""

from __future__ import annotations

from typing import Final

from reviewqueue.queries.insight.extras import EXTRAS
from reviewqueue.queries.insight.judged import JUDGED
from reviewqueue.queries.insight.metrics import METRICS, Metric

EVERY: Final[tuple[Metric, ...]] = (*METRICS, *EXTRAS, *JUDGED)
