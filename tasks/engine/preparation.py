"""Checks everything a build is given, before anything is spent or written."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from core.artifacts.questionnaire import Questionnaire
from core.errors import InputError
from core.identity import derive_build_id, project_slug
from core.layout import ARTIFACT_TYPES
from core.options import BuildOptions
from core.secrets import SecretSource
from core.settings import Settings
from core.stages import ALL, StageTable, load_stage_table, read_stage_rows
from prompts.renderer import template_names
from providers.llm.catalogue import DEMO, Catalogue, load_catalogue, read_catalogue_rows
from providers.llm.stage_router import StageRouter
from providers.secrets.environment import EnvironmentSecrets


@dataclass(frozen=True)
class PreparedBuild:
    """A build that may begin.

    Attributes:
        build_id, project_id, user: who the build is.
        table: the stage table with the models chosen for this build.
    """

    questionnaire: Questionnaire
    options: BuildOptions
    build_id: str
    project_id: str
    user: str
    table: StageTable
    catalogue: Catalogue
    router: StageRouter

    @property
    def demo(self) -> bool:
        """Whether the demo model answers any stage."""
        return any(
            choice.provider == DEMO
            for stage in self.table.stages
            for use in stage.models
            for choice in self.router.choices(stage.number, use.template)
        )


def environment_secrets() -> EnvironmentSecrets:
    """Secrets of this process: its environment, and a `.env` file in the current folder."""
    return EnvironmentSecrets(env_file=Path(".env"))


def load_table(secrets: SecretSource) -> StageTable:
    """The shipped stage table, held against the catalogue and the templates there are."""
    return _table(_catalogue(secrets))


def _catalogue(secrets: SecretSource) -> Catalogue:
    return load_catalogue(read_catalogue_rows(), secrets.get)


def _table(catalogue: Catalogue) -> StageTable:
    return load_stage_table(
        read_stage_rows(), providers=catalogue.names, templates=template_names()
    )


def prepare_build(
    settings: Settings,
    questionnaire: Questionnaire,
    options: BuildOptions,
    secrets: SecretSource,
    operator_models: Mapping[str, str] | None = None,
) -> PreparedBuild:
    """Check what a build is given.

    Args:
        settings: the operator's settings.
        questionnaire: the person's answers, valid by themselves.
        options: how to build; its models win over `operator_models`.
        secrets: where API keys come from.
        operator_models: models the operator chose for all builds.

    Raises:
        InputError: an unknown stage, model or edit, or a missing key; the message names it.
    """
    catalogue = _catalogue(secrets)
    table = _table(catalogue)
    if options.from_stage:
        table.position(options.from_stage)
    for path, text in options.use.items():
        _check_edit(path, text)
    # A build that says `all` leaves nothing for the operator to choose.
    standing = {} if ALL in options.models else operator_models or {}
    overrides = {**standing, **options.models}
    table = table.with_models(overrides, catalogue.names)
    router = StageRouter(table, catalogue, secrets, settings.demo_mode, overridden=overrides.keys())
    router.check_keys(stage.number for stage in table.stages)
    project_id = options.project_id or project_slug(questionnaire.project_name)
    return PreparedBuild(
        questionnaire=questionnaire,
        options=options,
        build_id=derive_build_id(project_id, questionnaire, options.models, options.fresh),
        project_id=project_id,
        user=options.user or settings.user,
        table=table,
        catalogue=catalogue,
        router=router,
    )


def _check_edit(path: str, text: str) -> None:
    artifact_type = ARTIFACT_TYPES.get(path)
    if artifact_type is None:
        if not text.strip():
            raise InputError(f"use: the text for {path!r} is empty")
        return
    try:
        artifact_type.model_validate_json(text)
    except ValidationError as error:
        raise InputError(
            f"use: the text for {path!r} is not valid: {first_problem(error)}"
        ) from None


def first_problem(error: ValidationError) -> str:
    """The first problem pydantic found, with the field it is about."""
    problem = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}" if place else problem["msg"]
