"""As much of a browser as logging in takes: cookies, redirects, forms."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from email.message import Message
from html.parser import HTMLParser
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import IO, Any
from urllib.parse import urlencode, urljoin


class Browser:
    """One browser: what it has open is ``url`` and ``page``. ``stop_at`` is where redirects are not followed."""

    def __init__(self, stop_at: str | None = None, tls: ssl.SSLContext | None = None, proxy: str | None = None) -> None:
        self.url = ""
        self.page = ""
        self.status = 0
        self.answered: Message = Message()
        # As browsers do on this machine, send Secure cookies over plain http.
        self.cookies = CookieJar(DefaultCookiePolicy(secure_protocols=("https", "http")))
        self.headers = {"Accept": "text/html,*/*;q=0.8"}
        self._stops = _Stops(stop_at)
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({} if proxy is None else {"https": proxy}),
            urllib.request.HTTPCookieProcessor(self.cookies),
            urllib.request.HTTPSHandler(context=tls),
            self._stops,
        )

    def open(self, url: str, form: dict[str, str] | None = None, **headers: str) -> str:
        """Go to ``url``, or post ``form`` there. Returns where redirects ended."""
        request = urllib.request.Request(
            url, None if form is None else urlencode(form).encode(), {**self.headers, **headers}
        )
        try:
            response = self._opener.open(request, timeout=10)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            self.page = response.read().decode()
            self.status = response.status
            self.answered = response.headers
            self.url = self._stops.stopped_at or response.url
        self._stops.stopped_at = None
        return self.url

    def form(self) -> Form:
        """The page's form."""
        return Form(self.page)

    def submit(self, **fields: str) -> str:
        """Post the page's form with ``fields`` beside its hidden ones."""
        form = self.form()
        return self.open(urljoin(self.url, form.action), {**form.hidden, **fields})

    def log_in(self, url: str, name: str = "alice") -> str:
        """Go to an authorization URL, log in and consent as far as asked. Returns where that led."""
        self.open(url)
        for fields in ({"login": name, "password": "x"}, {}):
            if self.form().hidden.get("prompt") in ("login", "consent"):
                self.submit(**fields)
        return self.url

    def follow(self, text: str) -> str:
        """Click the link that says ``text``."""
        return self.open(urljoin(self.url, _Links(self.page).by_text[text]))


class _Stops(urllib.request.HTTPRedirectHandler):
    """Follows redirects as a browser, up to a URL where no server listens."""

    def __init__(self, stop_at: str | None) -> None:
        self._stop_at = stop_at
        self.stopped_at: str | None = None

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        if self._stop_at is not None and newurl.startswith(self._stop_at):
            self.stopped_at = newurl
            return None
        return urllib.request.Request(newurl, headers={"Accept": req.get_header("Accept", "*/*")})


class Form(HTMLParser):
    """The first form of a page: where it goes, and its hidden fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.hidden: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "form":
            self.action = self.action or attributes.get("action") or ""
        elif tag == "input" and attributes.get("type") == "hidden":
            self.hidden[attributes.get("name") or ""] = attributes.get("value") or ""


class _Links(HTMLParser):
    """The links of a page by their text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.by_text: dict[str, str] = {}
        self._href: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        if tag == "a":
            self._href = dict(attrs).get("href")

    def handle_data(self, data: str) -> None:
        if self._href is not None and data.strip():
            self.by_text[data.strip()] = self._href
            self._href = None
