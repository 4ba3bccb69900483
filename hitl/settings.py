"""Settings: one file for the embedded desk and for production; the environment says which (see docs/operate.md)."""

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from hitl import env

BASE_DIR = env.ROOT
DATA_DIR = env.data_dir()
# Where it lies, this is a demo.
DEMO_MARK = DATA_DIR / env.DEMO_NOTES
REDIS_URL = env.text("REDIS_URL")
EMBEDDED = not env.text("DATABASE_URL")

SECRET_KEY = env.secret("HITL_SECRET_KEY", DATA_DIR)
SECRET_KEY_FALLBACKS = env.words("HITL_OLD_SECRET_KEYS")
DEBUG = False
ALLOWED_HOSTS = env.words("HITL_HOSTS", "localhost,127.0.0.1,[::1]")
PUBLIC_URL = env.text("HITL_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
# How customers know whose page they are on.
COMPANY = env.text("HITL_COMPANY")
HTTPS = PUBLIC_URL.startswith("https://")

INSTALLED_APPS = [
    "hitl",
    "hitl.accounts",
    "hitl.webhooks",
    "hitl.customers",
    "hitl.notices",
    "reviewqueue",
    "audit",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "channels",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
]
MIDDLEWARE = [
    "hitl.middleware.request_id",
    "hitl.middleware.straight",
    "django.middleware.security.SecurityMiddleware",
    "hitl.middleware.Compressed",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "hitl.accounts.sessions.revocation",
    "hitl.accounts.factors.required",
    "hitl.accounts.factors.noted",
]
ROOT_URLCONF = "hitl.urls"
WSGI_APPLICATION = "hitl.wsgi.application"
ASGI_APPLICATION = "hitl.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "reviewqueue.web.shell.shell",
            ],
            "libraries": {"desk": "reviewqueue.web.render", "policy_words": "reviewqueue.web.policy_words"},
        },
    },
]

DATABASES = env.databases(DATA_DIR)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS: list[str] = []
# Limits on tries and used codes must hold in every process and without Redis, so they are kept in the database.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "desk_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "queue"
LOGOUT_REDIRECT_URL = "sign_in"

# Second factors, passkeys and single sign-on are django-allauth's, behind our own pages and addresses (ADR 0009).
ACCOUNT_ADAPTER = "hitl.accounts.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = {"login_failed": "60/15m/ip,6/15m/key", "reauthenticate": "10/m/user"}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_USER_DISPLAY = "hitl.accounts.models.display"
MFA_ADAPTER = "hitl.accounts.adapters.FactorAdapter"
MFA_FORMS = {"authenticate": "hitl.accounts.forms.CodeForm", "reauthenticate": "hitl.accounts.forms.ConfirmingCodeForm"}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "hitl"
# A code of the minute before or after also counts, once: clocks differ.
MFA_TOTP_TOLERANCE = 1
# Who has one of these roles sets up a second factor before anything else.
MFA_ROLES = env.words("HITL_MFA_ROLES")
# At these risks an action is let run only by a person in the browser who showed a second factor.
STEP_UP_RISKS = env.words("HITL_STEP_UP_RISKS")

OIDC_ISSUER = env.text("HITL_OIDC_ISSUER").rstrip("/")
OIDC_CLIENT_ID = env.text("HITL_OIDC_CLIENT_ID")
OIDC_SECRET = env.text("HITL_OIDC_SECRET")
OIDC_NAME = env.text("HITL_OIDC_NAME", "single sign-on")
# The role of people who come by single sign-on and are not known yet; empty: they are turned away.
OIDC_CREATE = env.text("HITL_OIDC_CREATE")
OIDC_TRUST_EMAIL = env.yes("HITL_OIDC_TRUST_EMAIL")
SOCIALACCOUNT_ADAPTER = "hitl.accounts.adapters.SingleSignOnAdapter"
# A form may not lead to another host (form-action), a link may.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_PROVIDERS = env.single_sign_on(OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_SECRET, OIDC_NAME)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# However busy somebody is, they sign in again after the first; who does nothing, after the second.
SESSION_COOKIE_AGE = env.number("HITL_SESSION_SECONDS", 12 * 3600)
IDLE_SECONDS = env.number("HITL_IDLE_SECONDS", 3600)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL, *env.words("HITL_ORIGINS")]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
if proxy_header := env.text("HITL_PROXY_SSL_HEADER"):
    SECURE_PROXY_SSL_HEADER = (proxy_header, "https")
PROXY_ADDRESS_HEADER = env.text("HITL_PROXY_ADDRESS_HEADER")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    },
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "hitl" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.text("HITL_TIME_ZONE", "UTC")

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = None if EMBEDDED else DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if EMBEDDED
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}
# Embedded serves straight from the source folder; production runs collectstatic first.
WHITENOISE_USE_FINDERS = EMBEDDED

