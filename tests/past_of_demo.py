"""``python -m tests.past_of_demo [cases]``: the demo's people and past in the desk of this environment, all at rest.

``cases``: so many a week instead of the usual, and no month is audited yet.
"""

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hitl.settings")
django.setup()

from django.conf import settings  # noqa: E402 - after the setup
from django.core.management import call_command  # noqa: E402 - after the setup

from hitl.demo import people  # noqa: E402 - after the setup
from hitl.demo.past import looking, weeks  # noqa: E402 - after the setup
from hitl.demo.past.writing import Past  # noqa: E402 - after the setup
from reviewqueue.domain import autonomy, figures  # noqa: E402 - after the setup
from reviewqueue.queries import clock  # noqa: E402 - after the setup

if __name__ == "__main__":
    if sys.argv[1:]:
        weeks._CASES = int(sys.argv[1])  # noqa: SLF001 - a smaller shop for tests
        looking.audited = lambda month, *, at: None  # noqa: ARG005 - the audit is what is tried
    call_command("migrate", verbosity=0)
    people.prepare(at=clock.now())
    Past(settings.DATA_DIR, clock=clock.now, leisure=0).write()
    figures.keep_up(at=clock.now())
    autonomy.ring(at=clock.now())
