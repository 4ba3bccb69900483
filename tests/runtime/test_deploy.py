"""What is under deploy/ fits the desk: its commands, its settings, its addresses."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from hitl import health

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
KUBERNETES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
# What the programs that start the desk read themselves.
OF_OTHERS = {"FORWARDED_ALLOW_IPS", "HOST", "PORT", "PATH", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}
SETTING = re.compile(r"\b(?:HITL_[A-Z_]+|DATABASE_URL|REDIS_URL)\b")


def documents(path: Path) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def containers(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    spec = document.get("spec", {}).get("template", {}).get("spec", {})
    yield from spec.get("containers", [])


def explained() -> set[str]:
    return set(SETTING.findall((ROOT / "docs/operate.md").read_text()))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_setting_that_is_given_is_one_of_the_desks(path):
    assert set(SETTING.findall(path.read_text())) - explained() == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_command_that_is_started_exists(path):
    text = path.read_text()
    started = set(re.findall(r"manage\.py[\s,]+([a-z_]+)", text))
    assert started - set(get_commands()) == set()
    parts = set(re.findall(r"celery[\s,]+-A[\s,]+hitl[\s,]+([a-z]+)", text))
    assert parts - {"worker", "beat"} == set()


def test_the_compose_file_starts_every_part():
    (compose,) = documents(DEPLOY / "compose.yaml")
    assert sorted(compose["services"]) == sorted(
        ["proxy", "web-1", "web-2", "worker", "beat", "migrate", "database", "redis"]
    )
    assert [compose["services"][name]["command"] for name in ("web-1", "web-2")] == ["web", "web"]
    environment = compose["services"]["worker"]["environment"]
    assert set(environment) - OF_OTHERS == {"DATABASE_URL", "REDIS_URL"}


def test_kubernetes_starts_every_part_with_the_same_settings():
    running = [
        (doc["metadata"]["name"], each) for path in KUBERNETES for doc in documents(path) for each in containers(doc)
    ]
    assert sorted(name for name, _each in running) == ["desk-beat", "desk-migrate", "desk-web", "desk-worker"]
    for _name, each in running:
        assert each["envFrom"] == [{"configMapRef": {"name": "desk"}}, {"secretRef": {"name": "desk"}}]
        assert each["securityContext"]["runAsNonRoot"] is True


def test_the_list_of_manifests_is_complete():
    (listed,) = documents(DEPLOY / "kubernetes" / "kustomization.yaml")
    assert sorted(listed["resources"]) == [path.name for path in KUBERNETES if path.name != "kustomization.yaml"]


def test_probes_ask_the_addresses_that_answer():
    web, _service, _budget = documents(DEPLOY / "kubernetes" / "web.yaml")
    (each,) = containers(web)
    asked = [each[probe]["httpGet"]["path"] for probe in ("readinessProbe", "livenessProbe", "startupProbe")]
    assert asked == [health.READY, health.ALIVE, health.ALIVE]
    assert each["readinessProbe"]["timeoutSeconds"] > health.ANSWER_SECONDS


def test_every_manifest_names_the_part_that_it_selects():
    for path in KUBERNETES:
        for document in documents(path):
            if document.get("kind") == "Deployment":
                labels = document["spec"]["template"]["metadata"]["labels"]
                assert document["spec"]["selector"]["matchLabels"] == labels


@pytest.mark.parametrize("path", sorted((DEPLOY / "systemd").glob("*.service")), ids=lambda path: path.name)
def test_a_unit_starts_what_is_there_and_gives_it_time_to_end(path):
    unit = dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line and line[0] != "#")
    program = unit["ExecStart"].split()[0].removeprefix("/opt/hitl/")
    assert program in {".venv/bin/python", ".venv/bin/celery", "deploy/web"}
    assert (unit["User"], unit["WorkingDirectory"], int(unit["TimeoutStopSec"])) == ("hitl", "/opt/hitl", 15)


def test_the_image_holds_every_package_that_the_desk_imports():
    copied = set(re.findall(r"^COPY (\S+) ", (DEPLOY / "Containerfile").read_text(), re.MULTILINE))
    assert {
        "manage.py",
        "audit",
        "reviewqueue",
        "hitl",
        "clients/python/src/hitl_client",
        "templates",
        "static",
    } <= copied
    assert all((ROOT / name).exists() for name in copied if not name.startswith("--"))
