"""The peers, each as its documentation shows, with keys and options kept."""

import json
import time
from collections.abc import Callable
from typing import Any

import jwt as pyjwt
from authlib.integrations.base_client.sync_openid import OpenIDMixin
from authlib.oidc.core import CodeIDToken
from compare_floor import Floor
from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from jwt import PyJWKClient
from ours import Work

ALGS = ["RS256", "ES256", "EdDSA"]

Verify = Callable[[str], str]


def verifiers(work: Work, alg: str) -> dict[str, Verify]:
    """The peers by name: each takes an ID token and yields its subject."""
    return {
        "joserfc": joserfc(work),
        "PyJWT": py_jwt(work, alg),
        "PyJWT, key at hand": py_jwt_with_key(work, alg),
        "Authlib": Authlib(work).verify,
        "Authlib parse_id_token": ParseIdToken(work).verify,
        "floor": floor(work),
    }


def joserfc(work: Work) -> Verify:
    keys = KeySet.import_key_set(work["jwks"])
    # EdDSA is not among the algorithms that it recommends, so it takes a registry of its own.
    registry = JWSRegistry(algorithms=ALGS)
    claims = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": work["issuer"]},
        sub={"essential": True},
        aud={"essential": True, "value": work["client_id"]},
        exp={"essential": True},
        nonce={"essential": True, "value": work["nonce"]},
    )

    def verify(id_token: str) -> str:
        token = jwt.decode(id_token, keys, registry=registry)
        claims.validate(token.claims)
        return token.claims["sub"]

    return verify


class KeptKeys(PyJWKClient):
    """The key set without a network; it is parsed once."""

    def __init__(self, work: Work) -> None:
        super().__init__(work["metadata"]["jwks_uri"])
        self._jwks = work["jwks"]

    def fetch_data(self) -> Any:
        return self._jwks


def py_jwt(work: Work, alg: str) -> Verify:
    """The key is looked up in the set, by its documented way to do that."""
    keys, with_key = KeptKeys(work), decoder(work, alg)
    return lambda id_token: with_key(id_token, keys.get_signing_key_from_jwt(id_token))


def py_jwt_with_key(work: Work, alg: str) -> Verify:
    """The key is at hand, and no set to choose it from."""
    key = next(pyjwt.PyJWK(jwk) for jwk in work["jwks"]["keys"] if jwk["alg"] == alg)
    with_key = decoder(work, alg)
    return lambda id_token: with_key(id_token, key)


def decoder(work: Work, alg: str) -> Callable[[str, pyjwt.PyJWK], str]:
    client_id, issuer, nonce = work["client_id"], work["issuer"], work["nonce"]
    algorithms, options = [alg], {"require": ["iss", "sub", "aud", "exp"]}

    def decode(id_token: str, key: pyjwt.PyJWK) -> str:
        claims = pyjwt.decode(
            id_token, key, algorithms=algorithms, audience=client_id, issuer=issuer, options=options
        )
        if claims["nonce"] != nonce:
            raise ValueError("another login's nonce")
        return claims["sub"]

    return decode


class Authlib:
    """What its ``parse_id_token`` does, but with the key set kept."""

    def __init__(self, work: Work) -> None:
        self._keys = KeySet.import_key_set(work["jwks"])
        self._registry = JWSRegistry(algorithms=ALGS, strict_check_header=False)
        self._options = {"iss": {"values": [work["issuer"]]}, "aud": {"values": [work["client_id"]]}}
        self._params: dict[str, Any] = {"nonce": work["nonce"], "client_id": work["client_id"]}

    def verify(self, id_token: str, **params: Any) -> str:
        token = jwt.decode(id_token, self._keys, registry=self._registry)
        claims = CodeIDToken(token.claims, token.header, self._options, {**self._params, **params})
        claims.validate(now=int(time.time()), leeway=120)
        return claims["sub"]


class ParseIdToken(OpenIDMixin):
    """``parse_id_token`` itself, which the integrations for web frameworks call: it reads the key set each time."""

    def __init__(self, work: Work) -> None:
        self.client_id = work["client_id"]
        self.server_metadata = {**work["metadata"], "jwks": work["jwks"]}
        self._nonce = work["nonce"]

    def load_server_metadata(self) -> dict[str, Any]:
        return self.server_metadata

    def verify(self, id_token: str) -> str:
        # Without an access token it would take the token for one of the implicit flow.
        return self.parse_id_token({"id_token": id_token}, self._nonce, claims_cls=CodeIDToken)["sub"]


def floor(work: Work) -> Verify:
    bare = Floor(json.dumps(work["jwks"]), work["issuer"], work["client_id"])
    nonce = work["nonce"]
    return lambda id_token: bare.verify(id_token, nonce)
