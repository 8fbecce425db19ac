"""The peers, each as its documentation shows, with keys and options kept."""

import time
from collections.abc import Callable
from typing import Any

import jwt as pyjwt
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from ours import Work

ALGS = ["RS256", "ES256", "EdDSA"]

Verify = Callable[[str], str]


def verifiers(work: Work, alg: str) -> dict[str, Verify]:
    """The peers by name: each takes an ID token and yields its subject."""
    return {"joserfc": joserfc(work), "PyJWT": py_jwt(work, alg), "Authlib": Authlib(work).verify}


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


def py_jwt(work: Work, alg: str) -> Verify:
    """The key is at hand, not looked up."""
    key = next(pyjwt.PyJWK(jwk) for jwk in work["jwks"]["keys"] if jwk["alg"] == alg)
    client_id, issuer, nonce = work["client_id"], work["issuer"], work["nonce"]
    algorithms, options = [alg], {"require": ["iss", "sub", "aud", "exp"]}

    def verify(id_token: str) -> str:
        claims = pyjwt.decode(
            id_token, key, algorithms=algorithms, audience=client_id, issuer=issuer, options=options
        )
        if claims["nonce"] != nonce:
            raise ValueError("another login's nonce")
        return claims["sub"]

    return verify


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
