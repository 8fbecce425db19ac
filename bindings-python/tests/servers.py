"""Redis and PostgreSQL on 127.0.0.1, started for the length of a block."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest


@contextmanager
def redis_server(*options: str) -> Iterator[str]:
    """Start a Redis that keeps nothing on disk; yields its URL."""
    program = shutil.which("redis-server") or missing("redis-server")
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        with subprocess.Popen([*command, "--dir", folder, *options], stdout=subprocess.DEVNULL) as process:
            try:
                listening(port, process)
                yield f"redis://127.0.0.1:{port}/0"
            finally:
                process.terminate()


@contextmanager
def postgresql_server() -> Iterator[str]:
    """Start a PostgreSQL with a database of its own; yields what follows the name of a driver in its URL."""
    programs = postgresql_programs()
    # PostgreSQL runs for anybody but root.
    user = next(name for name in ("postgres", "nobody") if has_user(name)) if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.mkdir()
        if user is not None:
            os.chmod(folder, 0o755)
            shutil.chown(data, user)
        made = [
            str(programs / "initdb"),
            "-D",
            str(data),
            "-U",
            "tester",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]
        subprocess.run(made, user=user, check=True, stdout=subprocess.DEVNULL, cwd="/")
        port = free_port()
        options = ["-p", str(port), "-k", "", "-h", "127.0.0.1", "-F", "-c", "max_connections=300"]
        command = [str(programs / "postgres"), "-D", str(data), *options]
        with subprocess.Popen(command, user=user, stderr=subprocess.DEVNULL, cwd="/") as process:
            try:
                listening(port, process)
                ready(programs, port, process)
                yield f"tester@127.0.0.1:{port}/postgres"
            finally:
                # Fast: it does not wait for connections.
                process.send_signal(2)


def postgresql_programs() -> Path:
    """Where Debian, or whoever built it, put PostgreSQL's programs."""
    folders = [
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
        Path("/usr/local/bin"),
        Path("/usr/bin"),
    ]
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "pg_isready").exists():
            return folder
    missing("PostgreSQL")


def missing(what: str) -> NoReturn:
    """Skip the test, but not where everything has to run."""
    reason = f"no {what}: install it, as `cargo ci python` does"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def listening(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until something listens on a port."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    pytest.fail("a server does not listen")


def ready(programs: Path, port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until PostgreSQL answers."""
    asked = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port), "-d", "postgres"]
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if subprocess.run(asked).returncode == 0:
            return
        time.sleep(0.05)
    pytest.fail("PostgreSQL does not answer")
