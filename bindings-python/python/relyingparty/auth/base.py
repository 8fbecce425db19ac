"""What every auth object promises, and the code that they share to keep it.

* It sets the header ``Authorization``, and for a token that is bound to a key ``DPoP``, on each request anew. The core
  makes them, in the flow of ``call``, and is shown the status and the headers of the
  response. The body is the application's.
* A request for another origin than the ``api_origins`` and the ``resource`` of the login is not sent: it raises
  ``MisuseError`` ``origin_not_allowed``.
* The token is for one request. A redirect is handed to the HTTP client, and what follows it is a request of its own: it
  gets a token by the same rules, or goes without. Whoever followed before this could see it gets
  ``ProtocolError`` ``redirect_refused``.
* A nonce that the API asks for costs one more request, and is remembered in the ``cache`` of the relying party.
* Nothing is refreshed unless there is ``on_refresh``.
* A token that is bound to the client's certificate is sent only if ``client_certificate`` says that the HTTP client
  shows it.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Generator, Iterable, MutableMapping
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from relyingparty import settings
from relyingparty._relyingparty import ApiResponse, Challenge, Flow, Grant, HttpRequest, HttpResponse, Session
from relyingparty.errors import Error
from relyingparty.log import decided
from relyingparty.relying_party import RelyingParty
from relyingparty.verbs import Verbs
from relyingparty.withheld import Withheld

if TYPE_CHECKING:
    from relyingparty.async_relying_party import AsyncRelyingParty
    from relyingparty.options import Method

Steps = Generator[Any, Any, Challenge | None]
"""A call as a generator. It yields each request that has to be sent and is sent the response; what else it yields has
to be awaited where it is asyncio's."""


