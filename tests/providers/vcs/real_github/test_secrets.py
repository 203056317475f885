"""Secrets in what is to be published: each stops the push, is named by place, and never shown."""

import re
from pathlib import Path

import pytest

from core.errors import PublishingRefusedError
from providers.vcs.history import Commit, FileChange, write_history
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
        PublishingRefusedError, match=f"(?m)^- app/config.py:2: {kind_of(planted)}$"
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
