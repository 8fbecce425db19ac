"""What Django's session and the site's have to do with each other."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from relyingparty import Handled, Incoming, LoggedOut, Session, SessionEnded, TransportError
from relyingparty.django import conf, signals
from relyingparty.django.backends import OidcBackend
from relyingparty.withheld import Withheld

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


def finish(request: Any, response: HttpResponse) -> HttpResponse:
    """Send the cookies of a visit, and let no cache give them, or what they led to, to somebody else."""
    patch_vary_headers(response, ("Cookie",))
    if request.oidc_cookies:
        send(response, request.oidc_cookies)
        response["Cache-Control"] = "no-store"
    return response


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
    elif is_of(request, session):
        request.oidc_session = session
    elif mark is not None or not request.user.is_authenticated:
        # Django's session is lost, or that of another user of the site: nobody goes on with a session that is gone.
        if log_in(request, session) is None:
            # The session ends, so that nobody is refused again with each request.
            leave(request)
            if mark is not None:
                log_out(request)


def is_known(request: Any) -> bool:
    """Whether a user whom a page turned away, who is sent to log in with ``next``, is logged in already."""
    if request.method != "GET" or auth.REDIRECT_FIELD_NAME not in request.GET or "prompt" in request.GET:
        return False
    if not request.path.endswith("/login") or MARK not in request.session:
        return False
    visit = conf.site().visit(incoming(request))
    if visit.session is None or not is_of(request, visit.session):
        return False
    request.oidc_cookies = visit.set_cookies
    return True


def is_of(request: Any, session: Session) -> bool:
    """Whether Django's user is logged in by this session, and may still be."""
    user = request.user
    if request.session.get(MARK) != key_of(session) or not user.is_authenticated:
        return False
    return any(backend.user_can_authenticate(user) for _, backend in _backends())


def key_of(session: Session) -> str:
    return identity_key(session.claims.iss, session.claims.sub)


def log_in(request: Any, session: Session) -> Any:
    """Log in the user that the authentication backends have for a session, if they have one."""
    user = _user_of(request, session)
    if user is None:
        # Not by `auth.authenticate`: it would tell the receivers the session.
        user_login_failed.send(__name__, credentials={}, request=request)
        return None
    request.oidc_by_site = True
    try:
        auth.login(request, user)
    finally:
        request.oidc_by_site = False
        # Also when a receiver raised: what it leaves ends with the session.
        request.session[MARK] = key_of(session)
    request.oidc_session = session
    return user


def _user_of(request: Any, session: Session) -> Any:
    for path, backend in _backends():
        try:
            user = backend.authenticate(request, oidc_session=session)
        except PermissionDenied:
            return None
        if user is not None:
            user.backend = path
            return user
    return None


def _backends() -> list[tuple[str, OidcBackend]]:
    loaded = [(path, auth.load_backend(path)) for path in settings.AUTHENTICATION_BACKENDS]
    return [(path, backend) for path, backend in loaded if isinstance(backend, OidcBackend)]


def log_out(request: Any) -> None:
    """End Django's session, whose session at the site is over."""
    request.oidc_session = None
    request.oidc_by_site = True
    try:
        auth.logout(request)
    finally:
        request.oidc_by_site = False


def logged_in_by_django(request: Any = None, **_: object) -> None:
    """End the site's session when a view of Django's or of the application's logs another user in."""
    # Django's `login` keeps the mark for the same user alone.
    if request is not None and not getattr(request, "oidc_by_site", False) and MARK not in request.session:
        leave(request)


def logged_out_by_django(request: Any = None, **_: object) -> None:
    """End the site's session, too, when a view of Django's or of the application's logs a user out."""
    if request is not None and not getattr(request, "oidc_by_site", False):
        leave(request)


def leave(request: Any) -> None:
    """End the session that a request came with, and clear its cookies with the response."""
    request.oidc_session = None
    if "Cookie" in request.headers:
        handled, request.oidc_cookies = end(request, Withheld(request.headers["Cookie"]))
        if isinstance(handled.event, LoggedOut):
            told = handled.event
            signals.logged_out.send(type(request), request=request, session=told.session, error=told.error)


def abandon(request: Any, set_cookies: Withheld[list[str]]) -> None:
    """Take back a login, whose cookies were not sent yet."""
    cookies = Withheld("; ".join(value.split(";")[0] for value in set_cookies.lend()))
    request.oidc_cookies = end(request, cookies)[1]
    if MARK in request.session:
        log_out(request)


def end(request: Any, cookies: Withheld[str]) -> tuple[Handled, list[str]]:
    """End the session of these cookies at the site: the answer, and the cookies to clear.

    If the store is away, the browser forgets the session all the same, and receivers of ``failed`` are told.
    """
    try:
        handled = _logout(cookies)
    except TransportError as error:
        signals.failed.send(type(request), request=request, error=error)
        # Cookies without values lead to no session: the site clears them, and asks no store.
        handled = _logout(Withheld("; ".join(f"{pair.split('=')[0]}=" for pair in cookies.lend().split(";"))))
    return handled, [value for name, value in handled.headers if name == "Set-Cookie" and value.endswith("Max-Age=0")]


def _logout(cookies: Withheld[str]) -> Handled:
    site = conf.site()
    url = f"{site.base_url}/logout"
    return site.handle(Incoming("POST", url, {"Cookie": cookies.lend(), "Sec-Fetch-Site": "same-origin"}))
