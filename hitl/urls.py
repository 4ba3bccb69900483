"""Every address of the desk."""

from django.contrib import admin
from django.urls import include, path

from hitl.api import pages

handler400 = "hitl.api.pages.bad_request"
urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("hitl.api.urls")),
    path("problems/", pages.problem_list, name="problems"),
    path("problems/<slug:slug>", pages.problem, name="problem"),
    path("", include("hitl.accounts.urls")),
    path("", include("reviewqueue.web.urls")),
]
