"""What a login keeps as ``return_to`` stays on the origin for Python's URL functions, however often it is decoded."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes, urljoin, urlsplit

VECTORS = json.loads((Path(__file__).parents[2] / "conformance/vectors/return_to.json").read_text("utf-8"))
ORIGIN: str = VECTORS["origin"]


def forms(url: str, more: int = 4) -> set[str]:
    """The URL, and what comes of it by decoding and by taking its path alone, in any order."""
    found = {url}
    if more:
        derived = {unquote(url), unquote_to_bytes(url).decode("latin-1"), urlsplit(urljoin(ORIGIN, url)).path}
        for other in derived - found:
            found |= forms(other, more - 1)
    return found


def test_u10_no_form_of_a_kept_value_leaves_the_origin() -> None:
    kept = [value for value, usable in VECTORS["values"] if usable]
    assert len(kept) >= 300
    for value in kept:
        for form in forms(value):
            target = urlsplit(urljoin(ORIGIN, form))
            assert f"{target.scheme}://{target.netloc}" == ORIGIN, (value, form)


def test_u10_the_check_above_finds_what_is_dropped() -> None:
    dropped = ["//evil.example", "/%252fevil.example", "/%25%32%66evil.example"]
    assert all([value, False] in VECTORS["values"] for value in dropped)
    for value in dropped:
        assert any(urlsplit(urljoin(ORIGIN, form)).netloc == "evil.example" for form in forms(value)), value
