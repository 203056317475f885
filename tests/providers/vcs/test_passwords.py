"""Passwords are told from placeholders, variables, labels and what tests are full of."""

import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.vcs.passwords import (
    ASSIGNED,
    IN_ADDRESS,
    find_passwords,
    is_made_up_in_passing,
)

GOLD = Path(__file__).parents[2] / "gold" / "repositories"


def found(path: str, text: str) -> list[tuple[int, str]]:
    return sorted(set(find_passwords(path, text)))


@pytest.mark.parametrize(
    ("path", "line"),
    [
        # what looks like a word or nearly one
        ("app/settings.py", 'DB_PASSWORD = "sunshine"'),
        ("app/settings.py", "DB_PASSWORD: str = 'hunter2'"),
        ("app/settings.py", 'database_password: str | None = "hunter2"'),
        ("app/db.py", 'connect(host="db", user="shop", password="sunshine")'),
        ("app/db.py", 'password = os.environ.get("DB_PASSWORD", "hunter2")'),
        ("app/db.py", 'password = os.getenv("DB_PASSWORD") or "hunter2"'),
        ("app/db.py", 'admin_pass = b"MyS3cretP@ss2024!"'),
        ("app/db.py", 'password = "Tr0ub4dor&pass"'),
        ("src/db.ts", "const dbPassword = process.env.DB_PASSWORD || 'tiger99!'"),
        ("src/db.ts", "new Pool({ host: 'db', user: 'shop', password: 'sunshine' })"),
        ("src/db.ts", 'const smtpPassword: string = "hunter2";'),
        ("main.go", 'dbPassword := "hunter2"'),
        (".env", "DB_PASSWORD=sunshine"),
        (".env.production", "SMTP_PASS=hunter2"),
        ("compose.yaml", "      POSTGRES_PASSWORD: sunshine"),
        ("compose.yaml", "      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:-sunshine}"),
        ("compose.yaml", "      - POSTGRES_PASSWORD=sunshine"),
        ("Dockerfile", "ENV DB_PASSWORD=hunter2"),
        ("config.json", '  "password": "hunter2",'),
        ("app/db.py", 'password = "sunshine"'),
        ("src/db.ts", "const password = 'sunshine';"),
        # what is called a token, and was made by a machine
        ("app/settings.py", 'API_TOKEN = "9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c"'),
        ("app/settings.py", 'api_token: str = "9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c"'),
        (".env", "API_TOKEN=9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c"),
        ("tests/test_api.py", 'token = "9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c"'),
        # what begins with a dollar sign
        ("app/db.py", 'password = "$uperGr4ndma"'),
        ("src/db.ts", "const password = '$unshine99';"),
        ("tests/test_db.py", 'password = "$w0rdFi5h!xQ"'),
        # what stands in an example, and nobody makes up in passing
        ("README.md", 'password = "Tr0ub4dor&3zz"'),
    ],
)
def test_a_password_is_found(path: str, line: str) -> None:
    assert found(path, f"# first\n{line}\n") == [(2, ASSIGNED)]


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://shop:sunshine@db/shop",
        "postgresql+psycopg://shop:hunter2@db.internal:5432/shop",
        "redis://:foob4r@cache:6379/0",
        "https://ann:$ecret99x@example.com/",
    ],
)
def test_a_password_in_an_address_is_found(address: str) -> None:
    assert found("app/settings.py", f'URL = "{address}"') == [(1, IN_ADDRESS)]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        # placeholders
        ("app/settings.py", 'password: str = "change-me-please"'),
        ("app/settings.py", 'DB_PASSWORD = "postgres"'),
        ("app/settings.py", 'DB_PASSWORD = ""'),
        ("app/settings.py", 'DB_PASSWORD = "<your password>"'),
        ("compose.yaml", "      POSTGRES_PASSWORD: app"),
        ("compose.yaml", "      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}"),
        ("compose.yaml", "      POSTGRES_PASSWORD: $POSTGRES_PASSWORD"),
        (".env.example", "DB_PASSWORD=sunshine"),
        # variables
        ("deploy.sh", 'export DB_PASSWORD="$db_password_of_stage"'),
        ("app/db.py", 'url = f"postgresql://{user}:{password}@{host}/{name}"'),
        ("app/db.py", "password = settings.password"),
        ("src/db.ts", "const url = `postgres://${user}:${password}@db/shop`"),
        # labels, messages, types, names
        ("src/Login.svelte", '<input type="password" name="password" id="password1" />'),
        ("src/login.ts", 'errors.password = "Mandatory"'),
        ("src/login.ts", "const labels = { email: 'Address', password: 'Kennwort' }"),
        ("src/login.ts", "const icons = { email: 'envelope', password: 'lock' }"),
        ("src/login.ts", "type Shown = { password: 'visible' | 'hidden' }"),
        ("src/login.ts", 'const CHANGE_PASSWORD = "session/change-it1";'),
        ("src/login.ts", 'export const PUBLIC_KEY_OR_PASSWORD = "public-key-or-password"'),
        ("src/i18n/de.json", '  "password": "Kennwort",'),
        ("locales/nl.yaml", "password: Wachtwoord"),
        ("openapi.yaml", "      password: string"),
        ("app/forms.py", 'password = "accounts.form.secretword"'),
        ("app/forms.py", r'PASSWORD = r"^(?=.*\d)[A-Za-z\d]{8,}$"'),
        ("app/forms.py", 'new_password = "/reset/now42"'),
        ("app/seeding.py", 'hashed_password = "$2b$12$KIXQ0q0r9y3f8aV9d1m1euJ4c"'),
        ("src/Login.svelte", '<Icon password="padlock" />'),
        ("app/forms.py", 'labels = dict(email="Address", password="Kennwort")'),
        ("app/forms.py", 'password = "lock"'),
        # what is called a token, and is none
        ("app/api.py", "token = create_access_token_2024_for_user1(user)"),
        ("app/api.py", 'TOKEN_URL = "/api/v1/session/token"'),
        ("app/api.py", 'token = "0000000000000000000000000001"'),
        ("app/api.py", 'token_type = "urn-ietf-params-oauth-token-type"'),
        ("tests/test_api.py", 'token = "test-token-0000-1111-2222-3333"'),
        # what tests and documents are full of
        ("tests/test_a.py", 'password = "strongpass123"'),
        ("tests/test_a.py", 'password = "hunter2"'),
        ("src/login.test.ts", "login({ password: 'sunshine1' })"),
        ("README.md", "Sign in with password: `sunshine`"),
        ("app/seed.py", 'create(email="ann@example.com", password="wonderland")'),
        # addresses
        ("app/settings.py", 'URL = "postgresql://tasks:tasks@localhost/tasks"'),
        ("app/settings.py", 'URL = "postgresql://scott:tiger@localhost/test"'),
        ("app/settings.py", 'URL = "postgresql://postgres:postgres@db:5432/app"'),
    ],
)
def test_what_is_none_is_let_pass(path: str, line: str) -> None:
    assert found(path, f"# first\n{line}\n") == []


