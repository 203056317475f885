"""Prompts about one file stay within their budget, however large the product is."""

import pytest

from codegen.file_context import FileContext, Material, file_context
from core.artifacts.schema import Endpoint, Schema, StoredEntity
from core.artifacts.specs import Relation, SpecField
from core.artifacts.structure import Export, FileContract, Import

BUDGET = 8_000
TEXT = "def work() -> None:\n    print(1)\n"


def count(text: str) -> int:
    return len(text) // 3


def service(number: int) -> FileContract:
    """A file like every other: it imports the three before it, and a shared one."""
    near = [f"app/service_{one}.py" for one in range(max(number - 3, 0), number)]
    return FileContract(
        path=f"app/service_{number}.py",
        purpose="Does its work, and tells others what came of it.",
        exports=(Export(name="work", signature="def work() -> None"),),
        imports=tuple(Import(path=path, symbols=("work",)) for path in (*near, "app/base.py")),
        entities=(f"Entity{number % 50}",),
    )


def product(size: int) -> dict[str, FileContract]:
    """A structure with an entry point that imports everything."""
    services = [service(number) for number in range(size - 2)]
    base = FileContract(path="app/base.py", purpose="Shared.", exports=(Export(name="work"),))
    entry = FileContract(
        path="app/main.py",
        purpose="Puts it together.",
        imports=tuple(Import(path=file.path, symbols=("work",)) for file in (base, *services)),
        entities=tuple(f"Entity{number}" for number in range(50)),
    )
    return {file.path: file for file in (base, *services, entry)}


SCHEMA = Schema(
    entities=tuple(
        StoredEntity(
            name=f"Entity{number}",
            table=f"entities_{number}",
            fields=tuple(SpecField(name=f"field_{one}") for one in range(8)),
        )
        for number in range(50)
    ),
    endpoints=tuple(
        Endpoint(method="GET", path=f"/api/entities-{number}", entity=f"Entity{number}")
        for number in range(50)
    ),
)


def context_of(
    files: dict[str, FileContract], path: str, *, budget: int = BUDGET, text: str = TEXT
) -> FileContext:
    file = files[path]
    imported = [files[item.path] for item in file.imports]
    material = Material(
        file=file,
        requirements=frozenset({"FR-1"}),
        docs="# T\n\n## Overview\n\nAll.\n\n### FR-1: Work\n\n" + "It works. " * 100,
        schema=SCHEMA,
        imported=imported,
        texts={item.path: text for item in imported},
        contracts=files,
        beside="{}",
    )
    return file_context(material, budget, count)


def test_the_prompt_of_a_like_file_does_not_grow_with_the_number_of_files() -> None:
    contexts = [context_of(product(size), "app/service_12.py") for size in (20, 200, 1_000)]

    assert contexts[0] == contexts[1] == contexts[2]
    assert contexts[0].cut == ()
    assert contexts[0].sources == tuple(item.path for item in service(12).imports)
    assert [offer.path for offer in contexts[0].signatures][:2] == [
        "app/service_6.py",
        "app/service_7.py",
    ], "what the imported files import, by signature"
    assert contexts[0].signatures[0].exports == ("def work() -> None",)


@pytest.mark.parametrize("size", [20, 200, 1_000])
def test_the_entry_point_that_imports_everything_keeps_to_the_budget(size: int) -> None:
    found = context_of(product(size), "app/main.py")

    assert found.tokens <= BUDGET
    assert any("that it imports" in told for told in found.cut) == (size > 20)
    assert found.docs
    assert found.schema_part.entities
    assert found.schema_part.endpoints


def test_what_is_cut_is_told() -> None:
    cut = " | ".join(context_of(product(1_000), "app/main.py").cut)

    assert "names that it imports from 999 files" in cut
    assert "of the files that it imports" in cut
    assert "fields of entities: " in cut
    assert "the text of app/service_" in cut
    assert "files that could be shown by what they offer" in cut


def test_a_text_that_does_not_fit_is_known_by_its_signatures() -> None:
    files = product(20)
    found = context_of(files, "app/service_3.py", text="x = 1\n" * 10_000)

    assert found.sources == ()
    assert [offer.path for offer in found.signatures][:4] == [
        item.path for item in files["app/service_3.py"].imports
    ]
    assert "the text of app/base.py" in found.cut
    assert found.tokens <= BUDGET


