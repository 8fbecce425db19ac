"""What the adapters to frameworks have in common. They hold no rule: requests become data, and answers responses."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import urlencode

from relyingparty import settings
from relyingparty._relyingparty import Incoming, Session
from relyingparty.events import Event, Failed, LoggedIn, LoggedOut, SessionEnded
from relyingparty.sites import Sites
from relyingparty.withheld import Withheld

SiteT = TypeVar("SiteT", bound=Sites[Any, Any])

LONGEST_FORM = 65_536
"""Bytes of a form that are read; the site refuses a longer one."""


class Known(NamedTuple):
    """Whose request it is once a route of the site has answered it: its own cookies are the last word."""

    session: Session | None
    provider: str | None
    set_cookies: tuple[str, ...] = ()
    event: None = None
    error: None = None

    @classmethod
    def after(cls, event: Event | None) -> Known:
        """Nobody's, or that of whoever just logged in."""
        return cls(event.session, event.provider) if isinstance(event, LoggedIn) else cls(None, None)


class Adapter(Generic[SiteT]):
    """A site in a framework, and who is told what happens there."""

    def __init__(
        self,
        site: SiteT | str,
        kind: type[SiteT],
        given: Withheld[tuple[tuple[Any, ...], dict[str, Any]]],
        on_login: Callable[..., Any] | None,
        on_logout: Callable[..., Any] | None,
        on_failure: Callable[..., Any] | None,
    ) -> None:
        if isinstance(site, str):
            self.site = kind(site, *given.lend()[0], **given.lend()[1])
            """The site."""
        else:
            if not isinstance(site, kind) or any(given.lend()):
                settings.refuse("site", f"is neither a base URL nor an object of {kind.__name__} with nothing beside")
            self.site = site
        hooks = {"on_login": on_login, "on_logout": on_logout, "on_failure": on_failure}
        for name, hook in hooks.items():
            if hook is not None:
                settings.function(name, hook)
        self._hooks = {LoggedIn: on_login, LoggedOut: on_logout, SessionEnded: on_logout, Failed: on_failure}

    def login_url(self, return_to: str = "/", **more: str) -> str:
        """Where a login begins that leads to the page ``return_to``.

        :param more: ``provider``, ``prompt`` or ``login_hint``.
        """
        return f"{self.site.base_url}/login?{urlencode({'return_to': return_to, **more})}"

    @property
    def logout_url(self) -> str:
        """Where a form of your own posts to log out."""
        return f"{self.site.base_url}/logout"

    def _withdrawal(self, headers: Withheld[list[tuple[str, str]]]) -> Incoming:
        """The request that ends a session whose browser does not get it after all."""
        pairs = [value.partition(";")[0] for name, value in headers.lend() if name == "Set-Cookie"]
        cookies = [("Cookie", "; ".join(pair for pair in pairs if not pair.endswith("=")))]
        return Incoming("POST", self.logout_url, [*cookies, ("Sec-Fetch-Site", "same-origin")])

    def __repr__(self) -> str:
        return f"<Login {getattr(self, 'site', '')!r}>"

    def _hook(self, event: Event | None) -> Callable[..., Any] | None:
        return None if event is None else self._hooks.get(type(event))


def explanation(event: Event | None, status: int) -> str:
    """What a visitor is told of a request that failed."""
    if not isinstance(event, Failed):
        return f"{HTTPStatus(status).phrase}\n"
    code = event.error.code
    what = "logout" if code == "cross_site_request" or code.startswith("logout_") else "login"
    return f"The {what} did not succeed: {getattr(event.error, 'error', None) or code}\n"


def is_browser(method: str, mode: str | None, accept: str) -> bool:
    """Whether a person waits for the answer, who can be sent to log in."""
    return method == "GET" and (mode == "navigate" if mode is not None else "text/html" in accept)
