"""The views of the Django application that ``test_django.py`` runs."""

from __future__ import annotations

import os
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import auth
from django.contrib.auth.decorators import login_required
from django.dispatch import receiver
from django.http import HttpResponse, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from relyingparty.django import signals
from relyingparty.django.backends import OidcBackend

HEARD: list[str] = []


@receiver(signals.logged_in)
def _logged_in(sender: Any, user: Any, session: Any, provider: str, **_: Any) -> None:
    HEARD.append(f"logged in {session.sub} by {provider} as {user.get_username()}")


@receiver(signals.logged_out)
def _logged_out(sender: Any, session: Any, error: Any, **_: Any) -> None:
    HEARD.append(f"logged out {session and session.sub} {error and error.code}")


@receiver(signals.failed)
def _failed(sender: Any, error: Any, **_: Any) -> None:
    HEARD.append(f"failed {error.code}")


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
    return shown(request, request.user)


async def later(request: Any) -> HttpResponse:
    # Before Django 5.0 there is no `auser`.
    return shown(request, await request.auser()) if hasattr(request, "auser") else await sync_to_async(home)(request)


@login_required
def private(request: Any) -> HttpResponse:
    return shown(request, request.user)


def heard(request: Any) -> HttpResponse:
    told = list(HEARD)
    HEARD.clear()
    return JsonResponse({"heard": told, "worker": os.getpid()})


@csrf_exempt
def leave(request: Any) -> HttpResponse:
    """As a view of Django's or of the application's logs out that knows nothing of the site."""
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
    path("heard", heard),
    path("leave", leave),
    path("enter", enter),
    path("auth/", include("relyingparty.django.urls")),
]
