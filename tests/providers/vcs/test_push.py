"""Pushing to a server over HTTP: what it refuses is told as what it is, and the token nowhere."""

from pathlib import Path

import pytest

from core.errors import PublishingRefusedError, RemoteFailedError, VersionControlError
from providers.vcs.history import Commit, FileChange, write_history
from providers.vcs.push import (
    HEADS,
    NotFastForwardError,
    Remote,
    fetch_refs,
    push,
    remote_git,
    remote_refs,
)
from tests.flows.traces import holds
from tests.providers.vcs.github_git import Refusal
from tests.providers.vcs.github_server import TOKEN, GoneError, Hub

PROTECTED = (
    "error: GH013: Repository rule violations found for refs/heads/main.",
    "",
    "- GITHUB PUSH PROTECTION",
    "  —————————————————————————————————————————",
    "    Resolve the following violations before pushing again",
    "",
    "    - Push cannot contain secrets",
    "",
    "",
    "     (?) Learn how to resolve a blocked push",
    "     https://docs.github.com/code-security/secret-scanning/working-with-push-protection",
    "",
    "",
    "      —— DeepSeek API Key ——————————————————————————————————",
    "       locations:",
    "         - commit: b6ba2be62ff7d6c34065648997f6f53b44ab2092",
    "           path: .env:6",
    "",
    "       (?) To push, remove secret from commit(s) or follow this URL to allow the secret.",
    "       https://github.com/ann/shop/security/secret-scanning/unblock-secret/2gak",
    "",
)
RULE = (
    "error: GH013: Repository rule violations found for refs/heads/main.",
    "Review all repository rules at https://github.com/ann/shop/rules?ref=refs%2Fheads%2Fmain",
    "",
    "- Changes must be made through a pull request.",
    "",
)
WORKFLOW = "refusing to allow {} to create or update workflow `.github/workflows/a.yml` without {}"

REFUSALS = {
    "secret": (
        Refusal("push declined due to repository rule violations", PROTECTED),
        r"push protection found a secret(.|\n)*path: \.env:6",
    ),
    "older server, secret": (
        Refusal("pre-receive hook declined", ("error GH009: Secrets detected! This push failed.",)),
        "push protection found a secret",
    ),
    "rule": (
        Refusal("push declined due to repository rule violations", RULE),
        r"a rule of the repository(.|\n)*made through a pull request",
    ),
    "workflow of a token": (
        Refusal(WORKFLOW.format("a Personal Access Token", "`workflow` scope")),
        "the token may not write workflow files",
    ),
    "workflow of an app": (
        Refusal(WORKFLOW.format("a GitHub App", "`workflows` permission")),
        "the token may not write workflow files",
    ),
    "protected branch": (
        Refusal(
            "protected branch hook declined",
            ("error: GH006: Protected branch update failed for refs/heads/main.",),
        ),
        "the branch is protected",
    ),
    "archived": (
        Refusal("This repository was archived so it is read-only."),
        "the repository is archived",
    ),
    "large file": (
        Refusal(
            "pre-receive hook declined",
            ("error: GH001: Large files detected.", "error: File a is 102.00 MB; this exceeds it"),
        ),
        "a file is larger than the server takes",
    ),
}


@pytest.fixture
async def commit(repository: Path) -> str:
    commits = [Commit("Write a", (FileChange("a.txt", "a"),))]
    return (await write_history(repository, commits, branch="main"))[-1]


@pytest.fixture
def remote(hub: Hub) -> Remote:
    hub.make("ann/shop")
    return Remote(f"{hub.url}/ann/shop.git", TOKEN)


async def push_main(repository: Path, remote: Remote, commit: str) -> None:
    await push(remote_git(repository, remote), remote, {f"{HEADS}main": commit})


@pytest.mark.parametrize("kind", REFUSALS)
async def test_what_the_server_refuses_is_told_as_what_it_is(
    repository: Path, remote: Remote, commit: str, hub: Hub, kind: str
) -> None:
    hub.refusal, expected = REFUSALS[kind]
    with pytest.raises(PublishingRefusedError, match=expected) as told:
        await push_main(repository, remote, commit)
    assert TOKEN not in str(told.value)
    hub.refusal = None
    await push_main(repository, remote, commit)
    assert hub.git("ann/shop", "rev-parse", "main") == commit


