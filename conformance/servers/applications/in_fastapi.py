"""An application in FastAPI."""

from __future__ import annotations

from typing import Annotated, Any

import redis.asyncio
import uvicorn
from fastapi import Depends, FastAPI
from fastapi.responses import HTMLResponse
from given import AUTH, IS_STRIPPED, POLICY, PORT, PREFIX, PROVIDER, REDIS_URL, SEALING_KEY, page
from relyingparty import Session, SiteProvider
from relyingparty.fastapi import Login
from relyingparty.session_stores.redis import AsyncRedisSessionStore

stored: dict[str, Any] = {}
if REDIS_URL:
    stored["store"] = AsyncRedisSessionStore(redis.asyncio.Redis.from_url(REDIS_URL))
login = Login(AUTH, SiteProvider(**PROVIDER), sealing_keys=[SEALING_KEY], policy=POLICY, **stored)
# A server is told what the proxy took off, the application what it left on.
app = FastAPI(root_path="" if IS_STRIPPED else PREFIX)
login.init_app(app)


@app.get("/", response_class=HTMLResponse)
async def home(session: Annotated[Session | None, Depends(login.visitor)]) -> str:
    return page(session and session.sub)


@app.get("/private", response_class=HTMLResponse)
async def private(session: Annotated[Session, Depends(login.required)]) -> str:
    return page(session.sub)


uvicorn.run(app, port=PORT, log_level="error", root_path=PREFIX if IS_STRIPPED else "")
