"""The views of the Django application that ``test_django.py`` runs."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import auth
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.dispatch import receiver
from django.http import HttpResponse, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from django_store import AWAY
from relyingparty.django import signals
from relyingparty.django.backends import OidcBackend

HEARD: list[str] = []


@receiver(signals.logged_in)
def _logged_in(sender: Any, request: Any, user: Any, session: Any, provider: str, **_: Any) -> None:
    if session.sub == "raises":
        raise RuntimeError("a receiver")
    if session.sub == "denied":
        raise PermissionDenied("a receiver")
    if session.sub == "leaves":
        auth.logout(request)
        return
    HEARD.append(f"logged in {session.sub} by {provider} as {user.get_username()}")


@receiver(signals.logged_out)
def _logged_out(sender: Any, session: Any, error: Any, **_: Any) -> None:
    HEARD.append(f"logged out {session and session.sub} {error and error.code}")


@receiver(signals.failed)
def _failed(sender: Any, error: Any, **_: Any) -> None:
    HEARD.append(f"failed {error.code}")


@receiver(user_login_failed)
def _refused(sender: Any, credentials: Any, **_: Any) -> None:
    HEARD.append(f"refused {credentials}")


@receiver(got_request_exception)
def _raised(sender: Any, **_: Any) -> None:
    frames = [frame for frame, _ in traceback.walk_tb(sys.exc_info()[2])]
    shown = [frame.f_code.co_name for frame in frames if "rp-session=" in repr(frame.f_locals)]
    HEARD.append(f"raised {shown}")


class Picky(OidcBackend):
    """It knows alice and no other."""

    def user_from_claims(self, claims: Any) -> Any:
        return super().user_from_claims(claims) if claims.sub == "alice" else None


def shown(request: Any, user: Any) -> JsonResponse:
    session = request.oidc_session
    return JsonResponse(
        {
            "user": user.get_username(),
            "sub": session and session.sub,
            "token": session and session.access_token,
            "error": request.oidc_error and request.oidc_error.code,
            "worker": os.getpid(),
            "keys": sorted(request.session.keys()),
        }
    )


def home(request: Any) -> HttpResponse:
    response = shown(request, request.user)
    response["Cache-Control"] = "public, max-age=60"
    return response


async def later(request: Any) -> HttpResponse:
    # Before Django 5.0 there is no `auser`.
    return shown(request, await request.auser()) if hasattr(request, "auser") else await sync_to_async(home)(request)


@login_required
def private(request: Any) -> HttpResponse:
    return shown(request, request.user)


@permission_required("auth.nobody_has_it")
def secret(request: Any) -> HttpResponse:
    return HttpResponse("secret")


def heard(request: Any) -> HttpResponse:
    told = list(HEARD)
    HEARD.clear()
    return JsonResponse({"heard": told, "worker": os.getpid()})


@csrf_exempt
def leave(request: Any) -> HttpResponse:
    """As a view of Django's or of the application's logs out that knows nothing of the site."""
    AWAY.touch() if "away" in request.GET else None
    auth.logout(request)
    return HttpResponse("left")


@csrf_exempt
def enter(request: Any) -> HttpResponse:
    """As the admin's page logs in, with a password."""
    user = auth.authenticate(request, username=request.POST["username"], password=request.POST["password"])
    auth.login(request, user)
    return HttpResponse("entered")


@csrf_exempt
def upload(request: Any) -> HttpResponse:
    """As a view that reads a large file bit by bit."""
    return HttpResponse(str(sum(map(len, iter(lambda: request.read(65_536), b"")))))


urlpatterns = [
    path("upload", upload),
    path("", home),
    path("later", later),
    path("private", private),
    path("secret", secret),
    path("heard", heard),
    path("leave", leave),
    path("enter", enter),
    path("auth/", include("relyingparty.django.urls")),
]
