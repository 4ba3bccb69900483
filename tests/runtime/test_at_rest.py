"""What a desk that nobody asks anything has in memory: nothing that only some desks, or some hours, need."""

import subprocess
import sys
from pathlib import Path

from tests.runtime import processes

ROOT = Path(__file__).parents[2]
# What calculates, terminals, clients of services that are not there, and words in many languages.
HEAVY = {
    "numpy",
    "scipy",
    "sklearn",
    "krippendorff",
    "vaderSentiment",
    "prompt_toolkit",
    "rich",
    "redis",
    "channels_redis",
    "psycopg",
    "holidays",
    "hitl_client",
    "httpx",
    "httpcore",
    "standardwebhooks",
}
_START = """
import sys, django
django.setup()
from django.conf import settings
from django.core.management import call_command
from django.urls import resolve
from hitl import asgi, celery, embedded
call_command("migrate", verbosity=0)
celery.app.loader.import_default_modules()
for alarm in settings.CELERY_BEAT_SCHEDULE.values():
    celery.app.tasks[alarm["task"]]()
for path in ("/", "/admin/", "/api/v1/proposals"):
    resolve(path)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_an_embedded_desk_at_rest_has_not_imported_what_only_some_desks_need(tmp_path: Path) -> None:
    there = processes.environment(tmp_path, DJANGO_SETTINGS_MODULE="hitl.settings")
    ran = subprocess.run([sys.executable, "-c", _START], env=there, cwd=ROOT, check=True, stdout=-1, text=True)
    assert HEAVY.intersection(ran.stdout.split()) == set()
