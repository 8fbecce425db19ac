"""Servers of uvicorn: ``/`` answers with the subject of the session, ``/login`` begins one, but for ours, whose
sessions come from a provider.

``server.py WORK serve NAME`` serves on a free port of 127.0.0.1, which it prints, until it is killed.
"""

import json
import socket
import sys
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from our_site import provider, settings
from ours import Work
from relyingparty import Session

Asgi = Any


def fastapi_ours(work: Work) -> Asgi:
    from fastapi import Depends, FastAPI
    from fastapi.responses import PlainTextResponse
    from relyingparty.fastapi import Login

    app = FastAPI()
    login = Login(work["session"]["base_url"], provider(work), **settings(work))
    login.init_app(app)

    @app.get("/", response_class=PlainTextResponse)
    async def home(session: Annotated[Session, Depends(login.required)]) -> str:
        return session.sub

    return app


def fastapi_sessions(work: Work) -> Asgi:
    from fastapi import Depends, FastAPI, Request
    from fastapi.responses import PlainTextResponse
    from starlette.middleware.sessions import SessionMiddleware

    app = FastAPI()
    app.add_middleware(SessionMiddleware, secret_key="secret")

    async def user(request: Request) -> dict[str, Any]:
        return request.session["user"]

    @app.get("/", response_class=PlainTextResponse)
    async def home(user: Annotated[dict[str, Any], Depends(user)]) -> str:
        return user["sub"]

    @app.get("/login", response_class=PlainTextResponse)
    async def log_in(request: Request) -> str:
        request.session["user"] = work["session"]["content"]
        return ""

    return app


def starlette_ours(work: Work) -> Asgi:
    from relyingparty.starlette import Login
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    login = Login(work["session"]["base_url"], provider(work), **settings(work))

    async def home(request: Request) -> PlainTextResponse:
        return PlainTextResponse((await login.required(request)).sub)

    app = Starlette(routes=[Route("/", home)])
    login.init_app(app)
    return app


def starlette_sessions(work: Work) -> Asgi:
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.sessions import SessionMiddleware
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def home(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.session["user"]["sub"])

    async def log_in(request: Request) -> PlainTextResponse:
        request.session["user"] = work["session"]["content"]
        return PlainTextResponse("")

    routes = [Route("/", home), Route("/login", log_in)]
    return Starlette(routes=routes, middleware=[Middleware(SessionMiddleware, secret_key="secret")])


APPS = {
    "fastapi": fastapi_ours,
    "fastapi-sessions": fastapi_sessions,
    "starlette": starlette_ours,
    "starlette-sessions": starlette_sessions,
}


def main(path: str, name: str) -> None:
    work: Work = json.loads(Path(path).read_text())
    server = uvicorn.Server(uvicorn.Config(APPS[name](work), log_level="warning", access_log=False))
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        print(listener.getsockname()[1], flush=True)
        server.run(sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[3])
