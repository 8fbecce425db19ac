"""Authlib, as its documentation has OpenID Connect in Flask: `authorize_redirect` and `authorize_access_token`.

Switched on: PKCE (`code_challenge_method`). The ID token of a refresh is put to `parse_id_token`, which Authlib leaves
to the application.
"""

from authlib.integrations.flask_client import OAuth
from flask import Flask
from journey import Unsupported, play


class Site:
    """A small site, and the one browser that visits it."""

    def __init__(self, job):
        registration, asks = job["registration"], dict(job["asks"])
        app = Flask(__name__)
        app.secret_key = "for the cookies of one run"
        # Errors come out of the request as they are.
        app.testing = True
        self.op = OAuth(app).register(
            "op",
            client_id=registration["client_id"],
            client_secret=registration["client_secret"],
            server_metadata_url=job["issuer"] + "/.well-known/openid-configuration",
            client_kwargs={
                "scope": " ".join(asks.pop("scopes", ["openid"])),
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": "client_secret_basic",
            },
        )
        self.op.load_server_metadata()
        self.token = None

        @app.get("/login")
        def login():
            return self.op.authorize_redirect(registration["redirect_uri"], **asks)

        @app.route("/callback", methods=["GET", "POST"])
        def callback():
            self.token = self.op.authorize_access_token()
            return "welcome"

        @app.get("/logout")
        def logout():
            return self.op.logout_redirect(
                post_logout_redirect_uri=registration["post_logout_redirect_uri"],
                id_token_hint=self.token["id_token"],
            )

        @app.get("/goodbye")
        def goodbye():
            self.op.validate_logout_response()
            return "goodbye"

        self.app = app
        self.browser = app.test_client()


class Authlib:
    client = Site

    def authorize(self, site, job):
        return site.browser.get("/login").location

    def callback(self, site, job, back):
        if back.posted:
            site.browser.post(back.path, data=back.params)
        else:
            site.browser.get(back.path, query_string=back.params)
        return site.token

    def userinfo(self, site, job, token):
        if "userinfo_signed_response_alg" in job["registration"]:
            raise Unsupported("userinfo() reads JSON only")
        site.op.userinfo(token=token)

    def refresh(self, site, job, token):
        with site.app.app_context():
            token = site.op.fetch_access_token(grant_type="refresh_token", refresh_token=token["refresh_token"])
        site.op.parse_id_token(token, nonce=None)
        return token

    def end_session(self, site, job, token):
        return site.browser.get("/logout").location

    def logged_out(self, site, job, back):
        site.browser.get(back.path, query_string=back.params)


play(Authlib())
