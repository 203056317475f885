"""Which structures packs can serve, found out before any file is written."""

import pytest

from codegen.served_text import served_issues, served_text
from core.artifacts.structure import Dependency
from tests.codegen.scaffolds.products import PRODUCTS, made


@pytest.mark.parametrize("name", PRODUCTS)
def test_what_packs_serve_can_be_written(name: str) -> None:
    product = made(name)
    assert served_issues(product.spec, product.structure) == []


def test_what_a_template_cannot_write_is_an_error_of_its_file() -> None:
    product = made("fastapi")
    wrong = (Dependency(name="fastapi", versions="the newest"),)
    (issue,) = [
        issue
        for issue in served_issues(
            product.spec, product.structure.model_copy(update={"dependencies": wrong})
        )
        if issue.place == "pyproject.toml"
    ]
    assert "does not fit this structure" in issue.message
    assert issue.severity == "error"


def test_a_text_that_breaks_its_contract_is_an_error_too() -> None:
    product = made("fastapi")
    contract = product.contract("app/main.py")
    with pytest.raises(ValueError, match="cannot be accepted"):
        served_text(contract, product.facts, [], ())
