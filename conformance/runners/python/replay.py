"""Replays cases with the installed package's layer without I/O: ``python replay.py FILE...``.

For each file one line of JSON: ``name``, ``result`` (``pass``, ``fail`` or ``skipped``), and for the latter two a
``reason``. The format of the files is described in ``conformance/README.md``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import relyingparty as rp

Json = dict[str, Any]


class Difference(Exception):
    """The library did not do what the case says."""


class Skipped(Exception):
    """This runner cannot play the case."""


class Waits(Exception):
    """The host lets the request to this endpoint wait."""


class Player:
    """A host's memory between calls."""

    def __init__(self, case: Json) -> None:
        self.issuer: str = case["issuer"]
        self.registration: Json = case["registration"]
        self.policy: Json = case["policy"]
        self.now: int = case["now"]
        self.cache = rp.Cache()
        self.provider: rp.Provider
        self.client: rp.Client | None = None
        self.ids: dict[str, str] = {}
        self.stored: dict[str, str] = {}
        self.codes: dict[str, rp.AuthorizationCode] = {}
        self.sessions: dict[str, rp.Session] = {}
        self.waiting: dict[str, rp.Flow[Any]] = {}

    def clock(self) -> float:
        return self.now

    def play(self, step: Json) -> None:
        self.now = step.get("now", self.now)
        exchanges = iter(step.get("exchanges", []))
        method = getattr(self, f"call_{step['call']}", None)
        if method is None:
            raise Skipped(f"no call {step['call']}")
        waits = "pending" in step["outcome"]
        try:
            outcome: Json = {"ok": method(step, Host(self, exchanges, waits))}
        except Waits as waiting:
            outcome = {"pending": str(waiting)}
        except rp.Error as error:
            outcome = {"error": {"code": error.code, "details": error.details}}
            if isinstance(error, rp.ProviderError) and error.error is not None:
                outcome["error"]["server_error"] = error.error
        if next(exchanges, None) is not None:
            raise Difference("a request was not made")
        compare(step["outcome"], outcome)

    def call_discover(self, step: Json, host: Host) -> Json:
        issuer = rp.Issuer(step.get("issuer", self.issuer), rp.Policy(**self.policy))
        flow = rp.Provider.discover(issuer, rp.Policy(**self.policy), self.cache, self.clock)
        self.provider = host.run(flow)
        return {"issuer": self.provider.issuer, "noted": noted(self.provider)}

    def call_client(self, step: Json, host: Host) -> Json:
        self.registration = step.get("registration", self.registration)
        self.policy = step.get("policy", self.policy)
        self.make_client()
        return {}

    def call_authorize(self, step: Json, host: Host) -> Json:
        started = self.made().authorize(bytes.fromhex(step["entropy"]), **step["request"])
        self.ids[step["login"]], self.stored[step["login"]] = started.id, started.pending.encode()
        return {"url": started.url, "id": started.id, "cookie_name": started.cookie_name}

    def call_callback(self, step: Json, host: Host) -> Json:
        login = step["login"]
        if "form" in step:
            params = rp.CallbackParams.parse_form_post(step["form"])
        else:
            params = rp.CallbackParams.parse(step["query"])
        own = self.ids.get(login)
        id, reason = own, None
        if "cookies" in step or "id" in step:
            held = rp.LoginCookies(step["cookies"]) if "cookies" in step else step["id"]
            id, reason = params.login_id(held, self.registration["redirect_uri"])
            if id is None:
                params.unclaimed(reason, step.get("told"))
        stored = step["stored"] if "stored" in step else self.stored[login] if id == own else None
        if stored is None:
            params.unclaimed(reason, step.get("told"))
        self.codes[login] = self.made().callback(rp.PendingLogin.decode(stored), params)
        return {}

    def call_exchange(self, step: Json, host: Host) -> Json:
        return self.keep(step, host, self.made().exchange(self.codes.pop(step["login"]), **step.get("request", {})))

    def call_refresh(self, step: Json, host: Host) -> Json:
        return self.keep(step, host, self.made().refresh(self.sessions[step["login"]], **step.get("request", {})))

    def call_restore(self, step: Json, host: Host) -> Json:
        stored = step["stored"] if "stored" in step else self.sessions[step["login"]].encode()
        return self.keep(step, host, self.made().restore(stored))

    def call_resume(self, step: Json, host: Host) -> Json:
        return self.keep(step, host, self.waiting.pop(step["login"]))

    def call_userinfo(self, step: Json, host: Host) -> Json:
        info = host.run(self.made().userinfo(self.sessions[step["login"]]))
        return {"claims": dict(info), "noted": noted(info)}

    def call_verify(self, step: Json, host: Host) -> Json:
        claims = host.run(self.made().verify(step["id_token"], **step["expectations"]))
        return {"claims": dict(claims), "noted": noted(claims)}

    def call_end_session(self, step: Json, host: Host) -> Json:
        session = self.sessions[step["login"]] if "login" in step else None
        return {"url": self.made().end_session(session, **step["request"])}

    def call_log_out(self, step: Json, host: Host) -> Json:
        session = self.sessions[step["login"]] if "login" in step else None
        logout = self.made().log_out(bytes.fromhex(step["entropy"]), session, **step["request"])
        return {"url": logout.url, "fields": logout.fields, "state": logout.state}

    def call_logged_out(self, step: Json, host: Host) -> Json:
        rp.logged_out(step["query"], step["expected"])
        return {}

    def call_logout_token(self, step: Json, host: Host) -> Json:
        token = host.run(self.made().logout_token(step["logout_token"]))
        names = ("issuer", "subject", "session_id", "jti", "issued_at", "expires_at", "replay_key", "remember_until")
        return {name: getattr(token, name) for name in names}

    def call_front_channel_logout(self, step: Json, host: Host) -> Json:
        request = self.made().front_channel_logout(step["query"])
        return {"issuer": request.issuer, "session_id": request.session_id}

    def call_revoke(self, step: Json, host: Host) -> Json:
        what = self.sessions[step["login"]] if "login" in step else step["token"]
        host.run(self.made().revoke(what, step.get("token_type_hint")))
        return {}

    def call_parameters(self, step: Json, host: Host) -> Json:
        params = rp.CallbackParams.parse(step["query"])
        return {"cookie_name": params.cookie_name, "state": params.get("state")}

    def call_refresh_keys(self, step: Json, host: Host) -> Json:
        report = host.run(self.provider.refresh_keys(rp.Policy(**self.policy), self.cache, self.clock))
        return {"usable": len(report.usable), "dropped": len(report.dropped)}

    def call_cache(self, step: Json, host: Host) -> Json:
        self.cache = rp.Cache() if step["stored"] is None else rp.Cache.from_json(step["stored"])
        if self.client is not None:
            self.make_client()
        return {}

    def make_client(self) -> None:
        registration, policy = rp.Registration(**self.registration), rp.Policy(**self.policy)
        self.client = rp.Client(self.provider, registration, policy, self.cache, self.clock)

    def made(self) -> rp.Client:
        if self.client is None:
            raise Skipped("no client was made")
        return self.client

    def keep(self, step: Json, host: Host, flow: rp.Flow[rp.Session]) -> Json:
        try:
            session = host.run(flow)
        except Waits:
            self.waiting[step["login"]] = flow
            raise
        self.sessions[step["login"]] = session
        return {
            "claims": dict(session.claims),
            "scope": session.scope,
            "token_type": session.token_type,
            "access_token": session.access_token,
            "refresh_token": session.refresh_token,
            "expires_at": session.expires_at,
            "return_to": session.return_to,
            "session_state": session.session_state,
            "noted": noted(session),
        }


