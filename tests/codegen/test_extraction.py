import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.extraction import extract_file

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


@pytest.mark.parametrize(
    "label",
    [
        "**app/main.py**",
        "**`app/main.py`**:",
        "File: app/main.py",
        "**File:** `app/main.py`",
        "filename: main.py",
        "### app/main.py",
        "### 2. `app/main.py`",
        "app/main.py",
    ],
)
def test_a_block_is_named_by_the_line_above_it(label: str) -> None:
    answer = f"Run app/main.py:\n```bash\npip\n```\n{label}\n\n```python\n{SOURCE}```\nDone."
    assert extract_file(answer, "app/main.py") == SOURCE


@pytest.mark.parametrize(
    ("path", "comment"),
    [
        ("app/main.py", "# app/main.py"),
        ("app/main.js", "// app/main.js"),
        ("app/main.js", "/* File: app/main.js */"),
        ("app/page.html", "<!-- page.html -->"),
        ("db/init.sql", "-- db/init.sql"),
    ],
)
def test_a_block_is_named_by_its_first_comment(path: str, comment: str) -> None:
    answer = f"```\nother\n```\n\n```\n{comment}\nrest\n```"
    assert extract_file(answer, path) == f"{comment}\nrest\n"


def test_a_draft_in_the_reasoning_is_no_answer() -> None:
    thought = "<think>\nFirst:\n```python app/main.py\nx = 1\n```\n</think>\n\n"
    assert extract_file(f"{thought}```python\n{SOURCE}```", "app/main.py") == SOURCE
    assert extract_file(thought + SOURCE, "app/main.py") == SOURCE
    tag = 'TAGS = "<think>", "</think>"\n'
    assert extract_file(f"```python\n{tag}```", "a.py") == tag


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("page.html", "<!doctype html>\n<p>Sure, here is a sentence.</p>\n"),
        ("page.html", "{% extends 'base.html' %}\n{% block a %}{% endblock %}\n"),
        ("app.css", "/* Colours of the page. */\nbody { margin: 0; }\n"),
        ("app.js", '"use strict";\nrun();\n'),
        ("app.js", "ok = 1;\nplease.run();\n"),
        ("ci.yml", "ok: true\nplease: run\n"),
        ("Dockerfile", 'FROM python:3.11\nCMD ["python", "-m", "app"]\n'),
        ("Makefile", "test lint check:\n\tpytest\n"),
        ("requirements.txt", "fastapi\nhttpx\n"),
        ("LICENSE", "MIT License\n\nCopyright (c) the authors\n"),
        (".env.example", "KEY=\n"),
        ("pyproject.toml", '[project]\nname = "a"\n'),
        ("package.json", '{"name": "a"}\n'),
    ],
)
def test_without_a_fence_what_can_be_the_file_is_taken(path: str, text: str) -> None:
    assert extract_file(text, path) == text


PROSE = [
    "I'm sorry, I can't help with that.",
    "I’m sorry, but I cannot.",
    "Sorry",
    "Unfortunately not",
    "Here is the file:",
    "Sure! Here it is:\n\nbody { margin: 0; }",
    "It's important that this file is written carefully.",
    "Es tut mir leid, dabei kann ich nicht helfen.",
    "申し訳ありませんが、できません。",
]


@pytest.mark.parametrize("answer", PROSE)
@pytest.mark.parametrize(
    "path",
    ["page.html", "app.css", "app.js", "ci.yml", "Dockerfile", "a.txt", "a.py", "a.json", "a.toml"],
)
def test_prose_is_never_taken_for_a_file(path: str, answer: str) -> None:
    with pytest.raises(ValueError, match=r"the answer has no code block, and .*one fenced block"):
        extract_file(answer, path)


def test_code_that_ends_in_a_remark_is_asked_for_again() -> None:
    with pytest.raises(ValueError, match="its last line reads as prose: 'This sets the margin"):
        extract_file("body { margin: 0; }\n\nThis sets the margin to nothing.", "app.css")
    with pytest.raises(ValueError, match="does not begin and end with a tag"):
        extract_file("<p>a</p>\n\nThis is the page.", "page.html")


def test_a_longer_fence_holds_shorter_ones() -> None:
    text = 'DOC = """\n```python\nx\n```\n"""\n'
    assert extract_file(f"````python\n{text}````", "app/main.py") == text


@pytest.mark.parametrize(
    ("answer", "path", "said"),
    [
        ("", "a.py", "the answer is empty"),
        ("  \n\n", "a.py", "the answer is empty"),
        ("```python\n```", "a.py", "is empty"),
        ("```python\nx = 1\n", "a.py", "is not closed"),
        ("```python\nx\n```\n```python\ny\n```", "a.py", "2 code blocks that could be 'a.py'"),
        ("```a.py\nx\n```\n```a.py\ny\n```", "a.py", "2 code blocks that could be 'a.py'"),
        ("<think>\n```python\nx = 1\n```\n", "a.py", "<think> has no end"),
        (
            "a.py:\n```python\nx\n```\nb.py:\n```python\ny\n```\na.py:\n```python\nz\n```",
            "a.py",
            "2 code blocks that could be 'a.py'",
        ),
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
