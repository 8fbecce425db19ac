"""Every error of the core is an exception of its class."""

from __future__ import annotations

import pickle
from importlib import metadata
from typing import Any, get_args

import pytest

import relyingparty
from relyingparty import (
    ErrorCode,
    HttpRequest,
    HttpResponse,
    Issuer,
    Provider,
    ProviderError,
    TransportError,
    Unreachable,
)
from scripted import ISSUER, ScriptedOp, answer, relying_party


class Failing(ScriptedOp):
    """Answers as it is told at one endpoint."""

    def __init__(self, endpoint: str, reply: HttpResponse | Unreachable) -> None:
        super().__init__()
        self._failing = (endpoint, reply)

    def send(self, request: HttpRequest) -> HttpResponse | Unreachable:
        endpoint, reply = self._failing
        return reply if request.endpoint == endpoint else super().send(request)


def test_the_type_of_codes_is_the_set_of_codes() -> None:
    assert set(get_args(ErrorCode)) == set(relyingparty.error_codes())


@pytest.mark.parametrize("endpoint", ["token", "userinfo"])
def test_a_refusal_without_words_is_a_provider_error(endpoint: str) -> None:
    op = Failing(endpoint, HttpResponse(503, [("Content-Type", "text/html")], b"<h1>away</h1>"))
    rp = relying_party(op)
    started = rp.authorize()
    with pytest.raises(ProviderError) as caught:
        rp.userinfo(rp.callback(op.browser(started.url), started.id))
    assert (caught.value.code, caught.value.error, caught.value.category) == ("provider_status", None, "Provider")


@pytest.mark.parametrize(
    ("endpoint", "status", "body", "retryable"),
    [
        ("token", 503, b"<h1>away</h1>", True),
        ("token", 429, b"", True),
        ("token", 400, b"<h1>no</h1>", False),
        ("token", 400, b'{"error":"invalid_grant"}', False),
        ("token", 400, b'{"error":"temporarily_unavailable"}', True),
        ("discovery", 503, b"", True),
        ("discovery", 404, b"", False),
    ],
)
def test_u22_an_error_says_whether_the_same_call_may_succeed_later(
    endpoint: str, status: int, body: bytes, retryable: bool
) -> None:
    op = Failing(endpoint, HttpResponse(status, [("Content-Type", "application/json")], body))
    with pytest.raises(relyingparty.Error) as caught:
        rp = relying_party(op)
        started = rp.authorize()
        rp.callback(op.browser(started.url), started.id)
    assert (caught.value.is_retryable, caught.value.category) == (retryable, "Provider")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.is_retryable, str(copy), type(copy)) == (retryable, str(caught.value), type(caught.value))


def test_u22_what_could_not_be_reached_may_be_tried_again() -> None:
    op = Failing("token", Unreachable("refused"))
    rp = relying_party(op)
    started = rp.authorize()
    with pytest.raises(TransportError) as caught:
        rp.callback(op.browser(started.url), started.id)
    assert caught.value.is_retryable


def test_a_refusal_carries_all_three_members() -> None:
    theirs = {"error": "invalid_grant", "error_description": "no", "error_uri": "https://op.example/e"}
    op = Failing("token", answer(theirs, 400))
    rp = relying_party(op)
    started = rp.authorize()
    with pytest.raises(ProviderError) as caught:
        rp.callback(op.browser(started.url), started.id)
    error = caught.value
    assert {"error": error.error, "error_description": error.error_description, "error_uri": error.error_uri} == theirs


def test_categories_are_classes() -> None:
    kinds: list[Any] = relyingparty.Error.__subclasses__()
    assert {kind.category + "Error" for kind in kinds} == {kind.__name__ for kind in kinds}
    with pytest.raises(TransportError):
        relying_party(Failing("discovery", Unreachable("away"))).authorize()


def test_the_licences_are_in_the_package() -> None:
    files = {file.name for file in metadata.files("relyingparty") or []}
    assert {"LICENSE-MIT", "LICENSE-APACHE"} <= files


def test_a_preset_is_named() -> None:
    rp = relying_party(ScriptedOp(), policy={"preset": "openidconnect_jl"})
    assert rp.authorize().max_age == 60


def test_metadata_at_hand_makes_a_provider() -> None:
    document = f'{{"issuer": "{ISSUER}", "jwks_uri": "{ISSUER}/jwks"}}'
    assert Provider.from_metadata(Issuer(ISSUER), document).issuer == ISSUER
    with pytest.raises(relyingparty.ProtocolError, match="another issuer"):
        Provider.from_metadata(Issuer("https://other.example"), document)
