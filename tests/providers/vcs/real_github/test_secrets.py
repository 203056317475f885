"""Secrets in what is to be published: each stops the push, is named by place, and never shown."""

import re
from pathlib import Path

import pytest
from github import Auth

from core.errors import PublishingRefusedError
from providers.vcs.github import GitHubPublisher
from providers.vcs.github_account import GitHubAccount
from providers.vcs.history import Commit, FileChange, write_history
from providers.vcs.release import Release
from tests.providers.vcs.github_desk import Desk
from tests.providers.vcs.github_server import TOKEN, Hub
from tests.providers.vcs.real_github.stage_eight import FILES, StageEight, show_nothing

KEYWORD = "Secret Keyword"
PLANTED = {
    "AWS Access Key": 'KEY = "AKIA' + 'QX3TZ7WMDPL5RBYC"\n',
    # Words that are common in tests stand in keys by chance; a key stays one.
    "AWS Access Key with dev in it": 'KEY = "AKIA' + 'QX3TZ7WMDEV5RBYC"\n',
    "AWS Access Key with test in it": 'KEY = "AKIA' + 'QX3TZ7TESTL5RBYC"\n',
    "AWS Access Key with user in it": 'KEY = "AKIA' + 'USERTZ7WMDPL5RBY"\n',
    "AWS Access Key that is secret": 'AWS_SECRET_ACCESS_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfi'
    + 'CY7hqdEvXcQz"\n',
    "Stripe Access Key with dev in it": 'stripe = "sk_live_4eC39Hq' + 'LyjWDevjtT1zdp7dc"\n',
    "NPM Token with 123 in it": "token: npm_" + "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789\n",
    "GitHub Token": "token: ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8\n",
    "Private Key": "-----BEGIN RSA PRIVATE" + " KEY-----\nMIIEowIBAAKCAQEAx3\n",
    KEYWORD: 'password = "Tr0ub4dor' + '&3zz"\n',
    "token of hexadecimal digits": 'API_TOKEN = "9f8a7b6c5d4e' + '3f2a1b0c9d8e7f6a5b4c"\n',
    "password in lower case": 'password = "sun' + 'shine"\n',
    "plain password": 'DB_PASSWORD = "sun' + 'shine"\n',
    "dollar password": 'db_password = "$uper' + 'Gr4ndma"\n',
}


def kind_of(planted: str) -> str:
    """What a finding calls it."""
    return re.split(" with | that ", planted)[0] if planted[0].isupper() else KEYWORD


def secret_of(planted: str) -> str:
    """The part that nobody may see."""
    return PLANTED[planted].split()[-1].strip('"')


def assert_stopped(told: PublishingRefusedError, hub: Hub, planted: str) -> None:
    assert secret_of(planted) not in str(told)
    assert "so nothing was pushed" in str(told)
    assert hub.requests == []
    assert hub.pushes == 0


@pytest.mark.parametrize("planted", PLANTED)
async def test_a_secret_in_a_generated_file_stops_the_stage(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, planted: str
) -> None:
    monkeypatch.setattr("tasks.engine.console.show_repository", show_nothing)
    texts = {**FILES, "app/config.py": f"# first\n{PLANTED[planted]}"}
    with pytest.raises(
        PublishingRefusedError,
        match=rf"(?m)^- app/config.py:2: {kind_of(planted)} \[[0-9a-f]{{16}}\]$",
    ) as told:
        await StageEight(tmp_path, hub.url, texts=texts).run()
    assert_stopped(told.value, hub, planted)


@pytest.mark.parametrize("planted", PLANTED)
async def test_a_secret_that_only_an_older_commit_has_stops_the_push(
    desk: Desk, hub: Hub, planted: str
) -> None:
    commits = [
        Commit("Plant it", (FileChange("app/config.py", f"# first\n{PLANTED[planted]}"),)),
        Commit("Take it out", (FileChange("app/config.py", "# first\n"),)),
    ]
    ids = await write_history(desk.folder / "shop-1.git", commits, branch="build")
    named = rf"app/config.py:2: {kind_of(planted)} \(in commit {ids[0][:12]}\)"
    with pytest.raises(PublishingRefusedError, match=named) as told:
        await desk.publish_commit("shop-1", ids[-1])
    assert_stopped(told.value, hub, planted)


