import os
from html import escape
from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi.responses import HTMLResponse
from redis.asyncio import Redis
from relyingparty import Session, SiteProvider
from relyingparty.fastapi import Login
from relyingparty.session_stores.redis import AsyncRedisSessionStore

app = FastAPI()
redis_url = os.environ.get("REDIS_URL")
base_url = os.environ["BASE_URL"] + "/auth"
provider = SiteProvider(
    os.environ["ISSUER"],
    os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    post_logout_redirect_uri=base_url + "/logged-out",
    allow_insecure_loopback=True,
)
login = Login(
    base_url,
    provider,
    sealing_keys=[bytes.fromhex(os.environ["SECRET"])],
    store=AsyncRedisSessionStore(Redis.from_url(redis_url)) if redis_url else None,
)
login.init_app(app)


@app.get("/")
async def public() -> HTMLResponse:
    return HTMLResponse("<p>For everybody</p>")


@app.get("/private")
async def private(session: Annotated[Session, Depends(login.required)]) -> HTMLResponse:
    log_out = '<form method="post" action="/auth/logout"><button>Log out</button></form>'
    return HTMLResponse(f"<p>For {escape(session.sub)}</p>{log_out}")
