"""The peers that sign, each as its documentation shows, with keys kept. They make the JWT alone, and no request."""

import hashlib
import time
from base64 import urlsafe_b64encode
from typing import Any
from uuid import uuid4

from authlib.oauth2.rfc7523 import private_key_jwt_sign
from joserfc import jwt
from joserfc.jwk import import_key
from joserfc.jws import JWSRegistry
from jwskate import Jwk
from ours import Work
from requests_oauth2client import DPoPKey, PrivateKeyJwt
from signing import Sign


def signers(work: Work, alg: str) -> dict[str, dict[str, Sign]]:
    """The peers by what they make and by name."""
    jwk = work["private_jwks"][alg]
    return {
        "proof": {"joserfc": joserfc_proof(work, jwk), "requests_oauth2client": proof(work, jwk)},
        "assertion": {
            "joserfc": joserfc_assertion(work, jwk),
            "requests_oauth2client": assertion(work, jwk),
            "Authlib": authlib_assertion(work, jwk),
        },
    }


def joserfc_proof(work: Work, jwk: dict[str, Any]) -> Sign:
    key, registry = import_key(jwk), JWSRegistry(algorithms=[jwk["alg"]])
    public = key.as_dict(private=False)
    header = {"typ": "dpop+jwt", "alg": jwk["alg"], "jwk": public}
    url, token = work["api"], work["access_token"]

    def sign() -> str:
        claims = {"jti": str(uuid4()), "htm": "GET", "htu": url, "iat": int(time.time()), "ath": token_hash(token)}
        return jwt.encode(header, claims, key, registry=registry)

    return sign


def joserfc_assertion(work: Work, jwk: dict[str, Any]) -> Sign:
    key, registry = import_key(jwk), JWSRegistry(algorithms=[jwk["alg"]])
    header = {"typ": "client-authentication+jwt", "alg": jwk["alg"], "kid": jwk["kid"]}
    client_id, issuer = work["client_id"], work["issuer"]

    def sign() -> str:
        now = int(time.time())
        claims = {"iss": client_id, "sub": client_id, "aud": issuer, "jti": str(uuid4()), "iat": now, "exp": now + 60}
        return jwt.encode(header, claims, key, registry=registry)

    return sign


def proof(work: Work, jwk: dict[str, Any]) -> Sign:
    key, url, token = DPoPKey(Jwk(jwk)), work["api"], work["access_token"]
    return lambda: str(key.proof("GET", url, ath=token_hash(token)))


def assertion(work: Work, jwk: dict[str, Any]) -> Sign:
    auth, issuer = PrivateKeyJwt(work["client_id"], Jwk(jwk)), work["issuer"]
    return lambda: auth.client_assertion(issuer)


def authlib_assertion(work: Work, jwk: dict[str, Any]) -> Sign:
    key, client_id, issuer = import_key(jwk), work["client_id"], work["issuer"]
    return lambda: private_key_jwt_sign(key, client_id, issuer, alg=jwk["alg"], header={"kid": jwk["kid"]})


def token_hash(token: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
