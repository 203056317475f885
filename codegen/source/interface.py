"""What any file exports and imports, by its language."""

from functools import lru_cache

from codegen.source.go_names import go_exports, go_imports
from codegen.source.languages import SCRIPTS, Language, language_of
from codegen.source.link_imports import link_imports
from codegen.source.names import Exports, SourceExport, SourceImport
from codegen.source.python_imports import python_imports
from codegen.source.python_names import python_exports
from codegen.source.script_exports import script_exports
from codegen.source.script_imports import script_imports
from codegen.source.svelte_names import svelte_exports, svelte_imports

_ITSELF = Exports(names=(SourceExport(name="default"),), open=True)


@lru_cache(maxsize=256)
def exports_of(path: str, text: str, declared: str = "") -> Exports:
    """Say what other files can take from a file; the last are kept, for many files take from few.

    A file whose language has no exports offers itself (`default`), as bundlers take JSON, style
    sheets and pictures; whatever else is taken from it cannot be known.
    """
    language = language_of(path, declared)
    if language is None:
        return _ITSELF
    if language is Language.PYTHON:
        return python_exports(text)
    if language in SCRIPTS:
        return script_exports(language, text, declares=".d." in path.rpartition("/")[2])
    if language is Language.SVELTE:
        return svelte_exports(path, text)
    if language is Language.GO:
        return go_exports(text)
    return _ITSELF


def imports_of(path: str, text: str, declared: str = "") -> list[SourceImport]:
    """Say what a file takes from other files and packages, in the order of its lines."""
    language = language_of(path, declared)
    if language is None:
        return []
    if language is Language.PYTHON:
        return python_imports(text)
    if language in SCRIPTS:
        return script_imports(language, text)
    if language is Language.SVELTE:
        return svelte_imports(text)
    if language is Language.GO:
        return go_imports(text)
    if language in {Language.HTML, Language.CSS, Language.SCSS}:
        return link_imports(language, text)
    return []
