"""Stores of sessions in Redis, through a client of redis-py."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import redis
import redis.asyncio
from redis.exceptions import NoScriptError

from relyingparty import settings
from relyingparty.session_stores import scripts
from relyingparty.session_stores.scripts import Script
from relyingparty.session_stores.waiting import async_taken, taken

__all__ = ["AsyncRedisSessionStore", "RedisSessionStore"]


class _Call(NamedTuple):
    """A script with its one key and its arguments."""

    script: Script
    key: str
    arguments: tuple[str | int, ...]


class _Commands:
    """What Redis is asked for, whoever asks: names of keys, scripts, and how an answer is read."""

    def __init__(self, prefix: str) -> None:
        self.prefix = settings.text("prefix", prefix)
        self._entries = f"{prefix}entry:"
        self._labels = f"{prefix}label:"
        self._locks = f"{prefix}lock:"

    def entry(self, key: str) -> str:
        return self._entries + key

    def add(self, key: str, value: str, expires_at: int, labels: Sequence[str]) -> _Call:
        given = (self._labels, key, os.urandom(12).hex(), value, int(expires_at), " ".join(labels))
        return _Call(scripts.ADD, self.entry(key), given)

    def put(self, key: str, value: str, expires_at: int, labels: Sequence[str], version: str) -> _Call:
        _, entry, given = self.add(key, value, expires_at, labels)
        return _Call(scripts.PUT, entry, (*given, version))

    def take(self, key: str) -> _Call:
        return _Call(scripts.TAKE, self.entry(key), (self._labels, key))

    def delete_labelled(self, label: str) -> _Call:
        return _Call(scripts.DELETE_LABELLED, self._labels + label, (self._labels, self._entries, label))

    def lock(self, key: str, owner: str, lifetime: int) -> _Call:
        return _Call(scripts.LOCK, self._locks + key, (owner, int(lifetime)))

    def unlock(self, key: str, owner: str) -> _Call:
        return _Call(scripts.UNLOCK, self._locks + key, (owner,))

    @staticmethod
    def found(answer: Any) -> tuple[str, str] | None:
        value, version = answer
        return None if value is None or version is None else (_text(value), _text(version))


class RedisSessionStore:
    """A ``SessionStore`` in one Redis, which all processes share.

    Entries and locks expire by the clock of Redis. Give the client a ``socket_timeout``: a Redis that does not answer
    holds every visit up for as long. Let Redis evict nothing (``maxmemory-policy noeviction``): an evicted entry logs
    its user out, and an evicted label hides a session from back-channel logout. A replica that takes over may lack the
    last changes. Redis Cluster is not supported, since a label leads to entries on other nodes.
    """

    def __init__(self, client: redis.Redis, prefix: str = "relyingparty:") -> None:
        """Use a client, whose connections are yours to close.

        :param client: of redis-py 5 or later, with ``decode_responses`` or without.
        :param prefix: what the names of all keys begin with.
        """
        if not isinstance(client, redis.Redis):
            settings.refuse("client", "is no redis.Redis")
        self._client: Any = client
        self._commands = _Commands(prefix)

    def get(self, key: str) -> tuple[str, str] | None:
        """Return the value and the version of an entry; ``None`` if there is none."""
        return self._commands.found(self._client.hmget(self._commands.entry(key), ("value", "version")))

    def add(self, key: str, value: str, expires_at: int, labels: Sequence[str]) -> bool:
        """Make an entry; return ``False``, and change nothing, if there is one under this key."""
        return bool(self._run(self._commands.add(key, value, expires_at, labels)))

    def put(self, key: str, value: str, expires_at: int, labels: Sequence[str], version: str) -> bool:
        """Replace value, time and labels of an entry that was read, unless it is of another version now, or gone."""
        return bool(self._run(self._commands.put(key, value, expires_at, labels, version)))

    def take(self, key: str) -> tuple[str, str] | None:
        """Delete an entry and return what ``get`` would: of two callers one gets it."""
        return self._commands.found(self._run(self._commands.take(key)))

    def delete(self, key: str) -> None:
        """Delete an entry, if there is one."""
        self._run(self._commands.take(key))

    def delete_labelled(self, label: str) -> None:
        """Delete each entry with this label that was added before."""
        self._run(self._commands.delete_labelled(label))

    def lock(self, key: str, owner: str, lifetime: int, wait: int) -> bool:
        """Take a lock for ``lifetime`` seconds; return ``False`` if somebody else holds it for ``wait`` seconds."""
        call = self._commands.lock(key, owner, lifetime)
        return taken(wait, lambda: bool(self._run(call)))

    def unlock(self, key: str, owner: str) -> None:
        """Give a lock back, if it is still this owner's."""
        self._run(self._commands.unlock(key, owner))

    def __repr__(self) -> str:
        return f"<RedisSessionStore {self._commands.prefix!r}>"

    def _run(self, call: _Call) -> Any:
        try:
            return self._client.evalsha(call.script.sha, 1, call.key, *call.arguments)
        except NoScriptError:
            return self._client.eval(call.script.text, 1, call.key, *call.arguments)


