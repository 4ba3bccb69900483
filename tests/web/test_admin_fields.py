"""Every field that an administrator can fill in is explained, by itself or by the group in which it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.test import RequestFactory

from reviewqueue.models import PolicyDraft
from tests import factories

pytestmark = pytest.mark.django_db


def test_every_field_of_the_administration_is_explained() -> None:
    request = RequestFactory().get("/")
    request.user = factories.person("admin", is_staff=True, is_superuser=True)
    bare = [
        f"{model.__name__}.{field}"
        for model, of in admin.site._registry.items()  # noqa: SLF001 - the admin tells it in no other way
        for obj in objects(request, model, of)
        for field in unexplained(request, of, obj)
    ]
    assert sorted(set(bare)) == []


def objects(request: Any, model: Any, of: Any) -> Iterator[Any]:
    """What the forms are about that this administrator can save; drafts have pages of their own."""
    if model is PolicyDraft:
        return
    if of.has_add_permission(request):
        yield None
    if of.has_change_permission(request):
        yield model()


def unexplained(request: Any, of: Any, obj: Any) -> Iterator[str]:
    fields = of.get_form(request, obj, change=obj is not None).base_fields
    described = {
        name
        for _title, group in of.get_fieldsets(request, obj)
        if group.get("description")
        for name in flatten_fieldsets([(None, group)])
    }
    read = {*of.get_readonly_fields(request, obj), *described}
    shown = flatten_fieldsets(of.get_fieldsets(request, obj))
    yield from (name for name in shown if name in fields and name not in read and not fields[name].help_text)
    for inline in of.get_inline_instances(request, obj):
        inner = inline.get_formset(request, obj).form.base_fields
        fixed = inline.get_readonly_fields(request, obj)
        yield from (name for name in inline.fields if name in inner and name not in fixed and not inner[name].help_text)
