"""The sans-IO layer: flows, and what happens to a host that misuses them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest

from relyingparty import (
    Cache,
    CallbackError,
    CallbackParams,
    Client,
    ConfigurationError,
    Flow,
    HttpRequest,
    HttpResponse,
    Issuer,
    MisuseError,
    Policy,
    ProtocolError,
    Provider,
    Registration,
    Reply,
    Request,
    TransportError,
    Unreachable,
    run,
    run_async,
)
from scripted import ISSUER, NOW, ScriptedOp, answer

ENTROPY = bytes(range(32))


def discovery(cache: Cache | None = None, clock: Callable[[], float] = lambda: NOW) -> Flow[Provider]:
    return Provider.discover(Issuer(ISSUER), Policy(), cache, clock)


def send(op: ScriptedOp) -> Callable[[Request], Reply]:
    def reply(request: Request) -> Reply:
        assert isinstance(request, HttpRequest)
        return op.send(request)

    return reply


def client(op: ScriptedOp, cache: Cache | None = None) -> Client:
    provider = run(discovery(), send(op))
    registration = Registration(client_id="client", redirect_uri="https://app.example/callback")
    return Client(provider, registration, None, cache, lambda: NOW)


def test_a_login_without_io() -> None:
    op = ScriptedOp()
    made = client(op)
    started = made.authorize(ENTROPY, return_to="/inbox")
    assert started.pending.expires_at == NOW + started.max_age
    assert started.pending.return_to == "/inbox"
    assert started.pending.issuer == ISSUER
    params = CallbackParams.parse(op.browser(started.url))
    assert (params.handle, params.cookie_name) == (started.handle, started.cookie_name)
    assert params.get("code") == "canary-code"
    code = made.callback(started.pending, params)
    assert [decision.check for decision in code.decisions][-1] == "code"
    session = run(made.exchange(code), send(op))
    assert session.sub == "alice"
    assert session.get("session_state") == {"a": 1}
    assert session.get("nothing") is None


def test_a_flow_waits_until_it_is_over() -> None:
    flow = discovery()
    request = flow.request
    assert isinstance(request, HttpRequest)
    assert (request.endpoint, request.method, request.coalesces) == ("discovery", "GET", True)
    assert request.url == f"{ISSUER}/.well-known/openid-configuration"
    assert (request.limits.max_response_bytes, request.limits.timeout_secs) == (262_144, 5)
    with pytest.raises(RuntimeError, match="waits for a reply"):
        _ = flow.result
    flow.resume(answer(ScriptedOp().metadata))
    assert flow.request is None
    assert flow.result.issuer == ISSUER
    assert flow.result.metadata["jwks_uri"] == f"{ISSUER}/jwks"


def test_a_flow_takes_one_reply() -> None:
    flow = discovery()
    flow.resume(answer(ScriptedOp().metadata))
    with pytest.raises(MisuseError) as raised:
        flow.resume(answer(ScriptedOp().metadata))
    assert raised.value.code == "wrong_reply"
    assert flow.result.issuer == ISSUER


def test_a_flow_that_failed_is_over() -> None:
    flow = discovery()
    with pytest.raises(ProtocolError) as raised:
        flow.resume(HttpResponse(307, [("Location", "https://elsewhere.example")], b""))
    assert raised.value.code == "redirect_refused"
    assert flow.request is None
    with pytest.raises(RuntimeError, match="without a result"):
        _ = flow.result


@pytest.mark.parametrize("reply", [None, "200", {}, object()])
def test_what_is_no_reply_is_a_type_error(reply: object) -> None:
    flow = discovery()
    with pytest.raises(TypeError):
        flow.resume(cast(Any, reply))
    flow.resume(answer(ScriptedOp().metadata))


def test_a_reply_of_another_kind_is_misuse() -> None:
    with pytest.raises(MisuseError) as raised:
        discovery().resume(True)
    assert raised.value.code == "wrong_reply"


def test_the_host_s_exception_is_the_cause() -> None:
    cause = OSError("mine")
    with pytest.raises(TransportError) as raised:
        discovery().resume(Unreachable("no route", cause))
    assert raised.value.__cause__ is cause
    assert raised.value.details == {"endpoint": "discovery", "reason": "no route"}


def test_f4_what_a_transport_cut_off_is_too_large() -> None:
    flow = discovery()
    assert isinstance(flow.request, HttpRequest)
    body = bytes(flow.request.limits.max_response_bytes + 1)
    with pytest.raises(ProtocolError) as raised:
        flow.resume(HttpResponse(200, [("Content-Type", "application/json")], body))
    assert raised.value.code == "response_too_large"


def test_d6_a_client_that_followed_a_redirect_is_noticed() -> None:
    response = HttpResponse(200, [], b"{}", "https://elsewhere.example/")
    assert response.final_url == "https://elsewhere.example/"
    with pytest.raises(ProtocolError) as raised:
        discovery().resume(response)
    assert raised.value.code == "redirect_refused"


def test_a_fresh_cache_costs_no_exchange() -> None:
    cache = Cache()
    run(discovery(cache), send(ScriptedOp()))
    again = discovery(Cache.from_json(cache.to_json()))
    assert again.request is None
    assert again.result.issuer == ISSUER
    with pytest.raises(MisuseError) as raised:
        Cache.from_json("{")
    assert raised.value.code == "unreadable_cache"


def test_keys_are_fetched_on_demand() -> None:
    op, cache = ScriptedOp(), Cache()
    provider = run(discovery(cache), send(op))
    report = run(provider.refresh_keys(None, cache, lambda: NOW), send(op))
    assert (len(report.usable), report.dropped) == (1, [])
    flow = provider.refresh_keys(None, cache, lambda: NOW)
    flow.resume(answer({"keys": [{"kty": "oct", "kid": "a", "k": "AA"}]}))
    assert flow.result.usable == []
    [(index, kid, why)] = flow.result.dropped
    assert (index, kid) == (0, "a")
    assert why


def test_run_async_awaits_the_answers() -> None:
    op = ScriptedOp()

    async def reply(request: Request) -> Reply:
        await asyncio.sleep(0)
        return send(op)(request)

    assert asyncio.run(run_async(discovery(), reply)).issuer == ISSUER


def test_b10_e1_logins_and_codes_serve_once() -> None:
    op = ScriptedOp()
    made = client(op)
    started = made.authorize(ENTROPY)
    params = CallbackParams.parse(op.browser(started.url))
    code = made.callback(started.pending, params)
    made.exchange(code)
    assert code.decisions == []
    for again in (
        lambda: made.callback(started.pending, params),
        lambda: made.exchange(code),
        lambda: started.pending.encode(),
    ):
        with pytest.raises(CallbackError) as raised:
            again()
        assert raised.value.code == "no_pending_login"


def test_e14_one_entropy_is_one_login() -> None:
    made = client(ScriptedOp())
    assert made.authorize(ENTROPY).url == made.authorize(bytearray(ENTROPY)).url
    assert made.authorize(ENTROPY).url != made.authorize(ENTROPY[::-1]).url
    for weak in (b"", bytes(32), ENTROPY[:31]):
        with pytest.raises(MisuseError) as raised:
            made.authorize(weak)
        assert raised.value.code == "weak_entropy"


def test_the_core_reads_and_refuses_options() -> None:
    registered = {"client_id": "client", "redirect_uri": "https://app.example/callback"}
    for wrong in ({"secret": "canary"}, {"scopes": "openid"}, {"client_secret": 1}, {"client_secret": None}):
        with pytest.raises(ConfigurationError) as raised:
            Registration(**{**registered, **wrong})  # type: ignore[arg-type]
        assert raised.value.code == "invalid_configuration"
        assert "canary" not in str(raised.value)
    assert Registration(**registered).client_id == "client"  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError) as raised:
        Provider.discover(Issuer(ISSUER), Policy(allowed_skew_secs=301))
    assert raised.value.code == "policy_out_of_range"
    assert raised.value.details["maximum"] == "300"
    with pytest.raises(ConfigurationError) as raised:
        client(ScriptedOp()).authorize(ENTROPY, extra={"nonce": "mine"})
    assert raised.value.code == "reserved_parameter"


def test_b6_none_is_not_the_same_as_left_out() -> None:
    op = ScriptedOp()
    made = client(op)
    token = op.id_token()
    for name in ("nonce", "max_age", "auth_time", "acr_values", "sub", "access_token"):
        with pytest.raises(ConfigurationError) as raised:
            made.verify(token, **{name: None})  # type: ignore[arg-type]
        assert (raised.value.code, raised.value.details["member"]) == ("invalid_configuration", name)
    for name in ("max_age", "id_token_hint", "claims"):
        with pytest.raises(ConfigurationError) as raised:
            made.authorize(ENTROPY, **{name: None})  # type: ignore[arg-type]
        assert (raised.value.code, raised.value.details["member"]) == ("invalid_configuration", name)


def test_issuers_are_https_or_loopback_on_request() -> None:
    assert str(Issuer(ISSUER)) == ISSUER
    assert str(Issuer.insecure_loopback("http://127.0.0.1:1")) == "http://127.0.0.1:1"
    for make, text in ((Issuer, "http://127.0.0.1:1"), (Issuer.insecure_loopback, "http://op.example")):
        with pytest.raises(ConfigurationError) as raised:
            make(text)
        assert raised.value.code == "invalid_issuer"


@pytest.mark.parametrize("time", [0.0, float("nan"), -1e300])
def test_a_clock_that_is_not_set_is_noticed(time: float) -> None:
    provider = run(discovery(), send(ScriptedOp()))
    registration = Registration(client_id="client", redirect_uri="https://app.example/callback")
    with pytest.raises(MisuseError) as raised:
        Client(provider, registration, clock=lambda: time).authorize(ENTROPY)
    assert raised.value.code == "implausible_clock"


def test_g2_a_clock_may_use_the_cache_and_the_flow() -> None:
    cache = Cache()

    def clock() -> float:
        cache.to_json()
        for flow in flows:
            repr(flow)
            _ = flow.request
        return NOW

    flows: list[Flow[Provider]] = []
    flows.append(discovery(cache, clock))
    worker = threading.Thread(target=run, args=(flows[0], send(ScriptedOp())), daemon=True)
    worker.start()
    worker.join(5)
    assert not worker.is_alive()
    assert flows[0].result.issuer == ISSUER


def test_a_clock_that_raises_leaves_the_flow_waiting() -> None:
    broken = False

    def clock() -> float:
        if broken:
            raise ZeroDivisionError
        return NOW

    flow = discovery(clock=clock)
    broken = True
    with pytest.raises(ZeroDivisionError):
        flow.resume(answer(ScriptedOp().metadata))
    broken = False
    flow.resume(answer(ScriptedOp().metadata))
    assert flow.result.issuer == ISSUER


def test_e12_one_of_many_threads_resumes_a_flow() -> None:
    def resume(flow: Flow[Provider], barrier: threading.Barrier) -> str:
        barrier.wait()
        try:
            flow.resume(answer(ScriptedOp().metadata))
        except MisuseError as error:
            return error.code
        return "resumed"

    with ThreadPoolExecutor(8) as threads:
        for _ in range(20):
            outcomes = threads.map(resume, [discovery()] * 8, [threading.Barrier(8)] * 8)
            assert sorted(outcomes) == ["resumed"] + ["wrong_reply"] * 7
