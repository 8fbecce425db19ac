"""Whatever comes from outside ends in an error of ours, never in a panic (ATTACKS G6)."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from relyingparty import Cache, CallbackParams, Error, HttpResponse, Issuer, PendingLogin, Provider
from scripted import ISSUER, NOW, ScriptedOp, answer, log_in, relying_party

Reader = Callable[[str], object]


def mutations(text: str) -> Iterator[str]:
    """``text``, cut, doubled and with single characters replaced, always in the same way."""
    source = random.Random(text)
    characters = '\x00"\\{}[]:,.%&=#?+-0eE\ud800\U0010ffff'
    for _ in range(300):
        at = source.randrange(len(text) + 1)
        change = source.choice((text[:at], text[at:], text[:at] + source.choice(characters) + text[at + 1 :]))
        yield source.choice((change, change * 2))


def discovery(body: str) -> object:
    flow = Provider.discover(Issuer(ISSUER), clock=lambda: NOW)
    flow.resume(HttpResponse(200, [("Content-Type", "application/json")], body.encode(errors="surrogatepass")))
    return flow.result


def samples() -> dict[str, tuple[Reader, str]]:
    op = ScriptedOp()
    rp = relying_party(op)
    session = log_in(rp, op)
    started = rp.authorize()
    return {
        "a callback": (CallbackParams.parse, op.browser(started.url)),
        "a posted callback": (CallbackParams.parse_form_post, op.browser(started.url).split("?")[1]),
        "metadata": (discovery, json.dumps(op.metadata)),
        "an ID token": (rp.verify, session.id_token),
        "a pending login": (PendingLogin.decode, started.pending.encode()),
        "a session": (rp.restore, session.encode()),
        "a cache": (Cache.from_json, rp.cache.to_json()),
    }


SAMPLES = samples()


@pytest.mark.parametrize("name", SAMPLES)
def test_g6_garbage_ends_in_an_error(name: str) -> None:
    read, text = SAMPLES[name]
    read(text)
    for garbage in mutations(text):
        with suppress(Error):
            read(garbage)


@pytest.mark.parametrize("status", [0, 100, 204, 404, 599, 65535])
def test_g6_any_status_ends_in_an_error(status: int) -> None:
    flow = Provider.discover(Issuer(ISSUER), clock=lambda: NOW)
    with pytest.raises(Error):
        flow.resume(answer({}, status))
