"""`.env.example` has every variable there is, with its default, and nothing set."""

import re
from pathlib import Path

from core.settings import Settings
from providers.llm.catalogue import load_catalogue, read_catalogue_rows
from providers.secrets.environment import EnvironmentSecrets
from providers.vcs.github_secrets import SECRET_BLOCKS
from tests.docs.pages import read
from tests.docs.tables import catalogue, settings_of

TEXT = read(".env.example")
VARIABLES = dict(re.findall(r"^#([A-Z][A-Z0-9_]*)=(.*)$", TEXT, re.MULTILINE))


def test_it_has_every_setting_and_every_variable_of_the_catalogue() -> None:
    settings = [variable for variable, _, _ in settings_of()]
    providers = [
        name for row in catalogue() for name in (row.key_variable, row.base_url_variable) if name
    ]

    assert list(VARIABLES) == [*settings, *providers, *SECRET_BLOCKS, "PREFECT_API_URL"]


def test_nothing_is_set_and_prose_is_no_variable() -> None:
    for line in TEXT.splitlines():
        assert not line or line == "#" or line.startswith("# ") or re.match(r"#[A-Z_]+=", line)


def test_it_shows_the_defaults(tmp_path: Path) -> None:
    shown = tmp_path / "shown.env"
    shown.write_text(re.sub(r"^#([A-Z])", r"\1", TEXT, flags=re.MULTILINE))
    nothing = tmp_path / "nothing.env"
    nothing.touch()

    assert _settings(shown) == _settings(nothing)
    secrets = EnvironmentSecrets({}, env_file=shown)
    assert list(load_catalogue(read_catalogue_rows(), secrets.get)) == list(catalogue())


def _settings(env_file: Path) -> dict[str, object]:
    settings = Settings(_env_file=env_file)  # pyright: ignore[reportCallIssue] -- of the library
    return settings.model_dump(exclude={"user"})
