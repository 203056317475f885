import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from codegen.paths import (
    MAX_DEPTH,
    MAX_FILES,
    MAX_PART_CHARACTERS,
    MAX_PATH_CHARACTERS,
    check_path,
    check_paths,
    place_problems,
)

GIT_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "LC_ALL": "C",
}

NASTY_PARTS = st.sampled_from(
    [
        "..",
        ".",
        "",
        ".git",
        ".GIT",
        ".gIt.",
        "git~1",
        ".g\u200cit",
        ".gitmodules",
        ".github",
        "workflows",
        "CON",
        "aux.txt",
        "a.",
        " a",
        "A",
        "a",
        "-x",
        "~",
        "é",
        "e\u0301",
        "日本語",
        "ı",
        "I",
        "\ud800",
        "a\nb",
        'a"b',
        "a:b",
        "a\\b",
        "🙂" * 100,
    ]
)
PARTS = NASTY_PARTS | st.text(max_size=12) | st.text("abAB.~1 ", max_size=8)
PATHS = st.lists(PARTS, min_size=1, max_size=14).map("/".join) | st.text(max_size=30)


def accepted(paths: Sequence[str]) -> list[str]:
    """Keep the paths that may stand together with all before them."""
    kept: list[str] = []
    for path in paths:
        if not check_paths([*kept, path]):
            kept.append(path)
    return kept


@pytest.fixture(scope="module")
def git_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("index") / "repository"
    run_git("init", "--quiet", "--template=", str(folder))
    return folder / ".git"


def run_git(*arguments: str, stdin: bytes = b"") -> bytes:
    strict = ("-c", "core.protectNTFS=true", "-c", "core.protectHFS=true")
    return subprocess.run(
        ["git", *strict, *arguments],
        env=GIT_ENVIRONMENT,
        input=stdin,
        check=True,
        capture_output=True,
    ).stdout


def indexed(git_directory: Path, paths: Sequence[str]) -> list[str]:
    """Paths that git takes into an index, with its protection for every file system on."""
    empty_blob = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    lines = "".join(f"100644 {empty_blob}\t{path}\0" for path in paths)
    location = f"--git-dir={git_directory}"
    run_git(location, "read-tree", "--empty")
    run_git(location, "update-index", "--add", "-z", "--index-info", stdin=lines.encode())
    return run_git(location, "ls-files", "-z").decode().split("\0")[:-1]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(paths=st.lists(PATHS, max_size=12))
@example(paths=["a/b.py", "a/c.py", ".gitignore", "日本語/é.md", "[...slug]/(group)/$id.tsx"])
def test_git_takes_every_accepted_set_as_it_is(git_directory: Path, paths: list[str]):
    kept = accepted(paths)

    assert sorted(indexed(git_directory, kept)) == sorted(kept)


@given(path=PATHS)
def test_an_accepted_path_stays_inside_the_root_and_is_canonical(path: str):
    if check_path(path):
        return
    root = "/root/of/tree"
    joined = Path(root, path)
    assert os.path.normpath(joined) == f"{root}/{path}"
    assert joined.relative_to(root).as_posix() == path


@given(paths=st.lists(PATHS, max_size=12))
def test_accepted_paths_can_be_written_and_are_different_files(
    tmp_path_factory: pytest.TempPathFactory, paths: list[str]
):
    kept = accepted(paths)
    root = tmp_path_factory.mktemp("tree")
    for path in kept:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch(exist_ok=False)
    found = [file.relative_to(root).as_posix() for file in root.rglob("*") if file.is_file()]
    assert sorted(found) == sorted(kept)


