"""Each store of sessions that the package has owes the same, alone, to threads, to tasks and to processes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from relyingparty.session_stores import SessionStore
from servers import postgresql_server, redis_server
from session_store_suite import CHECKS, Check, processes
from shared_stores import KINDS, migrate, opened


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Where stores are kept, by family: what is not there yet is started when somebody asks."""
    memory = Path("/dev/shm")
    with ExitStack() as stack:
        # What is tested is not the disk.
        folder = tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path_factory.getbasetemp())
        yield Places(stack, Path(stack.enter_context(folder)))


class Places(dict[str, str]):
    def __init__(self, stack: ExitStack, folder: Path) -> None:
        super().__init__(memory="", sqlite=str(folder / "sessions.sqlite"))
        self._stack = stack

    def __missing__(self, family: str) -> str:
        server = redis_server() if family == "redis" else postgresql_server()
        self[family] = self._stack.enter_context(server)
        return self[family]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    made: str = request.param
    return made


@pytest.fixture
def address(kind: str, places: dict[str, str]) -> str:
    made = places[kind.split()[0]]
    migrate(kind, made)
    return made


@pytest.fixture
def store(kind: str, address: str) -> Iterator[SessionStore]:
    with opened(kind, address) as made:
        yield made


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_store_owes(check: Check, store: SessionStore) -> None:
    check(store)


def test_a_store_owes_it_to_processes(kind: str, address: str, tmp_path: Path) -> None:
    if kind == "memory":
        pytest.skip("it is one process's")
    processes(opened, (kind, address), tmp_path)
