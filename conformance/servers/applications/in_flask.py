"""An application in Flask."""

from __future__ import annotations

import logging
from typing import Any

import redis
from flask import Flask
from given import AUTH, IS_STRIPPED, POLICY, PORT, PREFIX, PROVIDER, REDIS_URL, SEALING_KEY, page
from relyingparty import SiteProvider
from relyingparty.flask import Login, current_session, login_required
from relyingparty.session_stores.redis import RedisSessionStore
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.serving import make_server

stored: dict[str, Any] = {"store": RedisSessionStore(redis.Redis.from_url(REDIS_URL))} if REDIS_URL else {}
app = Flask(__name__)
Login(AUTH, SiteProvider(**PROVIDER), app=app, sealing_keys=[SEALING_KEY], policy=POLICY, **stored)


@app.get("/")
def home() -> str:
    return page(current_session.sub if current_session else None)


@app.get("/private")
@login_required
def private() -> str:
    return page(current_session.sub)


if IS_STRIPPED:
    wsgi: Any = ProxyFix(app, x_for=1, x_proto=1, x_host=1, x_prefix=1)
else:
    wsgi = DispatcherMiddleware(NotFound(), {PREFIX: app})
logging.getLogger("werkzeug").setLevel(logging.ERROR)
make_server("127.0.0.1", PORT, wsgi, threaded=True).serve_forever()
