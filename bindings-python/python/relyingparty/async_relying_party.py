"""A login in plain calls, on asyncio."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from relyingparty._relyingparty import (
    Authorization,
    CallbackParams,
    Flow,
    HttpRequest,
    IdTokenClaims,
    Session,
    UserInfo,
    VerifyRequest,
)
from relyingparty.async_coalesce import AsyncCoalescer
from relyingparty.options import AuthorizeOptions, EndSessionOptions, Expectations
from relyingparty.run import Reply, Request
from relyingparty.stores import AsyncStore, Store
from relyingparty.transports import AsyncTransport, ThreadedTransport, UrllibTransport
from relyingparty.verbs import Verb, Verbs

if TYPE_CHECKING:
    from typing_extensions import Unpack

T = TypeVar("T")


class AsyncRelyingParty(Verbs[AsyncTransport, Store | AsyncStore, Callable[[VerifyRequest], Awaitable[bool]]]):
    """A client at one provider, on asyncio. Make one for the life of the program; tasks may share it.

    The verbs are those of :class:`~relyingparty.RelyingParty`, awaited. The store may be an asyncio one; the
    default transport is ``urllib`` in a thread.
    """

    _gets: AsyncCoalescer
    _coalescer = AsyncCoalescer

    def _default_transport(self, transport: UrllibTransport) -> AsyncTransport:
        return ThreadedTransport(transport)

    async def authorize(self, **options: Unpack[AuthorizeOptions]) -> Authorization:
        """See :meth:`relyingparty.RelyingParty.authorize`."""
        return await self._run(self._authorize(options))

    async def callback(self, query_or_url: str, id: str | None) -> Session:
        """See :meth:`relyingparty.RelyingParty.callback`."""
        return await self._run(self._callback(CallbackParams.parse(query_or_url), id))

    async def callback_form_post(self, body: str, id: str | None) -> Session:
        """See :meth:`relyingparty.RelyingParty.callback_form_post`."""
        return await self._run(self._callback(CallbackParams.parse_form_post(body), id))

    async def refresh(self, session: Session) -> Session:
        """See :meth:`relyingparty.RelyingParty.refresh`."""
        return await self._run(self._refresh(session))

    async def userinfo(self, session: Session) -> UserInfo:
        """See :meth:`relyingparty.RelyingParty.userinfo`."""
        return await self._run(self._userinfo(session))

    async def verify(self, id_token: str, **expectations: Unpack[Expectations]) -> IdTokenClaims:
        """See :meth:`relyingparty.RelyingParty.verify`."""
        return await self._run(self._verify(id_token, expectations))

    async def restore(self, stored: str) -> Session:
        """See :meth:`relyingparty.RelyingParty.restore`."""
        return await self._run(self._restore(stored))

    async def end_session(self, session: Session | None = None, **options: Unpack[EndSessionOptions]) -> str:
        """See :meth:`relyingparty.RelyingParty.end_session`."""
        return await self._run(self._end_session(session, options))

    async def _run(self, verb: Verb[T]) -> T:
        found = None
        while True:
            try:
                step = verb.send(found)
            except StopIteration as end:
                result: T = end.value
                return result
            if isinstance(step, Flow):
                found = await self._carry(step)
            else:
                found = await step if inspect.isawaitable(step) else step

    async def _carry(self, flow: Flow[T]) -> T:
        """As :func:`~relyingparty.run_async`, with the GETs that tasks can share."""
        while (request := flow.request) is not None:
            if isinstance(request, HttpRequest) and request.coalesces:
                async with self._gets.get(request, self._transport.send) as answer:
                    flow.resume(answer)
            else:
                flow.resume(await self._answer(request))
        return flow.result

    async def _answer(self, request: Request) -> Reply:
        if isinstance(request, HttpRequest):
            return await self._transport.send(request)
        if self._verifier is None:
            raise TypeError("the policy leaves signatures to the host: pass a verifier")
        return await self._verifier(request)
