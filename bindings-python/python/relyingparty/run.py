"""The loop that carries a flow to its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from relyingparty._relyingparty import Flow, HttpRequest, HttpResponse, Unreachable, VerifyRequest

T = TypeVar("T")

Request = HttpRequest | VerifyRequest
"""What a flow asks of its host."""
Reply = HttpResponse | Unreachable | bool
"""What the host found out: the last is the answer to a :class:`~relyingparty.VerifyRequest`."""


def run(flow: Flow[T], answer: Callable[[Request], Reply]) -> T:
    """Carry ``flow`` to its end, asking ``answer`` for each reply. Raises what the flow raises."""
    while (request := flow.request) is not None:
        flow.resume(answer(request))
    return flow.result


async def run_async(flow: Flow[T], answer: Callable[[Request], Awaitable[Reply]]) -> T:
    """Carry ``flow`` to its end, awaiting ``answer`` for each reply. Raises what the flow raises."""
    while (request := flow.request) is not None:
        flow.resume(await answer(request))
    return flow.result
