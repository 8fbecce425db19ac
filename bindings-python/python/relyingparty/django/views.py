"""The routes of the site."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.template import TemplateDoesNotExist, loader
from django.views.decorators.csrf import csrf_exempt

from relyingparty import Failed, Handled, LoggedIn, LoggedOut
from relyingparty.adapters import explanation
from relyingparty.django import conf, sessions, signals

PAGE = "relyingparty/failed.html"
"""The template for a login that failed, if the application has one. It gets the ``error`` and an ``explanation``."""


@csrf_exempt  # The site looks at Sec-Fetch-Site and Origin itself, and the provider posts, too.
@transaction.non_atomic_requests
def handle(request: Any, *_: str) -> HttpResponse:
    """Answer a request to one of the site's routes."""
    handled = conf.site().handle(sessions.incoming(request, request.body))
    headers = [(name, value) for name, value in handled.headers if name != "Set-Cookie"]
    cookies = [value for name, value in handled.headers if name == "Set-Cookie"]
    response = HttpResponse(handled.body, status=handled.status)
    match handled.event:
        case LoggedIn(provider, session):
            user = sessions.log_in(request, session)
            if user is None:
                request.oidc_cookies = sessions.end("; ".join(value.split(";")[0] for value in cookies))[1]
                raise PermissionDenied("no user for this login")
            signals.logged_in.send(type(request), request=request, user=user, session=session, provider=provider)
        case LoggedOut(session, error):
            if session is not None:
                sessions.log_out(request)
            signals.logged_out.send(type(request), request=request, session=session, error=error)
        case Failed(error):
            signals.failed.send(type(request), request=request, error=error)
    if not handled.body and handled.status >= 400:
        response = _failed(request, handled)
    for name, value in headers:
        response[name] = value
    sessions.send(response, cookies)
    return response


def _failed(request: Any, handled: Handled) -> HttpResponse:
    shown = {"error": getattr(handled.event, "error", None), "explanation": explanation(handled.event, handled.status)}
    try:
        return HttpResponse(loader.render_to_string(PAGE, shown, request), status=handled.status)
    except TemplateDoesNotExist:
        return HttpResponse(shown["explanation"], status=handled.status, content_type="text/plain; charset=utf-8")
