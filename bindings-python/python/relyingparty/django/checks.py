"""What ``manage.py check`` says about the settings."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_backends
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, reverse

from relyingparty import ConfigurationError
from relyingparty.django import conf
from relyingparty.django.backends import OidcBackend

_MIDDLEWARE = "relyingparty.django.middleware.RelyingPartyMiddleware"
_BEFORE = "django.contrib.auth.middleware.AuthenticationMiddleware"


def check_settings(**_: Any) -> list[CheckMessage]:
    """Look for what is missing or wrong."""
    return [*_of_the_site(), *_of_the_routes(), *_of_django()]


def _of_the_site() -> list[CheckMessage]:
    try:
        conf.make_site()
    except ImproperlyConfigured as error:
        return [Error(f"{error}.", id="relyingparty.E001")]
    except (ConfigurationError, TypeError, ValueError) as error:
        hint = (
            "Members in capitals are the parameters of relyingparty.SiteProvider." if type(error) is TypeError else None
        )
        return [Error(f"RELYINGPARTY: {error}", hint=hint, id="relyingparty.E002")]
    return []


def _of_the_routes() -> list[CheckMessage]:
    try:
        login = reverse("relyingparty:login")
    except (NoReverseMatch, ImproperlyConfigured):
        hint = 'path("auth/", include("relyingparty.django.urls"))'
        return [Error("The routes of the site are not in the URLconf.", hint=hint, id="relyingparty.E003")]
    found: list[CheckMessage] = []
    given = getattr(settings, "RELYINGPARTY", None)
    url = given.get("BASE_URL") if isinstance(given, dict) else None
    base = urlsplit(url).path if isinstance(url, str) else ""
    if base and f"{base}/login" != login:
        there = login.removesuffix("/login")
        message = f"BASE_URL has the path {base!r}, but the routes are included at {there!r}."
        found.append(Error(message, id="relyingparty.E004"))
    if resolve_url(settings.LOGIN_URL) != login:
        hint = 'LOGIN_URL = "relyingparty:login"'
        found.append(Warning("LOGIN_URL does not lead to the site's login.", hint=hint, id="relyingparty.W001"))
    return found


def _of_django() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    names = list(settings.MIDDLEWARE)
    if _MIDDLEWARE not in names:
        found.append(Error(f"{_MIDDLEWARE} is not in MIDDLEWARE.", id="relyingparty.E005"))
    elif _BEFORE not in names[: names.index(_MIDDLEWARE)]:
        found.append(Error(f"{_MIDDLEWARE} has to stand behind {_BEFORE}.", id="relyingparty.E006"))
    if not any(isinstance(backend, OidcBackend) for backend in get_backends()):
        hint = (
            'AUTHENTICATION_BACKENDS = ["relyingparty.django.backends.OidcBackend"], or a class that inherits from it.'
        )
        found.append(Error("No authentication backend is an OidcBackend.", hint=hint, id="relyingparty.E007"))
    return found
