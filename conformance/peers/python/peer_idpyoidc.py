"""idpy-oidc, by the three calls of `RPHandler` that its documentation names, `begin`, `finalize` and `logout`.

Switched on: PKCE, which its default configuration has.
"""

import logging

import requests
from cryptojwt import KeyJar
from idpyoidc.client.defaults import DEFAULT_CLIENT_CONFIGS, DEFAULT_OIDC_SERVICES
from idpyoidc.client.rp_handler import RPHandler
from journey import Unsupported, play

# It writes the traceback of what it raises.
logging.disable(logging.CRITICAL)

SERVICES = {
    **DEFAULT_OIDC_SERVICES,
    "end_session": {"class": "idpyoidc.client.oidc.end_session.EndSession"},
}


class Handler:
    def __init__(self, job):
        self.issuer = job["issuer"]
        self.asks = dict(job["asks"])
        config = configuration(job, self.asks.pop("scopes", ["openid"]))
        try:
            self.rp = handler(self.issuer, config)
        except ValueError as error:
            # OpenID Connect Discovery 3 wants it there, and FAPI 2 does not.
            if "RS256 missing" not in str(error):
                raise
            self.rp = handler(self.issuer, {**config, "provider_info": by_hand(self.issuer)})


def configuration(job, scope):
    registration = dict(job["registration"])
    return {
        "issuer": job["issuer"],
        "client_id": registration.pop("client_id"),
        "client_secret": registration.pop("client_secret"),
        "client_type": "oidc",
        "client_authn_methods": ["client_secret_basic"],
        "redirect_uris": [registration.pop("redirect_uri")],
        "post_logout_redirect_uris": [registration.pop("post_logout_redirect_uri")],
        "preference": {
            "response_types": ["code"],
            "response_modes": ["query", "form_post"],
            "scope": scope,
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            **registration,
        },
        "add_ons": DEFAULT_CLIENT_CONFIGS[""]["add_ons"],
    }


def handler(issuer, config):
    rp = RPHandler(
        base_url="https://app.example",
        client_configs={issuer: config},
        services=SERVICES,
        keyjar=KeyJar(),
    )
    rp.client_setup(issuer)
    return rp


def by_hand(issuer):
    """The metadata as one configures them: whoever does so sees what the issuer is."""
    metadata = requests.get(issuer + "/.well-known/openid-configuration", timeout=30).json()
    if metadata["issuer"] != issuer:
        raise Unsupported("no discovery without RS256")
    return {**metadata, "keys": {"url": {issuer: metadata["jwks_uri"]}}}


class IdpyOidc:
    client = Handler

    def authorize(self, handler, job):
        return handler.rp.begin(handler.issuer, req_args=handler.asks or None)

    def callback(self, handler, job, back):
        session = handler.rp.finalize(handler.issuer, back.params)
        if "error" in session:
            raise RuntimeError(session["error"])
        return session

    # `finalize` asks for it.
    def userinfo(self, handler, job, session):
        if session.get("refreshed"):
            handler.rp.get_user_info(session["state"])

    def refresh(self, handler, job, session):
        handler.rp.refresh_access_token(session["state"])
        return {**session, "refreshed": True}

    def end_session(self, handler, job, session):
        return handler.rp.logout(session["state"])["url"]

    def logged_out(self, handler, job, back):
        if job["must_notice"]:
            raise Unsupported("the state of a logout is left to the application")


play(IdpyOidc())
