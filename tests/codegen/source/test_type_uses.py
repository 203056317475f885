import pytest

from codegen.source.type_uses import type_uses


def uses(line: str, attributes: str = ' lang="ts"') -> set[str]:
    text = f"<p>text</p>\n<script{attributes}>\n  {line}\n</script>\n"
    return {name for name, number in type_uses(text) if number == 3}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("let timer: NodeJS.Timeout | null = null;", "NodeJS"),
        ("let { data }: { data: App.PageData } = $props();", "App"),
        ("const init: RequestInit = {};", "RequestInit"),
        ("const deep = value as First.Second.Third;", "First"),
        ("const names = new Map<string, Shown>();", "Shown"),
        ("function is(x: unknown): x is Guard { return true; }", "Guard"),
    ],
)
def test_names_in_types_are_found(line: str, name: str):
    assert name in uses(line)
    assert name not in uses(line, "")


@pytest.mark.parametrize(
    "line",
    [
        "const timer = Name.Timeout;",
        "const found = { Name };",
        "Name();",
        "throw new Name();",
        "class Cart extends Name {}",
        "const same: Name = Name.make();",
    ],
)
def test_names_of_values_are_not(line: str):
    assert "Name" not in uses(line)


@pytest.mark.parametrize("text", ["", "<script lang='ts'>", "<script lang='ts'>let x: ;</script>"])
def test_what_does_not_parse_is_no_problem(text: str):
    assert "x" not in {name for name, _ in type_uses(text)}
