"""The application as Django knows it."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.checks import register
from django.core.signals import setting_changed


class RelyingPartyConfig(AppConfig):
    """Registers the checks, and what happens when Django logs a user in or out."""

    name = "relyingparty.django"
    label = "relyingparty"
    verbose_name = "OpenID Connect"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the application to Django."""
        from relyingparty.django import checks, conf, sessions

        register(checks.check_settings)
        user_logged_in.connect(sessions.logged_in_by_django)
        user_logged_out.connect(sessions.logged_out_by_django)
        setting_changed.connect(conf.changed)
