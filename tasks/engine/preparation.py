"""Checks everything a build is given, before anything is spent or written."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.artifacts.questionnaire import Questionnaire
from core.errors import ConfigurationError, InputError
from core.identity import derive_build_id, project_slug
from core.layout import ARTIFACT_TYPES
from core.options import AUTO_BASELINE, MAX_PARAMETERS, NO_BASELINE, BuildOptions
from core.secrets import SecretSource
from core.settings import Settings
from core.stages import ALL, AUTO, StageTable, load_stage_table, read_stage_rows
from prompts.renderer import template_names
from providers.llm.catalogue import DEMO, Catalogue, open_catalogue
from providers.llm.prices import PriceList
from providers.llm.stage_router import ModelChoice, StageRouter
from providers.secrets.chain import SecretChain
from tasks.engine.edit_reading import read_edit
from tasks.engine.model_choices import Choices, RoutingHistory, choose_models
from tasks.engine.publishers import open_publisher
from tasks.engine.secret_sources import UncheckedBlocks, blocks_come_later, secret_chain
from tasks.engine.stage_functions import require_stage_functions
from tasks.engine.stages_to_run import stages_to_run


@dataclass(frozen=True)
class PreparedBuild:
    """A build that may begin.

    Attributes:
        build_id, project_id, user: who the build is.
        table: the stage table with the models chosen for this build.
        chosen: those that the model router chose, by template.
        secrets: where the providers' keys are.
        keys_unchecked: whether keys are taken to be in blocks of a Prefect server that does not
            run yet; only of a build that is planned.
    """

    questionnaire: Questionnaire
    options: BuildOptions
    build_id: str
    project_id: str
    user: str
    table: StageTable
    chosen: Choices
    catalogue: Catalogue
    router: StageRouter
    secrets: SecretChain
    keys_unchecked: bool = False

    @property
    def demo(self) -> bool:
        """Whether the demo model answers any stage."""
        return any(
            choice.provider == DEMO
            for stage in self.table.stages
            for use in stage.models
            if use.asked
            for choice in self.router.choices(stage.number, use.template)
        )


def load_table(environment: SecretSource, own_catalogue: Path | None = None) -> StageTable:
    """The shipped stage table, held against the catalogue, the templates and the tasks there are.

    Args:
        environment: variables, which say where some providers answer.
        own_catalogue: the operator's own file of providers, if there is one.

    Raises:
        ConfigurationError: a wrong row; the message names it.
    """
    return _table(open_catalogue(own_catalogue, environment.get))


def _table(catalogue: Catalogue) -> StageTable:
    table = load_stage_table(
        read_stage_rows(), providers=catalogue.names, templates=template_names()
    )
    require_stage_functions(table)
    return table


def prepare_build(
    settings: Settings,
    questionnaire: Questionnaire,
    options: BuildOptions,
    environment: SecretSource,
    operator_models: Mapping[str, str] | None = None,
    history: RoutingHistory | None = None,
    *,
    need_keys: bool = True,
) -> PreparedBuild:
    """Check what a build is given.

    Args:
        settings: the operator's settings.
        questionnaire: the person's answers, valid by themselves.
        options: how to build; its models win over `operator_models`.
        environment: variables; base URLs come from there alone, keys where the settings say so.
        operator_models: models the operator chose for all builds.
        history: what the model router knows besides the catalogue.
        need_keys: refuse where keys are missing; a plan shows which, and goes on.

    Raises:
        InputError: an unknown stage, model or edit, a missing key or an unknown price; the message
            names it. Or more than Prefect takes.
    """
    require_room(questionnaire, options)
    catalogue = open_catalogue(settings.catalogue, environment.get)
    keys_unchecked = not need_keys and blocks_come_later(settings)
    blocks = UncheckedBlocks() if keys_unchecked else None
    secrets = secret_chain(settings, catalogue, environment, blocks)
    table = _table(catalogue)
    if options.from_stage:
        table.position(options.from_stage)
    use = {path: _checked_edit(table, path, text) for path, text in options.use.items()}
    options = options.model_copy(update={"use": use})
    # A build that says `all` leaves nothing for the operator to choose.
    standing = {} if ALL in options.models else operator_models or {}
    overrides = {**standing, **options.models}
    table = table.with_models(overrides, catalogue.names)
    _require_models(overrides, catalogue)
    table, chosen = choose_models(settings, table, catalogue, secrets, history or RoutingHistory())
    router = StageRouter(table, catalogue, secrets, settings.demo_mode, overridden=overrides.keys())
    _require_stage_models(table, router, catalogue)
    if need_keys:
        router.check_keys(stages_to_run(table, options))
        open_publisher(settings, options, secrets)  # refuses where a token is missing
    project_id, build_id = identity_of(questionnaire, options)
    return PreparedBuild(
        questionnaire=questionnaire,
        options=options,
        build_id=build_id,
        project_id=project_id,
        user=options.user or settings.user,
        table=table,
        chosen=chosen,
        catalogue=catalogue,
        router=router,
        secrets=secrets,
        keys_unchecked=keys_unchecked,
    )


def identity_of(questionnaire: Questionnaire, options: BuildOptions) -> tuple[str, str]:
    """Project id and build id of a build.

    Args:
        questionnaire: the person's answers.
        options: how to build; with `auto` as baseline, the id is that of a build without one.
    """
    project_id = options.project_id or project_slug(questionnaire.project_name)
    baseline = "" if options.baseline in {AUTO_BASELINE, NO_BASELINE} else options.baseline
    build_id = derive_build_id(project_id, questionnaire, options.models, options.fresh, baseline)
    return project_id, build_id


def _require_models(overrides: Mapping[str, str], catalogue: Catalogue) -> None:
    """Refuse models their provider is known not to have, before a call finds out."""
    for key, value in overrides.items():
        if value == AUTO:
            continue
        provider, _, model = value.partition("/")
        try:
            catalogue[provider].require_model(model)
        except InputError as error:
            raise InputError(f"models: {value!r} for {key!r}: {error}") from None


def _require_stage_models(table: StageTable, router: StageRouter, catalogue: Catalogue) -> None:
    """Refuse stages that may ask a model that is switched off, not there, or of unknown price."""
    prices = PriceList(catalogue)
    for stage in table.stages:
        for use in stage.models:
            if not use.asked:
                continue
            first, *fallbacks = router.choices(stage.number, use.template)
            key = stage.number if len(stage.models) == 1 else use.template
            other = f"--model {key}=PROVIDER/MODEL names another"
            _require_answerable(first, catalogue, prices, f"stage {stage.label} asks", other)
            for choice in fallbacks:
                where = f"stage {stage.label} falls back on"
                without = "switched off in the catalogue, it is left out"
                _require_answerable(choice, catalogue, prices, where, without)


def _require_answerable(
    choice: ModelChoice, catalogue: Catalogue, prices: PriceList, where: str, advice: str
) -> None:
    row = catalogue[choice.provider]
    try:
        row.require_model(choice.model)
        if not row.gone:  # the keys' check says what to choose instead
            prices.require(choice.provider, row.model(choice.model))
    except InputError as error:
        raise ConfigurationError(f"{where} {choice}: {error}; {advice}") from None


def require_room(questionnaire: Questionnaire, options: BuildOptions) -> None:
    """Refuse what Prefect would, in words that help: it measures JSON in ASCII, as here.

    Raises:
        InputError: questionnaire and options are larger than what one run can be given.
    """
    parameters = {"questionnaire": questionnaire, "options": options}
    plain = {name: value.model_dump(mode="json") for name, value in parameters.items()}
    size = _json_bytes(plain)
    if size <= MAX_PARAMETERS:
        return
    sizes = {f"use: {path!r}": _json_bytes(text) for path, text in options.use.items()}
    sizes["the questionnaire"] = _json_bytes(plain["questionnaire"])
    largest = max(sizes, key=lambda what: sizes[what])
    raise InputError(
        f"the questionnaire and the options make {size:,} bytes of JSON, and a run takes at most "
        f"{MAX_PARAMETERS:,}; shorten the largest part, {largest} with {sizes[largest]:,} bytes "
        "(a letter that is not ASCII counts 6)"
    )


def _json_bytes(value: object) -> int:
    return len(json.dumps(value, separators=(",", ":")))


def editable(table: StageTable) -> tuple[str, ...]:
    """Artifacts that a person may replace by hand.

    They are what stages with kept results write, as far as it is a typed artifact or a document;
    what every run does anew would not stay replaced.
    """
    paths = [path for stage in table.stages if stage.cached for path in stage.writes]
    return tuple(
        path for path in dict.fromkeys(paths) if path in ARTIFACT_TYPES or path.endswith(".md")
    )


def _checked_edit(table: StageTable, path: str, text: str) -> str:
    if path not in editable(table):
        raise InputError(
            f"use: {path!r} cannot be replaced; these can: {', '.join(editable(table))}"
        )
    return read_edit(path, text)
