"""Stores of sessions in a database, through SQLAlchemy 2: SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeVar

from sqlalchemy import Engine, MetaData
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.ext.asyncio import AsyncEngine

from relyingparty import settings
from relyingparty.session_stores.conflicts import is_conflict, pauses
from relyingparty.session_stores.statements import DIALECTS, Statements
from relyingparty.session_stores.tables import SessionTables, session_tables
from relyingparty.session_stores.waiting import async_taken, taken

__all__ = ["AsyncSqlSessionStore", "SessionTables", "SqlSessionStore", "session_tables"]

_T = TypeVar("_T")
_Work = Callable[[Connection], _T]

_ISOLATIONS: dict[str, Any] = {"sqlite": "SERIALIZABLE", "postgresql": "READ COMMITTED"}
"""What the statements are written for, whatever the engine is set to."""

_ALONE: Any = "AUTOCOMMIT"
"""A single statement needs no transaction around it."""

_PURGE_EVERY = 64
"""One in so many entries that are added has those that have expired purged."""


class SqlSessionStore:
    """A ``SessionStore`` in SQLite or PostgreSQL.

    Entries and locks expire by the clock of the database, which is one for all processes; ``expires_at`` is of the
    host's clock. Where the two differ, entries end as much earlier or later. Rows that have expired are deleted bit by
    bit, when others are added. A transaction that the database refuses because of another one is tried again.
    """

    def __init__(self, engine: Engine, tables: SessionTables | None = None) -> None:
        """Use an engine, which is yours to dispose of.

        :param engine: of a dialect ``sqlite`` or ``postgresql``. Each call takes one of its connections.
        :param tables: what ``session_tables`` returned; the tables of its usual names otherwise.
        """
        if not isinstance(engine, Engine):
            settings.refuse("engine", "is no sqlalchemy.Engine")
        self._statements = _statements(engine, tables)
        self._engine, self._isolation = engine, _ISOLATIONS[engine.dialect.name]

    def get(self, key: str) -> tuple[str, str] | None:
        """Return the value and the version of an entry; ``None`` if there is none."""
        return self._one(lambda connection: self._statements.get(connection, key))

    def add(self, key: str, value: str, expires_at: int, labels: Sequence[str]) -> bool:
        """Make an entry; return ``False``, and change nothing, if there is one under this key."""
        entry = _entry(key, value, expires_at, labels)
        is_added = self._run(lambda connection: self._statements.add(connection, entry, labels))
        if is_added and random.randrange(_PURGE_EVERY) == 0:
            self._purge()
        return is_added

    def put(self, key: str, value: str, expires_at: int, labels: Sequence[str], version: str) -> bool:
        """Replace value, time and labels of an entry that was read, unless it is of another version now, or gone."""
        entry = _entry(key, value, expires_at, labels)
        return self._run(lambda connection: self._statements.put(connection, entry, labels, version))

    def take(self, key: str) -> tuple[str, str] | None:
        """Delete an entry and return what ``get`` would: of two callers one gets it."""
        return self._run(lambda connection: self._statements.take(connection, key))

    def delete(self, key: str) -> None:
        """Delete an entry, if there is one."""
        self._run(lambda connection: self._statements.take(connection, key))

    def delete_labelled(self, label: str) -> None:
        """Delete each entry with this label that was added before."""
        self._run(lambda connection: self._statements.delete_labelled(connection, label))

    def lock(self, key: str, owner: str, lifetime: int, wait: int) -> bool:
        """Take a lock for ``lifetime`` seconds; return ``False`` if somebody else holds it for ``wait`` seconds."""
        return taken(wait, lambda: self._one(lambda found: self._statements.lock(found, key, owner, lifetime)))

    def unlock(self, key: str, owner: str) -> None:
        """Give a lock back, if it is still this owner's."""
        self._one(lambda connection: self._statements.unlock(connection, key, owner))

    def __repr__(self) -> str:
        return f"<SqlSessionStore in {self._engine.dialect.name}>"

    def _purge(self) -> None:
        try:
            self._once(self._statements.purge, self._isolation)
        except SQLAlchemyError:
            pass  # Whoever adds the next one may have better luck: this one is added.

    def _one(self, work: _Work[_T]) -> _T:
        return self._run(work, _ALONE)

    def _run(self, work: _Work[_T], isolation: Any = None) -> _T:
        waits = pauses()
        while True:
            try:
                return self._once(work, isolation or self._isolation)
            except SQLAlchemyError as error:
                pause = next(waits, None) if isinstance(error, DBAPIError) and is_conflict(error.orig) else None
                if pause is None:
                    _tell(error)
            time.sleep(pause)

    def _once(self, work: _Work[_T], isolation: Any) -> _T:
        with self._engine.connect() as connection:
            connection.execution_options(isolation_level=isolation)
            with connection.begin():
                return work(connection)


