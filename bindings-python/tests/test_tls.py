"""Every shipped transport verifies whom it talks to."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from conftest import server_tls
from exchange import Constructor, StandIn, send
from hostile import HostileServer, hostile_server
from relyingparty import ConfigurationError, HttpResponse, Unreachable


@contextmanager
def serving(certificate: trustme.LeafCert, version: ssl.TLSVersion | None = None) -> Iterator[HostileServer]:
    tls = server_tls(certificate)
    if version is not None:
        tls.set_ciphers("ALL:@SECLEVEL=0")
        tls.minimum_version = version
        tls.maximum_version = version
    with hostile_server(tls) as server:
        yield server


def pem(authority: trustme.CA) -> str:
    return authority.cert_pem.bytes().decode()


def test_an_authority_from_a_file_is_trusted(constructor: Constructor, authority: trustme.CA, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    with serving(authority.issue_cert("127.0.0.1")) as server:
        answer = send(constructor(ca_file=file), StandIn(f"{server.url}/fine"))
    assert isinstance(answer, HttpResponse)
    assert answer.body == b"{}"


def test_an_authority_from_text_is_trusted(constructor: Constructor, authority: trustme.CA) -> None:
    with serving(authority.issue_cert("127.0.0.1")) as server:
        answer = send(constructor(ca_pem=pem(authority)), StandIn(f"{server.url}/fine"))
    assert isinstance(answer, HttpResponse)


def test_f10_an_unknown_authority_is_refused(constructor: Constructor, authority: trustme.CA) -> None:
    with serving(authority.issue_cert("127.0.0.1")) as server:
        for transport in (constructor(), constructor(ca_pem=pem(trustme.CA()))):
            answer = send(transport, StandIn(f"{server.url}/fine"))
            assert isinstance(answer, Unreachable)
            assert answer.reason.startswith("the certificate is not trusted: ")
        assert not server.received


def test_f10_another_host_s_certificate_is_refused(constructor: Constructor, authority: trustme.CA) -> None:
    with serving(authority.issue_cert("elsewhere.example")) as server:
        answer = send(constructor(ca_pem=pem(authority)), StandIn(f"{server.url}/fine"))
        assert isinstance(answer, Unreachable)
        assert answer.reason.startswith("the certificate is not trusted: ")
        assert not server.received


def test_f10_an_expired_certificate_is_refused(constructor: Constructor, authority: trustme.CA) -> None:
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    with serving(authority.issue_cert("127.0.0.1", not_after=past)) as server:
        answer = send(constructor(ca_pem=pem(authority)), StandIn(f"{server.url}/fine"))
        assert isinstance(answer, Unreachable)
        assert answer.reason == "the certificate is not trusted: certificate has expired"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_f10_old_tls_is_refused(constructor: Constructor, authority: trustme.CA) -> None:
    with serving(authority.issue_cert("127.0.0.1"), ssl.TLSVersion.TLSv1_1) as server:
        answer = send(constructor(ca_pem=pem(authority)), StandIn(f"{server.url}/fine"))
        assert isinstance(answer, Unreachable)
        assert not server.received


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_f10_only_danger_turns_verification_off(constructor: Constructor, authority: trustme.CA) -> None:
    with serving(authority.issue_cert("elsewhere.example")) as server:
        answer = send(constructor(danger_accept_invalid_certs=True), StandIn(f"{server.url}/fine"))
    assert isinstance(answer, HttpResponse)


def test_f10_an_empty_list_of_authorities_is_not_the_systems(constructor: Constructor) -> None:
    for option in ({"ca_pem": ""}, {"ca_file": ""}):
        with pytest.raises(ConfigurationError, match="nobody to trust"):
            constructor(**option)