CELERY_BROKER_URL = REDIS_URL or "memory://localhost/"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5} if REDIS_URL else {"polling_interval": 0.02}
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = 2
# The schedule never changes, so beat keeps no file about it.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
# A ring that nobody heard in time is of no use later.
CELERY_BEAT_SCHEDULE = {
    "due": {"task": "reviewqueue.tasks.ring_due", "schedule": 1.0, "options": {"expires": 5}},
    "webhooks": {"task": "hitl.tasks.ring_webhooks", "schedule": 1.0, "options": {"expires": 5}},
    "alarms": {"task": "reviewqueue.tasks.ring_alarms", "schedule": 5.0, "options": {"expires": 10}},
    "tallies": {"task": "reviewqueue.tasks.ring_tallies", "schedule": 600.0, "options": {"expires": 300}},
    "looks": {"task": "reviewqueue.tasks.ring_looks", "schedule": 2.0, "options": {"expires": 5}},
    "quality": {"task": "reviewqueue.tasks.ring_quality", "schedule": 60.0, "options": {"expires": 50}},
    "packing": {"task": "reviewqueue.tasks.ring_packing", "schedule": 60.0, "options": {"expires": 50}},
    "figures": {"task": "reviewqueue.tasks.ring_figures", "schedule": 60.0, "options": {"expires": 50}},
    "autonomy": {"task": "reviewqueue.tasks.ring_autonomy", "schedule": 60.0, "options": {"expires": 50}},
    "targets": {"task": "reviewqueue.tasks.ring_targets", "schedule": 600.0, "options": {"expires": 300}},
    "suggestions": {"task": "reviewqueue.tasks.ring_suggestions", "schedule": 3600.0, "options": {"expires": 600}},
    "canaries": {"task": "reviewqueue.tasks.ring_canaries", "schedule": 60.0, "options": {"expires": 50}},
    "notices": {"task": "hitl.tasks.ring_notices", "schedule": 15.0, "options": {"expires": 15}},
    "gaps": {"task": "reviewqueue.tasks.ring_gaps", "schedule": 600.0, "options": {"expires": 300}},
    "housekeeping": {"task": "hitl.tasks.ring_housekeeping", "schedule": 3600.0, "options": {"expires": 600}},
}

# How the desk behaves; each is explained in docs/operate.md.
# Whether a second person must publish what loosens scrutiny: on the "pages", "everywhere", or "off".
POLICY_SECOND_PERSON = env.text("HITL_POLICY_SECOND_PERSON", "pages")
# Whether somebody must look at what a policy would have done before it is published: "required", or "off".
POLICY_WHAT_IF = env.text("HITL_POLICY_WHAT_IF", "required")
LEASE_SECONDS = env.number("HITL_LEASE_SECONDS", 300)
GRANT_SECONDS = env.number("HITL_GRANT_SECONDS", 900)
OUTCOME_SECONDS = env.number("HITL_OUTCOME_SECONDS", 900)
ANSWER_SECONDS = env.number("HITL_ANSWER_SECONDS", 60)
REPORT_SECONDS = env.number("HITL_REPORT_SECONDS", 20)
REPORTS_AT_ONCE = env.number("HITL_REPORTS_AT_ONCE", 3)
FIRST_OFFER_SECONDS = env.number("HITL_FIRST_OFFER_SECONDS", 300)
CLAIMS_AT_ONCE = env.number("HITL_CLAIMS_AT_ONCE", 200)
OWN_VIEW_PERCENT = env.number("HITL_OWN_VIEW_PERCENT", 10)
AGENT_CALLS_PER_SECOND = env.number("HITL_AGENT_CALLS_PER_SECOND", 50)
AGENT_BURST = env.number("HITL_AGENT_BURST", 200)
WAIT_LINK_DAYS = env.number("HITL_WAIT_LINK_DAYS", 30)
# E-mail notices: without a server none are made.
EMAIL_HOST = env.text("HITL_MAIL_HOST")
MAIL_ON = bool(EMAIL_HOST)
EMAIL_PORT = env.number("HITL_MAIL_PORT", 587)
EMAIL_HOST_USER = env.text("HITL_MAIL_USER")
EMAIL_HOST_PASSWORD = env.text("HITL_MAIL_PASSWORD")
# "starttls", "tls" from the beginning, or "off" for a server on this machine.
EMAIL_USE_TLS = env.text("HITL_MAIL_TLS", "starttls") == "starttls"
EMAIL_USE_SSL = env.text("HITL_MAIL_TLS", "starttls") == "tls"
EMAIL_TIMEOUT = 15
EMAIL_SUBJECT_PREFIX = ""
DEFAULT_FROM_EMAIL = env.text("HITL_MAIL_FROM", "hitl@localhost")
# Networks inside, as 10.1.0.0/16, to which webhooks may go; and the ports outside.
WEBHOOK_NETWORKS = env.words("HITL_WEBHOOK_NETWORKS")
WEBHOOK_PORTS = env.words("HITL_WEBHOOK_PORTS", "443,8443")
CONTACTS_PER_HOUR = env.number("HITL_CONTACTS_PER_HOUR", 500)
# More of them would mostly wait for each other: only one runs Python at a time, and only one writes to SQLite.
WEB_THREADS = env.number("HITL_WEB_THREADS", 4)
AGENT_THREADS = env.number("HITL_AGENT_THREADS", 2 if EMBEDDED else 4)
MAX_BODY_BYTES = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES + 1

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("HITL_LOG_LEVEL", "WARNING")},
    # A refusal is an answer, not a problem of the desk.
    "loggers": {"django.request": {"level": "ERROR"}},
}
