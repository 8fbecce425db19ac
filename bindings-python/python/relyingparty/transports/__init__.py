"""The shipped ways to answer a flow's HTTP requests.

======================  ==========================================  =======================================
for                     class                                       needs
======================  ==========================================  =======================================
any program             :class:`urllib.UrllibTransport` (default)   nothing
``requests``            ``relyingparty.transports.requests``        ``pip install relyingparty[requests]``
``httpx``               ``relyingparty.transports.httpx``           ``pip install relyingparty[httpx]``
``httpx``, asyncio      ``relyingparty.transports.httpx``           ``pip install relyingparty[httpx]``
``aiohttp``, asyncio    ``relyingparty.transports.aiohttp``         ``pip install relyingparty[aiohttp]``
======================  ==========================================  =======================================

All keep the same promises (:mod:`relyingparty.transports.base`). A transport of your own is any object with
``send``; it has to keep them too, since the core can check only what it is shown.
"""

from relyingparty.transports.base import AsyncTransport, Transport
from relyingparty.transports.threaded import ThreadedTransport
from relyingparty.transports.urllib import UrllibTransport

__all__ = ["AsyncTransport", "ThreadedTransport", "Transport", "UrllibTransport"]
