"""An application in Django: `in_django.py` serves it, `in_django.py migrate` sets its database up."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Any

import django
import uvicorn
from django.conf import settings
from given import AUTH, IS_STRIPPED, POLICY, PORT, PREFIX, PROVIDER, REDIS_URL, SEALING_KEY, page
from werkzeug.serving import make_server


def configure() -> None:
    """Settings as ``settings.py`` has them."""
    cache: dict[str, Any] = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": Path(os.environ["FOLDER"]) / "django.sqlite"}
    settings.configure(
        SECRET_KEY=SEALING_KEY.hex(),
        ALLOWED_HOSTS=["127.0.0.1"],
        USE_TZ=True,
        ROOT_URLCONF=__name__,
        DATABASES={"default": {**database, "OPTIONS": {"timeout": 30}}},
        **({"CACHES": {"default": cache}} if REDIS_URL else {}),
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "relyingparty.django",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "relyingparty.django.middleware.RelyingPartyMiddleware",
        ],
        AUTHENTICATION_BACKENDS=["relyingparty.django.backends.OidcBackend"],
        SESSION_COOKIE_SECURE=True,
        CSRF_COOKIE_SECURE=True,
        # By WSGI what the proxy took off, by ASGI what it left on.
        FORCE_SCRIPT_NAME=PREFIX,
        SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
        LOGIN_URL="relyingparty:login",
        LOGIN_REDIRECT_URL="home",
        LOGOUT_REDIRECT_URL="home",
        RELYINGPARTY={
            **{name.upper(): value for name, value in PROVIDER.items()},
            "BASE_URL": AUTH,
            "SEALING_KEYS": [SEALING_KEY],
            "SITE_POLICY": {"refresh_margin_secs": POLICY["refresh_margin_secs"]},
            "STORE": kept(),
        },
    )


def kept() -> Any:
    """Where sessions are kept, if not in cookies."""
    if not REDIS_URL:
        return None
    from relyingparty.django.stores import CacheSessionStore

    return CacheSessionStore("default")


configure()
django.setup()

from django.contrib.auth.decorators import login_required  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import include, path  # noqa: E402


def home(request: Any) -> HttpResponse:
    return HttpResponse(page(request.oidc_session and request.oidc_session.sub))


@login_required
def private(request: HttpRequest) -> HttpResponse:
    return home(request)


urlpatterns = [
    path("", home, name="home"),
    path("private", private),
    path("auth/", include("relyingparty.django.urls")),
]

if __name__ == "__main__":
    if sys.argv[1:] == ["migrate"]:
        call_command("migrate", verbosity=0)
    elif IS_STRIPPED:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        make_server("127.0.0.1", PORT, get_wsgi_application(), threaded=True).serve_forever()
    else:
        uvicorn.run(get_asgi_application(), port=PORT, log_level="error", lifespan="off")
