import pytest

from core.errors import StorageError
from core.secrets import NotAtHandError
from providers.secrets.cached import CachedSecrets
from providers.secrets.chain import SecretChain
from providers.secrets.environment import EnvironmentSecrets
from tests.providers.secrets.vault import Vault

SECRET = "sk-4f1c-planted"


def test_the_first_source_that_has_a_secret_gives_it() -> None:
    chain = SecretChain(
        [EnvironmentSecrets({"A": "a1"}), Vault({"A": "a2", "B": "b2"}), Vault({"B": "b3"})]
    )
    assert chain.get("A") == "a1"
    assert chain.get("B") == "b2"
    assert chain.get("C") is None
    assert chain.places("C") == (
        "the environment (or C_FILE)",
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


def test_only_what_needs_no_waiting_is_at_hand() -> None:
    vault = CachedSecrets(Vault({"B": "b"}))
    chain = SecretChain([EnvironmentSecrets({"A": "a"}), vault])
    assert chain.at_hand("A") == "a"
    for name in ("B", "C"):
        with pytest.raises(NotAtHandError):
            chain.at_hand(name)
        chain.get(name)
    assert chain.at_hand("B") == "b"
    assert chain.at_hand("C") is None
    with pytest.raises(NotAtHandError):
        SecretChain([Vault({"B": "b"})]).at_hand("B")


def test_no_value_is_shown() -> None:
    chain = SecretChain([EnvironmentSecrets({"A": SECRET}), CachedSecrets(Vault({"B": SECRET}))])
    assert chain.get("B") == SECRET
    assert SECRET not in repr(chain)


def test_what_was_given_out_is_known_and_shown_to_nobody() -> None:
    environment = {"A": "first", "B": "second"}
    chain = SecretChain([EnvironmentSecrets(environment), CachedSecrets(Vault({"C": "third"}))])
    assert chain.given_out() == frozenset()
    assert (chain.get("A"), chain.get("C"), chain.at_hand("C")) == ("first", "third", "third")
    environment["A"] = "rotated"
    assert chain.refresh("A") == "rotated"
    assert chain.get("D") is None
    assert chain.given_out() == {"first", "rotated", "third"}
    assert "first" not in repr(chain)
