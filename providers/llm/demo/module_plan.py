"""Answers the first question of `file-structure-generator`: modules and dependencies.

Modules stand in the order of their imports: what all share, then each kind of record after those
it needs, then the application, its tests, and how it is delivered.
"""

from core.artifacts.answers import ModulePlan
from core.artifacts.change import Change
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import Dependency, FileStructure, Module, StructuralIssues
from providers.llm.demo.blocks import PromptBlocks
from providers.llm.demo.planned_tests import owner_of
from providers.llm.demo.relations import creation_order
from providers.llm.demo.words import human, plural, snake_case

FOUNDATION = "foundation"
APPLICATION = "application"
DELIVERY = "delivery"
RECORDS = "-records"
"""How the name of the module about one entity ends."""
ACCEPTANCE = "acceptance-tests-"
"""How the names of the modules of tests begin."""

_TESTED_AT_ONCE = 6
"""Entities whose tests make one module."""

DEPENDENCIES = (
    Dependency(name="fastapi", reason="the HTTP interface"),
    Dependency(name="sqlalchemy", reason="the database"),
    Dependency(name="uvicorn", reason="the server"),
    Dependency(name="httpx2", development=True, reason="the client that tests use"),
    Dependency(name="pytest", development=True, reason="the test runner"),
)


def answer(blocks: PromptBlocks) -> str:
    """Plan the modules of an application."""
    specs = blocks.model("specs", CleanSpec)
    schema = blocks.model("schema", Schema)
    blocks.text("docs")
    blocks.model("issues", StructuralIssues)
    names = [entity.name for entity in creation_order(schema.entities)]
    owned = {item.id: owner_of(item, names) for item in specs.requirements}
    if "change" in blocks:
        previous, change = blocks.model("previous", FileStructure), blocks.model("change", Change)
        return _changed(previous.modules, names, owned, {*change.asked})
    nobodys = tuple(number for number, owner in owned.items() if not owner)
    modules = (
        Module(name=FOUNDATION, purpose="What all kinds of records share.", entities=tuple(names)),
        *_record_modules(names, owned),
        Module(
            name=APPLICATION,
            purpose="The application as a whole, its front page and its own tests.",
            requirements=nobodys,
        ),
        *_test_modules(names, owned),
        Module(
            name=DELIVERY,
            purpose="How it is installed, run and explained.",
            requirements=tuple(owned),
            entities=tuple(names),
        ),
    )
    return ModulePlan(modules=modules, dependencies=DEPENDENCIES).model_dump_json()


def _changed(
    previous: tuple[Module, ...], names: list[str], owned: dict[str, str], asked: set[str]
) -> str:
    """The modules that hold what is new, in their order."""
    there = {name for module in previous for name in module.entities}
    new = [name for name in names if name in asked and name not in there]
    taken = {module.name.removesuffix(RECORDS) for module in previous}
    tests = [module for module in previous if module.name.startswith(ACCEPTANCE)]
    room = [module for module in tests[-1:] if len(module.entities) < _TESTED_AT_ONCE]
    added: dict[str, tuple[str, ...]] = {room[0].name: tuple(new)} if room else {}
    modules: list[Module] = []
    for module in previous:
        everything = module.name in {FOUNDATION, DELIVERY}
        entities = new if everything else [*added.get(module.name, ())]
        held = {*module.entities, *entities}
        numbers = [
            number
            for number, owner in owned.items()
            if number in asked
            and (
                module.name == DELIVERY
                or (owner in held and module.name != FOUNDATION)
                or (not owner and module.name == APPLICATION)
            )
        ]
        if entities or numbers or (new and module.name == APPLICATION):
            modules.append(_extended(module, numbers, entities))
    records = [item for item in _record_modules(new, owned, taken) if item.entities]
    place = next((n for n, item in enumerate(modules) if item.name != FOUNDATION), 0)
    modules[place:place] = records
    if new and not room:
        modules.append(_tests_of(len(tests) + 1, tuple(new), owned))
    return ModulePlan(modules=tuple(modules)).model_dump_json()


def _extended(module: Module, numbers: list[str], entities: list[str]) -> Module:
    return Module(
        name=module.name,
        purpose=module.purpose,
        requirements=tuple(dict.fromkeys((*module.requirements, *numbers))),
        entities=tuple(dict.fromkeys((*module.entities, *entities))),
    )


def _record_modules(
    names: list[str], owned: dict[str, str], taken: set[str] | None = None
) -> list[Module]:
    taken = set() if taken is None else taken
    return [
        Module(
            name=_module_name(name, taken),
            purpose=f"Stores and serves {human(plural(snake_case(name))).lower()}.",
            requirements=tuple(number for number, owner in owned.items() if owner == name),
            entities=(name,),
        )
        for name in names
    ]


def _module_name(entity: str, taken: set[str]) -> str:
    """Kebab case, cut to the length that modules may have."""
    stem = snake_case(entity).replace("_", "-")[:48].rstrip("-")
    chosen = stem
    number = 1
    while chosen in taken:
        number += 1
        chosen = f"{stem[:44]}{number}"
    taken.add(chosen)
    return f"{chosen}{RECORDS}"


def _test_modules(names: list[str], owned: dict[str, str]) -> list[Module]:
    groups = [
        tuple(names[start : start + _TESTED_AT_ONCE])
        for start in range(0, len(names), _TESTED_AT_ONCE)
    ]
    return [_tests_of(number, group, owned) for number, group in enumerate(groups, start=1)]


def _tests_of(number: int, group: tuple[str, ...], owned: dict[str, str]) -> Module:
    return Module(
        name=f"{ACCEPTANCE}{number}",
        purpose=f"Shows that the requirements about {', '.join(group)} are met.",
        requirements=tuple(number for number, owner in owned.items() if owner in group),
        entities=group,
    )
