"""Fixtures that several test files share."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from exchange import TRANSPORTS, Constructor
from hostile import HostileServer, hostile_server
from parties import PARTIES, Make, maker


@pytest.fixture(params=list(TRANSPORTS.values()), ids=list(TRANSPORTS))
def constructor(request: pytest.FixtureRequest) -> Constructor:
    """Each transport's class in turn."""
    made: Constructor = request.param
    return made


@pytest.fixture(params=PARTIES)
def make(request: pytest.FixtureRequest) -> Make:
    """What makes relying parties, in plain calls and on asyncio in turn."""
    return maker(request.param)


@pytest.fixture
def hostile() -> Iterator[HostileServer]:
    """A hostile server over plain HTTP."""
    with hostile_server() as server:
        yield server


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A certificate authority that nobody knows."""
    return trustme.CA()


def server_tls(certificate: trustme.LeafCert) -> ssl.SSLContext:
    """The server's side of TLS with ``certificate``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def client_tls(ca_file: Path) -> ssl.SSLContext:
    """The client's side of TLS, which trusts this authority."""
    return ssl.create_default_context(cafile=str(ca_file))
