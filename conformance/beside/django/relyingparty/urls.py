from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path


def public(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<p>For everybody</p>")


@login_required
def private(request: HttpRequest) -> HttpResponse:
    return render(request, "private.html")


urlpatterns = [
    path("auth/", include("relyingparty.django.urls")),
    path("", public),
    path("private", private),
]
