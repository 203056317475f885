import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.documents import check_docs
from codegen.extraction import extract_file
from codegen.markdown_answer import extract_markdown
from tests.codegen.structures import SPEC

README = "# Title\n\n```bash\nmake\n```\n\nMore.\n"


@pytest.mark.parametrize(
    "answer",
    [
        README,
        README.replace("\n", "\r\n"),
        f"````markdown\n{README}````",
        f"```markdown\n{README}```",
        f"```md README.md\n{README}```",
        f"````\n{README}````",
        f"```\n{README}```\n",
        f"~~~\n{README}~~~",
        f"Here is the README:\n\n{README}",
        f"Sure! I wrote it.\n\n{README}",
        f"The README follows:\n\n````markdown\n{README}````\n\nLet me know what you think.",
        f"**README.md**\n\n````text\n{README}````",
        f"Sure, here it is:\n\n{README}\nLet me know if you would like more.\n",
        f"{README}\nI hope this helps!",
        f"````text\n{README}````\n\nWould you like me to go on?",
        f"<think>\n# Plan\n```\nx\n```\n</think>\n{README}",
    ],
)
def test_the_document_alone_is_taken(answer: str) -> None:
    assert extract_markdown(answer, "README.md") == README
    assert extract_file(answer, "README.md") == README


@pytest.mark.parametrize(
    "document",
    [
        "# Title\n\n```markdown\n# Example\n```\n",
        "[badge](x)\n\n# Title\n\nText.\n",
        "Title\n=====\n\nText.\n",
        '<h1 align="center">Title</h1>\n',
        "Install:\n\n```bash\nmake\n```\n\n# Use\n\nRun it.\n",
    ],
)
def test_what_belongs_to_the_document_stays(document: str) -> None:
    assert extract_markdown(document, "README.md") == document


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("", "the answer is empty"),
        ("I'm sorry, I can't help with that.", "no heading, so it is not taken for 'README.md'"),
        ("```markdown\n# T\n", "is not closed"),
        ("```markdown\n\n```", "is empty"),
        ("```markdown\n# T\n```bash\nmake\n```\n", "fence the whole file with ````"),
        ("<think>\n# T\n", "<think> has no end"),
    ],
)
def test_what_cannot_be_the_document_is_refused(answer: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        extract_markdown(answer, "README.md")


DOCS = "# T\n\n### FR-1: a\n\n### FR-2: b\n\n### Task\n\n### Project\n"


@pytest.mark.parametrize("shape", ["{}", "```\n{}```", "Here it is:\n\n```md\n{}```", "Sure.\n{}"])
def test_documentation_and_files_are_unwrapped_alike(shape: str) -> None:
    answer = shape.format(DOCS)
    assert check_docs(answer, SPEC) == extract_file(answer, "docs/page.md") == DOCS


words = st.text(st.characters(blacklist_characters="\r\n`~\0", blacklist_categories=["Cs"]))


@given(st.lists(words).map("\n".join), st.sampled_from("`~"))
def test_any_wrapped_document_comes_back(text: str, mark: str) -> None:
    document = f"# Title\n{text}".rstrip("\n") + "\n"
    answer = f"Sure.\n\n{mark * 4}markdown\n{document}{mark * 4}\n\nDone."
    assert extract_markdown(answer, "README.md") == document


@given(st.text() | st.text(st.sampled_from("`~# a\n")))
def test_any_answer_gives_a_document_or_a_reason(answer: str) -> None:
    try:
        text = extract_markdown(answer, "README.md")
    except ValueError as refused:
        assert str(refused)  # noqa: PT017 -- only some texts are refused
    else:
        assert text.endswith("\n")
