"""The address of one's wishes."""

from django.urls import path

from hitl.notices import pages

urlpatterns = [path("notices/", pages.wishes, name="notices")]