class Host:
    """Answers as the case says."""

    def __init__(self, player: Player, exchanges: Iterator[Json], waits: bool) -> None:
        self.player = player
        self.exchanges = exchanges
        self.waits = waits

    def run(self, flow: rp.Flow[Any]) -> Any:
        while (request := flow.request) is not None:
            flow.resume(self.answer(request))
        return flow.result

    def answer(self, request: rp.Request | rp.WaitRequest) -> rp.Reply:
        if isinstance(request, rp.VerifyRequest):
            raise Skipped("this package checks signatures itself")
        if isinstance(request, rp.WaitRequest):
            self.player.now = request.until
            return rp.Waited()
        if not isinstance(request, rp.HttpRequest):
            raise Difference(f"unexpected request {request}")
        exchange = next(self.exchanges, None)
        actual = observe(request)
        if exchange is None:
            if self.waits:
                raise Waits(request.endpoint)
            raise Difference(f"unexpected request {actual}")
        if exchange["expect"] != actual:
            raise Difference(f"expected the request {exchange['expect']}, got {actual}")
        self.player.now = exchange.get("now", self.player.now)
        return reply(exchange["respond"])


def noted(made: rp.Provider | rp.Session | rp.Claims) -> list[list[str]]:
    """What was not as it is specified: the decisions of these names."""
    names = ("left_out", "leniency")
    return [[made.check, made.expected, made.found] for made in made.decisions if made.check in names]