def test_signatures_that_do_not_fit_give_way_to_names() -> None:
    exports = tuple(
        Export(name=f"f{number}", signature=f"def f{number}(" + "x: int, " * 40 + ") -> None")
        for number in range(100)
    )
    wide = FileContract(path="app/base.py", purpose="Wide.", exports=exports)
    files = {**product(20), "app/base.py": wide}
    found = context_of(files, "app/service_0.py", text="x = 1\n" * 10_000)

    assert [offer.path for offer in found.signatures] == ["app/base.py"]
    assert found.signatures[0].exports == tuple(item.name for item in exports)
    assert found.neighbours == ()
    assert found.unshown[0].exports == found.signatures[0].exports
    assert any("signatures of app/base.py" in told for told in found.cut)


@pytest.mark.parametrize("text", ["", "x"])
def test_what_a_file_is_held_to_is_shown_in_full_and_its_excess_is_told(text: str) -> None:
    exports = tuple(
        Export(name=f"f{number}", signature=f"def f{number}() -> None") for number in range(900)
    )
    file = FileContract(path="app/wide.py", purpose="Wide.", exports=exports)
    material = Material(
        file=file,
        requirements=frozenset(),
        docs="",
        schema=Schema(),
        imported=[],
        texts={},
        contracts={},
        beside=text,
    )
    found = file_context(material, BUDGET, count)
    assert found.file == file
    assert found.tokens > BUDGET
    (told,) = found.cut
    assert f"{found.tokens - BUDGET} tokens longer than its budget" in told
    assert file_context(material, found.tokens, count).cut == ()


def test_the_texts_of_others_are_counted_as_they_are_sent() -> None:
    full = context_of(product(20), "app/service_3.py", text="\n" * 1_500)
    assert len(full.sources) == 4
    assert full.tokens >= 4 * count("\\n" * 1_500), "a newline is two characters in JSON"


def test_docs_that_do_not_fit_are_cut_at_their_end() -> None:
    found = context_of(product(20), "app/service_0.py", budget=900)

    assert found.docs.startswith("## Overview")
    assert "the end of the docs that concern it" in found.cut


def about_much(length: int) -> Material:
    """A file about twelve requirements, each told in as many characters."""
    numbers = range(1, 13)
    file = FileContract(
        path="app/a.py", purpose="p", entities=("Entity1",), endpoints=("GET /api/entities-2",)
    )
    return Material(
        file=file,
        requirements=frozenset(f"FR-{number}" for number in numbers),
        docs="\n\n".join(f"### FR-{number}: Work\n\n{'x' * length}" for number in numbers),
        schema=SCHEMA,
        imported=(),
        texts={},
        contracts={},
        beside="",
    )


def test_docs_are_cut_by_the_budget_alone() -> None:
    whole = file_context(about_much(2_000), 24_000, count)
    assert (whole.docs, whole.cut) == (about_much(2_000).docs, ())
    less = file_context(about_much(20_000), 24_000, count)
    assert less.cut == ("the end of the docs that concern it",)
    assert less.tokens <= 24_000


def test_an_endpoint_that_a_file_serves_is_shown_with_its_entity() -> None:
    shown = file_context(about_much(1), BUDGET, count).schema_part
    assert [item.name for item in shown.entities] == ["Entity1", "Entity2"]
    assert [item.path for item in shown.endpoints] == ["/api/entities-1", "/api/entities-2"]


def test_entities_that_do_not_fit_keep_their_tables() -> None:
    many = StoredEntity(
        name="Hub",
        table="hubs",
        relations=tuple(Relation(name=f"r{n}", target=f"Entity{n}") for n in range(50)),
    )
    files = {"app/a.py": FileContract(path="app/a.py", purpose="p", entities=("Hub",))}
    schema = SCHEMA.model_copy(update={"entities": (many, *SCHEMA.entities)})
    material = Material(
        file=files["app/a.py"],
        requirements=frozenset(),
        docs="",
        schema=schema,
        imported=(),
        texts={},
        contracts=files,
        beside="",
    )
    found = file_context(material, 6_000, count)

    assert [item.table for item in found.schema_part.entities][:2] == ["hubs", "entities_0"]
    assert Schema.model_validate(found.schema_part.model_dump()) == found.schema_part
