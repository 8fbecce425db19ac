"""What becomes of a body while it is read, whatever the server makes of compression."""

from __future__ import annotations

import gzip
import random
import zlib
from typing import cast

import pytest

from exchange import Limits, StandIn
from relyingparty import HttpRequest
from relyingparty.transports.base import Body

CODINGS = ["gzip", "x-gzip", "deflate", "br", "zstd", "identity", "", "gzip, gzip", "GZIP "]
FORMATS = {"gzip": 31, "x-gzip": 31, "GZIP ": 31, "deflate": 15}


def made(random: random.Random) -> bytes:
    """A body as an honest server, a careless one or an attacker would send it."""
    plain = bytes(random.choices(b'{"a": 1}', k=random.randrange(3000)))
    body = random.choice(
        [bytes, gzip.compress, zlib.compress, lambda plain: gzip.compress(plain) + gzip.compress(plain)]
    )(plain)
    for _ in range(random.choice([0, 0, 1, 3])):
        place = random.randrange(len(body) + 1)
        body = random.choice(
            [
                body[:place],
                body[place:],
                body[:place] + random.randbytes(2) + body[place + 2 :],
                body + random.randbytes(random.randrange(50)),
            ]
        )
    return body


def pieces(random: random.Random, body: bytes) -> list[bytes]:
    places = sorted(random.randrange(len(body) + 1) for _ in range(random.randrange(20)))
    return [body[start:end] for start, end in zip([0, *places], [*places, len(body)], strict=True)]


def inflated(body: bytes, format: int) -> bytes:
    """As much as there is in ``body``, byte by byte up to where it is spoilt."""
    good, inflater = b"", zlib.decompressobj(format)
    for byte in body:
        if inflater.eof:
            inflater = zlib.decompressobj(format)
        try:
            good += inflater.decompress(bytes([byte]))
        except zlib.error:
            break
    return good


@pytest.mark.parametrize("seed", range(20))
def test_f4_no_body_is_longer_than_its_limit_and_none_is_made_up(seed: int) -> None:
    for number in range(100):
        dice = random.Random(seed * 1000 + number)
        limit, coding, body = dice.randrange(2500), dice.choice(CODINGS), made(dice)
        request = cast(HttpRequest, StandIn("https://op.example/", limits=Limits(limit)))
        whole = Body(request, [("Content-Encoding", coding)]).read(pieces(dice, body))
        assert len(whole) <= limit + 1
        known = [inflated(body, FORMATS[coding])] if coding in FORMATS else []
        assert whole in [content[: limit + 1] for content in (body, *known)]


def test_a_body_is_the_same_however_it_is_cut() -> None:
    for seed in range(500):
        dice = random.Random(seed)
        coding, body = dice.choice(CODINGS), made(dice)
        request = cast(HttpRequest, StandIn("https://op.example/"))
        ways = [Body(request, [("content-encoding", coding)]).read(pieces(dice, body)) for _ in range(3)]
        assert ways[0] == ways[1] == ways[2]
