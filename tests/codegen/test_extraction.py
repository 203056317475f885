import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.extraction import code_blocks, extract_file

SOURCE = "import os\n\n\ndef main() -> None:\n    print(os.name)\n"


@pytest.mark.parametrize(
    "answer",
    [
        f"```python\n{SOURCE}```",
        f"```python app/main.py\n{SOURCE}```",
        f"```python:app/main.py\n{SOURCE}```\n",
        f'```python title="app/main.py"\n{SOURCE}```',
        f"```\n{SOURCE}```",
        f"~~~python\n{SOURCE}~~~",
        f"Here is the file:\n\n```python\n{SOURCE}```\n\nIt prints the name.",
        f"```python\n{SOURCE}```".replace("\n", "\r\n"),
        f"  ```python\n{SOURCE}  ```",
        SOURCE,
        f"\n\n{SOURCE}\n",
    ],
)
def test_the_file_is_taken_out_of_any_usual_answer(answer: str) -> None:
    assert extract_file(answer, "app/main.py") == SOURCE


def test_of_several_blocks_the_one_that_names_the_file_is_taken() -> None:
    answer = f"```python app/other.py\nx = 1\n```\n\n```python app/main.py\n{SOURCE}```"
    assert extract_file(answer, "app/main.py") == SOURCE
    answer = f"```bash\npip install x\n```\n\n```python main.py\n{SOURCE}```"
    assert extract_file(answer, "app/main.py") == SOURCE


def test_a_longer_fence_holds_shorter_ones() -> None:
    text = 'DOC = """\n```python\nx\n```\n"""\n'
    assert extract_file(f"````python\n{text}````", "app/main.py") == text


def test_a_markdown_file_keeps_its_own_blocks() -> None:
    readme = "# Title\n\n```bash\nmake\n```\n\nMore.\n"
    assert extract_file(readme, "README.md") == readme
    assert extract_file(f"````markdown\n{readme}````", "README.md") == readme
    assert extract_file("```markdown\n# Title\n```", "README.md") == "# Title\n"


@pytest.mark.parametrize(
    ("answer", "path", "said"),
    [
        ("", "a.py", "the answer is empty"),
        ("  \n\n", "a.py", "the answer is empty"),
        ("```python\n```", "a.py", "is empty"),
        ("```python\nx = 1\n", "a.py", "is not closed"),
        ("```python\nx\n```\n```python\ny\n```", "a.py", "2 code blocks that could be 'a.py'"),
        ("```a.py\nx\n```\n```a.py\ny\n```", "a.py", "2 code blocks that could be 'a.py'"),
        ("```markdown\n# T\n```bash\nmake\n```\nend\n```", "README.md", "fence the whole file"),
        ("```markdown\n# T\n", "README.md", "is not closed"),
    ],
)
def test_what_cannot_be_the_file_is_refused(answer: str, path: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        extract_file(answer, path)


def test_an_empty_package_marker_is_a_file() -> None:
    assert extract_file("```python\n```", "app/__init__.py") == ""


lines = st.text(st.characters(blacklist_characters="\r\n`~\0", blacklist_categories=["Cs"]))


@given(st.lists(lines, min_size=1).map("\n".join).filter(str.strip), st.sampled_from("`~"))
def test_any_fenced_text_comes_back_byte_for_byte(text: str, mark: str) -> None:
    answer = f"Sure.\n\n{mark * 3}python a.py\n{text}\n{mark * 3}\n\nDone."
    assert extract_file(answer, "a.py") == f"{text}\n"


@given(st.text())
def test_any_answer_gives_a_text_or_a_reason(answer: str) -> None:
    try:
        text = extract_file(answer, "app/main.py")
    except ValueError as refused:
        assert "app/main.py" in str(refused)  # noqa: PT017 -- only some texts are refused
    else:
        assert text.endswith("\n")


@given(st.text(st.sampled_from("`~ a\n")))
def test_blocks_are_found_in_any_arrangement_of_fences(answer: str) -> None:
    for block in code_blocks(answer):
        assert block.text == "" or block.text.endswith("\n")
