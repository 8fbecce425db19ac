"""A login for Starlette applications: routes, a middleware, and whose request it is.

>>> login = Login("https://app.example/auth", SiteProvider("https://op.example", "my-client"), sealing_keys=[key])
>>> app = Starlette(routes=[Route("/", home)])
>>> login.init_app(app)

    async def home(request):
        session = await login.required(request)
        return PlainTextResponse(f"Hello {session.sub}")
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from logging import getLogger
from typing import Any, NoReturn
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException, WebSocketException
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from relyingparty._relyingparty import Incoming, Session, Visit
from relyingparty.adapters import LONGEST_FORM, Adapter, Known, explanation, is_browser
from relyingparty.async_site import AsyncSite
from relyingparty.errors import TransportError
from relyingparty.events import Event, Failed, LoggedIn
from relyingparty.sites import SiteProvider
from relyingparty.withheld import Withheld

__all__ = ["Login", "Mounted"]

_LOGGER = getLogger("uvicorn.error")
"""Where uvicorn serves, it has a handler."""
_VISITS = "relyingparty.visits"
"""Where the scope of a request has what is known of whose it is."""


class Mounted(Adapter[AsyncSite]):
    """A site in an application of Starlette or FastAPI. Create one per process."""

    def __init__(
        self,
        site: AsyncSite | str,
        *providers: SiteProvider,
        on_login: Callable[[Request, Any], Any] | None = None,
        on_logout: Callable[[HTTPConnection, Any], Any] | None = None,
        on_failure: Callable[[Request, Any], Any] | None = None,
        **options: Any,
    ) -> None:
        """Set up a login. The hooks may be coroutine functions; others run in threads.

        :param site: the base URL of the site, or an ``AsyncSite`` that is ready.
        :param providers: whom its users log in with.
        :param on_login: is called with the request and ``LoggedIn``; what it raises stops the login.
        :param on_logout: is called with the request and ``LoggedOut``, or
            ``SessionEnded`` if the provider takes the refresh token no longer.
        :param on_failure: is called with the request and ``Failed``; it may return a response, which
            is shown in the place of a line of text.
        :param options: everything else that ``AsyncSite`` takes.
        """
        given: Withheld[Any] = Withheld((providers, options))
        del options
        super().__init__(site, AsyncSite, given, on_login, on_logout, on_failure)

    @property
    def routes(self) -> list[BaseRoute]:
        """The routes of the site, for an application that does not use ``init_app``."""
        return [_Routes(self)]

    def middleware(self, app: ASGIApp) -> ASGIApp:
        """The middleware that sends the cookies of visits, for ``app.add_middleware(login.middleware)``."""

        async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
            visits: dict[int, Visit | Known] = scope.setdefault(_VISITS, {})

            async def sent(message: Message) -> None:
                if message["type"] in ("http.response.start", "websocket.accept") and id(self) in visits:
                    headers = MutableHeaders(raw=list(message.get("headers", ())))
                    headers.add_vary_header("Cookie")
                    if visits[id(self)].set_cookies:
                        headers["Cache-Control"] = "no-store"
                    for cookie in visits[id(self)].set_cookies:
                        headers.append("Set-Cookie", cookie)
                    message["headers"] = headers.raw
                await send(message)

            await app(scope, receive, sent)

        return wrapped

    def init_app(self, app: Starlette) -> None:
        """Add the routes, before those that are there, and the middleware."""
        app.router.routes[:0] = self.routes
        app.add_middleware(self.middleware)

    async def visit(self, connection: HTTPConnection) -> Visit | Known:
        """Whose request this is, found out once for each request."""
        scope = connection.scope
        if _VISITS not in scope:
            raise RuntimeError("the middleware is missing: call login.init_app(app)")
        visits: dict[int, Visit | Known] = scope[_VISITS]
        if id(self) not in visits:
            try:
                visit = visits[id(self)] = await self.site.visit(Incoming("GET", scope["path"], scope["headers"]))
            except TransportError as error:
                raise HTTPException(503, error.code) from error
            await self._told(connection, visit.event)
        return visits[id(self)]

    async def _visitor(self, connection: HTTPConnection) -> Session | None:
        return (await self.visit(connection)).session

    async def _required(self, connection: HTTPConnection) -> Session:
        visit = await self.visit(connection)
        if visit.session is not None:
            return visit.session
        if connection.scope["type"] == "websocket":
            raise WebSocketException(1008)
        if visit.error is not None:
            # The session is kept, and may be found again in a moment.
            raise HTTPException(503, visit.error.code, {"Retry-After": "1"})
        headers, url = connection.headers, connection.url
        if is_browser(connection.scope["method"], headers.get("Sec-Fetch-Mode"), headers.get("Accept", "")):
            page = _whole_path(connection.scope) + (f"?{url.query}" if url.query else "")
            raise HTTPException(303, headers={"Location": self.login_url(page), "Cache-Control": "no-store"})
        raise HTTPException(401, headers={"WWW-Authenticate": "Cookie"})

    async def _answer(self, request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_FORM:
                break
        incoming = Incoming(request.method, str(request.url), request.headers.raw, body)
        try:
            handled = await self.site.handle(incoming)
            status, headers, event, page = handled.status, Withheld(handled.headers), handled.event, handled.body
            del handled
        except TransportError as error:
            status, headers, event, page = 503, Withheld([("Cache-Control", "no-store")]), Failed(error), b""
        request.scope.setdefault(_VISITS, {})[id(self)] = Known.after(event)
        try:
            shown = await self._told(request, event)
        except Exception:
            if isinstance(event, LoggedIn):
                await self._withdraw(headers)
            raise
        response = Response(page, status)
        if status >= 400:
            response = shown if isinstance(shown, Response) else PlainTextResponse(explanation(event, status), status)
        for name, value in headers.take():
            response.headers.append(name, value)
        return response

    async def _withdraw(self, headers: Withheld[list[tuple[str, str]]]) -> None:
        try:
            await self.site.handle(self._withdrawal(headers))
        except TransportError as error:
            # What stopped the login is told; the session that nobody has ends when it is idle.
            _LOGGER.warning("%s", error)

    async def _told(self, connection: HTTPConnection, event: Event | None) -> Any:
        if isinstance(event, Failed):
            # Visitors see the code alone.
            _LOGGER.warning("%s", event.error)
        hook = self._hook(event)
        if hook is None:
            return None
        if inspect.iscoroutinefunction(hook):
            return await hook(connection, event)
        returned: Any = await run_in_threadpool(hook, connection, event)
        return await returned if inspect.isawaitable(returned) else returned


def _whole_path(scope: Scope) -> str:
    """The path as the browser has it: with the ``root_path``, missing where the application alone was told of it."""
    path, root_path = scope["path"], scope.get("root_path", "")
    is_whole = path == root_path or path.startswith(f"{root_path}/")
    return quote(path if is_whole else root_path + path, safe="/:@!$&'()*+,;=")


class _Routes(BaseRoute):
    """All of a site's routes: the site knows which URLs are its own."""

    def __init__(self, login: Mounted) -> None:
        self._login = login

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        is_ours = scope["type"] == "http" and self._login.site.handles(scope["path"])
        return (Match.FULL, {"endpoint": self._login._answer}) if is_ours else (Match.NONE, {})

    def url_path_for(self, name: str, /, **path_params: Any) -> NoReturn:
        raise NoMatchFound(name, path_params)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._login._answer(Request(scope, receive, send))
        await response(scope, receive, send)


class Login(Mounted):
    """A login in a Starlette application."""

    async def visitor(self, connection: HTTPConnection) -> Session | None:
        """The session of this request; ``None`` if nobody is logged in."""
        return await self._visitor(connection)

    async def required(self, connection: HTTPConnection) -> Session:
        """The session of this request. If nobody is logged in a browser's GET is sent to log in and come back, anything
        else is answered with 401.
        """
        return await self._required(connection)
