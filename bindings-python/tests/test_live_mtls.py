"""Clients that show a certificate (RFC 8705), at a certified provider."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from browser import Browser
from conftest import client_tls
from exchange import ASYNCIO, TRANSPORTS
from mutual import Identity, identity, issued
from op import Op, provider
from relyingparty import AsyncRelyingParty, ProviderError, RelyingParty, Session, SigningKey
from test_live import CALLBACK, HERE, settled


@dataclass(frozen=True)
class House:
    """A provider over TLS, its authority, and a client certificate of the authority that it trusts."""

    op: Op
    ca_file: Path
    client: Identity

    def log_in(self, rp: Any) -> Session:
        """One login from start to session."""
        started = settled(rp.authorize(scopes=["openid", "offline_access"], prompt="consent"))
        back = Browser(stop_at=HERE, tls=client_tls(self.ca_file)).log_in(started.url)
        session: Session = settled(rp.callback(back, started.id))
        return session

    def party(self, kind: str, client: dict[str, Any], who: Identity, **options: Any) -> Any:
        """The relying party of a client that shows this certificate."""
        made: Any = AsyncRelyingParty if kind in ASYNCIO else RelyingParty
        transport = TRANSPORTS[kind](ca_file=self.ca_file, client_cert=(who.certificate, who.key))
        return made(self.op.issuer, client["client_id"], CALLBACK, transport=transport, **options)

    def register(self, **metadata: Any) -> dict[str, Any]:
        """A client at the provider."""
        client: dict[str, Any] = self.op("register", redirect_uris=[CALLBACK], **metadata)
        return client


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("mtls")
    client, clients = issued(folder / "issued")
    (folder / "clients.pem").write_text(clients)
    leaf = authority.issue_cert("127.0.0.1")
    leaf.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    leaf.private_key_pem.write_to_path(str(folder / "key.pem"))
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    options = {"tls-cert": "cert.pem", "tls-key": "key.pem", "client-ca": "clients.pem"}
    arguments = [text for name, file in options.items() for text in (f"--{name}", str(folder / file))]
    with provider(*arguments) as op:
        yield House(op, folder / "ca.pem", client)


BY_AUTHORITY: dict[str, Any] = {
    "token_endpoint_auth_method": "tls_client_auth",
    "tls_client_auth_subject_dn": "CN=client",
}
BOUND = "tls_client_certificate_bound_access_tokens"


def goes_on(house: House, rp: Any) -> Session:
    """A login, UserInfo, and a refresh."""
    session = house.log_in(rp)
    assert settled(rp.userinfo(session)).sub == session.sub == "alice"
    refreshed: Session = settled(rp.refresh(session))
    assert settled(rp.userinfo(refreshed)).sub == "alice"
    return refreshed


@pytest.mark.parametrize("kind", TRANSPORTS)
@pytest.mark.parametrize("binds", [False, True])
def test_a_client_with_a_certificate_of_an_authority(house: House, kind: str, binds: bool) -> None:
    client = house.register(**BY_AUTHORITY, **{BOUND: binds})
    options = {BOUND: True} if binds else {}
    goes_on(house, house.party(kind, client, house.client, **options))


def jwks(who: Identity) -> dict[str, Any]:
    """The certificate as a JWK Set."""
    key: Any = load_pem_private_key(who.key.read_bytes(), None)
    jwk: Any = SigningKey.from_key(key).public_jwk
    return {"keys": [{**jwk, "x5c": [b64encode(who.der).decode()]}]}


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_a_client_with_a_certificate_of_its_own(house: House, kind: str, tmp_path: Path) -> None:
    who = identity(tmp_path / "own")
    method: Any = {"token_endpoint_auth_method": "self_signed_tls_client_auth"}
    client = house.register(**method, jwks=jwks(who), **{BOUND: True})
    goes_on(house, house.party(kind, client, who, **method, **{BOUND: True}))


@pytest.mark.parametrize("kind", ["urllib", "aiohttp"])
def test_k11_another_s_certificate_is_refused(house: House, kind: str, tmp_path: Path) -> None:
    client = house.register(**BY_AUTHORITY)
    with pytest.raises(ProviderError) as raised:
        house.log_in(house.party(kind, client, identity(tmp_path / "stranger")))
    assert raised.value.error == "invalid_client"


@pytest.mark.parametrize("kind", ["urllib", "aiohttp"])
def test_k11_a_bound_token_is_worth_nothing_with_another_certificate(house: House, kind: str, tmp_path: Path) -> None:
    client = house.register(**BY_AUTHORITY, **{BOUND: True})
    session = house.log_in(house.party(kind, client, house.client, **{BOUND: True}))
    thief = house.party(kind, client, identity(tmp_path / "thief"), **{BOUND: True})
    with pytest.raises(ProviderError) as raised:
        settled(thief.userinfo(session))
    assert raised.value.error == "invalid_token"


@pytest.mark.parametrize("kind", ["urllib", "aiohttp"])
def test_a_public_client_whose_tokens_are_bound(house: House, kind: str) -> None:
    client = house.register(token_endpoint_auth_method="none", **{BOUND: True})
    options: Any = {"token_endpoint_auth_method": "none", BOUND: True}
    goes_on(house, house.party(kind, client, house.client, **options))
