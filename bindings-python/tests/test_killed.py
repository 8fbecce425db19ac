"""Workers that are killed in the middle of a refresh, with SIGKILL: nobody hangs, and no session is half there."""

from __future__ import annotations

import http.client
import multiprocessing
import os
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from fleet import BASE, log_in, logged_in, provided
from op import provider
from relyingparty import HttpRequest, HttpResponse, Incoming, SessionChanged, SessionEnded, Site, Unreachable
from relyingparty.session_stores import SessionStore
from relyingparty.transports import UrllibTransport
from servers import redis_server
from shared_stores import opened
from visitors import code

POINTS = {
    "the lock is taken": "goes on",
    "the request is about to be sent": "goes on",
    "the request is sent": "is over",
    "the response is here": "is over",
    "the tokens are stored": "has them",
}
"""Where a worker dies, and what becomes of the session: the provider spends a refresh token when it is asked."""
LIVES, LOCK = 300, 6
SLACK = 4
"""Seconds that a busy machine may take longer."""
VISITS = 4


class Told(NamedTuple):
    """What a visit came to."""

    token: str | None
    event: str
    error: str | None
    seconds: float


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Doomed:
    """A store, or a transport, of a worker that dies at one point."""

    def __init__(self, inner: Any, point: str) -> None:
        self._inner, self._point = inner, point

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def lock(self, *arguments: Any) -> bool:
        taken: bool = self._inner.lock(*arguments)
        if self._point == "the lock is taken":
            die()
        return taken

    def put(self, *arguments: Any) -> bool:
        done: bool = self._inner.put(*arguments)
        if self._point == "the tokens are stored":
            die()
        return done

    def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        if request.endpoint == "token":
            if self._point == "the request is about to be sent":
                die()
            if self._point == "the request is sent":
                url = urlsplit(request.url)
                connection = http.client.HTTPConnection(url.hostname or "", url.port)
                connection.request(request.method, url.path, request.body, dict(request.headers))
                die()
        answered: HttpResponse | Unreachable = self._inner.send(request)
        if request.endpoint == "token" and self._point == "the response is here":
            die()
        return answered


def site_of(client: tuple[str, str, str], key: bytes, store: SessionStore, point: str = "") -> Site:
    """A worker's site, at a time when the first access tokens are over."""
    quick = {"metadata_timeout_secs": 1, "token_timeout_secs": 2, "key_tries": 1, "key_wait_secs": 0}
    transport = Doomed(UrllibTransport(), point)
    return Site(
        BASE,
        provided(client, transport=transport, policy=quick),
        sealing_keys=[key],
        store=Doomed(store, point),
        policy={"lock_secs": LOCK, "lock_wait_secs": 2 * LOCK},
        clock=lambda: time.time() + LIVES,
    )


def doomed(address: str, client: tuple[str, str, str], key: bytes, sent: str, point: str) -> None:
    """A worker that dies."""
    with opened("redis", address) as store:
        site_of(client, key, store, point).visit(Incoming("GET", "/", {"Cookie": sent}))


def survivor(address: str, client: tuple[str, str, str], key: bytes, sent: list[str], answers: Any) -> None:
    """A worker to which every visitor comes several times at once, and once more."""
    with opened("redis", address) as store:
        site = site_of(client, key, store)

        def visit(cookie: str) -> Told:
            began = time.monotonic()
            found = site.visit(Incoming("GET", "/", {"Cookie": cookie}))
            seconds = time.monotonic() - began
            token = None if found.session is None else found.session.access_token
            return Told(token, type(found.event).__name__, code(found), seconds)

        with ThreadPoolExecutor(len(sent) * VISITS) as threads:
            at_once = list(threads.map(visit, sent * VISITS))
        answers.put((at_once, [visit(cookie) for cookie in sent]))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_whatever_worker_is_killed_the_next_visitors_go_on_or_are_told_once() -> None:
    context = multiprocessing.get_context("spawn")
    with redis_server() as address, provider("--access-token-secs", str(LIVES)) as op:
        key, answers = os.urandom(32), context.Queue()
        client, cookies = log_in(op, "redis", address, key, len(POINTS))
        op.requests()
        sent = list(cookies)
        dying = [
            context.Process(target=doomed, args=(address, client, key, one, point))
            for one, point in zip(sent, POINTS, strict=True)
        ]
        for process in dying:
            process.start()
        for process in dying:
            process.join(60)
        assert [process.exitcode for process in dying] == [-signal.SIGKILL] * len(POINTS)
        lives_on = context.Process(target=survivor, args=(address, client, key, sent, answers))
        lives_on.start()
        at_once, after = answers.get(timeout=120)
        lives_on.join()

        for number, (point, becomes) in enumerate(POINTS.items()):
            visits: list[Told] = at_once[number :: len(POINTS)]
            last: Told = after[number]
            events = Counter(visit.event for visit in visits)
            tokens = {visit.token for visit in visits} | {last.token}
            told = {"goes on": SessionChanged, "is over": SessionEnded}.get(becomes)
            assert max(visit.seconds for visit in visits) < LOCK + SLACK, point
            assert {visit.error for visit in visits} == {None}, point
            assert (len(tokens), tokens & {cookies[sent[number]]}) == (1, set()), point
            assert (tokens == {None}) == (becomes == "is over"), point
            assert events == Counter({told.__name__: 1} if told else {}) + Counter(NoneType=VISITS - bool(told)), point
            assert (last.event, last.error) == ("NoneType", None), point
            assert last.seconds < SLACK, point

        # Whoever is killed before the response was there may have left none to be told of.
        asked = [request.get("status") for request in op("requests") if request["path"] == "/token"]
        assert (len(asked), asked.count(400)) == (7, 2)
        assert len(op("revoked")) == 2
        with opened("redis", address) as store:
            site = Site(BASE, provided(client), sealing_keys=[key], store=store)
            again, _ = logged_in(site, "user-2")
            assert site.visit(Incoming("GET", "/", {"Cookie": again})).session is not None
