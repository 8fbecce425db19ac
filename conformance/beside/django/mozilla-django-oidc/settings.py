import os

SECRET_KEY = os.environ["SECRET"]
ALLOWED_HOSTS = ["127.0.0.1"]
USE_TZ = True
ROOT_URLCONF = "urls"
WSGI_APPLICATION = "wsgi.application"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "mozilla_django_oidc",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "mozilla_django_oidc.middleware.SessionRefresh",
]
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"},
}
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": ["."],
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    },
]
AUTHENTICATION_BACKENDS = ["backends.Backend"]
LOGIN_URL = "oidc_authentication_init"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = os.environ["BASE_URL"] + "/"
ISSUER = os.environ["ISSUER"]
OIDC_OP_AUTHORIZATION_ENDPOINT = ISSUER + "/auth"
OIDC_OP_TOKEN_ENDPOINT = ISSUER + "/token"
OIDC_OP_USER_ENDPOINT = ISSUER + "/me"
OIDC_OP_JWKS_ENDPOINT = ISSUER + "/jwks"
OIDC_OP_LOGOUT_URL_METHOD = "backends.logout_url"
OIDC_RP_CLIENT_ID = os.environ["CLIENT_ID"]
OIDC_RP_CLIENT_SECRET = os.environ["CLIENT_SECRET"]
OIDC_RP_SIGN_ALGO = "RS256"
OIDC_TOKEN_USE_BASIC_AUTH = True
OIDC_USE_PKCE = True
OIDC_STORE_ID_TOKEN = True
OIDC_RENEW_ID_TOKEN_EXPIRY_SECONDS = 5
