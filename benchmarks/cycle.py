"""Submit, claim, decide, and the agent has it: one at a time, beside a bare Django view doing four trivial writes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import desk, http, proposals
from benchmarks.figures import Measure, percentile
from tests import services

_POLICY = """
format: 1
name: Everything to a person, at once
currency: EUR
oversight: [{match: {}, mode: in_the_loop}]
triggers: []
undo_seconds: 0
expiry: {seconds: 86400, outcome: expire}
"""
_BARE = """
import os
from pathlib import Path
from django.conf import settings
settings.configure(SECRET_KEY="bare", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, INSTALLED_APPS=[__name__],
    USE_TZ=True, MIDDLEWARE=[], DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "CONN_MAX_AGE": None,
    "NAME": Path(os.environ["BARE_FOLDER"]) / "bare.sqlite3", "OPTIONS": {"transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"}}})
import django
django.setup()
from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application
from django.db import connection, models, transaction
from django.http import JsonResponse
from django.urls import path
class Row(models.Model):
    text = models.TextField()
    class Meta:
        app_label = __name__
def write(request):
    with transaction.atomic():
        row = Row.objects.create(text=request.body.decode())
    answer = JsonResponse({"id": row.pk})
    answer.headers["Content-Length"] = str(len(answer.content))
    return answer
urlpatterns = [path("write", write)]
if "bench_bare_row" not in connection.introspection.table_names():
    with connection.schema_editor() as editor:
        editor.create_model(Row)
application = WSGIMiddleware(get_wsgi_application())
"""


def one_at_a_time(rounds: int, count: int) -> list[Measure]:
    """Milliseconds for the whole loop at the 50th and the 95th percentile."""
    half = Measure("Submit → claim → decide → agent has it, p50", "ms", "bare Django view, four writes")
    most = Measure("Submit → claim → decide → agent has it, p95", "ms", "bare Django view, four writes")
    with desk.embedded() as running, tempfile.TemporaryDirectory() as folder:
        policy = Path(folder) / "policy.yaml"
        policy.write_text(_POLICY)
        running.command("make_user", "author", "--role", "admin")
        running.command("policy", "publish", str(policy), "--author", "author", "--reason", "benchmark")
        agent = http.Connection(running.url, running.agent_key())
        reviewer = http.Connection(running.url, running.reviewer_token())
        bare_process, bare = _bare(folder)
        try:
            _loop(agent, reviewer)
            for _round in range(rounds):
                loops = [http.timed(lambda: _loop(agent, reviewer)) * 1000 for _each in range(count)]
                writes = [http.timed(lambda: _writes(bare)) * 1000 for _each in range(count)]
                for measure, share in ((half, 0.5), (most, 0.95)):
                    measure.product.append(percentile(loops, share))
                    measure.limit.append(percentile(writes, share))
        finally:
            bare_process.terminate()
            bare_process.wait(30)
    return [half, most]


def _loop(agent: http.Connection, reviewer: http.Connection) -> None:
    case = agent.json("POST", "/api/v1/proposals", proposals.document())
    shown = reviewer.json("POST", "/api/v1/review/next", {})
    decision = {
        "claim_token": shown["claim"]["token"],
        "version": shown["version"],
        "seen_digest": shown["seen_digest"],
        "decisions": [{"call_id": "call_1", "type": "approve"}],
    }
    reviewer.json("POST", f"/api/v1/review/cases/{case['id']}/decide", decision)
    seen = agent.json("GET", f"/api/v1/cases/{case['id']}")
    assert seen["decisions"][0]["grant"], seen


def _writes(bare: http.Connection) -> None:
    body = proposals.body()
    for _each in range(4):
        bare.call("POST", "/write", body)


def _bare(folder: str) -> tuple[subprocess.Popen[bytes], http.Connection]:
    (Path(folder) / "bench_bare.py").write_text(_BARE)
    port = services.free_port()
    command = [sys.executable, "-m", "uvicorn", "bench_bare:application", "--app-dir", folder, "--port", str(port)]
    environment = os.environ | {"BARE_FOLDER": folder}
    process = subprocess.Popen([*command, "--log-level", "error", "--no-access-log"], env=environment)

    def up() -> bool:
        try:
            http.Connection(f"http://127.0.0.1:{port}").close()
        except OSError:
            return False
        return True

    services.until(up, what="the bare view answers")
    return process, http.Connection(f"http://127.0.0.1:{port}")
