import os
import time

from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, session, url_for
from flask.typing import ResponseReturnValue
from markupsafe import escape

app = Flask(__name__)
app.secret_key = os.environ["SECRET"]
oauth = OAuth(app)
oauth.register(
    "op",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    server_metadata_url=os.environ["ISSUER"] + "/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
)


@app.get("/login")
def log_in() -> ResponseReturnValue:
    return oauth.op.authorize_redirect(url_for("callback", _external=True))


@app.get("/callback")
def callback() -> ResponseReturnValue:
    token = oauth.op.authorize_access_token()
    session["user"] = token.pop("userinfo")
    session["token"] = token
    return redirect(session.pop("next", "/"))


@app.get("/logout")
def log_out() -> ResponseReturnValue:
    token = session.get("token", {})
    session.clear()
    return oauth.op.logout_redirect(
        post_logout_redirect_uri=url_for("logged_out", _external=True),
        id_token_hint=token.get("id_token"),
    )


@app.get("/logged-out")
def logged_out() -> ResponseReturnValue:
    oauth.op.validate_logout_response()
    return redirect("/")


@app.get("/")
def public() -> str:
    return "<p>For everybody</p>"


@app.get("/private")
def private() -> ResponseReturnValue:
    user = session.get("user")
    if user is None:
        session["next"] = "/private"
        return redirect("/login")
    token = session["token"]
    if token["expires_at"] < time.time():
        fresh = oauth.op.fetch_access_token(grant_type="refresh_token", refresh_token=token["refresh_token"])
        session["token"] = {**token, **fresh}
    return f'<p>For {escape(user["sub"])}</p><a href="/logout">Log out</a>'
