"""An API on this machine, and the HTTP clients that call it with an auth object, used in one way."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import aiohttp
import httpx
import requests

from client_keys import part
from parties import Make, log_in, maker
from relyingparty import AsyncRelyingParty, Challenge, RelyingParty
from relyingparty.auth.aiohttp import AiohttpAuth
from relyingparty.auth.httpx import HttpxAuth
from relyingparty.auth.requests import RequestsAuth
from scripted import ScriptedOp


@dataclass(frozen=True)
class Asked:
    """A request as the API got it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def proof(self) -> dict[str, Any]:
        """The claims of the DPoP proof."""
        return part(self.headers["dpop"], 1)


class Api:
    """It answers ``status`` with ``headers``, wants ``nonce`` in proofs, and refuses the tokens in ``refused``
    and redirects the paths that ``moved``. ``asked`` are the requests that it got."""

    def __init__(self) -> None:
        api = self
        self.asked: list[Asked] = []
        self.status = 200
        self.headers: list[tuple[str, str]] = []
        self.nonce: str | None = None
        self.refused: set[str] = set()
        self.moved: dict[str, str] = {}

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, self.path, headers, self.body(headers))
                api.asked.append(asked)
                status, more, body = api.answer(asked)
                self.send_response(status)
                for name, value in [*more, ("Content-Length", str(len(body)))]:
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def body(self, headers: dict[str, str]) -> bytes:
                if headers.get("transfer-encoding") != "chunked":
                    return self.rfile.read(int(headers.get("content-length", 0)))
                whole = b""
                while length := int(self.rfile.readline(), 16):
                    whole += self.rfile.read(length)
                    self.rfile.readline()
                self.rfile.readline()
                return whole

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_any

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.origin = f"http://{self.host}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, asked: Asked) -> tuple[int, list[tuple[str, str]], bytes]:
        """What a request is answered."""
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        if token in self.refused:
            return 401, [("WWW-Authenticate", f'{scheme} error="invalid_token"')], b"no"
        if self.nonce is not None and asked.proof.get("nonce") != self.nonce:
            return 401, [("WWW-Authenticate", 'DPoP error="use_dpop_nonce"'), ("DPoP-Nonce", self.nonce)], b"no"
        if asked.path in self.moved:
            return 307, [("Location", self.moved[asked.path])], b"moved"
        return self.status, self.headers, b"canary-answer"

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def serving() -> Iterator[Api]:
    """An API that runs for the length of the block."""
    api = Api()
    try:
        yield api
    finally:
        api.close()


@dataclass(frozen=True)
class Got:
    """What a client got."""

    status: int
    body: bytes
    challenge: Challenge | None


def _httpx(library: Any) -> Callable[..., Got]:
    def send(auth: Any, method: str, url: str, follow: bool = False, verify: Any = True, **options: Any) -> Got:
        with library.Client(auth=auth, follow_redirects=follow, trust_env=False, verify=verify) as client:
            response = client.request(method, url, **options)
            return Got(response.status_code, response.content, auth.challenge(response))

    return send


def _async_httpx(library: Any) -> Callable[..., Got]:
    async def get(auth: Any, method: str, url: str, follow: bool, verify: Any, options: dict[str, Any]) -> Got:
        async with library.AsyncClient(auth=auth, follow_redirects=follow, trust_env=False, verify=verify) as client:
            response = await client.request(method, url, **options)
            return Got(response.status_code, response.content, auth.challenge(response))

    def send(auth: Any, method: str, url: str, follow: bool = False, verify: Any = True, **options: Any) -> Got:
        return asyncio.run(get(auth, method, url, follow, verify, options))

    return send


def _requests(auth: Any, method: str, url: str, follow: bool = False, verify: Any = True, **options: Any) -> Got:
    if "content" in options:
        options["data"] = options.pop("content")
    with requests.Session() as session:
        session.trust_env = False
        session.auth = auth
        response = session.request(method, url, allow_redirects=follow, verify=verify, **options)
        return Got(response.status_code, response.content, auth.challenge(response))


async def _get_by_aiohttp(auth: Any, method: str, url: str, options: dict[str, Any]) -> Got:
    async with aiohttp.ClientSession(middlewares=[auth]) as session:
        async with session.request(method, url, **options) as response:
            return Got(response.status, await response.read(), auth.challenge(response))


def _aiohttp(auth: Any, method: str, url: str, follow: bool = False, verify: Any = True, **options: Any) -> Got:
    if "content" in options:
        options["data"] = options.pop("content")
    return asyncio.run(_get_by_aiohttp(auth, method, url, {**options, "allow_redirects": follow, "ssl": verify}))


@dataclass(frozen=True)
class Client:
    """An HTTP client: its relying party, its auth object, and how it sends a request."""

    party: Any
    auth: Callable[..., Any]
    send: Callable[..., Got]

    @property
    def make(self) -> Make:
        """What makes relying parties."""
        return maker(self.party)


CLIENTS = {
    "httpx": Client(RelyingParty, HttpxAuth, _httpx(httpx)),
    "httpx on asyncio": Client(AsyncRelyingParty, HttpxAuth, _async_httpx(httpx)),
    "requests": Client(RelyingParty, RequestsAuth, _requests),
    "aiohttp": Client(AsyncRelyingParty, AiohttpAuth, _aiohttp),
}
if sys.version_info >= (3, 11):
    # It is not there for older ones.
    import httpx2

    from relyingparty.auth.httpx2 import Httpx2Auth

    CLIENTS["httpx2"] = Client(RelyingParty, Httpx2Auth, _httpx(httpx2))
    CLIENTS["httpx2 on asyncio"] = Client(AsyncRelyingParty, Httpx2Auth, _async_httpx(httpx2))


class Caller:
    """A user who is logged in, and an HTTP client that calls an API in the user's name."""

    def __init__(self, client: Client, api: Api, op: ScriptedOp, **options: Any) -> None:
        self.client, self.op = client, op
        policy = {"danger_http_hosts": [api.host]}
        self.rp = client.make(op, api_origins=[api.origin], policy=policy, **options)
        self.session = log_in(self.rp, op)

    def auth(self, **options: Any) -> Any:
        """An auth object for the session."""
        return self.client.auth(self.rp, self.session, **options)
