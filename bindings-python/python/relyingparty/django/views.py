"""The routes of the site."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.template import TemplateDoesNotExist, loader
from django.views.decorators.csrf import csrf_exempt

from relyingparty import Failed, LoggedIn, LoggedOut, TransportError
from relyingparty.adapters import explanation
from relyingparty.django import conf, sessions, signals
from relyingparty.events import Event
from relyingparty.withheld import Withheld

PAGE = "relyingparty/failed.html"
"""The template for a login that failed, if the application has one. It gets the ``error``, which is ``None`` for a
user who is logged in and may not see a page, and an ``explanation``."""


@csrf_exempt  # The site looks at Sec-Fetch-Site and Origin itself, and the provider posts, too.
@transaction.non_atomic_requests
def handle(request: Any, *_: str) -> HttpResponse:
    """Answer a request to one of the site's routes."""
    try:
        if sessions.is_known(request):
            # Whatever turned this user away would do so again after a login.
            return _failed(request, None, 403)
        handled = conf.site().handle(sessions.incoming(request, request.body))
    except TransportError as away:
        signals.failed.send(type(request), request=request, error=away)
        return _failed(request, Failed(away), 503)
    headers = [(name, value) for name, value in handled.headers if name != "Set-Cookie"]
    cookies = Withheld([value for name, value in handled.headers if name == "Set-Cookie"])
    response = HttpResponse(handled.body, status=handled.status)
    match handled.event:
        case LoggedIn(provider, session):
            try:
                user = sessions.log_in(request, session)
                if user is None:
                    raise PermissionDenied("no user for this login")
                signals.logged_in.send(type(request), request=request, user=user, session=session, provider=provider)
                if request.oidc_session is None:
                    raise PermissionDenied("a receiver logged the user out")
            except Exception:
                sessions.abandon(request, cookies)
                raise
        case LoggedOut(session, error):
            if session is not None:
                sessions.log_out(request)
            signals.logged_out.send(type(request), request=request, session=session, error=error)
        case Failed(error):
            signals.failed.send(type(request), request=request, error=error)
    if not handled.body and handled.status >= 400:
        response = _failed(request, handled.event, handled.status)
    for name, value in headers:
        response[name] = value
    sessions.send(response, cookies.lend())
    return response


def _failed(request: Any, event: Event | None, status: int) -> HttpResponse:
    shown = {"error": getattr(event, "error", None), "explanation": explanation(event, status)}
    try:
        response = HttpResponse(loader.render_to_string(PAGE, shown, request), status=status)
    except TemplateDoesNotExist:
        response = HttpResponse(shown["explanation"], status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response
