"""Packs and versions in stages 4, 5 and 7, with a model scripted at the transport."""

from pathlib import Path

import pytest

from codegen.scaffolds.packs import WORKFLOW
from codegen.scaffolds.serving import is_scaffold
from core.artifacts.answers import ModuleFiles, ModulePlan
from core.artifacts.structure import (
    Dependency,
    Export,
    FileContract,
    FileStructure,
    Import,
    PlannedDependency,
    PlannedModule,
    ValidatedStructure,
)
from core.errors import AnswerError, InputError
from core.layout import FILE_STRUCTURE, SPECS_CLEAN, VALIDATED_STRUCTURE
from prompts.contexts import FileIndex
from tasks.code_generation import write_file
from tasks.engine.plan_rounds import MAX_PLANS
from tasks.file_structure_generator import generate_structure
from tasks.validator import validate_structure
from tests.codegen.scaffolds.products import made
from tests.codegen.structures import MODELS, PLANNED, SPEC, STRUCTURE, TESTS
from tests.tasks.bench import DESIGN, REVIEW, Bench
from tests.tasks.sessions import ScriptedModel, open_session

ALL = PlannedModule(
    name="all", purpose="p", requirements=("FR-1", "FR-2"), entities=("Task", "Project")
)


def plan(*dependencies: str) -> ModulePlan:
    return ModulePlan(
        modules=(ALL,), dependencies=tuple(PlannedDependency(name=name) for name in dependencies)
    )


