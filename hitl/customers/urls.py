"""The addresses for customers."""

from django.urls import path

from hitl.customers import contact, gap_articles, simulator, wait

urlpatterns = [
    path("wait/<str:token>", wait.wait, name="wait"),
    path("wait/<str:token>/<slug:kind>", wait.ask, name="wait_ask"),
    path("waits/", simulator.simulator, name="waits"),
    path("contact/", contact.contact, name="contact"),
    path("contact/suggestions", contact.suggestions, name="contact_suggestions"),
    path("help/", contact.answers, name="answers"),
    path("help/<slug:slug>/", contact.answer, name="answer"),
    path("gaps/<slug:gap_id>/article", gap_articles.draft, name="gap_article"),
    path("help/<slug:slug>/helped", contact.helped, name="helped"),
]
