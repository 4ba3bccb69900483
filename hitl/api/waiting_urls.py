"""The addresses that may wait; ``hitl.asgi`` sends them here when they do."""

from django.urls import path

from hitl.api import waiting

urlpatterns = [
    path("api/v1/events", waiting.event_stream),
    path("api/v1/cases/<str:case_id>", waiting.wait_for_case),
    path("api/v1/conversations/<path:conversation_id>", waiting.wait_for_conversation),
]
