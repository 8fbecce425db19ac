"""The routes of the site, to be included at the path of ``BASE_URL``."""

from __future__ import annotations

from django.urls import path, re_path

from relyingparty.django.views import handle

app_name = "relyingparty"
"""Names are ``relyingparty:login`` and ``relyingparty:logout``."""

urlpatterns = [
    path("login", handle, name="login"),
    path("logout", handle, name="logout"),
    re_path(r"^(.*)$", handle),
]
"""Every path below ``BASE_URL``: the site knows which of them are its routes."""
