"""Metadata that lead into a private network: for the hosts that the policy lists, and for no other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from relyingparty import ConfigurationError, Error, Issuer, Policy, Provider, RelyingParty

PUBLIC = "https://op.example"


def named(issuer: Issuer, url: str) -> str:
    document = {"issuer": str(issuer), "jwks_uri": url}
    try:
        Provider.from_metadata(issuer, json.dumps(document))
    except Error as error:
        return error.code
    return "ok"


@pytest.mark.parametrize(
    ("policy", "url", "outcome"),
    [
        ({}, "https://10.0.2.15:6443/jwks", "metadata_member_invalid"),
        ({"local_hosts": ["10.0.2.15:6443"]}, "https://10.0.2.15:6443/jwks", "ok"),
        ({"local_hosts": ["10.0.2.15"]}, "https://10.0.2.15:6443/jwks", "ok"),
        ({"local_hosts": ["10.0.2.15"]}, "http://10.0.2.15/jwks", "metadata_member_invalid"),
        ({"local_hosts": ["10.0.2.15"]}, "https://10.0.2.1/jwks", "metadata_member_invalid"),
        ({"local_hosts": ["Keycloak"]}, "https://keycloak./jwks", "ok"),
        ({"local_hosts": ["keycloak"]}, "https://a.keycloak.svc/jwks", "metadata_member_invalid"),
        ({"local_hosts": ["fd00::1"]}, "https://[FD00:0::1]:1/jwks", "ok"),
        ({"danger_http_hosts": ["keycloak:8080"]}, "http://keycloak:8080/jwks", "ok"),
        ({"danger_http_hosts": ["keycloak:8080"]}, "http://keycloak/jwks", "metadata_member_invalid"),
    ],
)
def test_a_host_stands_for_itself(policy: Any, url: str, outcome: str) -> None:
    assert named(Issuer(PUBLIC, Policy(**policy)), url) == outcome


def test_http_takes_the_dangerous_list() -> None:
    issuer, redirect_uri = "http://keycloak:8080/realms/a", "https://app.example/cb"
    RelyingParty(issuer, "client", redirect_uri, policy={"danger_http_hosts": ["keycloak"]})
    policies: list[Any] = [{}, {"local_hosts": ["keycloak"]}, {"danger_http_hosts": ["keycloak:80"]}]
    for policy in policies:
        with pytest.raises(ConfigurationError) as raised:
            RelyingParty(issuer, "client", redirect_uri, policy=policy)
        assert raised.value.code == "invalid_issuer"
        assert "danger_http_hosts" in raised.value.details["reason"]


def test_names_under_localhost_are_this_machine() -> None:
    for issuer in ("http://localhost:1", "http://op.localhost:1", "http://a.b.LOCALHOST.:1", "http://127.9.9.9"):
        RelyingParty(issuer, "client", "http://app.localhost:2/cb", allow_insecure_loopback=True)
    for issuer in ("http://localhost.example", "http://xlocalhost", "http://127.0.0.1.example"):
        with pytest.raises(ConfigurationError):
            RelyingParty(issuer, "client", "http://app.localhost:2/cb", allow_insecure_loopback=True)
