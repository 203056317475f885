import threading
from collections.abc import Mapping
from contextvars import ContextVar

import pytest

from core.errors import StorageError
from providers.secrets.cached import CachedSecrets
from providers.secrets.chain import SecretChain, lacking
from providers.secrets.environment import EnvironmentSecrets

SECRET = "sk-4f1c-planted"
WHERE: ContextVar[str] = ContextVar("where", default="elsewhere")


class Vault:
    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = dict(values)

    def places(self, name: str) -> tuple[str, ...]:
        return (f"the vault ({name})",)

    def get(self, name: str) -> str | None:
        if name == "SHUT":
            raise StorageError("the vault is shut")
        return self.values.get(name)


def test_the_first_source_that_has_a_secret_gives_it() -> None:
    chain = SecretChain(
        [EnvironmentSecrets({"A": "a1"}), Vault({"A": "a2", "B": "b2"}), Vault({"B": "b3"})]
    )
    assert chain.get("A") == "a1"
    assert chain.get("B") == "b2"
    assert chain.get("C") is None
    assert chain.places("C") == (
        "the environment (C or C_FILE)",
        "the vault (C)",
        "the vault (C)",
    )


def test_a_source_in_trouble_is_not_passed_over() -> None:
    chain = SecretChain([Vault({}), EnvironmentSecrets({"SHUT": "s"})])
    with pytest.raises(StorageError, match="the vault is shut"):
        chain.get("SHUT")
    assert SecretChain([EnvironmentSecrets({"SHUT": "s"}), Vault({})]).get("SHUT") == "s"


def test_a_refresh_asks_every_source_until_one_has_it() -> None:
    environment = {"A": "a1"}
    vault = Vault({"A": "a2", "B": "b1"})
    chain = SecretChain([EnvironmentSecrets(environment), CachedSecrets(vault)])
    assert chain.get("B") == "b1"
    vault.values["B"] = "b2"
    assert chain.get("B") == "b1"
    assert chain.refresh("B") == "b2"
    assert chain.refresh("A") == "a1"
    del environment["A"]
    assert chain.refresh("A") == "a2"
    assert chain.refresh("C") is None


def test_all_that_lack_are_told_with_the_reason() -> None:
    source = SecretChain([EnvironmentSecrets({"A": "a"}), Vault({"B": "b"})])
    assert lacking(source, ["A", "B", "C", "SHUT", "C"]) == {
        "C": "looked in the environment (C or C_FILE), the vault (C)",
        "SHUT": "the vault is shut",
    }
    assert lacking(source, []) == {}


def test_all_are_looked_up_at_the_same_time_in_the_callers_context() -> None:
    meeting = threading.Barrier(9, timeout=5)

    class Slow(Vault):
        def get(self, name: str) -> str | None:
            meeting.wait()
            return WHERE.get()

    token = WHERE.set("here")
    assert lacking(Slow({}), [f"KEY_{number}" for number in range(9)]) == {}
    WHERE.reset(token)


def test_no_value_is_shown() -> None:
    chain = SecretChain([EnvironmentSecrets({"A": SECRET}), CachedSecrets(Vault({"B": SECRET}))])
    assert chain.get("B") == SECRET
    assert SECRET not in repr(chain)
