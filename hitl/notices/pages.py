"""``/notices/``: what somebody wants to be told of by e-mail, and how soon."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hitl.accounts.models import User
from hitl.notices.models import Mail, Wishes
from reviewqueue.web.visit import person, signed_in


class WishesForm(forms.ModelForm):  # type: ignore[type-arg]
    """A choice for each kind."""

    class Meta:
        model = Wishes
        fields = ("escalation", "assignment", "mention", "alarm", "weekly", "language")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def wishes(request: HttpRequest) -> HttpResponse:
    """Show and change one's own wishes, and the last letters."""
    user = User.objects.get(pk=person(request).pk)
    known = Wishes.objects.filter(user=user).first() or Wishes(user=user)
    form = WishesForm(request.POST or None, instance=known)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved. It counts from the next letter on."))
        return redirect("notices")
    letters = Mail.objects.filter(user=user)[:10]
    context = {"form": form, "address": user.email, "mail_on": settings.MAIL_ON, "letters": letters}
    return render(request, "notices/wishes.html", context, status=422 if form.errors else 200)
