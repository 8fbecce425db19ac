"""The proxy of ``conformance/op``, started for the length of a block, and the rules that proxies are chosen by."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(__file__).parents[2] / "conformance" / "op"

RULES: list[dict[str, Any]] = json.loads((_FOLDER / "no_proxy.json").read_text())
"""``NO_PROXY``, a URL, and whether a request to it goes through the proxy: the same in every language."""


class TestProxy:
    """A running proxy."""

    __test__ = False

    def __init__(self, proxy: str) -> None:
        self.url = proxy

    def with_password(self, password: str) -> str:
        """Its URL with ``user:password`` in it."""
        return self.url.replace("://", f"://{password}@")

    def seen(self) -> list[dict[str, Any]]:
        """The requests that it got since the last call."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.url}/seen", timeout=10) as response:
            seen: list[dict[str, Any]] = json.load(response)
            return seen


@contextmanager
def proxy(*options: str) -> Iterator[TestProxy]:
    """Start a proxy, or skip the test where there is no Node."""
    installed = Path(os.environ.get("RP_TEST_OP") or _FOLDER) / "node_modules" / ".bin" / "node"
    node = str(installed) if installed.exists() else shutil.which("node")
    if node is None:
        pytest.skip("no proxy: Node is not installed")
    command = [node, str(_FOLDER / "proxy.mjs"), *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield TestProxy(**json.loads(process.stdout.readline()))
        finally:
            process.terminate()
