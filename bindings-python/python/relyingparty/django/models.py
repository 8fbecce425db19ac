"""Users by what their providers call them, and the tables of the session store."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class Identity(models.Model):
    """Which user an issuer's ``sub`` is. One user can have several."""

    key: models.CharField[str, str] = models.CharField(max_length=64, primary_key=True, editable=False)
    issuer: models.TextField[str, str] = models.TextField()
    subject: models.TextField[str, str] = models.TextField()
    user: models.ForeignKey[Any, Any] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="oidc_identities"
    )

    class Meta:
        verbose_name_plural = "identities"

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"


class SessionEntry(models.Model):
    """A sealed entry of the session store."""

    key: models.CharField[str, str] = models.CharField(max_length=100, primary_key=True)
    value: models.TextField[str, str] = models.TextField()
    version: models.CharField[str, str] = models.CharField(max_length=32)
    expires_at: models.BigIntegerField[int, int] = models.BigIntegerField(db_index=True)
    labels: models.TextField[str, str] = models.TextField()


class SessionLabel(models.Model):
    """Which entries a label leads to."""

    label: models.CharField[str, str] = models.CharField(max_length=100)
    key: models.CharField[str, str] = models.CharField(max_length=100)
    expires_at: models.BigIntegerField[int, int] = models.BigIntegerField(db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("label", "key"), name="relyingparty_label"),)


class SessionLock(models.Model):
    """Who holds a lock, and until when."""

    key: models.CharField[str, str] = models.CharField(max_length=100, primary_key=True)
    owner: models.CharField[str, str] = models.CharField(max_length=100)
    expires_at: models.FloatField[float, float] = models.FloatField(db_index=True)