@pytest.mark.parametrize("planted", [each for each in PLANTED if each[0].isupper()])
async def test_a_secret_in_a_commit_s_message_stops_the_push(
    desk: Desk, hub: Hub, planted: str
) -> None:
    commits = [
        Commit("Write a", (FileChange("a", "a"),)),
        Commit(f"Use it\n\n{PLANTED[planted]}", (FileChange("b", "b"),)),
        Commit("Write c\n\nAs it was asked for.", (FileChange("c", "c"),)),
    ]
    ids = await write_history(desk.folder / "shop-1.git", commits, branch="build")
    named = re.escape(f"message of commit {ids[1][:12]}:3: {kind_of(planted)}")
    with pytest.raises(PublishingRefusedError, match=named) as told:
        await desk.publish_commit("shop-1", ids[-1])
    assert_stopped(told.value, hub, planted)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", 'client = Client("AIza' + 'SyA1B2C3D4E5F6G7H8I9J0K1L2M3N4O5P6Q")\n'),
        ("a.py", 'login("hf_' + 'AbCdEfGhIjKlMnOpQrStUvWxYz01234567")\n'),
        ("a.py", 'K = "sk-ant-api03-' + 'abcdefghijklmnopqrstuvwx"\n'),
        ("conf.swagger", "token: ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8\n"),
        ("a.py", 'K = "AKIA' + 'QX3TZ7WMDPL5RBYC"  # pragma: allowlist secret\n'),
        ("a.py", f'T = "{TOKEN}"\n'),
    ],
)
async def test_no_form_file_or_comment_lets_a_secret_pass(
    desk: Desk, hub: Hub, path: str, text: str
) -> None:
    with pytest.raises(PublishingRefusedError, match=f"{path}:1: "):
        await desk.publish("shop-1", {path: text})
    assert hub.requests == []


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("QwErTy-0987-AsDfGh", "# QwErTy-0987-AsDfGh"),  # of a form that nobody knows
        ("QwErTyUiOpAsDfGhJkLzXcVbNm", 'x = "QwErTyUiOpAsDfGhJkLzXcVbNm"'),
    ],
)
async def test_a_key_of_a_provider_is_looked_for_as_it_is(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, line: str
) -> None:
    monkeypatch.setattr("tasks.engine.console.show_repository", show_nothing)
    texts = {**FILES, "app/notes.py": f"# first\n{line}\n"}
    stage = StageEight(tmp_path, hub.url, texts=texts, keys={"DEEPSEEK_API_KEY": key})
    with pytest.raises(PublishingRefusedError, match=r"app/notes\.py:2: A secret of this") as told:
        await stage.run()
    assert key not in str(told.value)
    assert hub.requests == []


async def test_what_an_operator_allows_is_published_and_nothing_else(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.engine.console.show_repository", show_nothing)
    texts = {**FILES, "app/a.py": PLANTED["AWS Access Key"], "app/b.py": PLANTED[KEYWORD]}
    with pytest.raises(PublishingRefusedError, match="2 places") as told:
        await StageEight(tmp_path, hub.url, texts=texts).run()
    names = re.findall(r"\[([0-9a-f]{16})\]", str(told.value))
    one = {"allowed_findings": names[:1]}
    with pytest.raises(PublishingRefusedError, match="1 places") as told:
        await StageEight(tmp_path, hub.url, texts=texts, github=one).run()
    assert names[1] in str(told.value)
    assert hub.requests == []
    both = StageEight(tmp_path, hub.url, texts=texts, github={"allowed_findings": names})
    assert (await both.run()).branch == "main"
    assert hub.pushes == 1


async def test_any_line_of_the_app_s_private_key_is_looked_for(hub: Hub, tmp_path: Path) -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIEow1BAAKCAQEA\nx3YzAbCdEf2GhIjK\n-----END"
    account = GitHubAccount(Auth.Token(TOKEN), api=f"{hub.url}/api/v3")
    commits = [Commit("Write a", (FileChange("a.txt", "first\n x3YzAbCdEf2GhIjK\n"),))]
    (commit,) = await write_history(tmp_path / "s.git", commits, branch="build")
    release = Release(project="s", build="s-1", name="s", commit=commit, green=True, title="S")
    with pytest.raises(PublishingRefusedError, match=r"a\.txt:2: A secret of this"):
        await GitHubPublisher(account, held=lambda: {key}).publish(tmp_path / "s.git", release)
    assert hub.requests == []


@pytest.mark.parametrize("placeholder", ["ollama", "none", "sk-no-key-required"])
async def test_what_stands_where_a_server_wants_no_key_is_no_secret(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, placeholder: str
) -> None:
    monkeypatch.setattr("tasks.engine.console.show_repository", show_nothing)
    texts = {**FILES, "README.md": "Start ollama; none needs a key: sk-no-key-required.\n"}
    keys = {"LOCAL_API_KEY": placeholder}
    await StageEight(tmp_path, hub.url, texts=texts, keys=keys).run()
    assert hub.pushes == 1


async def test_what_examples_and_tests_are_full_of_is_no_secret(desk: Desk, hub: Hub) -> None:
    files = {
        "README.md": "Set DATABASE_URL=postgresql://app:app@localhost/app\n",
        "compose.yaml": "environment:\n  POSTGRES_PASSWORD: app\n",
        "app/settings.py": 'SECRET_KEY = "dev-secret"\npassword: str = "change-me-please"\n',
        "tests/test_a.py": 'password = "strongpass123"\nother_password = "Passw0rd!"\n',
        "tests/test_b.py": 'token = "not-a-token"\nAPI_KEY = "test-api-key"\n',
    }
    assert (await desk.publish("shop-1", files)).branch == "main"
    assert hub.pushes == 1
