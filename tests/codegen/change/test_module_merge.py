"""Stages 4 and 5 of a changed product: modules and files that are planned again."""

from codegen.change.module_merge import merged_files, merged_plan, without_needless_exports
from codegen.change.structure_scope import StructureScope
from core.artifacts.answers import ModuleFiles, ModulePlan
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec, Requirement, SpecEntity
from core.artifacts.structure import (
    Export,
    FileContract,
    FileStructure,
    Import,
    Module,
    PlannedDependency,
    PlannedFile,
    PlannedModule,
    PlannedTest,
)
from tests.codegen.change.products import (
    BASE,
    LOAN_TESTS,
    LOANS,
    MAIN,
    SCHEMA,
    SPEC,
    SPEC_TOOL,
    STORED_TOOL,
    STRUCTURE,
    TOOL_TESTS,
    changed,
    contract,
    without,
)

REMIND = Requirement(id="FR-4", title="Remind", entities=("Loan",))
MORE = SPEC.model_copy(update={"requirements": (*SPEC.requirements, REMIND)})


def scope_of(spec: CleanSpec, schema: Schema = SCHEMA) -> StructureScope:
    return StructureScope((SPEC, spec), (SCHEMA, schema), STRUCTURE)


def module(structure: FileStructure, name: str) -> Module:
    (found,) = [item for item in structure.modules if item.name == name]
    return found


def answer(*files: FileContract, tests: tuple[PlannedTest, ...] = ()) -> ModuleFiles:
    planned = [PlannedFile.model_validate(file.model_dump()) for file in files]
    return ModuleFiles(files=tuple(planned), tests=tests)


def reworded(file: FileContract, **more: object) -> FileContract:
    return file.model_copy(update={"purpose": f"{file.purpose} In other words.", **more})


def test_where_nothing_changed_the_structure_is_that_of_before() -> None:
    scope = scope_of(SPEC)
    assert scope.is_empty
    assert scope.start == STRUCTURE
    assert not any(map(scope.concerns_module, STRUCTURE.modules))


def test_what_is_gone_is_named_nowhere_any_more() -> None:
    scope = scope_of(without(SPEC, "FR-1"))
    assert {m.name for m in STRUCTURE.modules if scope.concerns_module(m)} == {"loans", "tests"}
    loans = module(scope.start, "loans")
    assert loans.requirements == loans.files[0].requirements == ("FR-3",)
    assert [test.case for test in scope.start.tests] == ["test_keeps", "test_shows"]
    assert scope.gone == frozenset()


def test_files_that_were_for_what_is_gone_go_and_who_imports_them_is_concerned() -> None:
    spec = without(without(SPEC, "FR-1"), "FR-3").model_copy(update={"entities": (SPEC_TOOL,)})
    scope = scope_of(spec, Schema(entities=(STORED_TOOL,), endpoints=SCHEMA.endpoints[:1]))
    assert scope.gone == {"app/loans.py", "tests/test_loans.py"}
    assert [item.name for item in scope.start.modules] == ["base", "tools", "application", "tests"]
    assert scope.concerns_file(MAIN)
    assert module(scope.start, "application").files[0].imports == MAIN.imports[1:]


def test_a_new_requirement_joins_the_modules_that_the_plan_names() -> None:
    scope = scope_of(MORE)
    plan = ModulePlan(
        modules=(
            PlannedModule(name="loans", purpose="Other words.", requirements=("FR-4", "FR-2")),
            PlannedModule(name="mail", purpose="Sends.", requirements=("FR-4",)),
            PlannedModule(name="stray", purpose="Not asked for.", requirements=("FR-1",)),
            PlannedModule(name="application", purpose="Whole."),
        ),
        dependencies=(PlannedDependency(name="fastapi"), PlannedDependency(name="aiosmtplib")),
    )
    structure, named = merged_plan(scope, plan)
    assert [item.name for item in structure.modules] == [
        *("base", "tools", "loans", "mail", "application", "tests")
    ]
    assert named == ("loans", "mail", "application")
    assert module(structure, "loans").requirements == ("FR-1", "FR-3", "FR-4")
    assert module(structure, "loans").purpose == "Loans."
    assert [item.name for item in structure.dependencies] == ["fastapi", "aiosmtplib"]


