"""The setting ``RELYINGPARTY``, and the site that is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.shortcuts import resolve_url

from relyingparty import Site, SiteProvider
from relyingparty.django.stores import DatabaseSessionStore

_OF_THE_SITE = ("BASE_URL", "SEALING_KEYS", "STORE", "SITE_POLICY", "PROVIDERS")
_REQUIRED = ("BASE_URL", "SEALING_KEYS")
_REQUIRED_OF_A_PROVIDER = ("ISSUER", "CLIENT_ID")


_made: list[Site] = []


def site() -> Site:
    """The site of this process."""
    if not _made:
        _made.append(make_site())
    return _made[0]


def changed(*, setting: str, **_: object) -> None:
    """Forget the site when a test changes its settings."""
    if setting in ("RELYINGPARTY", "LOGIN_REDIRECT_URL", "LOGOUT_REDIRECT_URL", "ROOT_URLCONF"):
        _made.clear()


def make_site() -> Site:
    """The site that the settings describe.

    :raises ImproperlyConfigured: a member of ``RELYINGPARTY`` is missing.
    :raises ConfigurationError: a member cannot be used.
    """
    given = getattr(settings, "RELYINGPARTY", None)
    if not isinstance(given, Mapping):
        raise ImproperlyConfigured("RELYINGPARTY is no dict")
    rest = {name: value for name, value in given.items() if name not in _OF_THE_SITE}
    several = given.get("PROVIDERS", {})
    if bool(several) == bool(rest):
        raise ImproperlyConfigured("RELYINGPARTY needs ISSUER and CLIENT_ID, or PROVIDERS with them by name")
    for name in _REQUIRED:
        _present(given, name, "RELYINGPARTY")
    providers = [_provider("default", rest, "RELYINGPARTY")] if rest else []
    providers += [_provider(name, of, f'RELYINGPARTY["PROVIDERS"]["{name}"]') for name, of in several.items()]
    policy = {"after_login": resolve_url(settings.LOGIN_REDIRECT_URL), **given.get("SITE_POLICY", {})}
    if settings.LOGOUT_REDIRECT_URL:
        policy.setdefault("after_logout", resolve_url(settings.LOGOUT_REDIRECT_URL))
    return Site(
        given["BASE_URL"],
        *providers,
        sealing_keys=[_key(key) for key in given["SEALING_KEYS"]],
        store=_store(given),
        policy=policy,  # type: ignore[arg-type]
    )


def _key(given: str | bytes) -> bytes:
    try:
        return bytes.fromhex(given) if isinstance(given, str) else given
    except ValueError:
        raise ImproperlyConfigured(
            'RELYINGPARTY["SEALING_KEYS"] holds a text that is not 64 hexadecimal digits'
        ) from None


def _store(given: Mapping[str, Any]) -> Any:
    if "STORE" in given:
        return given["STORE"]
    vendor = connections["default"].vendor
    if vendor not in DatabaseSessionStore.VENDORS:
        reason = f'the database "default" is {vendor}'
        raise ImproperlyConfigured(
            f'RELYINGPARTY has no "STORE", and {reason}: name a store, or None for cookies alone'
        )
    return DatabaseSessionStore()


def _provider(name: str, given: Mapping[str, Any], where: str) -> SiteProvider:
    for member in _REQUIRED_OF_A_PROVIDER:
        _present(given, member, where)
    return SiteProvider(name=name, **{member.lower(): value for member, value in given.items()})


def _present(given: Mapping[str, Any], name: str, where: str) -> None:
    if not given.get(name):
        raise ImproperlyConfigured(f"{where} has no {name}")
