"""Goes to the issuers of a plan with one of the shipped transports: ``live.py TRANSPORT < plan.json``.

A line of JSON for each row says where it came to an end: the last verb that was called, and the code of its error or
``ok``. Nothing is judged here.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import ssl
import sys
import time
from html.parser import HTMLParser
from inspect import isawaitable
from typing import Any
from urllib.parse import urlencode, urlsplit

from relyingparty import AsyncRelyingParty, Error, Issuer, Policy, Provider, RelyingParty, run, run_async
from relyingparty.transports import UrllibTransport

CLIENT = ("client_id", "redirect_uri")
PAUSE = 60
KEYS = "keys_unavailable"
"""Seconds between two steps where keys may have changed meanwhile: longer than the pause between two fetches."""


def transport(name: str, **options: Any) -> tuple[type[Any], Any]:
    """The kind of relying party that sends with it, and the transport: only what it needs has to be installed."""
    match name:
        case "urllib":
            return RelyingParty, UrllibTransport(**options)
        case "requests":
            from relyingparty.transports.requests import RequestsTransport

            return RelyingParty, RequestsTransport(**options)
        case "httpx":
            from relyingparty.transports.httpx import HttpxTransport

            return RelyingParty, HttpxTransport(**options)
        case "httpx-async":
            from relyingparty.transports.httpx import AsyncHttpxTransport

            return AsyncRelyingParty, AsyncHttpxTransport(**options)
        case "aiohttp":
            from relyingparty.transports.aiohttp import AiohttpTransport

            return AsyncRelyingParty, AiohttpTransport(**options)
    raise SystemExit(f"no transport is called {name}")


class Party:
    """A relying party at one row's issuer, whichever kind; ``verb`` is what it was last asked for."""

    def __init__(self, row: dict[str, Any], kind: type[Any], transport: Any, browser: Browser) -> None:
        self.verb = ""
        self._browser = browser
        self._row = row
        self._transport = transport
        self._ahead = 0
        registration = dict(row["registration"])
        client = [registration.pop(name) for name in CLIENT]
        self._party = kind(
            row["issuer"],
            *client,
            transport=transport,
            policy=row["policy"],
            clock=self._now,
            allow_insecure_loopback=True,
            **registration,
        )

    async def go(self) -> None:
        """The row's journey, as far as it leads."""
        journey = self._row["journey"]
        if journey == "LoginWithKeys":
            await self._fetch_keys()
            self._ahead += PAUSE
        if journey == "Discovery":
            await self._call("authorize")
            return
        session = await self._log_in()
        if journey == "Logout":
            self._browser.visit(await self._call("end_session", session, state="a-state-of-the-logout"))
            return
        if journey == "TwoLogins":
            await self._call("userinfo", session)
            self._ahead += PAUSE
            session = await self._log_in()
        if journey == "Refresh":
            session = await self._call("refresh", session)
        await self._call("userinfo", session)

    async def _log_in(self) -> Any:
        started = await self._call("authorize", **self._row["asks"])
        url, form = self._browser.visit(started.url)
        if form is not None:
            return await self._call("callback_form_post", form, started.id)
        return await self._call("callback", url, started.id)

    async def _call(self, verb: str, *arguments: Any, **options: Any) -> Any:
        self.verb = verb
        return await settled(getattr(self._party, verb)(*arguments, **options))

    async def _fetch_keys(self) -> None:
        self.verb = "refresh_keys"
        issuer, policy = Issuer.insecure_loopback(self._row["issuer"]), Policy(**self._row["policy"])
        provider = await self._run(Provider.discover(issuer, policy, self._party.cache, self._now))
        await self._run(provider.refresh_keys(policy, self._party.cache, self._now))

    async def _run(self, flow: Any) -> Any:
        if isinstance(self._party, AsyncRelyingParty):
            return await run_async(flow, self._transport.send)
        return run(flow, self._transport.send)

    def _now(self) -> float:
        return time.time() + self._ahead


async def settled(value: Any) -> Any:
    """What a verb returns, awaited if it is asyncio's."""
    return await value if isawaitable(value) else value


class Browser:
    """The browser's part of a login."""

    def __init__(self, ca_file: str) -> None:
        self._tls = ssl.create_default_context(cafile=ca_file)

    def visit(self, url: str) -> tuple[str, str | None]:
        """Where the provider sends the browser, or the form that it has it post there."""
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "https":
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(host, port, context=self._tls)
        else:
            connection = http.client.HTTPConnection(host, port)
        connection.request("GET", f"{parts.path}?{parts.query}")
        response = connection.getresponse()
        page, location = response.read().decode(), response.headers.get("Location")
        connection.close()
        return (location, None) if location else ("", Form(page).encoded())


class Form(HTMLParser):
    """The hidden fields of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._fields: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "input" and attributes.get("type") == "hidden":
            self._fields.append((attributes.get("name") or "", attributes.get("value") or ""))

    def encoded(self) -> str:
        """As the browser posts them."""
        return urlencode(self._fields)


async def come_to_an_end(row: dict[str, Any], party: Party) -> dict[str, Any]:
    """Where a row came to an end."""
    started = time.monotonic()
    code = "ok"
    try:
        await party.go()
    except Error as error:
        code = error.code if error.code != KEYS else f"{KEYS} ({error.details['reason']})"
    except Exception as error:
        code = f"{type(error).__name__}: {error}"
    return {"row": row["name"], "call": party.verb, "code": code, "seconds": time.monotonic() - started}


async def main(name: str) -> None:
    plan = json.load(sys.stdin)
    kind, made = transport(name, ca_file=plan["ca_file"])
    browser = Browser(plan["ca_file"])
    for row in plan["rows"]:
        print(json.dumps(await come_to_an_end(row, Party(row, kind, made, browser))), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
