"""Replays cases with the installed package's layer without I/O: ``python replay.py FILE...``.

For each file one line of JSON: ``name``, ``result`` (``pass``, ``fail`` or ``skipped``), and for the latter two a
``reason``. The format of the files is described in ``conformance/README.md``.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import relyingparty as rp
from relyingparty import events
from relyingparty._relyingparty import SiteCore, StoreReply, StoreRequest

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
        self.held: list[tuple[rp.SigningKey, str]] = []
        self.site: SiteCore

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
        entropy = bytes.fromhex(step["entropy"])
        if step.get("in_steps"):
            started = host.run(self.made().authorize_in_steps(entropy, **step["request"]))
        else:
            started = self.made().authorize(entropy, **step["request"])
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
        pending = rp.PendingLogin.decode(stored)
        if step.get("in_steps"):
            self.codes[login] = host.run(self.made().signed_callback(pending, params))
        else:
            self.codes[login] = self.made().callback(pending, params)
        return {}

    def call_exchange(self, step: Json, host: Host) -> Json:
        code = self.codes.pop(step["login"])
        return self.keep(step, host, self.made().exchange(code, drawn(step), **step.get("request", {})))

    def call_refresh(self, step: Json, host: Host) -> Json:
        session = self.sessions[step["login"]]
        return self.keep(step, host, self.made().refresh(session, drawn(step), **step.get("request", {})))

    def call_restore(self, step: Json, host: Host) -> Json:
        stored = step["stored"] if "stored" in step else self.sessions[step["login"]].encode()
        return self.keep(step, host, self.made().restore(stored))

    def call_resume(self, step: Json, host: Host) -> Json:
        return self.keep(step, host, self.waiting.pop(step["login"]))

    def call_userinfo(self, step: Json, host: Host) -> Json:
        info = host.run(self.made().userinfo(self.sessions[step["login"]], drawn(step)))
        return {"claims": dict(info), "noted": noted(info)}

    def call_call(self, step: Json, host: Host) -> Json:
        asked = step["request"]
        headers = [(name, value) for name, value in asked.get("headers", [])]
        body = asked.get("body", "").encode()
        session = self.sessions[step["login"]]
        answer = host.run(self.made().call(session, asked["method"], asked["url"], headers, body, drawn(step)))
        seen: Json = {"status": answer.status, "body": answer.body.decode()}
        if (challenge := answer.challenge) is not None:
            names = ("scheme", "error", "scope", "acr_values", "max_age")
            seen["challenge"] = {name: getattr(challenge, name) for name in names}
        return seen

    def call_jwks(self, step: Json, host: Host) -> Json:
        return self.registered().jwks()

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

    def call_site(self, step: Json, host: Host) -> Json:
        keys = rp.SealingKeys([bytes.fromhex(key) for key in step["sealing_keys"]])
        site = SiteCore(step["base_url"], keys, self.cache, self.clock, **step["site_policy"])
        policy = rp.Policy(**self.policy)
        for provider in step["providers"]:
            issuer = rp.Issuer(provider.get("issuer", self.issuer), policy)
            registration = rp.Registration(**provider.get("registration", self.registration))
            authorize = provider.get("authorize", {})
            site = site.with_provider(provider["name"], issuer, registration, policy, authorize)
        self.site = site
        return {}

    def call_handle(self, step: Json, host: Host) -> Json:
        return self.answered(step, host, self.site.handle(incoming(step["request"]), bytes.fromhex(step["entropy"])))

    def call_visit(self, step: Json, host: Host) -> Json:
        return self.answered(step, host, self.site.visit(incoming(step["request"]), bytes.fromhex(step["entropy"])))

    def call_go_on(self, step: Json, host: Host) -> Json:
        return self.answered(step, host, self.waiting.pop(step["flow"]))

    def answered(self, step: Json, host: Host, found: Any) -> Json:
        """What a site makes of a request, at once or after it has asked."""
        if isinstance(found, rp.Flow):
            flow = found
            try:
                found = host.run(flow)
            except Waits:
                self.waiting[step["flow"]] = flow
                raise
        if isinstance(found, rp.Handled):
            headers = [list(header) for header in found.headers]
            if found.body:
                raise Skipped("no case has a form")
            return {"status": found.status, "headers": headers, "form": None, "event": event(found.event)}
        return {
            "session": seen(found.session),
            "provider": found.provider,
            "set_cookies": found.set_cookies,
            "event": event(found.event),
            "error": found.error and found.error.code,
        }

    def make_client(self) -> None:
        registration, policy = self.registered(), rp.Policy(**self.policy)
        self.client = rp.Client(self.provider, registration, policy, self.cache, self.clock)

    def registered(self) -> rp.Registration:
        """The registration. Keys with a private half are the package's to sign with, the others are the host's."""
        members = dict(self.registration)
        for member in ("signing_keys", "dpop_keys"):
            if isinstance(keys := members.get(member), list):
                members[member] = [key if "d" in key else self.hold(key) for key in keys]
        return rp.Registration(**members)

    def hold(self, key: Json) -> rp.SigningKey:
        held = rp.SigningKey.from_callable(elsewhere, alg=key["alg"], kid=key.get("kid"), jwk=key.get("jwk"))
        self.held.append((held, key["name"]))
        return held

    def name(self, key: rp.SigningKey) -> str:
        """What the host calls a key that it holds."""
        return next(name for held, name in self.held if held is key)

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
            "authorization_details": session.authorization_details,
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
        exchange = next(self.exchanges, None)
        actual = self.observe(request)
        if exchange is None:
            if self.waits and isinstance(request, rp.HttpRequest | StoreRequest):
                raise Waits(request.endpoint if isinstance(request, rp.HttpRequest) else request.method)
            raise Difference(f"unexpected request {actual}")
        if exchange["expect"] != actual:
            raise Difference(f"expected the request {exchange['expect']}, got {actual}")
        self.player.now = exchange.get("now", self.player.now)
        if isinstance(request, StoreRequest) and "unreachable" not in exchange["respond"]:
            return stored(request, exchange["respond"])
        return reply(exchange["respond"])

    def observe(self, request: rp.Request) -> Json:
        """What the host is asked, as cases have it."""
        if isinstance(request, rp.SignRequest):
            return {
                "sign": {
                    "key": self.player.name(request.key),
                    "alg": request.alg,
                    "purpose": request.purpose,
                    "signing_input": request.signing_input.decode(),
                }
            }
        if isinstance(request, rp.AssertionRequest):
            return {"assertion": {"type": request.assertion_type, "audience": request.audience}}
        if isinstance(request, StoreRequest):
            asked = dict(zip(ASKED[request.method], request.arguments, strict=True))
            return {"store": {"name": request.method, **asked}}
        if not isinstance(request, rp.HttpRequest):
            raise Difference(f"unexpected request {request}")
        return observe(request)


ENTRY = ("key", "value", "expires_at", "labels")
ASKED = {
    "get": ("key",),
    "take": ("key",),
    "delete": ("key",),
    "add": ENTRY,
    "put": (*ENTRY, "version"),
    "delete_labelled": ("label",),
    "lock": ("key", "owner", "lifetime", "wait"),
    "unlock": ("key", "owner"),
}
"""What each question to a store says, in its order."""


def stored(request: StoreRequest, respond: Json) -> StoreReply:
    """What the store says, as its method returns it."""
    if "value" in respond:
        return request.reply((respond["value"], respond["version"]))
    return request.reply({"done": True, "nothing": None}.get(respond["stored"], False))


def incoming(request: Json) -> rp.Incoming:
    """A browser's request."""
    headers = [(name, value) for name, value in request.get("headers", [])]
    return rp.Incoming(request["method"], request["url"], headers, request.get("form"))