@dataclass(frozen=True)
class Plugin:
    """What a plugin of the scanner says of itself."""

    secret_type: str


@pytest.mark.parametrize("kind", [ASSIGNED, IN_ADDRESS])
@pytest.mark.parametrize("value", ["hunter2", "test-api-key", "Passw0rd!", "<your key>", "****"])
def test_the_scanner_lets_passwords_pass_that_are_made_up(kind: str, value: str) -> None:
    assert is_made_up_in_passing(value, Plugin(kind))
    assert not is_made_up_in_passing(value, Plugin("AWS Access Key"))


@pytest.mark.parametrize("value", ["Tr0ub4dor&3zz", "k3yT0S1gndEv9QzWw7Lp4x", "a" * 41 + "test"])
def test_the_scanner_keeps_passwords_that_are_not(value: str) -> None:
    assert not is_made_up_in_passing(value, Plugin(ASSIGNED))


def test_ordinary_repositories_hold_none() -> None:
    files = [path for path in sorted(GOLD.rglob("*")) if path.is_file()]
    assert len(files) > 100
    for path in files:
        place = str(path.relative_to(GOLD))
        assert found(place, path.read_text(encoding="utf-8")) == [], place


@given(st.text(max_size=200), st.sampled_from(["a.py", ".env", "a.yaml", "tests/a.ts"]))
def test_any_text_is_read(text: str, path: str) -> None:
    lines = len(text.splitlines())
    assert all(1 <= number <= lines for number, _ in find_passwords(path, text))


@pytest.mark.parametrize(
    "line",
    [
        "password = '" + "x" * 100_000,
        "password_" * 20_000 + "='a'",
        "a" * 500_000 + "_password = 'usernameusernameusernameusernameusernameusernameusernameZZ9'",
        "x://" * 50_000,
        "token = " * 50_000,
        "token" * 100_000 + "=" + "a1" * 100_000,
        "username" * 8 + "://a:" + "pass" * 50_000 + "@b",
    ],
)
def test_long_lines_take_no_long_time(line: str) -> None:
    begun = time.process_time()
    list(find_passwords("app/a.py", line))
    assert time.process_time() - begun < 5
