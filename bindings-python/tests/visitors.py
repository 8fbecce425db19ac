"""Sites in plain calls and on asyncio used in one way, a provider for them, and browsers as data."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from parties import OnLoop, settled
from relyingparty import AsyncSite, Handled, HttpRequest, HttpResponse, Incoming, Site, SiteProvider, Unreachable, Visit
from scripted import ISSUER, NOW, answer
from test_logout import Op

BASE = "https://app.example/auth"
KEY = os.urandom(32)
SITES: list[Any] = [Site, AsyncSite]
LIVES = 300
"""How long an access token lives, in seconds."""


class Clock:
    """Time that moves by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class SiteOp(Op):
    """A provider with sessions, whose refresh tokens are good for one use."""

    def __init__(self, issuer: str = ISSUER, clock: Callable[[], float] = lambda: NOW) -> None:
        super().__init__()
        self.issuer, self.clock = issuer, clock
        self.metadata = json.loads(json.dumps(self.metadata).replace(ISSUER, issuer))
        self.claims |= {"iss": issuer, "sid": "session-1"}
        self.refreshes = 0
        self.down = False
        self.dead = False

    def browser(self, url: str) -> str:
        """The query with which the provider sends the browser back."""
        query = parse_qs(urlsplit(url).query)
        self.claims["nonce"] = query["nonce"][0]
        return "?" + urlencode({"code": "canary-code", "state": query["state"][0]})

    def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        if self.down:
            return Unreachable("no route", OSError("no route"))
        if request.endpoint != "token":
            return super().send(request)
        self.asked.append(request)
        now = int(self.clock())
        self.claims |= {"iat": now, "exp": now + 60}
        form = parse_qs(request.body.decode())
        if form["grant_type"] == ["refresh_token"]:
            if self.dead or form["refresh_token"] != [f"canary-refresh-{self.refreshes}"]:
                return answer({"error": "invalid_grant"}, 400)
            self.refreshes += 1
        return answer(
            {
                "access_token": f"canary-access-{self.refreshes}",
                "refresh_token": f"canary-refresh-{self.refreshes}",
                "token_type": "Bearer",
                "expires_in": LIVES,
                "id_token": self.id_token(),
            }
        )


def provided(kind: Any, op: SiteOp, **options: Any) -> SiteProvider:
    """A provider of sites of one kind."""
    options.setdefault("client_secret", "canary-client")
    transport: Any = op if kind is Site else OnLoop(op)
    return SiteProvider(op.issuer, "client", transport=transport, **options)


def site_of(kind: Any, *ops: SiteOp, store: Any = None, provider: dict[str, Any] | None = None, **options: Any) -> Any:
    """A site of one kind. With several providers they are ``op-0``, ``op-1`` and so on."""
    names = ["default"] if len(ops) == 1 else [f"op-{index}" for index in range(len(ops))]
    providers = [provided(kind, op, name=name, **(provider or {})) for op, name in zip(ops, names, strict=True)]
    options.setdefault("clock", ops[0].clock if ops else lambda: NOW)
    return kind(BASE, *providers, sealing_keys=[KEY], store=store, **options)


class Visitor:
    """A browser that asks sites as data, and keeps their cookies."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}

    def request(self, method: str, url: str, body: str | None = None, **headers: str) -> Incoming:
        """A request of this browser."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return Incoming(method, url, {"Cookie": cookies, **headers}, body)

    def keep(self, set_cookies: list[str]) -> None:
        """Take the cookies of a response."""
        for header in set_cookies:
            name, value = header.split(";")[0].split("=", 1)
            if header.endswith("; Max-Age=0"):
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value

    def handled(self, handled: Handled) -> Handled:
        """Take the answer of a route."""
        self.keep([value for name, value in handled.headers if name == "Set-Cookie"])
        return handled

    def get(self, site: Any, route: str) -> Handled:
        """Go to one of the routes."""
        return self.handled(settled(site.handle(self.request("GET", f"/auth/{route}"))))

    def post(self, site: Any, route: str, form: str = "", origin: str = "same-origin") -> Handled:
        """Post a form to one of the routes."""
        request = self.request("POST", f"/auth/{route}", form, **{"Sec-Fetch-Site": origin})
        return self.handled(settled(site.handle(request)))

    def visit(self, site: Any) -> Visit:
        """Go to another page of the application."""
        found: Visit = settled(site.visit(self.request("GET", "/inbox")))
        self.keep(found.set_cookies)
        return found

    def log_in(self, site: Any, op: SiteOp, route: str = "login", callback: str = "callback") -> Handled:
        """Log in, and come back."""
        return self.get(site, callback + op.browser(location(self.get(site, route))))


def location(handled: Handled) -> str:
    """Where an answer leads."""
    return dict(handled.headers)["Location"]


def code(thing: Any) -> str | None:
    """The code of the error of an event, or of a visit."""
    error = getattr(thing, "error", None)
    return None if error is None else error.code
