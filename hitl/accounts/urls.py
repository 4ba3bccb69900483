"""Signing in and one's own account."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from hitl.accounts import views

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("account/", views.account, name="account"),
    path("account/password/", views.ChangePassword.as_view(), name="password_change"),
    path("account/preferences/", views.preferences, name="preferences"),
    path("account/tokens/", views.make_token, name="make_token"),
    path("account/tokens/<int:token_id>/revoke/", views.revoke_token, name="revoke_token"),
]
