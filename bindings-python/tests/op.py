"""The certified provider of ``conformance/op``, started for the length of a block."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


class Op:
    """A running provider: its ``issuer``, and its control."""

    def __init__(self, issuer: str, control: str) -> None:
        self.issuer = issuer
        self._control = control

    def __call__(self, verb: str, **members: object) -> Any:
        """Tell the provider's control something; see conformance/op/README.md."""
        request = urllib.request.Request(f"{self._control}/{verb}", json.dumps(members).encode(), method="POST")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as response:
            return json.load(response)

    def requests(self) -> list[str]:
        """The paths that were asked for since the last call."""
        return [request["path"] for request in self("requests")]


@contextmanager
def provider(*options: str) -> Iterator[Op]:
    """Start a provider, or skip the test where it is not installed."""
    folder = Path(os.environ.get("RP_TEST_OP") or Path(__file__).parents[2] / "conformance" / "op")
    node = folder / "node_modules" / ".bin" / "node"
    if not node.exists():
        pytest.skip(f"no provider: run `npm ci` in {folder}")
    command = [str(node), str(folder / "provider.mjs"), *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Op(**json.loads(process.stdout.readline()))
        finally:
            process.terminate()
