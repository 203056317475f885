"""Stage 7 of a changed product: which files stay as they are."""

from dataclasses import replace

from core.artifacts.published import PublishedBuild
from core.layout import DOCS as DOCS_PATH
from tasks.engine.baseline import Baseline
from tasks.engine.changing.files import Designs, FilesBefore
from tasks.engine.stage_call import as_text
from tests.codegen.change.products import DOCS, STRUCTURE
from tests.tasks.engine.changing.change_bench import BEFORE

DOCUMENTS = {path: as_text(value) for path, value in BEFORE.items()}
TEXTS = {file.path: f"# {file.path}\n" for file in STRUCTURE.files}
BASELINE = Baseline(
    published=PublishedBuild(
        build_id="shed-1", project_id="shed", answers_id="shed-1", commit="", name="shed"
    ),
    general=(),
    unknown=(),
    documents=DOCUMENTS,
    files=TEXTS,
)


def before(baseline: Baseline = BASELINE, docs: str = DOCS) -> FilesBefore:
    """The files before, for a build with another documentation."""
    return FilesBefore(baseline, Designs.read({**DOCUMENTS, DOCS_PATH: docs}).design)


def kept(found: FilesBefore, texts: dict[str, str] = TEXTS) -> set[str]:
    return {path for path in TEXTS if found.is_kept(path, texts)}


def test_where_nothing_is_different_every_file_stays() -> None:
    assert kept(before()) == set(TEXTS)


def test_who_serves_a_requirement_that_says_something_else_is_written_again() -> None:
    docs = DOCS.replace("All tools.", "All ladders.")
    found = before(docs=docs)
    assert set(TEXTS) - kept(found) == {"app/tools.py", "tests/test_tools.py"}


def test_a_file_that_was_not_written_acceptably_is_asked_for_anew() -> None:
    baseline = replace(BASELINE, unwritten=frozenset({"app/tools.py"}))
    assert not before(baseline).has("app/tools.py")
    assert "app/tools.py" not in kept(before(baseline))


def test_a_file_stays_as_long_as_what_it_takes_of_others_is_the_same() -> None:
    base = "class Base:\n    pass\n"
    found = before(replace(BASELINE, files={**TEXTS, "app/base.py": base}))
    longer = f'"""Another head."""\n\n\n{base}'
    assert found.is_kept("app/tools.py", {**TEXTS, "app/base.py": longer})
    other = "class Base:\n    def new(self) -> int:\n        return 1\n"
    assert not found.is_kept("app/tools.py", {**TEXTS, "app/base.py": other})


def test_where_the_summary_is_different_files_with_its_words_are_written_again() -> None:
    texts = {**TEXTS, "app/main.py": '"""Lends\ntools, says the page."""\n'}
    general = replace(BASELINE, general=("summary",), files=texts)
    assert set(TEXTS) - kept(before(general), texts) == {"app/main.py"}
    assert kept(before(replace(general, general=())), texts) == set(TEXTS)


def test_another_overview_alone_concerns_no_code() -> None:
    docs = DOCS.replace("Lends tools.", "Lends ladders.")
    assert kept(before(docs=docs)) == set(TEXTS)
