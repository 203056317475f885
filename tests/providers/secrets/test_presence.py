import threading
from contextvars import ContextVar

from providers.secrets.chain import SecretChain
from providers.secrets.environment import EnvironmentSecrets
from providers.secrets.presence import Lack, lacking
from tests.providers.secrets.vault import Vault

WHERE: ContextVar[str] = ContextVar("where", default="elsewhere")


def test_all_that_lack_are_told_with_the_reason() -> None:
    source = SecretChain([EnvironmentSecrets({"A": "a"}), Vault({"B": "b"})])
    assert lacking(source, ["A", "B", "C", "SHUT", "C"]) == {
        "C": Lack("looked in the environment (or C_FILE), the vault (C)"),
        "SHUT": Lack("the vault is shut", failed=True),
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
