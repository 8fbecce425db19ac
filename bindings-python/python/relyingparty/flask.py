"""A login for Flask applications: an extension, ``login_required``, ``current_session`` and ``current_user``.

>>> login = Login("https://app.example/auth", SiteProvider("https://op.example", "my-client"), sealing_keys=[key])
>>> login.init_app(app)

    @app.get("/")
    @login_required
    def home():
        return f"Hello {current_session.sub}"

Where Flask-Login is installed and a ``user_loader`` is given, its ``current_user`` and ``login_required`` work, too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    has_request_context,
    make_response,
    redirect,
    request,
)
from werkzeug.local import LocalProxy

from relyingparty._relyingparty import Incoming, Session, Visit
from relyingparty.adapters import LONGEST_FORM, Adapter, Known, explanation, is_browser
from relyingparty.errors import TransportError
from relyingparty.events import Event, Failed, LoggedIn
from relyingparty.site import Site
from relyingparty.sites import SiteProvider
from relyingparty.withheld import Withheld

__all__ = ["Login", "current_session", "current_user", "login_required"]

ViewT = TypeVar("ViewT", bound=Callable[..., Any])
_NAME = "relyingparty"
_VISITS = "relyingparty.visits"
"""Where the environment of a request has what is known of whose it is. What belongs to the application's context may
outlive the request."""


class Login(Adapter[Site]):
    """A site in a Flask application: an extension, one in each application."""

    def __init__(
        self,
        site: Site | str,
        *providers: SiteProvider,
        app: Flask | None = None,
        user_loader: Callable[[str, str], Any] | None = None,
        on_login: Callable[[Any], Any] | None = None,
        on_logout: Callable[[Any], Any] | None = None,
        on_failure: Callable[[Any], Any] | None = None,
        **options: Any,
    ) -> None:
        """Set up a login. The hooks are called within the request.

        :param site: the base URL of the site, or a ``Site`` that is ready.
        :param providers: whom its users log in with.
        :param app: the application, for ``init_app``.
        :param user_loader: returns the user of an issuer and a ``sub``: what ``current_user`` is. Only both together
            identify a user.
        :param on_login: is called with ``LoggedIn``; what it raises stops the login.
        :param on_logout: is called with ``LoggedOut``, or ``SessionEnded`` if the
            provider takes the refresh token no longer.
        :param on_failure: is called with ``Failed``; it may return a response, which is shown in the
            place of a line of text.
        :param options: everything else that ``Site`` takes.
        """
        given: Withheld[Any] = Withheld((providers, options))
        del options
        super().__init__(site, Site, given, on_login, on_logout, on_failure)
        self._user_loader = user_loader
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Add the routes to an application. Set up Flask-Login, if you use it, before."""
        app.extensions[_NAME] = self
        app.before_request(self._route)
        app.after_request(self._send_cookies)
        if self._user_loader is not None and find_spec("flask_login") is not None:
            manager: Any = getattr(app, "login_manager", None) or import_module("flask_login").LoginManager(app)
            manager.request_loader(lambda _: self.user())
            manager.unauthorized_handler(self.unauthorized)

    def visit(self) -> Visit | Known:
        """Whose request this is, found out once for each request."""
        visits = self._visits()
        visit = visits.get(id(self))
        if visit is None:
            try:
                visit = self.site.visit(Incoming(request.method, request.path, request.headers))
            except TransportError as error:
                abort(self._unavailable(error.code))
            visits[id(self)] = visit
            self._told(visit.event)
        return visit

    @staticmethod
    def _visits() -> dict[int, Visit | Known]:
        visits: dict[int, Visit | Known] = request.environ.setdefault(_VISITS, {})
        return visits

    def user(self) -> Any:
        """What the ``user_loader`` has for whoever is logged in, or without one the claims; ``None`` if nobody is."""
        session = self.visit().session
        if session is None or self._user_loader is None:
            return None if session is None else session.claims
        return self._user_loader(session.claims["iss"], session.sub)

    def unauthorized(self) -> Any:
        """What is answered if nobody is logged in: a browser's GET is sent to log in and come back, anything else gets
        401.
        """
        visit = self.visit()
        if visit.error is not None and visit.session is None:
            # The session is kept, and may be found again in a moment.
            return self._unavailable(visit.error.code)
        if visit.session is not None:
            # Logged in, and no user of the application: another login would end here again.
            return self._text("Forbidden\n", 403)
        headers = request.headers
        if is_browser(request.method, headers.get("Sec-Fetch-Mode"), headers.get("Accept", "")):
            response = redirect(self.login_url(request.script_root + request.full_path.rstrip("?")), 303)
            response.headers["Cache-Control"] = "no-store"
            return response
        return self._text("Unauthorized\n", 401, {"WWW-Authenticate": "Cookie"})

    def _route(self) -> Any:
        """The answer, if the request is for one of the site's routes: the site knows which URLs are its own."""
        return self._answer() if self.site.handles(request.script_root + request.path) else None

    def _answer(self) -> Any:
        # Who read the form before has left nothing else of it.
        body = request.stream.read(LONGEST_FORM + 1) or urlencode([*request.form.items(multi=True)])
        try:
            handled = self.site.handle(Incoming(request.method, request.url, request.headers, body))
            status, headers, event, page = handled.status, Withheld(handled.headers), handled.event, handled.body
            del handled
        except TransportError as error:
            status, headers, event, page = 503, Withheld([("Cache-Control", "no-store")]), Failed(error), b""
        self._visits()[id(self)] = Known.after(event)
        try:
            shown = self._told(event)
        except Exception:
            if isinstance(event, LoggedIn):
                self._withdraw(headers)
            raise
        if status < 400:
            return Response(page, status, headers.take())
        response = make_response(shown if shown is not None else self._text(explanation(event, status), status))
        response.headers.extend(headers.take())
        return response

    def _withdraw(self, headers: Withheld[list[tuple[str, str]]]) -> None:
        try:
            self.site.handle(self._withdrawal(headers))
        except TransportError as error:
            # What stopped the login is told; the session that nobody has ends when it is idle.
            current_app.logger.warning("%s", error)

    def _told(self, event: Event | None) -> Any:
        if isinstance(event, Failed):
            # Visitors see the code alone.
            current_app.logger.warning("%s", event.error)
        hook = self._hook(event)
        return None if hook is None else hook(event)

    def _send_cookies(self, response: Response) -> Response:
        visit = self._visits().get(id(self))
        if visit is not None:
            response.vary.add("Cookie")
            if visit.set_cookies:
                response.headers["Cache-Control"] = "no-store"
            for cookie in visit.set_cookies:
                response.headers.add("Set-Cookie", cookie)
        return response

    @classmethod
    def _unavailable(cls, code: str) -> Response:
        return cls._text(f"{code}\n", 503, {"Retry-After": "1"})

    @staticmethod
    def _text(text: str, status: int, headers: dict[str, str] | None = None) -> Response:
        return Response(text, status, headers, mimetype="text/plain")


def login_required(view: ViewT) -> ViewT:
    """Let a view be called only where somebody is logged in (``Login.unauthorized``)."""

    @wraps(view)
    def guarded(*given: Any, **named: Any) -> Any:
        login = _login()
        if login.visit().session is None:
            return login.unauthorized()
        return current_app.ensure_sync(view)(*given, **named)

    return guarded  # type: ignore[return-value]


def _login() -> Login:
    login: Login = current_app.extensions[_NAME]
    return login


current_session: Session = LocalProxy(  # type: ignore[assignment]
    lambda: _login().visit().session if has_request_context() else None
)
"""The session of this request: a proxy, which is false if nobody is logged in, and where there is no request."""
current_user: Any = LocalProxy(lambda: _login().user() if has_request_context() else None)
"""What the ``user_loader`` has for whoever is logged in, or without one the claims: a proxy, false for nobody."""