@given(paths=st.lists(PATHS, max_size=12))
def test_a_set_names_each_path_that_is_refused_alone(paths: list[str]):
    problems = check_paths(paths)

    for path in paths:
        assert set(check_path(path)) <= set(problems)
    assert {place for place, _ in place_problems(paths)} <= set(paths)


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        "app/models/task.py",
        ".gitignore",
        ".gitattributes",
        ".github/dependabot.yml",
        ".github/workflows-notes.md",
        ".env.example",
        "src/routes/-components/card.tsx",
        "app/[...slug]/(group)/@modal/$id/page.tsx",
        "docs/été à la mer.md",
        "notes/日本語.md",
        "console.py",
        "com10.txt",
        "null.py",
        "backup~",
        "a" * MAX_PART_CHARACTERS,
        "/".join(["a"] * MAX_DEPTH),
    ],
)
def test_takes_an_ordinary_path(path: str):
    assert check_path(path) == []


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("", "is empty"),
        ("/etc/passwd", "is absolute"),
        ("//host/share", "is absolute"),
        ("C:/Windows", "':', which Windows does not allow"),
        ("../up", "'..' part"),
        ("a/../../b", "'..' part"),
        ("./a", "'.' part"),
        ("a//b", "an empty part"),
        ("a/", "an empty part"),
        ("/", "an empty part"),
        ("a\\b", "a backslash"),
        ("a\0b", "U+0000"),
        ("a\nb", "U+000A"),
        ("a\x7fb", "U+007F"),
        ("a\u202eb", "U+202E"),
        ("a\u2028b", "U+2028"),
        ("a\u00a0b", "U+00A0"),
        ("a\ud800b", "U+D800"),
        (" a", "begins with a space"),
        ("x/a /y", "ends with a space"),
        ("a.", "ends with a space or dot"),
        ("x/.../y", "ends with a space or dot"),
        ("-rf", "begins with '-'"),
        ("~/.ssh/config", "begins with '~'"),
        ("what?.md", "'?', which Windows does not allow"),
        ("CON", "Windows reserves"),
        ("src/nul.txt", "Windows reserves"),
        ("Aux.tar.gz", "Windows reserves"),
        ("com1.py", "Windows reserves"),
        ("COM¹.txt", "Windows reserves"),
        ("LPT9 .x", "Windows reserves"),
        ("conin$", "Windows reserves"),
        ("e\u0301.py", "normal form NFC"),
        ("gi7eba~1", "short name"),
        ("progra~1/x", "short name"),
        ("a" * (MAX_PART_CHARACTERS + 1), "a part of 101 characters"),
        ("日" * 100, "a part of 300 bytes"),
        ("/".join(["a"] * (MAX_DEPTH + 1)), "13 levels deep"),
        ("/".join(["a" * 60] * 4), "has 243 characters"),
        (".github/workflows/ci.yml", "that a code host runs by itself"),
        (".GitHub/Workflows/ci.yml", "that a code host runs by itself"),
        (".github/workflows", "that a code host runs by itself"),
        (".github/actions/x/action.yml", "that a code host runs by itself"),
        (".gitlab-ci.yml", "that a code host runs by itself"),
        (".Travis.YAML", "that a code host runs by itself"),
        ("Jenkinsfile", "that a code host runs by itself"),
    ],
)
def test_refuses_a_path_and_says_why(path: str, problem: str):
    (line,) = check_path(path)
    assert line.startswith("path ")
    assert problem in line
    assert "\n" not in line
    assert check_paths([path]) == [line]


@pytest.mark.parametrize(
    "part",
    [
        ".git",
        ".GIT",
        ".Git",
        ".git.",
        ".git ",
        ".git . .",
        ".g\u200cit",
        ".gi\u200dt",
        "\ufeff.git",
        ".git\u206f",
        ".ｇｉｔ",
        ".gıt",
        ".gitmodules",
        ".GITMODULES",
        ".gitmodule\u017f",
        ".git\u200cmodules",
        "git~1",
        "GIT~1",
        "git~1.",
        "gitmod~1",
        "GITMOD~4",
        ".git\\x",
        ".git::$INDEX_ALLOCATION",
    ],
)
@pytest.mark.parametrize("shape", ["{}", "{}/config", "a/{}", "a/{}/hooks/post-checkout"])
def test_refuses_names_of_git_however_they_are_disguised(part: str, shape: str):
    assert check_path(shape.format(part))


