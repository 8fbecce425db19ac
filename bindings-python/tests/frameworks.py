"""The same small application in each framework, served over HTTP."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import flask
import uvicorn
from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

import relyingparty.fastapi
import relyingparty.flask
import relyingparty.starlette
from op import Op
from relyingparty import Session, SiteProvider
from test_example import listening

Make = Callable[..., Any]


def in_starlette(*given: Any, **options: Any) -> Any:
    """An application with Starlette's own sessions beside."""
    login = relyingparty.starlette.Login(*given, **options)

    async def home(request: Request) -> PlainTextResponse:
        session = await login.visitor(request)
        request.session["seen"] = request.session.get("seen", 0) + 1
        return PlainTextResponse(f"Hello {session.sub}" if session else "Log in")

    async def private(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"Private page of {(await login.required(request)).sub}")

    app = Starlette(
        routes=[*login.routes, Route("/", home), Route("/private", private, methods=["GET", "POST"])],
        middleware=[Middleware(login.middleware), Middleware(SessionMiddleware, secret_key="of the application's own")],
    )
    return app


def in_fastapi(*given: Any, **options: Any) -> Any:
    """An application whose endpoints return data, and responses of their own."""
    login = relyingparty.fastapi.Login(*given, **options)
    app = FastAPI()
    login.init_app(app)

    async def home(session: Annotated[Session | None, Depends(login.visitor)]) -> PlainTextResponse:
        return PlainTextResponse(f"Hello {session.sub}" if session else "Log in")

    def private(session: Annotated[Session, Depends(login.required)]) -> str:
        return f"Private page of {session.sub}"

    app.add_api_route("/", home, response_class=PlainTextResponse, response_model=None)
    for method in ("GET", "POST"):
        app.add_api_route("/private", private, methods=[method], response_model=None, name=method)
    return app


def in_flask(*given: Any, **options: Any) -> Any:
    """An application of views."""
    app = flask.Flask("app")
    relyingparty.flask.Login(*given, app=app, **options)
    session = relyingparty.flask.current_session

    def home() -> str:
        return f"Hello {session.sub}" if session else "Log in"

    @relyingparty.flask.login_required
    def private() -> str:
        return f"Private page of {session.sub}"

    app.add_url_rule("/", view_func=home)
    app.add_url_rule("/private", view_func=private, methods=["GET", "POST"])
    return app


FRAMEWORKS = [in_starlette, in_fastapi, in_flask]


@contextmanager
def served(app: Any, port: int) -> Iterator[None]:
    """``app`` on a port, by uvicorn or by werkzeug."""
    if isinstance(app, Starlette):
        server: Any = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
        thread = threading.Thread(target=server.run)
    else:
        server = make_server("127.0.0.1", port, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        listening(port)
        yield
    finally:
        if isinstance(app, Starlette):
            server.should_exit = True
        else:
            server.shutdown()
        thread.join()
        if not isinstance(app, Starlette):
            server.server_close()


def below(app: Any, path: str) -> Any:
    """``app`` below a path, as behind a proxy that says so."""
    if isinstance(app, Starlette):
        return Starlette(routes=[Mount(path, app)])
    return DispatcherMiddleware(flask.Flask("empty"), {path: app})


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class Shift:
    """The time, moved by hand."""

    def __init__(self) -> None:
        self.by = 0.0

    def __call__(self) -> float:
        return time.time() + self.by


class Application:
    """A client that is registered for an application at ``home``."""

    def __init__(self, op: Op, make: Make, path: str = "") -> None:
        self.op, self.make, self.path = op, make, path
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.home = f"{self.origin}{path}"
        self.auth = f"{self.home}/auth"
        self.clock = Shift()
        self.events: list[str] = []
        client = op(
            "register",
            redirect_uris=[f"{self.auth}/callback"],
            post_logout_redirect_uris=[f"{self.auth}/logged-out"],
            backchannel_logout_uri=f"{self.auth}/backchannel-logout",
            backchannel_logout_session_required=True,
        )
        self.provider = SiteProvider(
            op.issuer,
            client["client_id"],
            client_secret=client["client_secret"],
            post_logout_redirect_uri=f"{self.auth}/logged-out",
            allow_insecure_loopback=True,
        )
        self.key = bytes(range(7, 39))

    def told(self, *given: Any) -> None:
        """A hook, which a framework calls with what it has."""
        self.events.append(type(given[-1]).__name__)

    async def told_later(self, *given: Any) -> None:
        """The same for asyncio."""
        self.told(*given)

    def app(self, **options: Any) -> Any:
        """The application."""
        options = {
            "sealing_keys": [self.key],
            "clock": self.clock,
            "on_login": self.told if self.make is in_flask else self.told_later,
            "on_logout": self.told,
            "on_failure": self.told,
            **options,
        }
        app = self.make(self.auth, self.provider, **options)
        return below(app, self.path) if self.path else app

    @contextmanager
    def running(self, **options: Any) -> Iterator[None]:
        """The application, served."""
        with served(self.app(**options), self.port):
            yield
