"""The addresses for customers."""

from django.urls import path

from hitl.customers import wait

urlpatterns = [
    path("wait/<str:token>", wait.wait, name="wait"),
    path("wait/<str:token>/<slug:kind>", wait.ask, name="wait_ask"),
]