def observe(request: rp.HttpRequest) -> Json:
    """The request as cases have it."""
    return {
        "endpoint": request.endpoint,
        "method": request.method,
        "url": request.url,
        "headers": [list(header) for header in request.headers],
        "body": request.body.decode(),
        "limits": {
            "max_response_bytes": request.limits.max_response_bytes,
            "timeout_secs": request.limits.timeout_secs,
        },
    }


def reply(respond: Json) -> rp.Reply:
    """The answer as the package takes it."""
    if "unreachable" in respond:
        return rp.Unreachable(respond["unreachable"])
    if "unsupported" in respond:
        return rp.Unsupported()
    if "verified" in respond:
        return bool(respond["verified"])
    parts = respond["body"] if isinstance(respond["body"], list) else [respond["body"]]
    headers = [(name, value) for name, value in respond["headers"]]
    return rp.HttpResponse(respond["status"], headers, b"".join(map(octets, parts)), respond.get("final_url"))


def octets(part: Any) -> bytes:
    """A part of a body: text, repeated text, or bytes."""
    if isinstance(part, str):
        return part.encode()
    return bytes.fromhex(part["hex"]) if "hex" in part else part["repeat"].encode() * part["times"]


def compare(expected: Json, actual: Json) -> None:
    """An outcome by its kind; an error by its code, values and details by those that are named."""
    if "ok" in expected and "ok" in actual:
        same = all(name in actual["ok"] and actual["ok"][name] == value for name, value in expected["ok"].items())
    elif "error" in expected and "error" in actual:
        named, found = expected["error"].get("details", {}), actual["error"]["details"]
        told = {name: value for name, value in found.items() if name in named}
        same = {**expected["error"], "details": named} == {**actual["error"], "details": told}
    else:
        same = expected == actual
    if not same:
        raise Difference(f"expected the outcome {expected}, got {actual}")


def replay(case: Json) -> Json:
    """The line about a case."""
    player = Player(case)
    for number, step in enumerate(case["steps"], 1):
        try:
            player.play(step)
        except Exception as error:
            result = "skipped" if isinstance(error, Skipped) else "fail"
            reason = str(error) if isinstance(error, Skipped | Difference) else repr(error)
            return {"name": case["name"], "result": result, "reason": f"step {number}: {reason}"}
    return {"name": case["name"], "result": "pass"}


if __name__ == "__main__":
    for file in sys.argv[1:]:
        print(json.dumps(replay(json.loads(Path(file).read_text(encoding="utf-8")))))
