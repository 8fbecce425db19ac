"""Each store of sessions that the package has, opened by the kind of it and the address of what it is kept in."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import redis
import redis.asyncio
from sqlalchemy import MetaData, create_engine, event
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from relyingparty.session_stores import MemorySessionStore, SessionStore
from relyingparty.session_stores.redis import AsyncRedisSessionStore, RedisSessionStore
from relyingparty.session_stores.sqlalchemy import AsyncSqlSessionStore, SqlSessionStore, session_tables

KINDS = (
    *("memory", "redis", "redis decoded", "redis asyncio", "redis asyncio decoded", "sqlite", "sqlite asyncio"),
    *("postgresql psycopg", "postgresql psycopg asyncio", "postgresql asyncpg asyncio"),
)
METHODS = ("get", "add", "put", "take", "delete", "delete_labelled", "lock", "unlock")


class Blocking:
    """A store for asyncio, with calls that block: they run on a loop in a thread of its own."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        self.store = self.run(make)

    def run(self, call: Callable[..., Any], *arguments: Any) -> Any:
        async def called() -> Any:
            made = call(*arguments)
            return await made if inspect.isawaitable(made) else made

        return asyncio.run_coroutine_threadsafe(called(), self.loop).result()

    def __getattr__(self, name: str) -> Any:
        if name not in METHODS:
            raise AttributeError(name)
        return lambda *arguments: self.run(getattr(self.store, name), *arguments)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


@contextmanager
def opened(kind: str, address: str) -> Iterator[SessionStore]:
    """A store with connections of its own."""
    family, *options = kind.split()
    if family == "memory":
        yield MemorySessionStore()
    elif "asyncio" in options:
        with opened_async(family, options, address) as store:
            yield store
    elif family == "redis":
        with redis.Redis.from_url(address, decode_responses="decoded" in options) as client:
            yield RedisSessionStore(client)
    else:
        engine = create_engine(url(family, options, address), **pool(family))
        yield SqlSessionStore(engine)
        engine.dispose()


@contextmanager
def opened_async(family: str, options: list[str], address: str) -> Iterator[SessionStore]:
    closed: list[Callable[[], Any]] = []

    def make() -> Any:
        if family == "redis":
            client = redis.asyncio.Redis.from_url(address, decode_responses="decoded" in options)
            closed.append(client.aclose)
            return AsyncRedisSessionStore(client)
        engine = create_async_engine(url(family, options, address), **pool(family))
        closed.append(engine.dispose)
        return AsyncSqlSessionStore(engine)

    store = Blocking(make)
    try:
        yield cast(SessionStore, store)
    finally:
        for close in closed:
            store.run(close)
        store.close()


def url(family: str, options: list[str], address: str) -> str:
    """What SQLAlchemy opens."""
    if family == "sqlite":
        return f"sqlite{'+aiosqlite' if 'asyncio' in options else ''}:///{address}"
    return f"postgresql+{options[0]}://{address}"


def pool(family: str) -> dict[str, Any]:
    """As many connections as threads want."""
    return {"poolclass": NullPool} if family == "sqlite" else {"pool_size": 20, "max_overflow": 0}


def migrate(kind: str, address: str) -> None:
    """Make the tables, if there are to be some."""
    family = kind.split()[0]
    if family not in ("sqlite", "postgresql"):
        return
    metadata = MetaData()
    session_tables(metadata)
    engine = create_engine(url(family, ["psycopg"], address))
    if family == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA journal_mode=WAL"))
    metadata.create_all(engine)
    engine.dispose()
