from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path


def public(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<p>For everybody</p>")


def private(request: HttpRequest) -> HttpResponse:
    return render(request, "private.html")


urlpatterns = [
    path("", public),
    path("private", private),
]
