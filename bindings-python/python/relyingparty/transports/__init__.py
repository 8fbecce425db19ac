"""The transports of this package: what sends HTTP requests.

======================  ==========================================  =======================================
for                     class                                       needs
======================  ==========================================  =======================================
any program             ``urllib.UrllibTransport`` (default)   nothing
``requests``            ``relyingparty.transports.requests``        ``pip install relyingparty[requests]``
``httpx``               ``relyingparty.transports.httpx``           ``pip install relyingparty[httpx]``
``httpx``, asyncio      ``relyingparty.transports.httpx``           ``pip install relyingparty[httpx]``
``aiohttp``, asyncio    ``relyingparty.transports.aiohttp``         ``pip install relyingparty[aiohttp]``
======================  ==========================================  =======================================

All obey the same rules (``relyingparty.transports.base``). A transport of your own is an object with ``send``. It
must obey them too: the core can check only what it is shown.
"""

from typing import TYPE_CHECKING

from relyingparty.lazy import lazy
from relyingparty.transports.protocols import AsyncTransport, Transport

if TYPE_CHECKING:
    from relyingparty.transports.threaded import ThreadedTransport
    from relyingparty.transports.urllib import UrllibTransport
else:
    __getattr__, __dir__ = lazy(
        globals(),
        {
            "ThreadedTransport": "relyingparty.transports.threaded",
            "UrllibTransport": "relyingparty.transports.urllib",
        },
    )

__all__ = ["AsyncTransport", "ThreadedTransport", "Transport", "UrllibTransport"]
