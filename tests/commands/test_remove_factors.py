"""Help for somebody who lost phone, keys and codes."""

import io
import json

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command

from audit.models import Entry
from tests import factories

pytestmark = pytest.mark.django_db


def test_every_second_factor_is_removed_and_recorded() -> None:
    ana = factories.person(username="ana")
    for kind in Authenticator.Type.values:
        Authenticator.objects.create(user=ana, type=kind, data={})
    out = io.StringIO()
    call_command("remove_factors", "ana", stdout=out)
    assert json.loads(out.getvalue()) == {"user": "ana", "removed": 3}
    assert Authenticator.objects.count() == 0
    entries = Entry.objects.filter(kind="user.factor_removed", actor_type="system")
    assert sorted(entry.data["means"] for entry in entries) == ["authenticator app", "passkey", "recovery code"]


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(CommandError, match="There is no person named nobody"):
        call_command("remove_factors", "nobody")
