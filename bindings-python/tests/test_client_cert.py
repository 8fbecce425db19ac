"""Clients that show a certificate (RFC 8705), over every shipped transport and real TLS."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trustme

from conftest import server_tls
from exchange import ASYNCIO, TRANSPORTS, Constructor, StandIn, send
from hostile import HostileServer, hostile_server
from mutual import PASSWORD, Identity, MutualOp, identity, issued, mutual_op
from parties import log_in, settled
from relyingparty import AsyncRelyingParty, ConfigurationError, HttpResponse, RelyingParty, TransportError, Unreachable
from relyingparty.transports import UrllibTransport
from scripted import CALLBACK, NOW
from test_tracebacks import leaks

METHODS = ["tls_client_auth", "self_signed_tls_client_auth"]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    """A certificate that is signed by its own key."""
    return identity(tmp_path_factory.mktemp("client") / "self")


@pytest.fixture
def mutual(authority: trustme.CA, client: Identity) -> Iterator[HostileServer]:
    """A server that lets nobody in but this client."""
    tls = server_tls(authority.issue_cert("127.0.0.1"))
    tls.verify_mode = ssl.CERT_REQUIRED
    # In TLS 1.3 a client learns only later that it was not let in.
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    tls.load_verify_locations(client.certificate)
    with hostile_server(tls) as server:
        yield server


@pytest.fixture(params=METHODS)
def op(
    request: pytest.FixtureRequest, authority: trustme.CA, client: Identity, tmp_path: Path
) -> Iterator[tuple[MutualOp, Identity, str]]:
    """A provider, a client that is registered there, and the method it is registered with."""
    if request.param == "tls_client_auth":
        who, clients = issued(tmp_path / "issued")
    else:
        who, clients = client, client.certificate.read_text()
    with mutual_op(authority.issue_cert("127.0.0.1"), clients) as running:
        yield running, who, request.param


def pem(authority: trustme.CA) -> str:
    return authority.cert_pem.bytes().decode()


def party(op: MutualOp, kind: str, transport: Any, **options: Any) -> Any:
    made: Any = AsyncRelyingParty if kind in ASYNCIO else RelyingParty
    return made(op.plain.url, "client", CALLBACK, transport=transport, clock=lambda: NOW, **options)


FORMS = [
    lambda client: client.both,
    lambda client: str(client.both),
    lambda client: (client.certificate, client.key),
    lambda client: (client.certificate, client.locked_key, PASSWORD),
    lambda client: (client.certificate, client.locked_key, PASSWORD.encode()),
]


@pytest.mark.parametrize("form", FORMS)
def test_k11_a_request_that_asks_for_it_goes_with_the_certificate(
    constructor: Constructor, authority: trustme.CA, client: Identity, mutual: HostileServer, form: Any
) -> None:
    transport = constructor(ca_pem=pem(authority), client_cert=form(client))
    answer = send(transport, StandIn(f"{mutual.url}/fine", client_certificate=True))
    assert isinstance(answer, HttpResponse)
    assert len(mutual.received) == 1


def test_k11_every_other_request_goes_without(
    constructor: Constructor, authority: trustme.CA, client: Identity, mutual: HostileServer
) -> None:
    transport = constructor(ca_pem=pem(authority), client_cert=client.both)
    for asks in (True, False, True):
        answer = send(transport, StandIn(f"{mutual.url}/fine", client_certificate=asks))
        assert isinstance(answer, HttpResponse if asks else Unreachable)
    assert len(mutual.received) == 2


def test_k11_a_transport_without_a_certificate_sends_no_request_that_asks_for_one(
    constructor: Constructor, authority: trustme.CA
) -> None:
    with hostile_server(server_tls(authority.issue_cert("127.0.0.1"))) as server:
        answer = send(constructor(ca_pem=pem(authority)), StandIn(f"{server.url}/fine", client_certificate=True))
        assert isinstance(answer, Unreachable)
        assert answer.reason == "the transport has no client certificate: give it a client_cert"
        assert not server.received


def test_k11_nor_does_one_with_a_certificate_over_plain_http(
    constructor: Constructor, client: Identity, hostile: HostileServer
) -> None:
    transport = constructor(client_cert=client.both)
    answer = send(transport, StandIn(f"{hostile.url}/fine", client_certificate=True))
    assert isinstance(answer, Unreachable)
    assert answer.reason == "the request asks for the client certificate, and its URL is not https"
    assert isinstance(send(transport, StandIn(f"{hostile.url}/fine")), HttpResponse)
    assert len(hostile.received) == 1


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_the_server_is_verified_as_ever(
    constructor: Constructor, client: Identity, mutual: HostileServer, authority: trustme.CA
) -> None:
    request = StandIn(f"{mutual.url}/fine", client_certificate=True)
    answer = send(constructor(client_cert=client.both), request)
    assert isinstance(answer, Unreachable)
    assert answer.reason.startswith("the certificate is not trusted: ")
    trusting = constructor(client_cert=client.both, danger_accept_invalid_certs=True)
    assert isinstance(send(trusting, request), HttpResponse)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "/nowhere.pem",
        ("/nowhere.pem", "/nowhere.pem"),
        (),
        ("a", "b", "c", "d"),
        ["a", "b"],
        {"cert": "a"},
        ("a", 1),
        ("a", "b", 1),
        True,
        b"a.pem",
    ],
)
def test_what_is_no_certificate_is_refused_when_it_is_given(constructor: Constructor, given: Any) -> None:
    with pytest.raises(ConfigurationError) as raised:
        constructor(client_cert=given)
    assert raised.value.details["member"] == "client_cert"


def test_a_key_that_does_not_open_or_is_another_s_is_refused(
    constructor: Constructor, client: Identity, tmp_path: Path
) -> None:
    other = identity(tmp_path / "other")
    for given in (
        (client.certificate, client.locked_key),
        (client.certificate, client.locked_key, "canary-wrong"),
        (client.certificate, other.key),
        client.certificate,
        client.key,
    ):
        for made in (constructor, partial(RelyingParty, "https://op.example", "client", CALLBACK)):
            with pytest.raises(ConfigurationError) as raised:
                made(client_cert=given)
            assert raised.value.details["member"] == "client_cert"
            assert leaks(raised.value, "canary-wrong") == []


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_a_login_with_a_certificate(op: tuple[MutualOp, Identity, str], authority: trustme.CA, kind: str) -> None:
    provider, client, method = op
    transport = TRANSPORTS[kind](ca_pem=pem(authority), client_cert=(client.certificate, client.key))
    options = {} if method == "tls_client_auth" else {"token_endpoint_auth_method": method}
    rp = party(provider, kind, transport, **options)
    session = log_in(rp, provider)
    assert settled(rp.refresh(session)).sub == "alice"
    assert settled(rp.userinfo(session))["name"] == "Alice"
    shown = dict.fromkeys(provider.seen)
    assert set(shown) == {
        ("/.well-known/openid-configuration", None),
        ("/jwks", None),
        ("/token", client.der),
        ("/userinfo", None),
    }
    assert all(b"client_id=client" in form and b"secret" not in form for form in provider.forms)


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_a_bound_token_is_sent_with_its_certificate(
    op: tuple[MutualOp, Identity, str], authority: trustme.CA, kind: str
) -> None:
    provider, client, method = op
    provider.binds = True
    api = f"{provider.mutual.url}/api"
    options: Any = {
        "token_endpoint_auth_method": method,
        "tls_client_certificate_bound_access_tokens": True,
        "api_origins": [provider.mutual.url, provider.plain.url],
    }
    transport = TRANSPORTS[kind](ca_pem=pem(authority), client_cert=client.both)
    rp = party(provider, kind, transport, **options)
    session = log_in(rp, provider)
    assert settled(rp.userinfo(session))["name"] == "Alice"
    provider.seen.clear()
    assert settled(rp.call(session, "GET", api)).body == b"canary-answer"
    assert settled(rp.call(session, "GET", f"{provider.plain.url}/api")).body == b"canary-answer"
    assert provider.seen == [("/api", client.der)] * 2
    # Elsewhere there is no certificate, and the token stays there.
    transport = Boasting(TRANSPORTS[kind](ca_pem=pem(authority)))
    bare = party(provider, kind, transport, tls_client_certificate=True, **options)
    provider.seen.clear()
    with pytest.raises(TransportError, match="no client certificate"):
        settled(bare.call(session, "GET", api))
    assert [path for path, _ in provider.seen if path == "/api"] == []


class Boasting:
    """A transport that does not say whether it has a certificate."""

    def __init__(self, transport: Any) -> None:
        self.send = transport.send


def test_the_default_transport_takes_it_too(op: tuple[MutualOp, Identity, str], tmp_path: Path, authority: Any) -> None:
    provider, client, method = op
    client_cert = (client.certificate, client.locked_key, PASSWORD)
    options: Any = {"token_endpoint_auth_method": method, "ca_pem": pem(authority), "client_cert": client_cert}
    for made in (RelyingParty, AsyncRelyingParty):
        rp: Any = made(provider.plain.url, "client", CALLBACK, clock=lambda: NOW, **options)
        assert log_in(rp, provider).sub == "alice"


def test_a_secret_and_a_certificate_that_only_binds(op: tuple[MutualOp, Identity, str], authority: Any) -> None:
    provider, client, _ = op
    transport = UrllibTransport(ca_pem=pem(authority), client_cert=client.both)
    options: Any = {"client_secret": "canary-client", "token_endpoint_auth_method": "client_secret_post"}
    log_in(party(provider, "urllib", transport, **options), provider)
    bound = party(provider, "urllib", transport, **options, tls_client_certificate_bound_access_tokens=True)
    log_in(bound, provider)
    assert [shown for path, shown in provider.seen if path == "/token"] == [None, client.der]
    assert all(b"client_secret=canary-client" in form for form in provider.forms)


@pytest.mark.parametrize("kind", TRANSPORTS)
@pytest.mark.parametrize("method", METHODS)
def test_a_transport_without_a_certificate_is_refused_when_it_is_given(kind: str, method: Any) -> None:
    made: Any = AsyncRelyingParty if kind in ASYNCIO else RelyingParty
    for options in ({"tls_client_certificate": True}, {"token_endpoint_auth_method": method}):
        with pytest.raises(ConfigurationError) as raised:
            made("https://op.example", "client", CALLBACK, transport=TRANSPORTS[kind](), **options)
        assert raised.value.details["member"] == "tls_client_certificate"


def test_a_certificate_is_an_option_of_the_transport_that_is_given(client: Identity) -> None:
    with pytest.raises(ConfigurationError, match=r"client_cert.*is an option of the transport that was given"):
        RelyingParty("https://op.example", "client", CALLBACK, transport=UrllibTransport(), client_cert=client.both)