class Authorizer:
    """The settings of an auth object, and its calls."""

    def __init__(
        self,
        rp: RelyingParty | AsyncRelyingParty,
        session_or_grant: Session | Grant,
        *,
        on_refresh: Callable[[Session], object] | None = None,
        client_certificate: bool = False,
    ) -> None:
        """Set up the access token of a session or a grant.

        :param rp: the relying party that the token was issued to.
        :param session_or_grant: whose access token to send.
        :param on_refresh: a function that stores a session, or a coroutine function for asyncio. With it, a session
            whose access token expired, or is refused as ``invalid_token``, is refreshed and the request is sent with
            the new token. The function is given each new session before that: it replaces the old one.
        :param client_certificate: whether the HTTP client shows the client's certificate to the APIs. Tokens that are
            bound to the certificate (RFC 8705 3) need it.
        :raises ConfigurationError: ``invalid_configuration``.
        """
        if not isinstance(rp, Verbs):
            settings.refuse("rp", "is no relying party")
        if not isinstance(session_or_grant, Session | Grant):
            settings.refuse("session_or_grant", "is neither a Session nor a Grant")
        if on_refresh is not None:
            settings.function("on_refresh", on_refresh)
            if not isinstance(session_or_grant, Session):
                settings.refuse("on_refresh", "is for sessions: a grant is not refreshed")
            if isinstance(rp, RelyingParty):
                settings.blocks("on_refresh", on_refresh)
        self._client_certificate = settings.flag("client_certificate", client_certificate)
        self._rp: Any = rp
        self._holder = session_or_grant
        self._on_refresh = on_refresh
        self._lock = threading.Lock()
        self._challenges: WeakKeyDictionary[Any, Challenge] = WeakKeyDictionary()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._rp!r}>"

    @property
    def session_or_grant(self) -> Session | Grant:
        """Whose access token is sent: what was given, or with ``on_refresh`` the newest session."""
        return self._holder

    def challenge(self, response: object) -> Challenge | None:
        """What the API wants instead, if it refused the access token with this response (401 or 403) and says so."""
        return self._challenges.get(response)

    def _call(self, method: str, url: str, blocks: bool) -> Call:
        """A call for a client that ``blocks``, or for one on asyncio."""
        if blocks and not isinstance(self._rp, RelyingParty):
            settings.refuse("rp", "is for asyncio, and the HTTP client blocks: RelyingParty is for it")
        if not blocks and isinstance(self._rp, RelyingParty):
            settings.refuse("rp", "blocks the event loop: AsyncRelyingParty is for asyncio")
        return Call(self._steps(cast("Method", method), url.partition("#")[0]))

    def _answered(self, response: object, call: Call) -> None:
        """``response`` is what came of the call."""
        if call.challenge is not None:
            self._challenges[response] = call.challenge

    def _steps(self, method: Method, url: str) -> Steps:
        holder, refreshed = self._holder, False
        if self._is_over(holder):
            holder, refreshed = (yield from self._refresh(holder)), True
        while True:
            # The rest of the request is the application's.
            flow = yield self._rp._run(self._rp._calling(holder, method, url, Withheld(()), Withheld(None)))
            challenge = yield from self._carry(flow)
            is_over = challenge is not None and challenge.error == "invalid_token"
            if not is_over or refreshed or not self._is_refreshable(holder):
                return challenge
            holder, refreshed = (yield from self._refresh(holder)), True

    def _carry(self, flow: Flow[ApiResponse]) -> Steps:
        is_its_own = False
        try:
            while (request := flow.request) is not None:
                if not isinstance(request, HttpRequest):
                    flow.resume((yield self._rp._answer(request)))
                    continue
                if request.client_certificate and not self._client_certificate:
                    reason = "is not set, and the access token is bound to the certificate that it stands for"
                    settings.refuse("client_certificate", reason)
                response = yield request
                is_its_own = response.final_url == request.url
                flow.resume(response)
        except Error as error:
            decided(error)
            if error.code == "redirect_refused" and is_its_own:
                # Nobody followed it yet.
                return None
            raise
        decided(flow.result)
        return flow.result.challenge

    def _is_refreshable(self, holder: Session | Grant) -> bool:
        return self._on_refresh is not None and isinstance(holder, Session) and holder.refresh_token is not None

    def _is_over(self, holder: Session | Grant) -> bool:
        if not self._is_refreshable(holder) or holder.expires_at is None:
            return False
        return bool(holder.expires_at <= self._rp._clock())

    def _refresh(self, holder: Session | Grant) -> Generator[Any, Any, Session | Grant]:
        if self._holder is not holder:
            # Another call did, and the refresh token is spent.
            return self._holder
        refreshed: Session = yield self._rp.refresh(holder)
        with self._lock:
            is_new = self._holder is holder
            if is_new:
                self._holder = refreshed
        if is_new and self._on_refresh is not None:
            yield self._on_refresh(refreshed)
        return refreshed


class Call:
    """One call while it is made: what to send, until there is nothing more."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._is_over = False
        self.is_redirected = False
        """Whether the HTTP client was sent elsewhere, where it goes without the token."""
        self.challenge: Challenge | None = None

    def next(self, reply: object = None) -> HttpRequest | None:
        """What to send next, after this response."""
        while not isinstance(reply := self._step(reply), HttpRequest | _End):
            pass
        return None if isinstance(reply, _End) else reply

    async def next_async(self, reply: object = None) -> HttpRequest | None:
        """The same on asyncio."""
        while not isinstance(reply := self._step(reply), HttpRequest | _End):
            if inspect.isawaitable(reply):
                reply = await reply
        return None if isinstance(reply, _End) else reply

    def _step(self, reply: object) -> object:
        if self._is_over:
            settings.refuse("request", "was made for one call: make another for the next")
        self._is_over = True
        try:
            step: object = self._steps.send(reply)
        except StopIteration as end:
            self.challenge = end.value
            return _End()
        self._is_over = False
        return step


class _End:
    """There is nothing more to send."""


def dress(headers: MutableMapping[str, str], request: HttpRequest) -> None:
    """Set the headers that ``request`` is to have."""
    for name, value in request.headers:
        headers[name] = value


def undress(headers: MutableMapping[str, str]) -> None:
    """Take away what ``dress`` sets."""
    for name in ("authorization", "dpop"):
        headers.pop(name, None)


def shown(status: int, headers: Iterable[tuple[str, str]], url: object) -> HttpResponse:
    """A response as the core is shown it: without its body."""
    return HttpResponse(status, list(headers), b"", str(url).partition("#")[0])