class AsyncSqlSessionStore:
    """A ``SqlSessionStore`` for asyncio: an ``AsyncSessionStore``."""

    def __init__(self, engine: AsyncEngine, tables: SessionTables | None = None) -> None:
        """Use an engine, which is yours to dispose of.

        :param engine: of a dialect ``sqlite`` or ``postgresql``. Each call takes one of its connections.
        :param tables: what ``session_tables`` returned; the tables of its usual names otherwise.
        """
        if not isinstance(engine, AsyncEngine):
            settings.refuse("engine", "is no sqlalchemy.ext.asyncio.AsyncEngine")
        self._statements = _statements(engine.sync_engine, tables)
        self._engine, self._isolation = engine, _ISOLATIONS[engine.dialect.name]

    async def get(self, key: str) -> tuple[str, str] | None:
        """Return the value and the version of an entry; ``None`` if there is none."""
        return await self._one(lambda connection: self._statements.get(connection, key))

    async def add(self, key: str, value: str, expires_at: int, labels: Sequence[str]) -> bool:
        """Make an entry; return ``False``, and change nothing, if there is one under this key."""
        entry = _entry(key, value, expires_at, labels)
        is_added = await self._run(lambda connection: self._statements.add(connection, entry, labels))
        if is_added and random.randrange(_PURGE_EVERY) == 0:
            await self._purge()
        return is_added

    async def put(self, key: str, value: str, expires_at: int, labels: Sequence[str], version: str) -> bool:
        """Replace value, time and labels of an entry that was read, unless it is of another version now, or gone."""
        entry = _entry(key, value, expires_at, labels)
        return await self._run(lambda connection: self._statements.put(connection, entry, labels, version))

    async def take(self, key: str) -> tuple[str, str] | None:
        """Delete an entry and return what ``get`` would: of two callers one gets it."""
        return await self._run(lambda connection: self._statements.take(connection, key))

    async def delete(self, key: str) -> None:
        """Delete an entry, if there is one."""
        await self._run(lambda connection: self._statements.take(connection, key))

    async def delete_labelled(self, label: str) -> None:
        """Delete each entry with this label that was added before."""
        await self._run(lambda connection: self._statements.delete_labelled(connection, label))

    async def lock(self, key: str, owner: str, lifetime: int, wait: int) -> bool:
        """Take a lock for ``lifetime`` seconds; return ``False`` if somebody else holds it for ``wait`` seconds."""

        async def attempt() -> bool:
            return await self._one(lambda connection: self._statements.lock(connection, key, owner, lifetime))

        return await async_taken(wait, attempt)

    async def unlock(self, key: str, owner: str) -> None:
        """Give a lock back, if it is still this owner's."""
        await self._one(lambda connection: self._statements.unlock(connection, key, owner))

    def __repr__(self) -> str:
        return f"<AsyncSqlSessionStore in {self._engine.dialect.name}>"

    async def _purge(self) -> None:
        try:
            await self._once(self._statements.purge, self._isolation)
        except SQLAlchemyError:
            pass  # Whoever adds the next one may have better luck: this one is added.

    async def _one(self, work: _Work[_T]) -> _T:
        return await self._run(work, _ALONE)

    async def _run(self, work: _Work[_T], isolation: Any = None) -> _T:
        waits = pauses()
        while True:
            try:
                return await self._once(work, isolation or self._isolation)
            except SQLAlchemyError as error:
                pause = next(waits, None) if isinstance(error, DBAPIError) and is_conflict(error.orig) else None
                if pause is None:
                    _tell(error)
            await asyncio.sleep(pause)

    async def _once(self, work: _Work[_T], isolation: Any) -> _T:
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level=isolation)
            async with connection.begin():
                return await connection.run_sync(work)


def _statements(engine: Engine, tables: SessionTables | None) -> Statements:
    """The statements for a database that all processes can share."""
    dialect, database = engine.dialect.name, engine.url.database
    if dialect not in DIALECTS:
        settings.refuse("engine", f"is for {dialect}, not for {' or '.join(DIALECTS)}")
    if dialect == "sqlite" and (database in (None, "", ":memory:") or "mode=memory" in str(engine.url)):
        settings.refuse("engine", "is for a database in memory: MemorySessionStore is for one process")
    return Statements(session_tables(MetaData()) if tables is None else tables, dialect)


def _entry(key: str, value: str, expires_at: int, labels: Sequence[str]) -> dict[str, Any]:
    spaced = f" {'  '.join(labels)} "
    new = {"new_value": value, "new_version": os.urandom(12).hex(), "new_expires_at": int(expires_at)}
    return {"name": key, **new, "new_labels": spaced}


def _tell(error: SQLAlchemyError) -> NoReturn:
    """Raise what the database said, without the parameters of the statement: they are keys and values."""
    if isinstance(error, StatementError):
        error.hide_parameters, error.params = True, None
    raise error
