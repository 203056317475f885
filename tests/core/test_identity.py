from hypothesis import given
from hypothesis import strategies as st

from core.artifacts.questionnaire import Questionnaire
from core.identity import derive_build_id, project_slug

ANSWERS = Questionnaire(project_name="Task Tracker", summary="Keeps tasks.")


def test_project_is_named_after_its_slug() -> None:
    assert project_slug("Task Tracker!") == "task-tracker"
    assert project_slug("Список задач") == "spisok-zadach"


def test_a_name_without_letters_still_gets_a_slug_of_its_own() -> None:
    assert project_slug("🎉") != project_slug("🎈")
    assert project_slug("🎉").startswith("project-")


@given(st.text(min_size=1))
def test_every_slug_is_fit_for_a_folder_and_a_repository(name: str) -> None:
    slug = project_slug(name)
    assert 0 < len(slug) <= 50
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not slug.startswith("-")
    assert not slug.endswith("-")


def test_the_same_input_is_the_same_build() -> None:
    again = Questionnaire.model_validate({"summary": "Keeps tasks.", "projectName": "Task Tracker"})
    assert derive_build_id("p", ANSWERS, {}, "") == derive_build_id("p", again, {}, "")


def test_whatever_decides_the_outcome_changes_the_build() -> None:
    ids = {
        derive_build_id("p", ANSWERS, {}, ""),
        derive_build_id("q", ANSWERS, {}, ""),
        derive_build_id("p", ANSWERS.model_copy(update={"summary": "x"}), {}, ""),
        derive_build_id("p", ANSWERS, {"3": "openai/m"}, ""),
        derive_build_id("p", ANSWERS, {}, "again"),
    }
    assert len(ids) == 5


def test_order_of_overrides_does_not_matter() -> None:
    one = derive_build_id("p", ANSWERS, {"3": "a/b", "4": "c/d"}, "")
    other = derive_build_id("p", ANSWERS, {"4": "c/d", "3": "a/b"}, "")
    assert one == other
