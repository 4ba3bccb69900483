"""``python -m tests.past_of_demo``: the demo's people and past in the desk of this environment, with nobody at work."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hitl.settings")
django.setup()

from django.conf import settings  # noqa: E402 - after the setup

from hitl.demo import people  # noqa: E402 - after the setup
from hitl.demo.past.writing import Past  # noqa: E402 - after the setup
from reviewqueue.domain import autonomy, figures  # noqa: E402 - after the setup
from reviewqueue.queries import clock  # noqa: E402 - after the setup

if __name__ == "__main__":
    people.prepare(at=clock.now())
    Past(settings.DATA_DIR, clock=clock.now, leisure=0).write()
    figures.keep_up(at=clock.now())
    autonomy.ring(at=clock.now())
