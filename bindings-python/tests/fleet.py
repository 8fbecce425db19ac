"""Whether a fleet refreshes each session once: many processes, threads and tasks on one store.

The provider rotates refresh tokens, and ends the grant of whoever uses one twice.

    python tests/fleet.py --store redis --processes 50 --threads 4

Every worker has every session, and comes for it at the moment at which its access token expires.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import redis
import redis.asyncio

from browser import Browser
from op import Op, provider
from relyingparty import AsyncSite, Incoming, LoggedIn, Session, Site, SiteProvider
from relyingparty.session_stores.redis import AsyncRedisSessionStore
from servers import postgresql_server, redis_server
from shared_stores import migrate, opened

BASE = "http://127.0.0.1:1/auth"
KINDS = {"redis": "redis", "sqlite": "sqlite", "postgresql": "postgresql psycopg"}


class Fleet(NamedTuple):
    """What every worker knows."""

    kind: str
    address: str
    client: tuple[str, str, str]
    key: bytes
    cookies: list[str]
    lasts: float


class Seen(NamedTuple):
    """What a worker saw: tokens of each session, visits, those without one, the longest in seconds, and errors."""

    tokens: list[set[str]]
    visits: int
    nobody: int
    longest: float
    errors: list[str]


def add(seen: list[Seen]) -> Seen:
    tokens = [set.union(*each) for each in zip(*(one.tokens for one in seen), strict=True)]
    errors = [error for one in seen for error in one.errors]
    totals = sum(one.visits for one in seen), sum(one.nobody for one in seen)
    return Seen(tokens, *totals, max(one.longest for one in seen), errors)


def provided(client: tuple[str, str, str], **options: Any) -> SiteProvider:
    issuer, client_id, secret = client
    return SiteProvider(issuer, client_id, client_secret=secret, allow_insecure_loopback=True, **options)


def options(store: Any, key: bytes) -> dict[str, Any]:
    return {"sealing_keys": [key], "store": store, "policy": {"refresh_margin_secs": 0}}


class Visits:
    """What one thread or task comes for, and what it saw."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet, self._until = fleet, time.time() + fleet.lasts
        self.seen = Seen([set() for _ in fleet.cookies], 0, 0, 0.0, [])
        self._due = [0.0] * len(fleet.cookies)

    def next(self) -> tuple[int, float] | None:
        """Which session is due next, and in how many seconds; ``None`` when time is over."""
        index = min(range(len(self._due)), key=self._due.__getitem__)
        pause = self._due[index] - time.time()
        return None if time.time() + max(0, pause) > self._until else (index, max(0, pause))

    def request(self, index: int) -> Incoming:
        return Incoming("GET", "/", {"Cookie": self.fleet.cookies[index]})

    def saw(self, index: int, session: Session | None, error: Any, took: float) -> None:
        tokens, visits, nobody, longest, errors = self.seen
        if session is None or session.access_token is None or session.expires_at is None:
            errors.append("nobody" if error is None else error.code)
            self._due[index] = time.time() + 0.05
            nobody += 1
        else:
            tokens[index].add(session.access_token)
            self._due[index] = session.expires_at + random.uniform(0, 0.02)
        self.seen = Seen(tokens, visits + 1, nobody, max(longest, took), errors)


def worker(fleet: Fleet, threads: int, begin: Any, answers: Any) -> None:
    """One process of a fleet."""
    with opened(fleet.kind, fleet.address) as store:
        site = Site(BASE, provided(fleet.client), **options(store, fleet.key))
        begin.wait(300)
        visits = [Visits(fleet) for _ in range(threads)]

        def work(visit: Visits) -> None:
            while (due := visit.next()) is not None:
                index, pause = due
                time.sleep(pause)
                began = time.monotonic()
                try:
                    found = site.visit(visit.request(index))
                    visit.saw(index, found.session, found.error, time.monotonic() - began)
                except Exception as error:
                    visit.saw(index, None, error, time.monotonic() - began)

        running = [threading.Thread(target=work, args=(visit,)) for visit in visits]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        answers.put(add([visit.seen for visit in visits]))


def of_processes(fleet: Fleet, processes: int, threads: int, start: str = "fork") -> Seen:
    context: Any = multiprocessing.get_context(start)
    begin, answers = context.Barrier(processes), context.Queue()
    running = [context.Process(target=worker, args=(fleet, threads, begin, answers)) for _ in range(processes)]
    for process in running:
        process.start()
    seen = [answers.get(timeout=fleet.lasts + 420) for _ in running]
    for process in running:
        process.join()
    return add(seen)


