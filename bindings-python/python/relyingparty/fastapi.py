"""A login for FastAPI applications: routes, a middleware, and dependencies.

>>> login = Login("https://app.example/auth", SiteProvider("https://op.example", "my-client"), sealing_keys=[key])
>>> app = FastAPI()
>>> login.init_app(app)

    @app.get("/")
    async def home(session: Annotated[Session, Depends(login.required)]):
        return {"hello": session.sub}
"""

from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Generic, TypeVar

from fastapi.openapi.models import APIKey, APIKeyIn
from fastapi.security.base import SecurityBase
from starlette.requests import HTTPConnection

from relyingparty._relyingparty import Session
from relyingparty.starlette import Mounted

__all__ = ["Login"]

T = TypeVar("T")


class Dependency(SecurityBase, Generic[T]):
    """What an endpoint depends on. The page of the documentation shows that it takes the cookie of the session."""

    def __init__(self, cookie_name: str, call: Callable[[HTTPConnection], Awaitable[T]]) -> None:
        self.model = APIKey.model_validate({"in": APIKeyIn.cookie, "name": cookie_name, "description": "A login."})
        self.scheme_name = "login"
        self._call = call

    async def __call__(self, connection: HTTPConnection) -> T:
        """What the endpoint gets."""
        return await self._call(connection)


class Login(Mounted):
    """A login in a FastAPI application."""

    @cached_property
    def visitor(self) -> Dependency[Session | None]:
        """``Depends(login.visitor)``: the session of the request; ``None`` if nobody is logged in."""
        return Dependency(self.site.cookie_name, self._visitor)

    @cached_property
    def required(self) -> Dependency[Session]:
        """``Depends(login.required)``: the session of the request. If nobody is logged in, a browser's GET is sent to
        log in and come back, anything else is answered with 401.
        """
        return Dependency(self.site.cookie_name, self._required)
