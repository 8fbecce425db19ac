"""Names whose modules are imported when they are first asked for (PEP 562).

Networking and asyncio take most of the time that importing takes, and few programs want every way to have them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy(package: dict[str, Any], modules: Mapping[str, str]) -> Callable[[str], Any]:
    """The ``__getattr__`` of ``package``, given by its globals, where each name is found in the module beside it."""

    def attribute(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package['__name__']!r} has no attribute {name!r}")
        package[name] = getattr(import_module(modules[name]), name)
        return package[name]

    return attribute