def of_tasks(fleet: Fleet, tasks: int) -> Seen:
    async def main() -> Seen:
        async with redis.asyncio.Redis.from_url(fleet.address, max_connections=100_000) as client:
            site = AsyncSite(BASE, provided(fleet.client), **options(AsyncRedisSessionStore(client), fleet.key))
            visits = [Visits(fleet) for _ in range(tasks)]

            async def work(visit: Visits) -> None:
                while (due := visit.next()) is not None:
                    index, pause = due
                    await asyncio.sleep(pause)
                    began = time.monotonic()
                    try:
                        found = await site.visit(visit.request(index))
                        visit.saw(index, found.session, found.error, time.monotonic() - began)
                    except Exception as error:
                        visit.saw(index, None, error, time.monotonic() - began)

            await asyncio.gather(*map(work, visits))
            return add([visit.seen for visit in visits])

    return asyncio.run(main())


@contextmanager
def place(store: str) -> Iterator[tuple[str, str]]:
    """A store of this kind, started and migrated: the kind and its address."""
    kind = KINDS[store]
    with ExitStack() as stack:
        if store == "sqlite":
            address = str(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "sessions.sqlite")
        else:
            address = stack.enter_context(redis_server() if store == "redis" else postgresql_server())
        migrate(kind, address)
        yield kind, address


def log_in(op: Op, kind: str, address: str, key: bytes, sessions: int) -> tuple[tuple[str, str, str], dict[str, str]]:
    """A client, and the cookies of so many sessions, with their first access tokens."""
    registered = op("register", redirect_uris=[f"{BASE}/callback"])
    client = (op.issuer, registered["client_id"], registered["client_secret"])
    cookies: dict[str, str] = {}
    with opened(kind, address) as store:
        site = Site(BASE, provided(client), **options(store, key))
        for number in range(sessions):
            sent, session = logged_in(site, f"user-{number}")
            cookies[sent] = session.access_token or ""
    return client, cookies


def logged_in(site: Site, user: str) -> tuple[str, Session]:
    """The cookie of a user, and the session."""
    began = site.handle(Incoming("GET", f"{BASE}/login"))
    back = Browser(stop_at=BASE).log_in(dict(began.headers)["Location"], user)
    ended = site.handle(Incoming("GET", back, {"Cookie": cookie(began.headers)}))
    assert isinstance(ended.event, LoggedIn), ended.event
    return cookie(ended.headers), ended.event.session


def cookie(headers: list[tuple[str, str]]) -> str:
    """What a browser sends back."""
    sent = [value.split(";")[0] for name, value in headers if name == "Set-Cookie" and not value.endswith("Max-Age=0")]
    return "; ".join(sent)


def measure(store: str, work: Callable[[Fleet], Seen], sessions: int, expiries: int, lives: int) -> dict[str, Any]:
    """Run a fleet for so many expiries of all sessions together."""
    with place(store) as (kind, address), provider("--access-token-secs", str(lives)) as op:
        key = os.urandom(32)
        client, cookies = log_in(op, kind, address, key, sessions)
        op.requests()
        rounds = expiries // sessions
        seen = work(Fleet(kind, address, client, key, list(cookies), lives * (rounds + 1)))
        asked = [request for request in op("requests") if request["path"] == "/token"]
        changes = [len(tokens - {first}) for tokens, first in zip(seen.tokens, cookies.values(), strict=True)]
        return {
            "store": store,
            "expiries": sum(changes),
            "token requests": len(asked),
            "refused": sum(request["status"] != 200 for request in asked),
            "grants revoked": len(op("revoked")),
            "visits": seen.visits,
            "nobody's": seen.nobody,
            "errors": {error: seen.errors.count(error) for error in sorted(set(seen.errors))},
            "longest visit": round(seen.longest, 3),
        }


def is_good(figures: dict[str, Any]) -> bool:
    """Whether each expiry led to one token request, and nobody was logged out."""
    wrong = figures["refused"] or figures["grants revoked"] or figures["nobody's"]
    return figures["expiries"] == figures["token requests"] and not wrong


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--store", choices=KINDS, default="redis")
    arguments.add_argument("--processes", type=int, default=50)
    arguments.add_argument("--threads", type=int, default=4)
    arguments.add_argument("--tasks", type=int, help="so many tasks of asyncio, in one process, on Redis")
    arguments.add_argument("--sessions", type=int, default=10)
    arguments.add_argument("--expiries", type=int, default=200, help="of all sessions together")
    arguments.add_argument("--lives", type=int, default=10, help="how long an access token lives, in seconds")
    given = arguments.parse_args()

    def work(fleet: Fleet) -> Seen:
        return of_tasks(fleet, given.tasks) if given.tasks else of_processes(fleet, given.processes, given.threads)

    figures = measure(given.store, work, given.sessions, given.expiries, given.lives)
    print(json.dumps(figures))
    return 0 if is_good(figures) and figures["expiries"] >= given.expiries else 1


if __name__ == "__main__":
    sys.exit(main())
