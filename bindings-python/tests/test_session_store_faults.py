"""Stores of sessions where something is wrong: settings, servers, transactions that collide, and what grows."""

from __future__ import annotations

import asyncio
import random
import re
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import redis
import redis.asyncio
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry
from sqlalchemy import Engine, MetaData, create_engine, event, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateIndex, CreateTable

from relyingparty import ConfigurationError
from relyingparty.django.stores import CacheSessionStore
from relyingparty.session_stores import MemorySessionStore, SessionStore
from relyingparty.session_stores.redis import AsyncRedisSessionStore, RedisSessionStore
from relyingparty.session_stores.sqlalchemy import AsyncSqlSessionStore, SqlSessionStore, session_tables
from servers import free_port, postgresql_server, redis_server
from shared_stores import of_django

KEY, VALUE, LABEL = "canary-key", "canary-value", "canary-label"


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with redis_server() as url:
        yield url


@pytest.fixture(scope="module")
def postgresql_url() -> Iterator[str]:
    with postgresql_server() as address:
        yield f"postgresql+psycopg://{address}"


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as made:
        made.flushall()
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database with the tables in it."""
    url = f"sqlite:///{tmp_path / 'sessions.sqlite'}"
    made = create_engine(url if request.param == "sqlite" else request.getfixturevalue("postgresql_url"))
    metadata = MetaData()
    session_tables(metadata)
    metadata.create_all(made)
    yield made
    metadata.drop_all(made)
    made.dispose()


def soon(seconds: int = 60) -> int:
    return int(time.time()) + seconds


def rows(engine: Engine) -> list[int]:
    """How many entries, labels and locks there are, those that have expired included."""
    with engine.connect() as connection:
        return [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in session_tables(MetaData())
        ]


def refused(make: Callable[[], object]) -> str:
    with pytest.raises(ConfigurationError) as raised:
        make()
    assert raised.value.code == "invalid_configuration"
    return str(raised.value)


def test_what_is_no_client_of_redis_is_refused_by_name() -> None:
    wrong: Any = redis.Redis()
    assert "client" in refused(lambda: AsyncRedisSessionStore(wrong))
    assert "client" in refused(lambda: RedisSessionStore(redis.asyncio.Redis()))  # type: ignore[arg-type]
    assert "client" in refused(lambda: RedisSessionStore("redis://127.0.0.1"))  # type: ignore[arg-type]
    assert "prefix" in refused(lambda: RedisSessionStore(wrong, prefix=None))  # type: ignore[arg-type]


def test_a_database_that_cannot_be_shared_is_refused_by_name() -> None:
    for url in ("sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"):
        assert "in memory" in refused(lambda url=url: SqlSessionStore(create_engine(url, poolclass=NullPool)))  # type: ignore[misc]
    assert "in memory" in refused(lambda: AsyncSqlSessionStore(create_async_engine("sqlite+aiosqlite://")))
    assert "engine" in refused(lambda: SqlSessionStore("sqlite:///x"))  # type: ignore[arg-type]
    assert "engine" in refused(lambda: AsyncSqlSessionStore(create_engine("sqlite:///x")))  # type: ignore[arg-type]


def test_a_database_of_another_kind_is_refused_by_name() -> None:
    engine = create_engine("sqlite:///x")
    engine.dialect.name = "mariadb"
    assert "mariadb" in refused(lambda: SqlSessionStore(engine))


def failing(tmp_path: Path) -> Iterator[Any]:
    """A store of each kind, which cannot do a thing."""
    yield RedisSessionStore(redis.Redis(port=free_port(), password="canary", retry=Retry(NoBackoff(), 0)))
    yield SqlSessionStore(create_engine(f"sqlite:///{tmp_path / 'nothing.sqlite'}"))
    yield SqlSessionStore(create_engine(f"postgresql+psycopg://user:canary@127.0.0.1:{free_port()}/x"))


def test_s24_errors_of_a_store_show_no_keys_and_no_values(tmp_path: Path) -> None:
    for store in failing(tmp_path):
        calls: dict[str, tuple[Any, ...]] = {
            "get": (KEY,),
            "add": (KEY, VALUE, soon(), [LABEL]),
            "put": (KEY, VALUE, soon(), [LABEL], "canary-version"),
            "take": (KEY,),
            "delete": (KEY,),
            "delete_labelled": (LABEL,),
            "lock": (KEY, "canary-owner", 10, 0),
            "unlock": (KEY, "canary-owner"),
        }
        for name, arguments in calls.items():
            with pytest.raises((RedisConnectionError, SQLAlchemyError)) as raised:
                getattr(store, name)(*arguments)
            error = raised.value
            shown = [repr(store), str(error), repr(error), repr(error.args), *traceback.format_exception_only(error)]
            shown += [repr(getattr(error, "params", None)), str(error.__cause__), str(error.__context__)]
            assert "canary" not in "".join(shown)


def test_a_script_that_redis_forgot_is_sent_again(client: redis.Redis) -> None:
    store = RedisSessionStore(client)
    for _ in range(2):
        client.script_flush()
        assert store.add(KEY, VALUE, soon(), [LABEL])
        client.script_flush()
        assert store.take(KEY) is not None


def test_a_change_whose_answer_was_lost_is_asked_for_again(
    client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients of redis-py try again: who is told that somebody else did it would be told wrong."""
    store = RedisSessionStore(client)
    monkeypatch.setattr(store, "_client", Twice(client))
    assert store.add(KEY, VALUE, soon(), [])
    found = store.get(KEY)
    assert found is not None
    assert store.put(KEY, VALUE, soon(), [], found[1])
    assert store.lock(KEY, "owner", 60, 0)


