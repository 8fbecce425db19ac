from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from mozilla_django_oidc.auth import OIDCAuthenticationBackend


class Backend(OIDCAuthenticationBackend):
    def filter_users_by_claims(self, claims: dict[str, Any]) -> Any:
        return self.UserModel.objects.filter(username=claims["sub"])

    def get_username(self, claims: dict[str, Any]) -> str:
        return claims["sub"]


def logout_url(request: HttpRequest) -> str:
    query = {
        "id_token_hint": request.session["oidc_id_token"],
        "post_logout_redirect_uri": settings.LOGOUT_REDIRECT_URL,
    }
    return settings.ISSUER + "/session/end?" + urlencode(query)
