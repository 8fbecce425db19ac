"""The loop that carries a flow to its end."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from relyingparty._relyingparty import (
    Assertion,
    AssertionRequest,
    Flow,
    HttpRequest,
    HttpResponse,
    SignRequest,
    Unreachable,
    Unsupported,
    VerifyRequest,
    Waited,
    WaitRequest,
)

T = TypeVar("T")

Request = HttpRequest | VerifyRequest | SignRequest | AssertionRequest
"""What a flow asks its host to answer, beside pauses (``WaitRequest``)."""
Reply = HttpResponse | Unreachable | Waited | Unsupported | Assertion | bytes | bool
"""What the host answers; ``bytes`` answer a ``SignRequest``, the ``bool`` answers a
``VerifyRequest``."""


def run(flow: Flow[T], answer: Callable[[Request], Reply], sleep: Callable[[float], object] = time.sleep) -> T:
    """Run ``flow`` to its end and return its result. Raises what the flow raises.

    :param answer: returns the reply to a request.
    :param sleep: waits the given seconds before the flow's next attempt.
    """
    while (request := flow.request) is not None:
        if isinstance(request, WaitRequest):
            sleep(request.seconds)
            flow.resume(Waited())
        else:
            flow.resume(answer(request))
    return flow.result


async def pause(seconds: float) -> None:
    """``asyncio.sleep``, imported when it is first used."""
    from asyncio import sleep

    await sleep(seconds)


async def run_async(
    flow: Flow[T],
    answer: Callable[[Request], Awaitable[Reply]],
    sleep: Callable[[float], Awaitable[object]] = pause,
) -> T:
    """Run ``flow`` to its end on asyncio and return its result. Raises what the flow raises.

    :param answer: returns the reply to a request, to be awaited.
    :param sleep: waits the given seconds before the flow's next attempt, to be awaited.
    """
    while (request := flow.request) is not None:
        if isinstance(request, WaitRequest):
            await sleep(request.seconds)
            flow.resume(Waited())
        else:
            flow.resume(await answer(request))
    return flow.result
