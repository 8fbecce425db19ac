"""A web app that logs its users in, with Starlette.

    pip install 'relyingparty[example]'
    python webapp.py settings.json

``settings.json`` names the provider and the client registered there: ``issuer``, ``client_id``, and where needed
``client_secret``, ``redirect_uri`` (``http://127.0.0.1:8888/auth/login``), ``post_logout_redirect_uri``, ``scopes``
(a list, or one string with spaces), ``do_refresh`` (true), ``ca_file`` (beside the settings).

Its session cookie is ``Secure``. Chromium and Firefox keep it over plain http on this machine, Safari does not: use
https there.
"""

from __future__ import annotations

import json
import secrets
import sys
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from relyingparty import (
    AsyncRelyingParty,
    CallbackError,
    ConfigurationError,
    Error,
    LoginCookies,
    ProviderError,
    Session,
    clear_cookie,
)
from relyingparty.options import RegistrationOptions

COOKIE = "__Host-session"


class WebApp:
    """Sessions by id. The id is drawn anew for every login, so that nobody can plant one (session fixation)."""

    def __init__(self, settings: dict[str, Any], folder: Path = Path()) -> None:
        scopes, ca_file = settings.get("scopes"), settings.get("ca_file")
        given: RegistrationOptions = {}
        if settings.get("post_logout_redirect_uri"):
            given["post_logout_redirect_uri"] = settings["post_logout_redirect_uri"]
        self.redirect_uri = settings.get("redirect_uri") or "http://127.0.0.1:8888/auth/login"
        self.do_refresh = settings.get("do_refresh", True)
        self.sessions: dict[str, Session] = {}
        self.rp = AsyncRelyingParty(
            settings["issuer"],
            settings["client_id"],
            self.redirect_uri,
            client_secret=settings.get("client_secret") or None,
            scopes=scopes.split() if isinstance(scopes, str) else scopes,
            ca_file=str(folder / ca_file) if ca_file else None,
            allow_insecure_loopback=True,
            **given,
        )

    def application(self) -> Starlette:
        routes = [
            Route("/", self.home),
            Route("/login", self.login),
            Route(urlsplit(self.redirect_uri).path, self.callback),
            Route("/refresh", self.refresh, methods=["POST"]),
            Route("/logout", self.logout, methods=["POST"]),
        ]
        return Starlette(routes=routes, exception_handlers={Error: failed})

    async def home(self, request: Request) -> Response:
        session = self.session(request)
        if session is None:
            return page('<p>You are not logged in.</p><p><a href="/login">Log in</a></p>')
        claims = "".join(f"<dt>{escape(name)}<dd>{escape(str(value))}" for name, value in session.claims.items())
        refresh = self.do_refresh and session.refresh_token is not None
        return page(
            f"<p>You are {escape(session.sub)}.</p><dl>{claims}</dl>"
            + ('<form method="post" action="/refresh"><button>Refresh</button></form>' if refresh else "")
            + '<form method="post" action="/logout"><button>Log out</button></form>'
        )

    async def login(self, request: Request) -> Response:
        login = await self.rp.authorize(return_to=request.query_params.get("next") or "/")
        response = RedirectResponse(login.url, 303)
        for name in LoginCookies(request.cookies).surplus():
            response.headers.append("set-cookie", clear_cookie(name))
        response.headers.append("set-cookie", login.set_cookie)
        return response

    async def callback(self, request: Request) -> Response:
        url, cookies = str(request.url), LoginCookies(request.cookies)
        try:
            response = self.logged_in(request, await self.rp.callback(url, cookies))
        except Error as error:
            # Nothing else changes: the response may belong to no login, and somebody may well be logged in.
            response = await failed(request, error)
        for name in cookies.ended(url):
            response.headers.append("set-cookie", clear_cookie(name))
        return response

    def logged_in(self, request: Request, session: Session) -> Response:
        self.sessions.pop(request.cookies.get(COOKIE, ""), None)
        id = secrets.token_urlsafe()
        self.sessions[id] = session
        response = RedirectResponse(session.return_to or "/", 303)
        set_cookie(response, COOKIE, id)
        return response

    async def refresh(self, request: Request) -> Response:
        session = self.session(request)
        if session is not None:
            self.sessions[request.cookies[COOKIE]] = await self.rp.refresh(session)
        return RedirectResponse("/", 303)

    async def logout(self, request: Request) -> Response:
        session = self.sessions.pop(request.cookies.get(COOKIE, ""), None)
        response = RedirectResponse("/" if session is None else await self.rp.end_session(session), 303)
        set_cookie(response, COOKIE, "", 0)
        return response

    def session(self, request: Request) -> Session | None:
        return self.sessions.get(request.cookies.get(COOKIE, ""))


def set_cookie(response: Response, name: str, value: str, max_age: int | None = None) -> None:
    response.set_cookie(name, value, max_age, secure=True, httponly=True, samesite="lax")


def page(body: str, status: int = 200) -> HTMLResponse:
    headers = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Cache-Control": "no-store"}
    return HTMLResponse(f"<!doctype html><title>relyingparty</title>{body}", status, headers)


async def failed(_: Request, error: Exception) -> Response:
    """What went wrong, by its code. What a provider says is text from outside."""
    assert isinstance(error, Error)
    reason = (error.error if isinstance(error, ProviderError) else None) or error.code
    status = 400 if isinstance(error, (CallbackError, ConfigurationError, ProviderError)) else 502
    return page(f'<p>The login failed: {escape(reason)}.</p><p><a href="/login">Try again</a></p>', status)


if __name__ == "__main__":
    file = Path(sys.argv[1])
    app = WebApp(json.loads(file.read_text(encoding="utf-8")), file.parent)
    uvicorn.run(app.application(), host="127.0.0.1", port=urlsplit(app.redirect_uri).port or 8888, log_level="warning")