def test_a_new_module_that_nothing_follows_stands_at_the_end() -> None:
    plan = ModulePlan(modules=(PlannedModule(name="mail", purpose="x", requirements=("FR-4",)),))
    structure, _ = merged_plan(scope_of(MORE), plan)
    assert structure.modules[-1].name == "mail"


def test_of_a_module_only_files_that_the_change_concerns_are_taken() -> None:
    scope = scope_of(changed(SPEC, "FR-1", title="Other"))
    tests = module(STRUCTURE, "tests")
    told = answer(
        reworded(LOAN_TESTS),
        reworded(TOOL_TESTS),
        tests=(
            PlannedTest(requirement="FR-1", path="tests/test_loans.py", case="test_other"),
            PlannedTest(requirement="FR-2", path="tests/test_tools.py", case="test_renamed"),
        ),
    )
    merged = merged_files(scope, STRUCTURE, tests, told)
    assert merged.contracts == (reworded(LOAN_TESTS), TOOL_TESTS)
    assert [test.case for test in merged.tests] == ["test_keeps", "test_shows", "test_other"]


def test_a_file_that_nothing_concerns_is_not_left_out_and_one_that_is_may_be() -> None:
    scope = scope_of(changed(SPEC, "FR-1", title="Other"))
    merged = merged_files(scope, STRUCTURE, module(STRUCTURE, "tests"), answer(contract("a.md")))
    assert [file.path for file in merged.files] == ["tests/test_tools.py", "a.md"]


def test_new_files_are_those_that_the_change_demands() -> None:
    scope = scope_of(MORE)
    loans = module(STRUCTURE, "loans")
    mail = contract("app/mail.py", exports=(Export(name="send"),))
    due = contract("app/due.py", "FR-4", imports=(Import(path="app/mail.py", symbols=("send",)),))
    stray = contract("app/stray.py", exports=(Export(name="x"),))
    merged = merged_files(scope, STRUCTURE, loans, answer(reworded(LOANS), due, mail, stray))
    assert [file.path for file in merged.contracts] == [
        *("app/loans.py", "app/due.py", "app/mail.py")
    ]
    assert merged.contracts[0] == LOANS


def test_a_file_that_imports_what_is_new_is_taken() -> None:
    scope = scope_of(MORE)
    more = STRUCTURE.model_copy(
        update={
            "modules": (
                *STRUCTURE.modules,
                Module(name="mail", purpose="x", files=(contract("app/mail.py"),)),
            )
        }
    )
    told = reworded(MAIN, imports=(*MAIN.imports, Import(path="app/mail.py", symbols=("router",))))
    application = module(STRUCTURE, "application")
    assert merged_files(scope, more, application, answer(told)).contracts == (told,)
    assert merged_files(scope, more, application, answer(reworded(MAIN))).contracts == (MAIN,)


def test_a_file_that_an_issue_names_is_taken() -> None:
    scope = scope_of(MORE)
    application = module(STRUCTURE, "application")
    merged = merged_files(
        scope, STRUCTURE, application, answer(reworded(MAIN)), allowed={"app/main.py"}
    )
    assert merged.contracts == (reworded(MAIN),)


