"""What a store of sessions asks a database for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Double, bindparam, delete, func, literal_column, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from relyingparty.session_stores.tables import SessionTables

_INSERTS = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
_CLOCKS = {
    "postgresql": "extract(epoch from clock_timestamp())",
    "sqlite": "((julianday('now') - 2440587.5) * 86400.0)",
}
# As the statement began, for entries in whole seconds, and for locks: an index can be asked for it.
_BEGINNINGS = {
    "postgresql": (
        "floor(extract(epoch from statement_timestamp()))::bigint",
        "extract(epoch from statement_timestamp())::float8",
    ),
    "sqlite": (_CLOCKS["sqlite"], _CLOCKS["sqlite"]),
}
DIALECTS = tuple(_CLOCKS)

_PURGED = 256
"""How many rows that have expired are deleted at most by one purge."""


class Statements:
    """What is asked of the database. Each method is one transaction of its own.

    The column ``labels`` of an entry decides which labels it has; the table of labels finds it. So it takes one
    statement to delete what has a label, and it looks again at each row that somebody changed meanwhile.
    """

    def __init__(self, tables: SessionTables, dialect: str) -> None:
        entries, labels, locks = tables
        insert: Any = _INSERTS[dialect]
        now: Any = literal_column(_CLOCKS[dialect])
        given: dict[str, Any] = {
            name: bindparam(f"new_{name}") for name in ("value", "version", "expires_at", "labels")
        }
        named, lives = entries.c.key == bindparam("name"), entries.c.expires_at > now
        self._get = select(entries.c.value, entries.c.version).where(named, lives)
        self._add = (
            insert(entries)
            .values(key=bindparam("name"), **given)
            .on_conflict_do_update(index_elements=["key"], set_=given, where=entries.c.expires_at <= now)
            .returning(entries.c.key)
        )
        self._put = (
            update(entries)
            .where(named, lives, entries.c.version == bindparam("read"))
            .values(given)
            .returning(entries.c.key)
        )
        self._take = (
            delete(entries)
            .where(named)
            .returning(entries.c.value, entries.c.version, entries.c.labels, lives.label("lives"))
        )
        with_label = select(labels.c.key).where(labels.c.label == bindparam("label"))
        self._delete_labelled = (
            delete(entries)
            .where(
                entries.c.key.in_(with_label),
                func.replace(entries.c.labels, bindparam("spaced"), "") != entries.c.labels,
            )
            .returning(entries.c.key)
        )
        some: Any = bindparam("names", expanding=True)
        self._unlabel = delete(labels).where(labels.c.key.in_(some))
        self._label = insert(labels).values(label=bindparam("label"), key=bindparam("name")).on_conflict_do_nothing()
        begun: list[Any] = [literal_column(clock) for clock in _BEGINNINGS[dialect]]
        old = select(entries.c.key).where(entries.c.expires_at <= begun[0]).limit(_PURGED)
        old_locks = select(locks.c.key).where(locks.c.expires_at <= begun[1]).limit(_PURGED)
        self._purge = (
            delete(entries)
            .where(entries.c.key.in_(old.with_for_update(skip_locked=True)), entries.c.expires_at <= now)
            .returning(entries.c.key)
        )
        self._purge_locks = delete(locks).where(
            locks.c.key.in_(old_locks.with_for_update(skip_locked=True)), locks.c.expires_at <= now
        )
        held = {"owner": bindparam("holder"), "expires_at": now + bindparam("lifetime", type_=Double)}
        is_lock = locks.c.key == bindparam("name")
        self._lock = (
            insert(locks)
            .values(key=bindparam("name"), **held)
            .on_conflict_do_update(
                index_elements=["key"],
                set_=held,
                where=or_(locks.c.owner == bindparam("holder"), locks.c.expires_at <= now),
            )
            .returning(locks.c.key)
        )
        self._held = select(locks.c.key).where(is_lock, locks.c.owner != bindparam("holder"), locks.c.expires_at > now)
        self._unlock = delete(locks).where(is_lock, locks.c.owner == bindparam("holder"))

    def get(self, connection: Connection, key: str) -> tuple[str, str] | None:
        row = connection.execute(self._get, {"name": key}).one_or_none()
        return None if row is None else (row.value, row.version)

    def add(self, connection: Connection, entry: dict[str, Any], labels: Sequence[str]) -> bool:
        return self._store(connection, self._add, entry, labels)

    def put(self, connection: Connection, entry: dict[str, Any], labels: Sequence[str], version: str) -> bool:
        return self._store(connection, self._put, {**entry, "read": version}, labels)

    def take(self, connection: Connection, key: str) -> tuple[str, str] | None:
        row = connection.execute(self._take, {"name": key}).one_or_none()
        if row is None:
            return None
        if row.labels.strip():
            connection.execute(self._unlabel, {"names": [key]})
        return (row.value, row.version) if row.lives else None

    def delete_labelled(self, connection: Connection, label: str) -> None:
        found = connection.execute(self._delete_labelled, {"label": label, "spaced": f" {label} "})
        self._forget_labels(connection, list(found.scalars()))

    def lock(self, connection: Connection, key: str, owner: str, lifetime: int) -> bool:
        given = {"name": key, "holder": owner, "lifetime": lifetime}
        # Whoever reads stands in nobody's way.
        if connection.execute(self._held, {"name": key, "holder": owner}).one_or_none() is not None:
            return False
        return connection.execute(self._lock, given).one_or_none() is not None

    def unlock(self, connection: Connection, key: str, owner: str) -> None:
        connection.execute(self._unlock, {"name": key, "holder": owner})

    def purge(self, connection: Connection) -> None:
        self._forget_labels(connection, list(connection.execute(self._purge).scalars()))
        connection.execute(self._purge_locks)

    def _store(self, connection: Connection, statement: Any, entry: dict[str, Any], labels: Sequence[str]) -> bool:
        if connection.execute(statement, entry).one_or_none() is None:
            return False
        connection.execute(self._unlabel, {"names": [entry["name"]]})
        if labels:
            connection.execute(self._label, [{"label": label, "name": entry["name"]} for label in set(labels)])
        return True

    def _forget_labels(self, connection: Connection, keys: list[str]) -> None:
        for begin in range(0, len(keys), _PURGED):
            connection.execute(self._unlabel, {"names": keys[begin : begin + _PURGED]})
