"""Contexts: every one is known to the renderer, and its fields can name data blocks."""

from collections.abc import Mapping

import pytest
from pydantic import BaseModel, ValidationError

from core.fence import fenced, read_fenced
from prompts import change_contexts, contexts
from prompts.contexts import PromptContext
from prompts.registry import CONTEXTS
from prompts.renderer import block_name

every_context = pytest.mark.parametrize("context_type", CONTEXTS)


def test_every_context_is_listed() -> None:
    defined = {
        value
        for module in (contexts, change_contexts)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, PromptContext) and value != PromptContext
    }

    assert len(CONTEXTS) == len(set(CONTEXTS))
    assert set(CONTEXTS) == defined


@every_context
def test_each_field_names_a_block_of_its_own(context_type: type[PromptContext]) -> None:
    names = [block_name(field) for field in context_type.model_fields]

    assert len(set(names)) == len(names)
    for name in names:
        assert read_fenced(fenced(name, "text")) == {name: "text"}


@every_context
def test_each_field_is_a_text_or_a_document(
    samples: Mapping[type[PromptContext], PromptContext], context_type: type[PromptContext]
) -> None:
    for field in context_type.model_fields:
        value = getattr(samples[context_type], field)
        assert value is None or isinstance(value, (str, BaseModel))


@every_context
def test_contexts_are_frozen_and_refuse_what_no_template_shows(
    samples: Mapping[type[PromptContext], PromptContext], context_type: type[PromptContext]
) -> None:
    context = samples[context_type]
    values = {field: getattr(context, field) for field in context_type.model_fields}

    assert context_type.model_validate(values) == context
    with pytest.raises(ValidationError, match="forgotten"):
        context_type.model_validate({**values, "forgotten": "text"})
    with pytest.raises(ValidationError, match="frozen"):
        setattr(context, next(iter(values)), None)