class Twice:
    """A client that has everything done twice."""

    def __init__(self, client: redis.Redis) -> None:
        self._client: Any = client

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> Any:
            getattr(self._client, name)(*arguments)
            return getattr(self._client, name)(*arguments)

        return call


def test_everything_in_redis_expires_and_labels_stay_as_long_as_their_entries(client: redis.Redis) -> None:
    store = RedisSessionStore(client)
    store.add("short", VALUE, soon(10), [LABEL])
    store.add("long", VALUE, soon(1_000), [LABEL])
    store.add("middle", VALUE, soon(100), [LABEL])
    store.lock("lock", "owner", 30, 0)
    keys: Any = client.keys()
    left: dict[str, Any] = {key.decode(): client.ttl(key) for key in keys}
    assert {key: round(ttl, -1) for key, ttl in left.items()} == {
        "relyingparty:entry:short": 10,
        "relyingparty:entry:long": 1_000,
        "relyingparty:entry:middle": 100,
        f"relyingparty:label:{LABEL}": 1_000,
        "relyingparty:lock:lock": 30,
    }


def test_a_label_in_redis_holds_what_lives(client: redis.Redis) -> None:
    store = RedisSessionStore(client)
    store.add("long", VALUE, soon(1_000), [LABEL])
    for number in range(100):
        store.add(f"past-{number}", VALUE, soon(-1), [LABEL])
        store.add(f"ended-{number}", VALUE, soon(), [LABEL])
        store.delete(f"ended-{number}")
    assert client.zcard(f"relyingparty:label:{LABEL}") <= 2


def test_stores_with_another_prefix_are_others(client: redis.Redis) -> None:
    one, other = RedisSessionStore(client, "one:"), RedisSessionStore(client, prefix="other:")
    assert one.add(KEY, VALUE, soon(), [LABEL])
    assert other.add(KEY, VALUE, soon(), [LABEL])
    one.delete_labelled(LABEL)
    assert one.get(KEY) is None
    assert other.get(KEY) is not None


def test_the_page_shows_the_tables_and_its_code_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs" / "session-stores-python.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    first, second = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    program: dict[str, Any] = {}
    exec(first, program)
    exec(second, program)
    assert program["store"].add(KEY, VALUE, soon(), [LABEL])
    program["client"].close()
    program["engine"].dispose()
    shown = re.search(r"```sql\n(.*?)```", page, re.DOTALL)
    assert shown is not None
    made = (
        [CreateTable(table) for table in program["tables"]],
        [CreateIndex(i) for t in program["tables"] for i in t.indexes],
    )
    dialect = cast(Any, postgresql).dialect()
    wanted = {one_line(str(statement.compile(dialect=dialect))) for each in made for statement in each}
    assert {one_line(statement) for statement in shown[1].split(";")} - {""} == wanted


def one_line(statement: str) -> str:
    return re.sub(r"\s+", " ", statement).replace("( ", "(").replace(" )", ")").strip()


def test_what_has_expired_in_a_database_goes_bit_by_bit(engine: Engine) -> None:
    store = SqlSessionStore(engine)
    random.seed(7)
    for number in range(500):
        store.add(f"key-{number}", VALUE, soon(-1), [f"label-{number % 7}"])
        if number % 4 == 0:
            store.lock(f"lock-{number}", "owner", 0, 0)
    entries, labels, locks = rows(engine)
    assert entries < 250
    assert labels == entries
    assert locks < 60


def test_labels_in_a_database_go_with_their_entries(engine: Engine) -> None:
    store = SqlSessionStore(engine)
    for end in (store.delete, store.take, lambda _: store.delete_labelled(LABEL)):
        store.add(KEY, VALUE, soon(), [LABEL, "another"])
        end(KEY)
    assert rows(engine) == [0, 0, 0]


