"""Whose request it is: ours beside Starlette's middleware, which is called as a server calls it."""

from collections.abc import Callable, Coroutine
from typing import Any

from our_site import headers, provider, settings
from ours import Work
from relyingparty import AsyncSite, Incoming, Site
from rounds import Call, alone, pair


def sessions(group: str, work: Work, rounds: int) -> None:
    for name, our_side in {"Site": site(work), "AsyncSite": async_site(work)}.items():
        if our_side() != work["session"]["content"]["sub"]:
            raise AssertionError("it is somebody else's session")
        if not work["peers"]:
            alone(group, name, rounds, our_side)
            continue
        pair(group, f"{name}, SessionMiddleware", rounds, our_side, session_middleware(work))


def site(work: Work) -> Callable[[], str]:
    ours = Site(work["session"]["base_url"], provider(work), **settings(work))
    sent = headers(work, work["session"]["cookie"])
    return lambda: ours.visit(Incoming("GET", "/inbox", sent)).session.sub


def async_site(work: Work) -> Callable[[], str]:
    ours = AsyncSite(work["session"]["base_url"], provider(work), **settings(work))
    sent = headers(work, work["session"]["cookie"])
    return lambda: at_once(ours.visit(Incoming("GET", "/inbox", sent))).session.sub


def session_middleware(work: Work) -> Call:
    """What the middleware reads of a request: it has checked its signature, and nobody has answered yet."""
    from starlette.middleware.sessions import SessionMiddleware

    cookies: list[bytes] = []

    async def log_in(scope: Any, receive: Any, send: Any) -> None:
        scope["session"].update(work["session"]["content"])
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def keep(message: Any) -> None:
        cookies.extend(value for name, value in message["headers"] if name == b"set-cookie")

    async def home(scope: Any, receive: Any, send: Any) -> None:
        scope["sub"] = scope["session"]["sub"]

    at_once(SessionMiddleware(log_in, "secret")({"type": "http", "headers": []}, None, keep))
    sent = headers(work, cookies[0].decode().split(";")[0])
    middleware = SessionMiddleware(home, "secret")

    def read() -> object:
        scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/inbox", "headers": sent}
        at_once(middleware(scope, None, None))
        return scope["sub"]

    return read


def at_once(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine comes to that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits for something")
