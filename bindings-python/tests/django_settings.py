"""The settings of the Django application that ``test_django.py`` runs: what differs is in the environment, as JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path

SECRET_KEY = "x" * 50
ALLOWED_HOSTS = ["127.0.0.1"]
USE_TZ = True
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
AUTHENTICATION_BACKENDS = ["relyingparty.django.backends.OidcBackend"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path(os.environ["TEST_FOLDER"]) / "db.sqlite"}}
ROOT_URLCONF = "django_views"
LOGIN_URL = "relyingparty:login"
LOGIN_REDIRECT_URL = "/"
FRAGILE = False
globals().update(json.loads(os.environ["TEST_SETTINGS"]))
if FRAGILE:
    from django_store import Fragile

    globals()["RELYINGPARTY"]["STORE"] = Fragile()
