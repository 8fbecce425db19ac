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
    "relyingparty.django",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "relyingparty.django.middleware.RelyingPartyMiddleware",
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
AUTHENTICATION_BACKENDS = ["relyingparty.django.backends.OidcBackend"]
LOGIN_URL = "relyingparty:login"
LOGIN_REDIRECT_URL = "/"
RELYINGPARTY = {
    "ISSUER": os.environ["ISSUER"],
    "CLIENT_ID": os.environ["CLIENT_ID"],
    "CLIENT_SECRET": os.environ["CLIENT_SECRET"],
    "POST_LOGOUT_REDIRECT_URI": os.environ["BASE_URL"] + "/auth/logged-out",
    "BASE_URL": os.environ["BASE_URL"] + "/auth",
    "SEALING_KEYS": [os.environ["SECRET"]],
    "ALLOW_INSECURE_LOOPBACK": True,
}
