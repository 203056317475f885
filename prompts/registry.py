"""Every context there is, by which the renderer knows what a template may be given."""

from prompts import change_contexts, contexts

CONTEXTS: tuple[type[contexts.PromptContext], ...] = tuple(
    value
    for module in (contexts, change_contexts)
    for value in vars(module).values()
    if isinstance(value, type)
    and issubclass(value, contexts.PromptContext)
    and value.__module__ == module.__name__
    and value is not contexts.PromptContext
)
"""In the order of the sources; a test holds the templates against them."""