@pytest.mark.parametrize(
    "reason",
    [
        "cannot lock ref 'refs/heads/main': is at 1 but expected 2",
        "failed to update ref",
        "incorrect old value provided",
    ],
)
async def test_somebody_who_was_quicker_on_the_server_is_no_refusal(
    repository: Path, remote: Remote, commit: str, hub: Hub, reason: str
) -> None:
    hub.refusal = Refusal(reason)
    with pytest.raises(NotFastForwardError, match="a branch has commits"):
        await push_main(repository, remote, commit)


async def test_a_token_that_is_not_valid_any_more_is_refused(
    repository: Path, remote: Remote, commit: str
) -> None:
    with pytest.raises(PublishingRefusedError, match="the token is not valid there") as told:
        await push_main(repository, Remote(remote.url, "ghp_gone"), commit)
    assert "ghp_gone" not in str(told.value)


async def test_a_connection_cut_in_the_middle_is_tried_again_by_whoever_calls(
    repository: Path, remote: Remote, commit: str, hub: Hub
) -> None:
    def cut(event: str) -> None:
        if event.startswith("git| ") and event.endswith("receive-pack"):
            raise GoneError

    hub.happened = cut
    with pytest.raises(RemoteFailedError):
        await push_main(repository, remote, commit)
    hub.happened = lambda _event: None
    assert await remote_refs(remote_git(repository, remote), remote) == {}
    await push_main(repository, remote, commit)
    assert hub.git("ann/shop", "fsck", "--strict") == ""


async def test_git_that_is_missing_is_not_the_server_s_fault(
    repository: Path, commit: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(VersionControlError, match="install git") as told:
        await push_main(repository, Remote("http://localhost:9/a.git", TOKEN), commit)
    assert not isinstance(told.value, RemoteFailedError)


async def test_only_branches_and_tags_are_touched(repository: Path, remote: Remote) -> None:
    with pytest.raises(VersionControlError, match="'refs/notes/commits' is neither"):
        await fetch_refs(remote_git(repository, remote), remote, ["refs/notes/commits"])


def processes_of_git() -> dict[str, bytes]:
    """Arguments and environments of all processes that run git, by their file in `/proc`."""
    found: dict[str, bytes] = {}
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = command.read_bytes()
            if b"git" in arguments.partition(b"\0")[0]:
                found[str(command)] = arguments
                environment = command.with_name("environ")
                found[str(environment)] = environment.read_bytes()
        except OSError:  # it ended just now, or is another user's
            continue
    return found


async def test_the_token_is_in_no_argument_and_no_environment_while_git_pushes(
    repository: Path, remote: Remote, commit: str, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    seen: dict[str, bytes] = {}

    def look(_event: str) -> None:
        seen.update(processes_of_git())

    hub.happened = look
    await push_main(repository, remote, commit)
    ours = {name: data for name, data in seen.items() if str(repository).encode() in data}
    assert any(b"\0push\0" in data for data in ours.values()), "the push was seen"
    assert any(b"remote-http" in data for data in seen.values()), "and what it starts"
    assert [name for name, data in seen.items() if holds(data, TOKEN)] == []


@pytest.mark.parametrize(("trusted", "name"), [("ca.pem", "CAINFO"), ("folder", "CAPATH")])
def test_git_trusts_what_the_requests_to_the_api_trust(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: str, name: str
) -> None:
    (tmp_path / "folder").mkdir()
    for each in ("GIT_SSL_CAINFO", "GIT_SSL_CAPATH"):
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / trusted))
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    variables = remote_git(tmp_path / "a.git", Remote("https://example.com/a.git", TOKEN)).variables
    assert variables[f"GIT_SSL_{name}"] == str(tmp_path / trusted)
    assert variables["HTTPS_PROXY"] == "http://proxy.example:3128"
    monkeypatch.setenv("GIT_SSL_CAINFO", "/etc/own.pem")
    own = remote_git(tmp_path / "a.git", Remote("https://example.com/a.git", TOKEN)).variables
    assert own["GIT_SSL_CAINFO"] == "/etc/own.pem"


def open_credentials() -> list[str]:
    """Open files of this process that git was to read a token from."""
    links: list[str] = []
    for path in Path("/proc/self/fd").iterdir():
        try:
            links.append(str(path.readlink()))
        except OSError:  # the listing's own
            continue
    return [link for link in links if "credentials" in link]


async def test_what_git_read_the_token_from_is_closed(
    repository: Path, remote: Remote, commit: str, hub: Hub
) -> None:
    opened: list[str] = []
    hub.happened = lambda _event: opened.extend(open_credentials())
    await push_main(repository, remote, commit)
    assert opened
    assert open_credentials() == []
