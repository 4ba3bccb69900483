"""Signing in and one's own account. django-allauth looks for the names that begin with ``account_`` and ``mfa_``."""

from django.urls import path

from hitl.accounts import door, factor_pages, views

urlpatterns = [
    path("sign-in/", door.SignIn.as_view(), name="sign_in"),
    path("sign-in/", door.SignIn.as_view(), name="account_login"),
    path("sign-in/second-step/", door.SecondStep.as_view(), name="mfa_authenticate"),
    path("sign-in/passkey/", door.Passkey.as_view(), name="mfa_login_webauthn"),
    path("sign-in/single-sign-on/", door.single_sign_on, name="single_sign_on"),
    path(
        "sign-in/single-sign-on/<str:provider_id>/return/",
        door.single_sign_on_return,
        name="openid_connect_callback",
    ),
    path("sign-out/", door.sign_out, name="sign_out"),
    path("account/", views.account, name="account"),
    path("account/password/", views.ChangePassword.as_view(), name="password_change"),
    path("account/preferences/", views.preferences, name="preferences"),
    path("account/tokens/", views.make_token, name="make_token"),
    path("account/tokens/<int:token_id>/revoke/", views.revoke_token, name="revoke_token"),
    path("account/sessions/", views.session_list, name="sessions"),
    path("account/sessions/end-others/", views.end_other_sessions, name="end_other_sessions"),
    path("account/sessions/<int:pk>/end/", views.end_session, name="end_session"),
    path("account/second-factor/", factor_pages.overview, name="mfa_index"),
    path("account/second-factor/", factor_pages.overview, name="mfa_list_webauthn"),
    path("account/second-factor/app/", factor_pages.SetUpApp.as_view(), name="mfa_activate_totp"),
    path("account/second-factor/app/remove/", factor_pages.RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path("account/second-factor/passkey/", factor_pages.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("account/second-factor/passkey/<int:pk>/remove/", factor_pages.remove_passkey, name="remove_passkey"),
    path("account/second-factor/codes/", factor_pages.Codes.as_view(), name="mfa_view_recovery_codes"),
    path("account/second-factor/codes/new/", factor_pages.NewCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("account/confirm/", factor_pages.Confirm.as_view(), name="account_reauthenticate"),
    path("account/confirm/code/", factor_pages.ConfirmByCode.as_view(), name="mfa_reauthenticate"),
    path("account/confirm/passkey/", factor_pages.ConfirmByPasskey.as_view(), name="mfa_reauthenticate_webauthn"),
]
