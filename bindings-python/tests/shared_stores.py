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
    *("sqlite django", "postgresql django", "redis django"),
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
    elif "django" in options:
        yield of_django(family, address)
    elif family == "redis":
        with redis.Redis.from_url(address, decode_responses="decoded" in options) as client:
            yield RedisSessionStore(client)
    else:
        engine = create_engine(url(family, options, address), **pool(family))
        yield SqlSessionStore(engine)
        engine.dispose()


class OfDjango:
    """A store of Django's, which closes its connections after each call: nobody ends a request here."""

    def __init__(self, store: Any, alias: str | None) -> None:
        self._store, self._alias = store, alias

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> Any:
            from django.db import connections

            try:
                return getattr(self._store, name)(*arguments)
            finally:
                if self._alias is not None:
                    connections[self._alias].close()

        return call


def of_django(family: str, address: str) -> SessionStore:
    import django
    from django.conf import settings

    if not settings.configured:
        apps = ["django.contrib.auth", "django.contrib.contenttypes", "relyingparty.django"]
        local = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
        settings.configure(
            INSTALLED_APPS=apps,
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
            CACHES={"default": local, "none": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}},
        )
        django.setup()
    from django.core.cache import caches
    from django.db import connections

    from relyingparty.django.stores import CacheSessionStore, DatabaseSessionStore

    alias = f"{family} {address}"
    if family == "redis":
        caches.settings[alias] = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": address}
        return cast(SessionStore, OfDjango(CacheSessionStore(alias), None))
    if family == "sqlite":
        database: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": address}
    else:
        user, _, rest = address.partition("@")
        host, _, name = rest.partition("/")
        server = {"USER": user, "HOST": host.split(":")[0], "PORT": host.split(":")[1], "NAME": name}
        database = {"ENGINE": "django.db.backends.postgresql", **server}
    connections.settings[alias] = {**connections.settings["default"], **database}
    return cast(SessionStore, OfDjango(DatabaseSessionStore(alias), alias))


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
    if "django" in kind:
        of_django(family, address)
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", database=f"{family} {address}", verbosity=0, skip_checks=True)
        connections[f"{family} {address}"].close()
        return
    metadata = MetaData()
    session_tables(metadata)
    engine = create_engine(url(family, ["psycopg"], address))
    if family == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA journal_mode=WAL"))
    metadata.create_all(engine)
    engine.dispose()