def seen(session: rp.Session | None) -> Json | None:
    """What tells sessions apart."""
    if session is None:
        return None
    names = ("sub", "access_token", "refresh_token")
    return {name: getattr(session, name) for name in names}


def event(happened: Any) -> Json | None:
    """An event as cases have it."""
    error = getattr(happened, "error", None)
    code = error and error.code
    if isinstance(happened, events.LoggedIn):
        return {"kind": "logged_in", "provider": happened.provider, "session": seen(happened.session)}
    if isinstance(happened, events.SessionChanged):
        return {"kind": "session_changed", "session": seen(happened.session)}
    if isinstance(happened, events.LoggedOut):
        return {"kind": "logged_out", "session": seen(happened.session), "error": code}
    if isinstance(happened, events.SessionEnded):
        return {"kind": "session_ended", "error": code}
    return {"kind": "failed", "error": code} if isinstance(happened, events.Failed) else None


def drawn(step: Json) -> bytes | None:
    """The randomness of a call, if it has some."""
    return bytes.fromhex(step["entropy"]) if "entropy" in step else None


def elsewhere(signing_input: bytes, alg: str) -> bytes:
    """In the place of a KMS: the case has the signatures."""
    raise AssertionError(f"nobody asked the case to sign with {alg}")


def noted(made: rp.Provider | rp.Session | rp.Claims) -> list[list[str]]:
    """What was not as it is specified: the decisions of these names."""
    names = ("left_out", "leniency")
    return [[made.check, made.expected, made.found] for made in made.decisions if made.check in names]


def observe(request: rp.HttpRequest) -> Json:
    """The request as cases have it."""
    certificate = {"client_certificate": True} if request.client_certificate else {}
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
        **certificate,
    }


def reply(respond: Json) -> rp.Reply:
    """The answer as the package takes it."""
    if "unreachable" in respond:
        return rp.Unreachable(respond["unreachable"])
    if "unsupported" in respond:
        return rp.Unsupported()
    if "verified" in respond:
        return bool(respond["verified"])
    if "signature" in respond:
        return base64.urlsafe_b64decode(respond["signature"] + "==")
    if "assertion" in respond:
        return rp.Assertion(respond["assertion"])
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
