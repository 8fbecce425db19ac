"""The journeys of the modules, and the browser in them.

A peer is an object with the verbs below; a verb that raises has refused what the provider handed out, and one that
raises `Unsupported` cannot be asked.

    client(job)                         metadata are read, the client is made
    authorize(client, job)              the URL for the browser
    callback(client, job, back)         the session, from where the browser was sent back to
    userinfo(client, job, session)
    refresh(client, job, session)       the next session
    end_session(client, job, session)   the URL for the browser
    logged_out(client, job, back)       the browser is back from the logout
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

import requests


class Unsupported(Exception):
    """The library has no such thing: the reason."""


class Broken(Exception):
    """Neither the library nor the provider is to blame: the adapter is wrong."""


@dataclass(frozen=True)
class Back:
    """Where the provider sent the browser."""

    path: str
    params: dict[str, str]
    posted: bool


def play(peer):
    """Plays every job that stdin lists, all at once, and prints a line of JSON for each."""
    jobs = json.load(sys.stdin)
    with ThreadPoolExecutor(max_workers=max(1, len(jobs))) as pool:
        for job, outcome in zip(jobs, pool.map(lambda job: _outcome(peer, job), jobs), strict=True):
            print(json.dumps({"module": job["module"], **outcome}), flush=True)


def _outcome(peer, job):
    try:
        _go(peer, job)
    except Unsupported as reason:
        return {"outcome": "unsupported", "error": str(reason)}
    except Broken as reason:
        return {"outcome": "broken", "error": str(reason)}
    except Exception as error:
        return {"outcome": "rejected", "error": f"{type(error).__name__}: {error}"}
    return {"outcome": "accepted"}


def _go(peer, job):
    client = peer.client(job)
    if job["journey"] == "Discovery":
        return
    session = _login(peer, client, job)
    match job["journey"]:
        case "Refresh":
            session = peer.refresh(client, job, session)
        case "Logout":
            back = _browse(peer.end_session(client, job, session))
            return peer.logged_out(client, job, back)
        case "TwoLogins" | "LoginWithKeys":
            peer.userinfo(client, job, session)
            time.sleep(job["pause_seconds"])
            session = _login(peer, client, job)
    peer.userinfo(client, job, session)


def _login(peer, client, job):
    return peer.callback(client, job, _browse(peer.authorize(client, job)))


def _browse(url):
    response = requests.get(url, allow_redirects=False, timeout=30)
    if location := response.headers.get("location"):
        return Back(urlsplit(location).path, dict(parse_qsl(urlsplit(location).query)), posted=False)
    form = _Form()
    form.feed(response.text)
    if response.status_code != 200 or form.action is None:
        raise Broken(f"{response.status_code} at {url}")
    return Back(urlsplit(form.action).path, form.inputs, posted=True)


class _Form(HTMLParser):
    """The form that a page has the browser post."""

    def __init__(self):
        super().__init__()
        self.action = None
        self.inputs = {}

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.action = attrs["action"]
        if tag == "input":
            self.inputs[attrs["name"]] = attrs["value"]
