"""The pages of the desk."""

from django.urls import path

from reviewqueue.web import (
    ahead,
    attending,
    case,
    habits,
    leaving,
    opened,
    palette,
    queue,
    record,
    saved,
    together,
    verbs,
)

urlpatterns = [
    path("", queue.queue, name="queue"),
    path("queue/changes", queue.changes, name="queue_changes"),
    path("queue/lanes", queue.nav_lanes, name="nav_lanes"),
    path("queue/ahead", ahead.ahead, name="ahead"),
    path("queue/next", queue.next_best, name="next_best"),
    path("queue/views", saved.save, name="save_view"),
    path("views/<str:view_id>/", saved.opened, name="saved_view"),
    path("views/<str:view_id>/delete", saved.delete, name="delete_view"),
    path("queue/together", together.prepare, name="prepare_together"),
    path("together/<str:batch_id>/", together.batch, name="together"),
    path("together/<str:batch_id>/open/<str:case_id>", together.open_one, name="together_open"),
    path("together/<str:batch_id>/decide", together.decide, name="together_decide"),
    path("together/<str:batch_id>/undo", together.undo, name="together_undo"),
    path("cases/<str:case_id>/", case.case, name="case"),
    path("cases/<str:case_id>/change", case.change, name="case_change"),
    path("cases/<str:case_id>/customer", case.customer, name="case_customer"),
    path("cases/<str:case_id>/evidence", opened.piece, name="case_evidence"),
    path("cases/<str:case_id>/own-view", opened.own_view, name="case_own_view"),
    path("cases/<str:case_id>/heartbeat", case.heartbeat, name="case_heartbeat"),
    path("cases/<str:case_id>/presence", attending.beat, name="case_presence"),
    path("cases/<str:case_id>/news", case.news, name="case_news"),
    path("cases/<str:case_id>/<slug:verb>", verbs.act, name="case_verb"),
    path("leave/", leaving.leave, name="leave"),
    path("habits/", habits.page, name="habits"),
    path("palette/", palette.found, name="palette"),
    path("record/", record.record, name="record"),
]
