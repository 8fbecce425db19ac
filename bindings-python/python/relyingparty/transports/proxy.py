"""The way out: which proxy a request goes through, and what is said to one.

A request goes through a tunnel (``CONNECT``, RFC 9110 9.3.6): the proxy learns a host and a port, and TLS is verified
from end to end as it is without one. This machine (``localhost`` and its subdomains, ``127.0.0.0/8``, ``::1``) is
never behind a proxy, whose own machine those names would mean.
"""

from __future__ import annotations

import os
import socket
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from urllib.parse import unquote_to_bytes, urlsplit

from relyingparty.transports.deadline import Deadline
from relyingparty.transports.reasons import Refused, reason

_LONGEST_HEAD = 16_384
_PORTS = {"http": 80, "https": 443}
_NO_URL = "is no URL of a proxy, such as http://proxy.example:3128"


class Proxy:
    """One HTTP proxy. What it is told of a password is in no ``repr``."""

    __slots__ = ("_authorization", "host", "port")

    def __init__(self, host: str, port: int, authorization: str) -> None:
        self.host = host
        self.port = port
        self._authorization = authorization

    def __repr__(self) -> str:
        return f"<Proxy {_authority(self.host, self.port)}>"

    @property
    def url(self) -> str:
        """Without the password."""
        return f"http://{_authority(self.host, self.port)}"

    def headers(self) -> dict[str, str]:
        """What authenticates at the proxy, and goes to nobody else."""
        return {"Proxy-Authorization": self._authorization} if self._authorization else {}

    def open(self, write: Callable[[bytes], object], read: Callable[[], bytes], host: str, port: int) -> None:
        """Make a connection to the proxy one to ``host``."""
        answer = _Answer(bool(self._authorization))
        write(self._greeting(host, port))
        while not answer.is_whole(read()):
            pass

    async def open_async(
        self,
        write: Callable[[bytes], Awaitable[object]],
        read: Callable[[], Awaitable[bytes]],
        host: str,
        port: int,
    ) -> None:
        """The same where reading and writing is awaited."""
        answer = _Answer(bool(self._authorization))
        await write(self._greeting(host, port))
        while not answer.is_whole(await read()):
            pass

    def refusal(self, status: int) -> Refused:
        """What an answer of the proxy's own that opens no tunnel means."""
        return _refusal(status, bool(self._authorization))

    def unreachable(self, error: BaseException) -> Refused:
        """What it means that no connection to the proxy came about."""
        return Refused(f"the proxy cannot be reached: {reason(error)}")

    def _greeting(self, host: str, port: int) -> bytes:
        target = _authority(host, port)
        lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
        lines += [f"{name}: {value}" for name, value in self.headers().items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def connected(deadline: Deadline, proxy: Proxy | None, host: str, port: int) -> socket.socket:
    """A watched connection to ``host``, through the proxy if there is one."""
    if proxy is None:
        return deadline.connect(host, port)
    try:
        connection = deadline.connect(proxy.host, proxy.port)
    except Exception as error:
        raise proxy.unreachable(error) from error
    try:
        proxy.open(connection.sendall, lambda: connection.recv(4096), host, port)
    except BaseException:
        connection.close()
        raise
    return connection


class _Answer:
    """What a proxy answers to ``CONNECT``, while it comes."""

    def __init__(self, authenticated: bool) -> None:
        self._head = b""
        self._authenticated = authenticated

    def is_whole(self, chunk: bytes) -> bool:
        """Whether the tunnel is open now; raises when it will not be."""
        if not chunk:
            raise Refused("the proxy closed the connection")
        self._head += chunk
        if len(self._head) > _LONGEST_HEAD:
            raise Refused("the proxy answers with a head without end")
        head, end, more = self._head.partition(b"\r\n\r\n")
        version, _, status = head.partition(b"\r\n")[0].partition(b" ")
        if end:
            if not version.startswith(b"HTTP/1.") or not status[:3].isdigit():
                raise Refused("the proxy does not answer in HTTP")
            if not 200 <= int(status[:3]) <= 299:
                raise _refusal(int(status[:3]), self._authenticated)
            # In the tunnel it is the client that speaks first.
            if more:
                raise Refused("the proxy says more than that the tunnel is open")
        return bool(end)


def _refusal(status: int, authenticated: bool) -> Refused:
    if status != 407:
        return Refused(f"the proxy refused to connect (status {status})")
    if authenticated:
        return Refused("the proxy refused the user name and password (status 407)")
    return Refused("the proxy wants a user name and a password (status 407): put them into its URL")


@dataclass(frozen=True)
class WayOut:
    """By the scheme of a URL, the proxy that it goes through, and for whom there is none."""

    proxies: dict[str, Proxy]
    without: tuple[str, ...] = ()

    def proxy(self, url: str) -> Proxy | None:
        """The proxy that a request to ``url`` goes through."""
        parts = urlsplit(url)
        host = (parts.hostname or "").removesuffix(".")
        if _is_loopback(host):
            return None
        port = parts.port or _PORTS.get(parts.scheme, 0)
        if any(_matches(entry, host, port) for entry in self.without):
            return None
        return self.proxies.get(parts.scheme)


def way_out(proxy: object, from_environment: bool) -> WayOut | tuple[str, str]:
    """The way that was asked for; or the option that is wrong and why, since a frame that raised would show the URL."""
    if from_environment:
        if proxy is not None:
            return "proxy", "is given beside proxy_from_environment"
        return _from_environment()
    if proxy is None:
        return WayOut({})
    made = _parse(proxy)
    return ("proxy", made) if isinstance(made, str) else WayOut(dict.fromkeys(_PORTS, made))


def _from_environment() -> WayOut | tuple[str, str]:
    proxies = {}
    for scheme in _PORTS:
        for name in (f"{scheme}_proxy", f"{scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY"):
            # In CGI a visitor's header "Proxy" has this name.
            if name == "HTTP_PROXY" and "REQUEST_METHOD" in os.environ:
                continue
            given = os.environ.get(name, "")
            if given:
                made = _parse(given)
                if isinstance(made, str):
                    return "proxy_from_environment", f"{name} {made}"
                proxies[scheme] = made
                break
    without = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    return WayOut(proxies, tuple(without.lower().replace(",", " ").split()))


def _parse(given: object) -> Proxy | str:
    """A proxy, or why it is none."""
    if not isinstance(given, str) or not given.isascii() or not given.isprintable():
        return _NO_URL
    try:
        parts = urlsplit(given if "://" in given else f"http://{given}")
        port = parts.port
    except ValueError:
        return _NO_URL
    if parts.scheme != "http":
        return "is no http:// proxy, which is the one kind that is supported: TLS goes through it to the provider"
    if not parts.hostname or parts.path not in ("", "/") or parts.query or parts.fragment or port == 0 or " " in given:
        return _NO_URL
    user, password = unquote_to_bytes(parts.username or ""), unquote_to_bytes(parts.password or "")
    if b":" in user:
        return "has a user name with a colon, which Basic cannot express"
    authorization = f"Basic {b64encode(user + b':' + password).decode()}" if user or password else ""
    return Proxy(parts.hostname, port or 80, authorization)


def _authority(host: str, port: int) -> str:
    name = host if host.isascii() else host.encode("idna").decode()
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _matches(entry: str, host: str, port: int) -> bool:
    """Whether an entry of ``NO_PROXY`` names the host: itself, a domain above it or its network; with a port, there."""
    if entry == "*":
        return True
    if "/" in entry:
        try:
            return ip_address(host) in ip_network(entry, strict=False)
        except ValueError:
            return False
    name, own_port = entry, ""
    if entry.startswith("["):
        name, _, own_port = entry[1:].partition("]")
        own_port = own_port.removeprefix(":")
    elif entry.count(":") == 1:
        name, _, own_port = entry.partition(":")
    if own_port and own_port != str(port):
        return False
    try:
        return ip_address(name) == ip_address(host)
    except ValueError:
        name = name.removeprefix("*").removeprefix(".").removesuffix(".")
        return name != "" and (host == name or host.endswith(f".{name}"))
