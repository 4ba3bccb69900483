"""Every address of the desk."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy
from django.views.generic import RedirectView

from hitl.accounts import door
from hitl.api import pages

handler400 = "hitl.api.pages.bad_request"
handler500 = "hitl.api.pages.failed"
handler429 = "hitl.accounts.views.too_often"
# Administrators come in, and go, by the same door as everybody else.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# Its page is called what its link is called; the desk has a link of its own on it.
admin.site.index_title = gettext_lazy("Administration")
admin.site.site_url = None
urlpatterns = [
    path("admin/logout/", door.sign_out),
    path("admin/password_change/", RedirectView.as_view(pattern_name="password_change")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("hitl.api.urls")),
    path("problems/", pages.problem_list, name="problems"),
    path("problems/<slug:slug>", pages.problem, name="problem"),
    path("", include("hitl.customers.urls")),
    path("", include("hitl.accounts.urls")),
    path("", include("hitl.notices.urls")),
    path("", include("reviewqueue.web.urls")),
]
