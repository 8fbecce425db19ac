"""Which user of Django's a login belongs to."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.db import IntegrityError, transaction

from relyingparty import IdTokenClaims, Session


class OidcBackend(ModelBackend):
    """Finds the user of a login by issuer and ``sub``, and makes one at the first login.

    Nobody is found by e-mail address or name: whoever may choose them at some provider could be anybody here.
    Permissions are those of Django's ``ModelBackend``.
    """

    def authenticate(self, request: Any, oidc_session: Session | None = None, **_: Any) -> Any:  # type: ignore[override]
        """The user of a session of the site; ``None`` if there is none, or one that is not active."""
        user = self.user_from_claims(oidc_session.claims) if isinstance(oidc_session, Session) else None
        return user if user is not None and self.user_can_authenticate(user) else None

    def user_from_claims(self, claims: IdTokenClaims) -> Any:
        """The user of verified claims; ``None`` to refuse the login. Override it to choose, or to keep a profile.

        :param claims: of the ID token.
        """
        from relyingparty.django.models import Identity
        from relyingparty.django.sessions import identity_key

        found: Any = Identity.objects.select_related("user")
        key = identity_key(claims.iss, claims.sub)
        identity = found.filter(key=key).first()
        if identity is None:
            try:
                with transaction.atomic():
                    user = self.new_user(f"oidc-{key[:32]}")
                    identity = found.create(key=key, issuer=claims.iss, subject=claims.sub, user=user)
            except IntegrityError:
                # The same user logged in twice at once, for the first time.
                identity = found.get(key=key)
        return identity.user

    def new_user(self, name: str) -> Any:
        """Make a user without a password.

        :param name: derived from issuer and ``sub``.
        """
        model: Any = get_user_model()
        return model.objects.create_user(**{model.USERNAME_FIELD: name})
