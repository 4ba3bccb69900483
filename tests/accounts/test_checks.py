"""Settings that would protect nobody stop the start."""

import pytest
from pytest_django import Settings

from hitl.accounts import checks

PROVIDER = {"OIDC_ISSUER": "https://id.example", "OIDC_CLIENT_ID": "desk", "OIDC_SECRET": "secret"}


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ({}, []),
        (PROVIDER, []),
        ({"MFA_ROLES": ["admin", "auditor"], "OIDC_CREATE": "reviewer"}, []),
        ({"MFA_ROLES": ["admins"]}, ["desk.E011"]),
        ({"STEP_UP_RISKS": ["high", "critical"]}, []),
        ({"STEP_UP_RISKS": ["huge"]}, ["desk.E016"]),
        ({"OIDC_CREATE": "boss"}, ["desk.E012"]),
        (PROVIDER | {"OIDC_SECRET": ""}, ["desk.E013"]),
        (PROVIDER | {"OIDC_CLIENT_ID": ""}, ["desk.E013"]),
        (PROVIDER | {"OIDC_ISSUER": "http://id.example"}, ["desk.E014"]),
        (PROVIDER | {"OIDC_ISSUER": "http://127.0.0.1:9000"}, []),
        ({"IDLE_SECONDS": 0}, ["desk.E015"]),
        ({"SESSION_COOKIE_AGE": -1}, ["desk.E015"]),
    ],
)
def test_each_wrong_setting_is_named(settings: Settings, wrong: dict[str, object], found: list[str]) -> None:
    for name, value in wrong.items():
        setattr(settings, name, value)
    assert [each.id for each in checks.signing_in()] == found
