"""Published answers over the wire."""

import pytest

from audit.actions import SYSTEM
from hitl.customers import articles
from hitl.customers.models import Article
from tests import factories
from tests.api.wire import AgentCaller


@pytest.fixture(autouse=True)
def _answers(db):  # noqa: ARG001 - rows are made
    for title, language in (("Bent wheels", "en"), ("Krumme Räder", "de"), ("Draft wheels", "en")):
        state = "draft" if title.startswith("Draft") else "published"
        row = Article(slug=title.lower().replace(" ", "-"), language=language, title=title, body="Text.", state=state)
        articles.save(row, author=None, actor=SYSTEM, at=factories.now())


@pytest.mark.covers("R151")
def test_an_agent_finds_and_reads_what_is_published():
    agent = AgentCaller(scopes=["knowledge"])
    found = agent.get("/knowledge/articles?q=my+wheel")
    assert [article["title"] for article in found.body["articles"]] == ["Bent wheels"]
    read = agent.get("/knowledge/articles/bent-wheels")
    assert (read.status, read.body["text"], read.body["version"]) == (200, "Text.", 1)
    german = agent.get("/knowledge/articles?language=de")
    assert [article["slug"] for article in german.body["articles"]] == ["krumme-räder"]


def test_without_the_scope_or_the_answer_there_is_nothing():
    assert AgentCaller(scopes=["propose"]).get("/knowledge/articles?q=wheel").status == 403
    agent = AgentCaller(scopes=["knowledge"])
    statuses = [agent.get(f"/knowledge/articles/{slug}").status for slug in ("draft-wheels", "none")]
    assert (statuses, agent.get("/knowledge/articles?limit=x").status) == ([404, 404], 422)
