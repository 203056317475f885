"""Turns a typed context into the prompt of its template.

A template pair is `templates/<name>.system.jinja` (role, rules, output format; no data) and
`templates/<name>.user.jinja` (data and the question). Names that begin with an underscore are
parts that others include.
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from jinja2 import BaseLoader, PackageLoader, TemplateError, meta
from jinja2.exceptions import TemplateRuntimeError, TemplateSyntaxError
from pydantic import BaseModel

from core.errors import ConfigurationError
from core.fence import fenced
from prompts.contexts import PromptContext
from prompts.environment import make_environment
from prompts.registry import CONTEXTS

_SYSTEM = ".system.jinja"
_USER = ".user.jinja"


@dataclass(frozen=True)
class RenderedPrompt:
    """What a model is asked.

    Attributes:
        system: role, rules and output format; begins with the line `# <template>`.
        user: the data, in fenced blocks, and the question.
        template: name of the template pair.
        digest: `template_digest` of the pair.
        answer_type: model the answer must parse into; `None` for free text.
    """

    system: str
    user: str
    template: str
    digest: str
    answer_type: type[BaseModel] | None


class PromptRenderer:
    """Renders the template pairs that one loader finds."""

    def __init__(
        self, loader: BaseLoader, contexts: Collection[type[PromptContext]] = CONTEXTS
    ) -> None:
        self._loader = loader
        self._contexts = tuple(contexts)
        self._environment = make_environment(loader)
        self._digests: dict[str, str] = {}

    def names(self) -> tuple[str, ...]:
        """Names of the template pairs, sorted.

        Raises:
            ConfigurationError: half of a pair is missing.
        """
        found = [name for name in self._loader.list_templates() if not name.startswith("_")]
        systems = {name.removesuffix(_SYSTEM) for name in found if name.endswith(_SYSTEM)}
        users = {name.removesuffix(_USER) for name in found if name.endswith(_USER)}
        for name in sorted(systems ^ users):
            missing = name + (_USER if name in systems else _SYSTEM)
            raise ConfigurationError(f"prompt template {name!r}: there is no file {missing!r}")
        return tuple(sorted(systems))

    def digest(self, name: str) -> str:
        """See `template_digest`."""
        if name not in self._digests:
            self._digests[name] = self._compute_digest(name)
        return self._digests[name]

    def render(self, context: PromptContext) -> RenderedPrompt:
        """See the function `render`."""
        values = {
            block_name(field): getattr(context, field) for field in type(context).model_fields
        }
        name = context.template
        try:
            system = self._environment.get_template(name + _SYSTEM).render(values)
            user = self._environment.get_template(name + _USER).render(values)
        except TemplateError as error:
            raise ConfigurationError(f"prompt template {name!r}: {_reason(error)}") from error
        return RenderedPrompt(
            system=system.removesuffix("\n"),
            user=user.removesuffix("\n"),
            template=name,
            digest=self.digest(name),
            answer_type=context.answer_type,
        )

    def _compute_digest(self, name: str) -> str:
        contexts = [context for context in self._contexts if context.template == name]
        if not contexts:
            known = ", ".join(sorted({context.template for context in self._contexts}))
            raise ConfigurationError(
                f"prompt template {name!r} has no context in prompts/contexts.py; there are {known}"
            )
        sources: dict[str, str] = {}
        try:
            for file in (name + _SYSTEM, name + _USER):
                self._collect(file, sources)
        except TemplateError as error:
            raise ConfigurationError(f"prompt template {name!r}: {_reason(error)}") from error
        schemas = [
            context.answer_type.model_json_schema() if context.answer_type else None
            for context in contexts
        ]
        # What a data block looks like is part of every prompt, so it is part of the digest.
        parts = [sources, schemas, fenced("sample", "")]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _collect(self, file: str, sources: dict[str, str]) -> None:
        """Gather the text of a file and of all it includes."""
        if file in sources:
            return
        sources[file], _, _ = self._loader.get_source(self._environment, file)
        for included in meta.find_referenced_templates(
            self._environment.parse(sources[file], name=file)
        ):
            if included is None:
                raise TemplateRuntimeError(
                    f"{file!r} includes a file whose name is not written out; name it"
                )
            self._collect(included, sources)


def _reason(error: TemplateError) -> str:
    if isinstance(error, TemplateSyntaxError):
        return f"{error.name}, line {error.lineno}: {error.message}"
    return f"{error.message or type(error).__name__}"


def block_name(field: str) -> str:
    """Name of the data block, and of the template's variable, that shows a context's field."""
    return field.removesuffix("_")


@cache
def _packaged() -> PromptRenderer:
    return PromptRenderer(PackageLoader("prompts"))


def render(context: PromptContext) -> RenderedPrompt:
    """Write the prompt of a context's template, in a single pass.

    Values appear only in fenced data blocks; nothing in them is ever expanded.

    Raises:
        ConfigurationError: the template is missing, wrong, or names what its context has not.
        InputError: a value cannot be written as UTF-8.
    """
    return _packaged().render(context)


def template_digest(name: str) -> str:
    """Digest (SHA-256, hexadecimal) of all a template's prompts and answers depend on.

    Both files of the pair, every file they include, the JSON Schema of the answer, and the form
    of data blocks. It is part of every cache key.

    Raises:
        ConfigurationError: there is no such template, or it is wrong.
    """
    return _packaged().digest(name)


def template_names() -> tuple[str, ...]:
    """Names of all template pairs, sorted.

    Raises:
        ConfigurationError: half of a pair is missing.
    """
    return _packaged().names()
