import os

from flask import Flask
from markupsafe import escape
from redis import Redis
from relyingparty import SiteProvider
from relyingparty.flask import Login, current_session, login_required
from relyingparty.session_stores.redis import RedisSessionStore

app = Flask(__name__)
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
    store=RedisSessionStore(Redis.from_url(redis_url)) if redis_url else None,
)
login.init_app(app)


@app.get("/")
def public() -> str:
    return "<p>For everybody</p>"


@app.get("/private")
@login_required
def private() -> str:
    log_out = '<form method="post" action="/auth/logout"><button>Log out</button></form>'
    return f"<p>For {escape(current_session.sub)}</p>{log_out}"
