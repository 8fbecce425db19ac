"""The page that posts a form to the provider by itself: a logout whose URL would be too long."""

from __future__ import annotations

from collections.abc import Sequence

_SUBMIT = "document.forms[0].submit()"
_SUBMIT_SHA256 = "ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE="
"""In base64, for the Content-Security-Policy: the page runs this and nothing else."""


def form(url: str, fields: Sequence[tuple[str, str]]) -> tuple[list[tuple[str, str]], bytes]:
    """The headers and the body of a page that posts ``fields`` to ``url``, by a button where no script runs."""
    # No form-action: Chromium applies it to the redirects that follow, and where the provider leads on to is its own.
    policy = f"default-src 'none'; script-src 'sha256-{_SUBMIT_SHA256}'; base-uri 'none'; frame-ancestors 'none'"
    inputs = "".join(f'<input type="hidden" name="{_escape(name)}" value="{_escape(value)}">' for name, value in fields)
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Log out</title>'
        f'<main><h1>Log out</h1><form method="post" action="{_escape(url)}">{inputs}'
        "<button>Continue</button></form></main>"
        f"<script>{_SUBMIT}</script>"
    )
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", policy),
        ("Referrer-Policy", "no-referrer"),
    ]
    return headers, page.encode()


def _escape(text: str) -> str:
    for character, name in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot"), ("'", "#39")):
        text = text.replace(character, f"&{name};")
    return text