def files(*more: FileContract) -> ModuleFiles:
    return ModuleFiles(files=(MODELS, TESTS, *more), tests=PLANNED)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package index that is a folder, with one package."""
    folder = tmp_path / "simple"
    page = folder / "acme/index.html"
    page.parent.mkdir(parents=True)
    page.write_text('<a href="x">acme-3.1-py3-none-any.whl</a>')
    monkeypatch.setenv("UV_DEFAULT_INDEX", folder.as_uri())
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


async def planned(bench: Bench, *answers: ModulePlan | ModuleFiles) -> FileStructure:
    structure = (await generate_structure(bench.work("4", DESIGN, *answers)))[FILE_STRUCTURE]
    assert isinstance(structure, FileStructure)
    return structure


def versions(structure: FileStructure) -> dict[str, str]:
    return {item.name: item.versions for item in structure.dependencies}


async def test_the_model_is_told_what_the_packs_serve_and_its_plan_has_it(bench: Bench) -> None:
    structure = await planned(bench, plan("SQLAlchemy"), files())
    assert '"path": "pyproject.toml"' in bench.prompts[0]
    assert "app/main.py" in bench.prompts[0]
    assert '"template": "fastapi/main.py"' in bench.prompts[1]
    served = {file.path: file.template for file in structure.files if file.template}
    assert served["pyproject.toml"] == "python/pyproject.toml"
    assert is_scaffold(structure.modules[-1])
    assert versions(structure)["sqlalchemy"] == ">=2.0.40,<3"
    assert {"fastapi", "uvicorn", "pytest"} <= versions(structure).keys()


async def test_a_module_all_of_whose_files_are_served_stays_in_its_place(bench: Bench) -> None:
    first = PlannedModule(name="scaffolding", purpose="Set-up.")
    whole = ModulePlan(modules=(first, ALL))
    manifest = FileContract(path="pyproject.toml", purpose="p")
    structure = await planned(bench, whole, ModuleFiles(files=(manifest,), tests=()), files())
    names = [module.name for module in structure.modules]
    assert names == ["scaffolding", "all", "scaffold"]
    assert [file.path for file in structure.modules[0].files] == ["pyproject.toml"]
    assert {file.path for file in structure.modules[1].files} >= {MODELS.path, TESTS.path}


async def test_a_file_of_its_own_takes_the_place_of_one_that_is_only_offered(bench: Bench) -> None:
    own = FileContract(path="Dockerfile", purpose="With a codec.", language="dockerfile")
    manifest = FileContract(path="pyproject.toml", purpose="p", requirements=("FR-1",))
    structure = await planned(bench, plan(), files(own, manifest))
    contracts = {file.path: file for file in structure.files}
    assert len(contracts) == len(structure.files)
    assert contracts["Dockerfile"].template == ""
    assert contracts["pyproject.toml"].template == "python/pyproject.toml"
    assert contracts["pyproject.toml"].requirements == ("FR-1",), "it keeps what it stands for"


async def test_the_entry_point_imports_the_routers_that_were_planned(bench: Bench) -> None:
    router = Export(name="router", kind="constant", signature="router: APIRouter")
    routes = FileContract(path="app/routes.py", purpose="p", exports=(router,), language="python")
    tests = TESTS.model_copy(
        update={"imports": (*TESTS.imports, Import(path="app/main.py", symbols=("app",)))}
    )
    answer = ModuleFiles(files=(MODELS, routes, tests), tests=PLANNED)
    structure = await planned(bench, plan(), answer)
    main = next(file for file in structure.files if file.path == "app/main.py")
    assert main.imports == (Import(path="app/routes.py", symbols=("router",)),)


@pytest.mark.usefixtures("index")
async def test_packages_the_table_does_not_know_get_the_versions_of_the_index(bench: Bench) -> None:
    structure = await planned(bench, plan("Acme", "json"), files())
    assert versions(structure)["acme"] == ">=3.1,<4"
    assert "json" not in versions(structure)
    assert structure.notes == ("json is a part of Python itself and no dependency.",)


@pytest.mark.usefixtures("index")
async def test_a_package_that_does_not_exist_goes_back_to_the_model(bench: Bench) -> None:
    structure = await planned(bench, plan("fast-api-tools"), plan("acme"), files())
    assert "the Python package index has no package 'fast-api-tools'" in bench.prompts[1]
    assert versions(structure)["acme"] == ">=3.1,<4"


async def test_what_can_be_no_package_goes_back_to_the_model(bench: Bench) -> None:
    await planned(bench, plan("two words"), plan("fastapi"), files())
    assert "'two words' is no name of a Python distribution" in bench.prompts[1]


@pytest.mark.usefixtures("index")
async def test_stage_4_gives_up_on_packages_that_do_not_exist(bench: Bench) -> None:
    with pytest.raises(AnswerError, match=f"after {MAX_PLANS} plans.*no package 'no-such-thing'"):
        await planned(bench, *[plan("no-such-thing")] * MAX_PLANS)


async def test_without_an_index_a_package_is_taken_as_it_comes_and_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    structure = await planned(bench, plan("acme"), files())
    assert versions(structure)["acme"] == ""
    (note,) = structure.notes
    assert "acme was not checked" in note


async def validated(bench: Bench, structure: FileStructure) -> ValidatedStructure:
    work = bench.work("5", {**DESIGN, FILE_STRUCTURE: structure}, *[REVIEW] * 5)
    answer = (await validate_structure(work))[VALIDATED_STRUCTURE]
    assert isinstance(answer, ValidatedStructure)
    return answer


async def test_stage_5_serves_a_structure_that_was_written_by_hand(bench: Bench) -> None:
    answer = await validated(bench, STRUCTURE)
    assert any(file.template == "python/Dockerfile" for file in answer.files)
    assert versions(answer)["fastapi"]
    assert len(bench.prompts) == 1, "no model is asked about what packs serve"


async def test_a_workflow_is_served_only_where_the_settings_say_so(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert WORKFLOW not in {file.path for file in (await validated(bench, STRUCTURE)).files}
    monkeypatch.setenv("APP_BUILDER_WORKFLOW_FILES", "true")
    assert WORKFLOW in {file.path for file in (await validated(bench, STRUCTURE)).files}


def test_results_with_and_without_workflows_are_kept_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: set[str] = set()
    for allowed in ("false", "true"):
        monkeypatch.setenv("APP_BUILDER_WORKFLOW_FILES", allowed)
        session = open_session(tmp_path, ScriptedModel([]))
        keys.add(session.call_for(session.table["5"], inputs={}).cache_key())
    assert len(keys) == 2


@pytest.mark.usefixtures("index")
async def test_stage_5_passes_on_no_package_that_does_not_exist(bench: Bench) -> None:
    edited = STRUCTURE.model_copy(update={"dependencies": (Dependency(name="no-such-thing"),)})
    with pytest.raises(AnswerError, match="no package 'no-such-thing'"):
        await validated(bench, edited)


async def test_stage_5_passes_on_nothing_that_a_template_cannot_write(bench: Bench) -> None:
    edited = STRUCTURE.model_copy(
        update={"dependencies": (Dependency(name="fastapi", versions="the newest"),)}
    )
    with pytest.raises(AnswerError, match=r"pyproject\.toml: it is written from a template"):
        await validated(bench, edited)


async def test_versions_that_a_person_wrote_stay(bench: Bench) -> None:
    edited = STRUCTURE.model_copy(
        update={"dependencies": (Dependency(name="fastapi", versions="==0.140.*"),)}
    )
    assert versions(await validated(bench, edited))["fastapi"] == "==0.140.*"


async def test_a_library_gets_its_pack_once_its_files_are_known(bench: Bench) -> None:
    stack = SPEC.stack.model_copy(update={"backend": "none", "frontend": "none"})
    design = {**DESIGN, SPECS_CLEAN: SPEC.model_copy(update={"stack": stack})}
    work = bench.work("4", design, plan(), files())
    structure = (await generate_structure(work))[FILE_STRUCTURE]
    assert isinstance(structure, FileStructure)
    assert structure.dependencies == (), "nobody knew that it is in Python"
    work = bench.work("5", {**design, FILE_STRUCTURE: structure}, REVIEW)
    answer = (await validate_structure(work))[VALIDATED_STRUCTURE]
    assert isinstance(answer, ValidatedStructure)
    assert versions(answer)["pytest"]


async def test_stage_7_writes_a_served_file_without_a_model(bench: Bench) -> None:
    product = made("fastapi")
    for path in ("app/main.py", "pyproject.toml", "LICENSE"):
        contract = product.contract(path)
        imported = tuple(product.contract(item.path) for item in contract.imports)
        neighbours = FileIndex(files=imported, dependencies=product.structure.dependencies)
        inputs = {"file": contract, "facts": product.facts, "neighbours": neighbours}
        work = bench.work("7", {**inputs}, file=path)
        assert await write_file(work) == {f"code/{path}": product.served[path]}
        assert work.usage.calls == 0


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("fastapi/none", "there is no template 'fastapi/none'"),
        ("../pyproject", "there is no template '../pyproject'"),
        ("express/app.js", "does not fit this product"),
    ],
)
async def test_stage_7_refuses_a_template_that_is_none(
    bench: Bench, template: str, said: str
) -> None:
    product = made("fastapi")
    contract = FileContract(path="x.js", purpose="p", template=template)
    inputs = {"file": contract, "facts": product.facts, "neighbours": FileIndex()}
    with pytest.raises(InputError, match=said):
        await write_file(bench.work("7", {**inputs}, file="x.js"))
