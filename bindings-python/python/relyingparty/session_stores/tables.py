"""The tables of a store of sessions in a database."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import BigInteger, Column, Double, Index, MetaData, String, Table, Text


class SessionTables(NamedTuple):
    """The tables of a store: entries, their labels, and locks."""

    entries: Table
    """What is kept, by key."""
    labels: Table
    """Which keys a label leads to."""
    locks: Table
    """Who holds a lock, and until when."""


def session_tables(metadata: MetaData, prefix: str = "relyingparty_") -> SessionTables:
    """Declare the tables in ``metadata``, for your own migration or ``metadata.create_all``.

    :param prefix: what the names of tables and indexes begin with.
    """
    entries = Table(
        f"{prefix}entries",
        metadata,
        Column("key", String(100), primary_key=True),
        Column("value", Text, nullable=False),
        Column("version", String(32), nullable=False),
        Column("expires_at", BigInteger, nullable=False),
        Column("labels", Text, nullable=False),
        Index(f"{prefix}entries_expires_at", "expires_at"),
    )
    labels = Table(
        f"{prefix}labels",
        metadata,
        Column("label", String(100), primary_key=True),
        Column("key", String(100), primary_key=True),
        Index(f"{prefix}labels_key", "key"),
    )
    locks = Table(
        f"{prefix}locks",
        metadata,
        Column("key", String(100), primary_key=True),
        Column("owner", String(100), nullable=False),
        Column("expires_at", Double, nullable=False),
        Index(f"{prefix}locks_expires_at", "expires_at"),
    )
    return SessionTables(entries, labels, locks)
