import os
import time
from html import escape

from authlib.integrations.starlette_client import OAuth
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.middleware.sessions import SessionMiddleware

app = FastAPI()
app.add_middleware(SessionMiddleware, secret_key=os.environ["SECRET"])
oauth = OAuth()
oauth.register(
    "op",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    server_metadata_url=os.environ["ISSUER"] + "/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
)


@app.get("/login")
async def log_in(request: Request) -> Response:
    return await oauth.op.authorize_redirect(request, request.url_for("callback"))


@app.get("/callback")
async def callback(request: Request) -> Response:
    token = await oauth.op.authorize_access_token(request)
    request.session["user"] = token.pop("userinfo")
    request.session["token"] = token
    return RedirectResponse(request.session.pop("next", "/"))


@app.get("/logout")
async def log_out(request: Request) -> Response:
    token = request.session.get("token", {})
    request.session.clear()
    return await oauth.op.logout_redirect(
        request,
        post_logout_redirect_uri=request.url_for("logged_out"),
        id_token_hint=token.get("id_token"),
    )


@app.get("/logged-out")
async def logged_out(request: Request) -> Response:
    await oauth.op.validate_logout_response(request)
    return RedirectResponse("/")


@app.get("/")
async def public() -> HTMLResponse:
    return HTMLResponse("<p>For everybody</p>")


@app.get("/private")
async def private(request: Request) -> Response:
    user = request.session.get("user")
    if user is None:
        request.session["next"] = "/private"
        return RedirectResponse("/login")
    token = request.session["token"]
    if token["expires_at"] < time.time():
        fresh = await oauth.op.fetch_access_token(grant_type="refresh_token", refresh_token=token["refresh_token"])
        request.session["token"] = {**token, **fresh}
    return HTMLResponse(f'<p>For {escape(user["sub"])}</p><a href="/logout">Log out</a>')