def test_what_more_is_offered_stays_as_long_as_somebody_takes_it() -> None:
    scope = scope_of(changed(SPEC, "FR-1", title="Other"))
    more = (*BASE.exports, Export(name="Mixin"), Export(name="Unused"))
    base = module(STRUCTURE, "base")
    merged = merged_files(scope, STRUCTURE, base, answer(reworded(BASE, exports=more)))
    (offering,) = merged.contracts
    assert offering == BASE.model_copy(update={"exports": more})
    taking = LOANS.model_copy(
        update={"imports": (Import(path="app/base.py", symbols=("Base", "Mixin")),)}
    )
    structure = FileStructure(
        modules=(Module(name="all", purpose="x", files=(offering, taking, contract("new.py"))),)
    )
    (pruned, *others) = without_needless_exports(scope, structure).files
    assert [item.name for item in pruned.exports] == ["Base", "Mixin"]
    assert others == [taking, contract("new.py")]


def test_a_module_without_files_is_as_it_was_answered() -> None:
    mail = Module(name="mail", purpose="Sends.", requirements=("FR-4",))
    told = answer(contract("app/mail.py"))
    assert merged_files(scope_of(MORE), STRUCTURE, mail, told) == told


def test_an_entity_that_is_new_concerns_who_lists_it() -> None:
    place = SpecEntity(name="Place")
    scope = scope_of(SPEC.model_copy(update={"entities": (*SPEC.entities, place)}))
    assert scope.there == {"Place"}
    assert scope.concerns_file(contract("app/places.py", entities=("Place",)))


def test_lists_come_back_in_their_order_and_what_others_take_is_not_forgotten() -> None:
    scope = scope_of(changed(SPEC, "FR-1", title="Other"))
    exports = (Export(name="router"), Export(name="helper"), Export(name="unused"))
    imports = (Import(path="app/base.py", symbols=("Base",)), Import(path="app/tools.py"))
    before = LOANS.model_copy(update={"exports": exports, "imports": imports})
    taking = MAIN.model_copy(
        update={"imports": (Import(path="app/loans.py", symbols=("router", "helper")),)}
    )
    structure = STRUCTURE.model_copy(
        update={
            "modules": (
                STRUCTURE.modules[0],
                STRUCTURE.modules[1],
                STRUCTURE.modules[2].model_copy(update={"files": (before,)}),
                STRUCTURE.modules[3].model_copy(update={"files": (taking,)}),
                STRUCTURE.modules[4],
            )
        }
    )
    told = reworded(
        before,
        exports=(Export(name="new"), Export(name="router")),
        imports=imports[::-1],
        requirements=("FR-3", "FR-1"),
    )
    (merged,) = merged_files(scope, structure, module(structure, "loans"), answer(told)).contracts
    assert [item.name for item in merged.exports] == ["router", "new", "helper"]
    assert merged.imports == imports
    assert merged.requirements == ("FR-1", "FR-3")
    assert merged.purpose == told.purpose


def test_a_file_that_others_import_is_not_left_out() -> None:
    scope = scope_of(changed(SPEC, "FR-1", title="Other"))
    merged = merged_files(
        scope, STRUCTURE, module(STRUCTURE, "loans"), answer(contract("app/new.py", "FR-1"))
    )
    assert [file.path for file in merged.contracts] == ["app/loans.py", "app/new.py"]


def test_a_file_of_which_only_imports_change_offers_all_that_it_did() -> None:
    scope = scope_of(MORE)
    entry = MAIN.model_copy(update={"exports": (Export(name="create"), Export(name="app"))})
    new = contract("app/remind.py", "FR-4", exports=(Export(name="router"),))
    application = STRUCTURE.modules[3].model_copy(update={"files": (entry,)})
    loans = STRUCTURE.modules[2].model_copy(update={"files": (LOANS, new)})
    modules = (*STRUCTURE.modules[:2], loans, application, STRUCTURE.modules[4])
    structure = STRUCTURE.model_copy(update={"modules": modules})
    told = reworded(
        entry,
        exports=(Export(name="create"),),
        imports=(Import(path="app/remind.py", symbols=("router",)), *entry.imports),
    )
    (merged,) = merged_files(scope, structure, application, answer(told)).contracts
    assert [item.name for item in merged.exports] == ["create", "app"]
    assert [item.path for item in merged.imports][-1] == "app/remind.py"
    assert merged.purpose == told.purpose
