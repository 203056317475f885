import pytest

from codegen.runners.accounts import Ecosystem, own_account

LONG = 1_000_000
"""Characters that take an hour where the time grows with their square."""


def test_frames_of_node_and_of_packages_are_left_out():
    account = (
        "Error: no\n    at price (src/cart.js:2:28)\n    at run (node:internal/x:1:2)\n"
        "\tat call (node_modules/left-pad/index.js:1:1)\n ❯ src/a.ts:1:2\n"
        " ❯ node_modules/b.js:1:1\n"
    )
    assert own_account(account, "npm") == (
        "Error: no\n    at price (src/cart.js:2:28)\n ❯ src/a.ts:1:2"
    )


@pytest.mark.timeout(60)
@pytest.mark.parametrize("ecosystem", ["npm", "python", "go"])
@pytest.mark.parametrize("part", ["\n", " ", "\n ", "\n at ", "a1", "./", "_test.go", 'File "/'])
def test_long_accounts_are_read_in_time_that_grows_with_their_length(
    ecosystem: Ecosystem, part: str
):
    account = f"first\n{part * (LONG // len(part))}\nlast"
    shown = own_account(account, ecosystem)
    lines = shown.splitlines()
    assert (lines[0], "last" in lines, len(shown) <= 4_000) == ("first", True, True)
