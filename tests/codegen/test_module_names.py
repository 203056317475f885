import pytest

from codegen.module_names import hidden_module_problems


def told(*paths: str) -> list[tuple[str, str]]:
    return [(item.place, item.message) for item in hidden_module_problems(paths)]


def test_usual_files_hide_nothing() -> None:
    usual = ["app/__init__.py", "app/logging.py", "app/email/__init__.py", "tests/test_email.py"]
    assert told(*usual, "src/shop/__init__.py", "src/shop/types.py", "main.py", "web/json.js") == []


def test_a_package_hides_the_module_of_its_name() -> None:
    assert told("app/models.py", "app/models/__init__.py") == [
        ("app/models.py", "the package 'app/models' hides it")
    ]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("logging.py", "logging"),
        ("calendar/__init__.py", "calendar"),
        ("src/email.py", "email"),
        ("src/json/__init__.py", "json"),
    ],
)
def test_nothing_hides_a_module_of_python(path: str, name: str) -> None:
    assert told(path, "app/main.py") == [(path, f"it hides {name!r} of Python's standard library")]
