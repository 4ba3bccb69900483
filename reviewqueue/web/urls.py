"""The pages of the desk."""

from django.urls import path

from reviewqueue.web import case, queue, record, verbs

urlpatterns = [
    path("", queue.queue, name="queue"),
    path("queue/changes", queue.changes, name="queue_changes"),
    path("queue/lanes", queue.nav_lanes, name="nav_lanes"),
    path("queue/next", queue.next_best, name="next_best"),
    path("cases/<str:case_id>/", case.case, name="case"),
    path("cases/<str:case_id>/change", case.change, name="case_change"),
    path("cases/<str:case_id>/heartbeat", case.heartbeat, name="case_heartbeat"),
    path("cases/<str:case_id>/news", case.news, name="case_news"),
    path("cases/<str:case_id>/<slug:verb>", verbs.act, name="case_verb"),
    path("record/", record.record, name="record"),
]
