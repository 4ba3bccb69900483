"""Everything that happens in the demo's shop, as data."""

from __future__ import annotations

from typing import Final

from hitl.demo.scenarios import changes, contracts, exceptions, feelings, harmless, legal, money, privacy, security
from hitl.demo.scenarios.script import Scenario

_TOPICS = (harmless, money, exceptions, privacy, security, feelings, legal, contracts, changes)

SCENARIOS: Final[dict[str, Scenario]] = {scenario.name: scenario for topic in _TOPICS for scenario in topic.SCENARIOS}
