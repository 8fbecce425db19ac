"""A web app that logs its users in, with Starlette.

    pip install 'relyingparty[example]'
    python webapp.py settings.json

``settings.json`` names the provider and the client registered there: ``issuer``, ``client_id``, and where needed
``client_secret``, ``redirect_uri`` (``http://127.0.0.1:8888/auth/login``), ``post_logout_redirect_uri``
(``http://127.0.0.1:8888/logged-out``), ``scopes`` (a list, or one string with spaces), ``do_refresh`` (true),
``policy`` (of the site), ``ca_file`` (beside the settings).
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
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from relyingparty import AsyncSite, Failed, Incoming, MemorySessionStore, ProviderError, SiteProvider
from relyingparty.options import RegistrationOptions


class WebApp:
    """A site, and a page for whoever is logged in."""

    def __init__(self, settings: dict[str, Any], folder: Path = Path()) -> None:
        scopes, ca_file = settings.get("scopes"), settings.get("ca_file")
        given: RegistrationOptions = {}
        if settings.get("post_logout_redirect_uri"):
            given["post_logout_redirect_uri"] = settings["post_logout_redirect_uri"]
        redirect_uri = settings.get("redirect_uri") or "http://127.0.0.1:8888/auth/login"
        self.base_url = "/".join(redirect_uri.split("/")[:3])
        provider = SiteProvider(
            settings["issuer"],
            settings["client_id"],
            redirect_uri=redirect_uri,
            client_secret=settings.get("client_secret") or None,
            scopes=scopes.split() if isinstance(scopes, str) else scopes,
            ca_file=str(folder / ca_file) if ca_file else None,
            allow_insecure_loopback=True,
            **given,
        )
        self.site = AsyncSite(
            self.base_url,
            provider,
            sealing_keys=[secrets.token_bytes(32)],
            # Without a store a session has no refresh token.
            store=MemorySessionStore() if settings.get("do_refresh", True) else None,
            policy=settings.get("policy"),
        )

    def application(self) -> Starlette:
        return Starlette(routes=[Route("/", self.home), Route("/{route:path}", self.answer, methods=["GET", "POST"])])

    async def answer(self, request: Request) -> Response:
        incoming = Incoming(request.method, str(request.url), request.headers.raw, await request.body())
        handled = await self.site.handle(incoming)
        if isinstance(handled.event, Failed) and handled.status >= 400:
            response: Response = failed(handled.event, handled.status)
        else:
            response = Response(handled.body, handled.status)
        for name, value in handled.headers:
            response.headers.append(name, value)
        return response

    async def home(self, request: Request) -> Response:
        visit = await self.site.visit(Incoming(request.method, str(request.url), request.headers.raw))
        if visit.session is None:
            response = page('<h1>Welcome</h1><p>You are not logged in.</p><p><a href="/login">Log in</a></p>')
        else:
            claims = "".join(
                f"<dt>{escape(name)}<dd>{escape(str(value))}" for name, value in visit.session.claims.items()
            )
            response = page(
                f"<h1>Hello</h1><p>You are {escape(visit.session.sub)}.</p><dl>{claims}</dl>"
                '<form method="post" action="/logout"><button>Log out</button></form>'
            )
        for cookie in visit.set_cookies:
            response.headers.append("Set-Cookie", cookie)
        return response


def page(body: str, status: int = 200) -> HTMLResponse:
    headers = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Cache-Control": "no-store"}
    document = f'<!doctype html><html lang="en"><title>relyingparty</title><main>{body}</main></html>'
    return HTMLResponse(document, status, headers)


def failed(event: Failed, status: int) -> HTMLResponse:
    """What went wrong, by its code. What a provider says is text from outside."""
    reason = (event.error.error if isinstance(event.error, ProviderError) else None) or event.error.code
    body = f'<p>The login failed: {escape(reason)}.</p><p><a href="/login">Try again</a></p>'
    return page(f"<h1>That did not work</h1>{body}", status)


if __name__ == "__main__":
    file = Path(sys.argv[1])
    app = WebApp(json.loads(file.read_text(encoding="utf-8")), file.parent)
    uvicorn.run(app.application(), host="127.0.0.1", port=urlsplit(app.base_url).port or 8888, log_level="warning")
