"""What Django's session and the site's have to do with each other."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from django.contrib import auth
from django.http import HttpRequest, HttpResponse

from relyingparty import Incoming, LoggedOut, Session, SessionEnded
from relyingparty.django import conf, signals

MARK = "_relyingparty"
"""Where Django's session says whose login of the site it belongs to."""


def identity_key(iss: str, sub: str) -> str:
    """A name of 64 hexadecimal digits for a user of a provider, which no two users share."""
    return sha256(f"{len(iss)}:{iss}{sub}".encode()).hexdigest()


def incoming(request: HttpRequest, body: bytes | None = None) -> Incoming:
    """A request as the site takes it. Django's parameter for where a login leads is that of the site."""
    url = request.get_full_path()
    if request.path.endswith("/login") and auth.REDIRECT_FIELD_NAME in request.GET and "return_to" not in request.GET:
        query = request.GET.copy()
        query["return_to"] = query.pop(auth.REDIRECT_FIELD_NAME)[-1]
        url = f"{request.path}?{query.urlencode()}"
    return Incoming(request.method or "", url, dict(request.headers), body)


def send(response: HttpResponse, set_cookies: Iterable[str]) -> None:
    """Set cookies with a response."""
    for value in set_cookies:
        response.cookies.load(value)


def visit(request: Any) -> None:
    """Say whose request it is, and let Django's user be the same."""
    request.oidc_session = request.oidc_error = None
    request.oidc_cookies = []
    if conf.site().handles(request.path):
        return
    visit = conf.site().visit(incoming(request))
    request.oidc_cookies, request.oidc_error = visit.set_cookies, visit.error
    session, mark = visit.session, request.session.get(MARK)
    if isinstance(visit.event, SessionEnded):
        signals.logged_out.send(type(request), request=request, session=None, error=visit.event.error)
    if session is None:
        # With an error the session may still be there: it could not be refreshed now.
        if mark is not None and visit.error is None:
            log_out(request)
    elif mark == key_of(session):
        request.oidc_session = session
    elif mark is not None or not request.user.is_authenticated:
        # Django's session is lost, or that of another user of the site: nobody goes on with a session that is gone.
        if log_in(request, session) is None and mark is not None:
            log_out(request)


def key_of(session: Session) -> str:
    return identity_key(session.claims.iss, session.claims.sub)


def log_in(request: Any, session: Session) -> Any:
    """Log in the user that the authentication backends have for a session, if they have one."""
    user = auth.authenticate(request, oidc_session=session)
    if user is not None:
        auth.login(request, user)
        request.session[MARK] = key_of(session)
        request.oidc_session = session
    return user


def log_out(request: Any) -> None:
    """End Django's session, whose session at the site is over."""
    request.oidc_ended = True
    request.oidc_session = None
    auth.logout(request)


def logged_out_by_django(request: Any = None, **_: object) -> None:
    """End the site's session, too, when a view of Django's or of the application's logs a user out."""
    if request is not None and MARK in request.session and not getattr(request, "oidc_ended", False):
        request.oidc_session = None
        handled, request.oidc_cookies = end(request.headers.get("Cookie", ""))
        if isinstance(handled.event, LoggedOut):
            told = handled.event
            signals.logged_out.send(type(request), request=request, session=told.session, error=told.error)


def end(cookies: str) -> tuple[Any, list[str]]:
    """End the session of these cookies at the site: the answer, and the cookies to clear."""
    site = conf.site()
    headers = {"Cookie": cookies, "Sec-Fetch-Site": "same-origin"}
    handled = site.handle(Incoming("POST", f"{site.base_url}/logout", headers))
    return handled, [value for name, value in handled.headers if name == "Set-Cookie" and value.endswith("Max-Age=0")]