@pytest.mark.parametrize("code", [0x200C, 0x200D, 0x200E, 0x202A, 0x202E, 0x206A, 0xFEFF])
def test_names_git_beside_the_invisible_character(code: int):
    (line,) = check_path(f".gi{chr(code)}t")
    assert "belongs to git" in line


def test_names_every_problem_of_a_path():
    (line,) = check_path("/../nul")
    assert line == (
        "path '/../nul': is absolute; it must be relative to the repository's root; "
        "has a '..' part; has the part 'nul', a name that Windows reserves"
    )


def test_names_every_problem_of_a_set_a_line_each():
    paths = ["ok.py", "../x", "A.py", "a.py", "ok.py", "lib", "Lib/x.py"]
    problems = [
        "path '../x': has a '..' part",
        "path 'ok.py': is given 2 times",
        "paths 'A.py' and 'a.py': differ only in case",
        "path 'lib': is a file, and a folder of 'Lib/x.py'",
    ]
    assert check_paths(paths) == problems


@pytest.mark.parametrize(
    ("paths", "problem"),
    [
        (["a.py", "a.py"], "path 'a.py': is given 2 times"),
        (["é.py", "É.py"], "paths 'é.py' and 'É.py': differ only in case"),
        (["straße", "STRASSE"], "paths 'straße' and 'STRASSE': differ only in case"),
        (["a", "a/b"], "path 'a': is a file, and a folder of 'a/b'"),
        (["x/y/z", "X/Y"], "path 'X/Y': is a file, and a folder of 'x/y/z'"),
        (["App/a.py", "app/b.py"], "folders 'App' and 'app': differ only in case"),
        (["a/B/c", "a/b/d"], "folders 'a/B' and 'a/b': differ only in case"),
    ],
)
def test_refuses_paths_that_cannot_stand_together(paths: list[str], problem: str):
    for path in paths:
        assert check_path(path) == []
    assert problem in check_paths(paths)


def test_names_a_clash_of_folders_once():
    paths = ["App/x/a.py", "app/x/b.py", "app/x/c.py", "App/x/d.py"]
    assert check_paths(paths) == ["folders 'App' and 'app': differ only in case"]


def test_names_a_file_that_is_a_folder_once():
    paths = ["app", *(f"app/{number}.py" for number in range(50))]
    assert check_paths(paths) == ["path 'app': is a file, and a folder of 'app/0.py'"]


def test_takes_as_many_files_as_are_allowed_and_no_more():
    paths = [f"app/part_{number}.py" for number in range(MAX_FILES)]
    assert check_paths(paths) == []
    assert check_paths([*paths, "one_more.py"]) == [
        "1,001 files are given, and at most 1,000 are allowed"
    ]


def test_takes_no_paths_at_all():
    assert check_paths([]) == []


def test_a_message_stays_short_and_printable():
    (line,) = check_path("x" * 1_000_000 + "\n\u202e\ud800")
    assert len(line) < 1_000
    assert line.isprintable()
    line.encode()


def test_the_longest_path_is_taken():
    path = "/".join(["a" * 79, "b" * 79, "c" * 80])
    assert len(path) == MAX_PATH_CHARACTERS
    assert check_path(path) == []


@pytest.mark.parametrize(
    ("paths", "place"),
    [
        (["a/x.py", "b.py", "a/x.py"], "a/x.py"),
        (["a/x.py", "b.py", "a/X.py"], "a/X.py"),
        (["a/x.py", "b.py", "A/y.py"], "A/y.py"),
        (["a/x.py", "b.py", "b.py/y.py"], "b.py/y.py"),
        (["b.py/y.py", "a/x.py", "b.py"], "b.py"),
        (["a.py", "/b.py"], "/b.py"),
        ([f"f{number}" for number in range(MAX_FILES + 1)], f"f{MAX_FILES}"),
    ],
)
def test_every_problem_is_about_one_of_the_paths(paths: list[str], place: str) -> None:
    assert [where for where, _ in place_problems(paths)] == [place]
    assert check_paths(paths) == [line for _, line in place_problems(paths)]
