"""What the agents remember over a restart."""

from hitl.demo.notebook import FILE, Notebook
from tests.demo.conftest import NOON


def test_open_encounters_are_there_again_after_a_restart(tmp_path):
    before = Notebook(tmp_path)
    first, second = before.begin("moving-house", NOON), before.begin("delete-my-account", NOON)
    before.close(first)
    after = Notebook(tmp_path)
    assert after.open() == [second]
    assert after.open()[0].proposal() == second.proposal()


def test_numbers_go_on_where_they_stood(tmp_path):
    before = Notebook(tmp_path)
    before.close(before.begin("moving-house", NOON))
    assert Notebook(tmp_path).begin("moving-house", NOON).number == 2


def test_a_correction_is_remembered_with_the_case_that_it_replaces(tmp_path):
    before = Notebook(tmp_path)
    corrected = before.correct(before.begin("thinks-better-of-the-sum", NOON), "case_1")
    assert Notebook(tmp_path).open() == [corrected]
    assert corrected.supersedes == "case_1"


def test_a_conversation_leads_to_its_encounter_while_it_is_open(tmp_path):
    notebook = Notebook(tmp_path)
    begun = notebook.begin("moving-house", NOON)
    assert notebook.met(begun.conversation) == begun
    notebook.close(begun)
    assert notebook.met(begun.conversation) is None


def test_a_file_that_cannot_be_read_is_a_new_notebook(tmp_path):
    (tmp_path / FILE).write_text("{", encoding="utf-8")
    notebook = Notebook(tmp_path)
    assert (notebook.empty, notebook.open()) == (True, [])


def test_a_story_that_is_no_longer_told_is_forgotten(tmp_path):
    before = Notebook(tmp_path)
    begun = before.begin("moving-house", NOON)
    file = tmp_path / FILE
    file.write_text(file.read_text(encoding="utf-8").replace("moving-house", "an-old-story"), encoding="utf-8")
    assert Notebook(tmp_path).open() == []
    assert Notebook(tmp_path).begin("moving-house", NOON).number == begun.number + 1