@pytest.mark.parametrize("level", ["AUTOCOMMIT", "SERIALIZABLE"])
def test_the_engine_s_isolation_level_does_not_matter(engine: Engine, level: Any) -> None:
    store = SqlSessionStore(engine.execution_options(isolation_level=level))
    assert store.add(KEY, VALUE, soon(), [LABEL])
    with pytest.raises(ZeroDivisionError):
        store._run(lambda connection: (store._statements.take(connection, KEY), 1 // 0))
    found = store.get(KEY)
    assert found is not None
    assert store.put(KEY, VALUE, soon(), [LABEL], found[1])


def test_an_engine_that_begins_at_once_does_as_well(tmp_path: Path) -> None:
    """As SQLAlchemy's documentation has it for SQLite."""
    engine = create_engine(f"sqlite:///{tmp_path / 'sessions.sqlite'}")
    event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    metadata = MetaData()
    tables = session_tables(metadata, prefix="own_")
    metadata.create_all(engine)
    store = SqlSessionStore(engine, tables)
    assert store.add(KEY, VALUE, soon(), [LABEL])
    assert store.lock(KEY, "owner", 60, 0)
    assert store.take(KEY) is not None
    engine.dispose()


def test_a_busy_sqlite_is_asked_again(tmp_path: Path) -> None:
    path = f"sqlite:///{tmp_path / 'sessions.sqlite'}"
    engine, other = create_engine(path, connect_args={"timeout": 0.01}), create_engine(path)
    metadata = MetaData()
    session_tables(metadata)
    metadata.create_all(engine)
    store = SqlSessionStore(engine)
    with other.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        timer = threading.Timer(0.1, connection.rollback)
        timer.start()
        assert store.add(KEY, VALUE, soon(), [LABEL])
        timer.join()
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(SQLAlchemyError, match="locked"):
            store.delete(KEY)
        connection.rollback()
    engine.dispose()
    other.dispose()


def test_a_deadlock_in_postgresql_is_tried_again(postgresql_url: str) -> None:
    engine = create_engine(postgresql_url)
    metadata = MetaData()
    session_tables(metadata)
    metadata.create_all(engine)
    store = SqlSessionStore(engine)
    store.add("a", VALUE, soon(), [])
    store.add("b", VALUE, soon(), [])
    tried: list[str] = []
    both = threading.Barrier(2)

    def work(first: str, second: str) -> None:
        def twice(connection: Any) -> None:
            tried.append(first)
            store._statements.take(connection, first)
            if len(tried) <= 2:
                both.wait(10)
            store._statements.take(connection, second)

        store._run(twice)

    threads = [threading.Thread(target=work, args=names) for names in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left = store.get("a"), store.get("b")
    metadata.drop_all(engine)
    engine.dispose()
    assert len(tried) > 2
    assert left == (None, None)


@pytest.mark.parametrize("alias", ["default", "none"])
def test_a_cache_of_django_s_that_is_not_redis_is_refused_by_name(alias: str) -> None:
    of_django("redis", "redis://127.0.0.1:1")
    store = CacheSessionStore(alias)
    assert {"default": "LocMemCache", "none": "DummyCache"}[alias] in refused(lambda: store.get(KEY))


def test_locks_of_asyncio_wait_without_blocking(redis_url: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with redis.asyncio.Redis.from_url(redis_url) as client:
            engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'sessions.sqlite'}")
            metadata = MetaData()
            session_tables(metadata)
            async with engine.begin() as connection:
                await connection.run_sync(metadata.create_all)
            for store in (AsyncRedisSessionStore(client), AsyncSqlSessionStore(engine)):
                assert await store.lock("waited for", "owner", 60, 0)
                waiting = asyncio.create_task(store.lock("waited for", "another", 60, 10))
                await asyncio.sleep(0.05)
                await store.unlock("waited for", "owner")
                assert await asyncio.wait_for(waiting, 5)
            await engine.dispose()

    asyncio.run(main())


def test_a_store_in_memory_forgets_what_has_expired_bit_by_bit() -> None:
    now = [0.0]
    store = MemorySessionStore(clock=lambda: now[0])
    for number in range(10_000):
        now[0] = number
        assert store.add(f"key-{number}", VALUE, number + 10, [f"label-{number}", LABEL])
        assert store.lock(f"lock-{number}", "owner", 10, 0)
        found = store.get(f"key-{number}")
        assert found is not None
        assert store.put(f"key-{number}", VALUE, number + 10, [f"label-{number}"], found[1])
    assert len(store) < 20
    assert len(store._locks) < 20
    assert len(store._labelled) < 20
    assert len(store._times) < 4_000
    now[0] += 10
    assert store.get("key-9999") is None
    assert repr(store) == f"<MemorySessionStore of {len(store)}>"


def test_a_store_that_waits_for_nobody_blocks_nobody() -> None:
    store: SessionStore = MemorySessionStore()
    assert store.lock("lock", "owner", 60, 0)
    began = time.monotonic()
    assert not store.lock("lock", "another", 60, 0)
    assert time.monotonic() - began < 0.5
