"""GETs that are shared, between threads and between tasks."""

from __future__ import annotations

import asyncio
import threading
from typing import cast

import pytest

from exchange import StandIn
from relyingparty import HttpRequest, HttpResponse, Unreachable
from relyingparty.async_coalesce import AsyncCoalescer
from relyingparty.coalesce import Coalescer

REQUEST = cast(HttpRequest, StandIn("https://op.example/jwks"))
OTHER = cast(HttpRequest, StandIn("https://op.example/.well-known/openid-configuration"))


class Sender:
    """Counts what it is asked to send, and lets go when told."""

    def __init__(self) -> None:
        self.sent = 0
        self.started = threading.Event()
        self.go = threading.Event()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.sent += 1
        self.started.set()
        assert self.go.wait(5)
        return HttpResponse(200, [], request.url.encode())


def test_threads_share_a_get_in_flight() -> None:
    gets, sender, bodies = Coalescer(), Sender(), []

    def login() -> None:
        with gets.get(REQUEST, gets.closed, sender) as answer:
            assert isinstance(answer, HttpResponse)
            bodies.append(answer.body)

    threads = [threading.Thread(target=login) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert sender.started.wait(5)
    sender.go.set()
    for thread in threads:
        thread.join()
    assert bodies == [b"https://op.example/jwks"] * 8
    assert sender.sent == 1


def test_a_thread_that_was_held_up_takes_the_answer_that_came_meanwhile() -> None:
    gets, sender = Coalescer(), Sender()
    sender.go.set()
    before = gets.closed
    with gets.get(REQUEST, gets.closed, sender):
        pass
    with gets.get(REQUEST, before, sender) as answer:
        assert isinstance(answer, HttpResponse)
    assert sender.sent == 1
    with gets.get(REQUEST, gets.closed, sender):
        pass
    assert sender.sent == 2


def test_urls_are_fetched_apart() -> None:
    gets, sender = Coalescer(), Sender()
    sender.go.set()
    with gets.get(REQUEST, 0, sender) as one, gets.get(OTHER, 0, sender) as other:
        assert isinstance(one, HttpResponse)
        assert isinstance(other, HttpResponse)
        assert one.body != other.body


def test_an_exception_reaches_who_sent_and_blocks_none() -> None:
    gets = Coalescer()

    def broken(_: HttpRequest) -> HttpResponse:
        raise KeyError("mine")

    before = gets.closed
    for ticket in (before, before):
        with pytest.raises(KeyError, match="mine"), gets.get(REQUEST, ticket, broken):
            pass
    sender = Sender()
    sender.go.set()
    with gets.get(REQUEST, gets.closed, sender):
        assert sender.sent == 1


class AsyncSender:
    """Counts what it is asked to send, and lets go when told."""

    def __init__(self) -> None:
        self.sent = 0
        self.go = asyncio.Event()

    async def __call__(self, _: HttpRequest) -> HttpResponse | Unreachable:
        self.sent += 1
        await self.go.wait()
        return Unreachable("no")


def test_tasks_share_a_get_in_flight() -> None:
    async def scenario() -> int:
        gets, sender = AsyncCoalescer(), AsyncSender()

        async def login() -> None:
            async with gets.get(REQUEST, sender) as answer:
                assert isinstance(answer, Unreachable)

        tasks = [asyncio.create_task(login()) for _ in range(8)]
        await asyncio.sleep(0)
        sender.go.set()
        await asyncio.gather(*tasks)
        await login()
        return sender.sent

    assert asyncio.run(scenario()) == 2


def test_a_cancelled_task_takes_no_other_with_it() -> None:
    async def scenario() -> int:
        gets, sender = AsyncCoalescer(), AsyncSender()

        async def login() -> None:
            async with gets.get(REQUEST, sender):
                pass

        first, second = asyncio.create_task(login()), asyncio.create_task(login())
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        sender.go.set()
        await second
        return sender.sent

    assert asyncio.run(scenario()) == 1


def test_a_get_that_all_abandoned_serves_nobody_later() -> None:
    async def scenario() -> int:
        gets, sender = AsyncCoalescer(), AsyncSender()

        async def login() -> None:
            async with gets.get(REQUEST, sender):
                pass

        abandoned = asyncio.create_task(login())
        await asyncio.sleep(0)
        abandoned.cancel()
        await asyncio.gather(abandoned, return_exceptions=True)
        sender.go.set()
        for _ in range(3):
            await asyncio.sleep(0)
        await login()
        return sender.sent

    assert asyncio.run(scenario()) == 2