class AsyncRedisSessionStore:
    """A ``RedisSessionStore`` for asyncio: an ``AsyncSessionStore``."""

    def __init__(self, client: redis.asyncio.Redis, prefix: str = "relyingparty:") -> None:
        """Use a client, whose connections are yours to close.

        :param client: of redis-py 5 or later, with ``decode_responses`` or without.
        :param prefix: what the names of all keys begin with.
        """
        if not isinstance(client, redis.asyncio.Redis):
            settings.refuse("client", "is no redis.asyncio.Redis")
        self._client: Any = client
        self._commands = _Commands(prefix)

    async def get(self, key: str) -> tuple[str, str] | None:
        """Return the value and the version of an entry; ``None`` if there is none."""
        return self._commands.found(await self._client.hmget(self._commands.entry(key), ("value", "version")))

    async def add(self, key: str, value: str, expires_at: int, labels: Sequence[str]) -> bool:
        """Make an entry; return ``False``, and change nothing, if there is one under this key."""
        return bool(await self._run(self._commands.add(key, value, expires_at, labels)))

    async def put(self, key: str, value: str, expires_at: int, labels: Sequence[str], version: str) -> bool:
        """Replace value, time and labels of an entry that was read, unless it is of another version now, or gone."""
        return bool(await self._run(self._commands.put(key, value, expires_at, labels, version)))

    async def take(self, key: str) -> tuple[str, str] | None:
        """Delete an entry and return what ``get`` would: of two callers one gets it."""
        return self._commands.found(await self._run(self._commands.take(key)))

    async def delete(self, key: str) -> None:
        """Delete an entry, if there is one."""
        await self._run(self._commands.take(key))

    async def delete_labelled(self, label: str) -> None:
        """Delete each entry with this label that was added before."""
        await self._run(self._commands.delete_labelled(label))

    async def lock(self, key: str, owner: str, lifetime: int, wait: int) -> bool:
        """Take a lock for ``lifetime`` seconds; return ``False`` if somebody else holds it for ``wait`` seconds."""
        call = self._commands.lock(key, owner, lifetime)

        async def attempt() -> bool:
            return bool(await self._run(call))

        return await async_taken(wait, attempt)

    async def unlock(self, key: str, owner: str) -> None:
        """Give a lock back, if it is still this owner's."""
        await self._run(self._commands.unlock(key, owner))

    def __repr__(self) -> str:
        return f"<AsyncRedisSessionStore {self._commands.prefix!r}>"

    async def _run(self, call: _Call) -> Any:
        try:
            return await self._client.evalsha(call.script.sha, 1, call.key, *call.arguments)
        except NoScriptError:
            return await self._client.eval(call.script.text, 1, call.key, *call.arguments)


def _text(answer: str | bytes) -> str:
    return answer.decode() if isinstance(answer, bytes) else answer
