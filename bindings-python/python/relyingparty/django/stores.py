"""Where a Django application keeps the site's sessions: in its database, or in its cache if that is Redis."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar

from django.db import OperationalError, connections
from django.db.models import Q, Value
from django.db.models.functions import StrIndex

from relyingparty import settings
from relyingparty.session_stores.conflicts import is_conflict, pauses
from relyingparty.session_stores.waiting import taken
from relyingparty.sites import METHODS

T = TypeVar("T")

_PURGE_EVERY = 64
"""One in so many entries that are added has those that have expired purged."""

_PURGED = 256
"""How many rows of a table are purged at once."""


class DatabaseSessionStore:
    """A ``SessionStore`` in a database of Django's: SQLite or PostgreSQL.

    The tables are those of the application's migration. One statement decides each call, so no transaction is needed;
    within one of yours a change is seen when it is committed. The clock of the host decides what has expired.
    """

    VENDORS: ClassVar = ("postgresql", "sqlite")
    """The databases that compare text byte by byte."""

    def __init__(self, using: str = "default") -> None:
        """Use a database.

        :param using: its alias in ``DATABASES``.
        """
        vendor = connections[using].vendor
        if vendor not in self.VENDORS:
            settings.refuse("STORE", f"is for {' and '.join(self.VENDORS)}, not for {vendor}")
        self._using = using

    def get(self, key: str) -> tuple[str, str] | None:
        """Return the value and the version of an entry; ``None`` if there is none."""
        found: tuple[str, str] | None = self._try(lambda: self._living(key).values_list("value", "version").first())
        return found

    def add(self, key: str, value: str, expires_at: int, labels: Sequence[str]) -> bool:
        """Make an entry; return ``False``, and change nothing, if there is one under this key."""
        new = self._new(value, expires_at, labels)
        self._label(key, expires_at, labels)

        def added() -> bool:
            if self._entries.filter(key=key, expires_at__lte=time.time()).update(**new):
                return True
            self._entries.bulk_create([self._model("SessionEntry")(key=key, **new)], ignore_conflicts=True)
            return bool(self._entries.filter(key=key, version=new["version"]).exists())

        is_added = self._try(added)
        if is_added and random.randrange(_PURGE_EVERY) == 0:
            self._purge()
        return is_added

    def put(self, key: str, value: str, expires_at: int, labels: Sequence[str], version: str) -> bool:
        """Replace value, time and labels of an entry that was read, unless it is of another version now, or gone."""
        new = self._new(value, expires_at, labels)
        self._label(key, expires_at, labels)
        return self._try(lambda: bool(self._living(key).filter(version=version).update(**new)))

    def take(self, key: str) -> tuple[str, str] | None:
        """Delete an entry and return what ``get`` would: of two callers one gets it."""
        while (found := self.get(key)) is not None:
            version = found[1]
            if self._try(lambda version=version: self._delete(self._living(key).filter(version=version))):  # type: ignore[misc]
                return found
        return None

    def delete(self, key: str) -> None:
        """Delete an entry, if there is one."""
        self._try(lambda: self._delete(self._entries.filter(key=key)))

    def delete_labelled(self, label: str) -> None:
        """Delete each entry with this label that was added before."""
        found = self._labels.filter(label=label).values("key")
        # The entry's own labels decide, as they are when the statement comes to it.
        entries = self._entries.filter(key__in=found).alias(at=StrIndex("labels", Value(f" {label} "))).filter(at__gt=0)
        # The rows of the label expire: one may be that of an entry which is about to be written.
        self._try(lambda: self._delete(entries))

    def lock(self, key: str, owner: str, lifetime: int, wait: int) -> bool:
        """Take a lock for ``lifetime`` seconds; return ``False`` if somebody else holds it for ``wait`` seconds."""
        return taken(wait, lambda: self._try(lambda: self._locked(key, owner, lifetime)))

    def unlock(self, key: str, owner: str) -> None:
        """Give a lock back, if it is still this owner's."""
        self._try(lambda: self._delete(self._locks.filter(key=key, owner=owner)))

    def __repr__(self) -> str:
        return f"<DatabaseSessionStore in {self._using}>"

    def _locked(self, key: str, owner: str, lifetime: int) -> bool:
        now = time.time()
        is_held = self._locks.filter(key=key, expires_at__gt=now).exclude(owner=owner)
        if is_held.exists():
            return False
        held = {"owner": owner, "expires_at": now + lifetime}
        if self._locks.filter(Q(owner=owner) | Q(expires_at__lte=now), key=key).update(**held):
            return True
        self._locks.bulk_create([self._model("SessionLock")(key=key, **held)], ignore_conflicts=True)
        return bool(self._locks.filter(key=key, **held).exists())

    def _living(self, key: str) -> Any:
        return self._entries.filter(key=key, expires_at__gt=time.time())

    def _new(self, value: str, expires_at: int, labels: Sequence[str]) -> dict[str, Any]:
        version = os.urandom(12).hex()
        return {"value": value, "version": version, "expires_at": expires_at, "labels": f" {'  '.join(labels)} "}

    def _label(self, key: str, expires_at: int, labels: Sequence[str]) -> None:
        """Let labels lead to an entry that is about to be written: one that leads nowhere does no harm."""
        rows = [self._model("SessionLabel")(label=label, key=key, expires_at=expires_at) for label in set(labels)]
        named: dict[str, Any] = {"unique_fields": ["label", "key"], "update_fields": ["expires_at"]}
        if rows:
            self._try(lambda: self._labels.bulk_create(rows, update_conflicts=True, **named))

    def _purge(self) -> None:
        now = time.time()
        live = self._entries.filter(expires_at__gt=now).values("key")
        old = (
            (self._entries, self._entries.filter(expires_at__lte=now)),
            (self._locks, self._locks.filter(expires_at__lte=now)),
            (self._labels, self._labels.filter(expires_at__lte=now).exclude(key__in=live)),
        )
        for table, rows in old:
            some = list(rows.values_list("pk", flat=True)[:_PURGED])
            self._try(lambda table=table, some=some: self._delete(table.filter(pk__in=some, expires_at__lte=now)))  # type: ignore[misc]

    @staticmethod
    def _delete(rows: Any) -> int:
        """Delete rows by one statement: ``QuerySet.delete`` may read them first."""
        deleted: int = rows._raw_delete(rows.db)
        return deleted

    def _try(self, work: Callable[[], T]) -> T:
        """Do what the database may refuse because of somebody else's statement.

        A transaction of the caller's is theirs to repeat.
        """
        waits = pauses()
        while True:
            try:
                return work()
            except OperationalError as error:
                pause = next(waits, None) if is_conflict(error.__cause__) else None
                if pause is None or connections[self._using].in_atomic_block:
                    raise
            time.sleep(pause)

    def _model(self, name: str) -> Any:
        from relyingparty.django import models

        return getattr(models, name)

    @property
    def _entries(self) -> Any:
        return self._model("SessionEntry").objects.using(self._using)

    @property
    def _labels(self) -> Any:
        return self._model("SessionLabel").objects.using(self._using)

    @property
    def _locks(self) -> Any:
        return self._model("SessionLock").objects.using(self._using)


class CacheSessionStore:
    """A ``SessionStore`` in a cache of Django's, which has to be Redis.

    It is the ``RedisSessionStore`` on the first server of that cache. The other
    caches cannot change an entry only if nobody else did, and are refused.
    """

    def __init__(self, alias: str = "default") -> None:
        """Use a cache.

        :param alias: its alias in ``CACHES``.
        """
        self._alias = alias
        self._made: Any = None

    def __getattr__(self, name: str) -> Any:
        if name not in METHODS:
            raise AttributeError(name)
        if self._made is None:
            self._made = self._make()
        return getattr(self._made, name)

    def _make(self) -> Any:
        from django.core.cache import caches

        cache: Any = caches[self._alias]
        client = getattr(getattr(cache, "_cache", None) or getattr(cache, "client", None), "get_client", None)
        if client is None:
            settings.refuse("STORE", f"is for Redis, and the cache {self._alias!r} is a {type(cache).__name__}")
        from relyingparty.session_stores.redis import RedisSessionStore

        prefix = ":".join(part for part in (cache.key_prefix, "relyingparty:") if part)
        return RedisSessionStore(client(write=True), prefix)

    def __repr__(self) -> str:
        return f"<CacheSessionStore in {self._alias}>"
