"""Exports and imports of Svelte components."""

import re
from pathlib import PurePosixPath

from codegen.source.names import Exports, SourceExport, SourceImport
from codegen.source.script_exports import script_exports
from codegen.source.script_imports import script_imports
from codegen.source.svelte_syntax import Script, svelte_scripts
from codegen.source.trees import parse_tree, squeezed, text_of, walk

_PROPERTY = re.compile(r"^\s*export\s+let\s+([^;\n]+)", re.MULTILINE)


def svelte_exports(path: str, text: str) -> Exports:
    """The component as default export, with its properties as members; its module's exports."""
    scripts = svelte_scripts(text)
    properties = [item for script in scripts if not script.module for item in _properties(script)]
    name = PurePosixPath(path).stem
    component = SourceExport(
        name="default",
        local=name,
        kind="component",
        signature=f"component {name}",
        members=tuple(properties),
        line=1,
    )
    names = [component]
    for script in scripts:
        if script.module:
            names += [
                item.model_copy(update={"line": item.line + script.line})
                for item in script_exports(script.language, script.text).names
            ]
    return Exports(names=tuple(names))


def svelte_imports(text: str) -> list[SourceImport]:
    """What the scripts of a component import."""
    return [
        item.model_copy(update={"line": item.line + script.line})
        for script in svelte_scripts(text)
        for item in script_imports(script.language, script.text)
    ]


def _properties(script: Script) -> list[str]:
    """Properties as `export let` (Svelte 3 and 4) or `$props()` (Svelte 5) declare them."""
    found = [squeezed(item.rstrip(" ;")) for item in _PROPERTY.findall(script.text)]
    if "$props()" not in script.text:
        return found
    for node in walk(parse_tree(script.language, script.text).root_node):
        if node.type != "variable_declarator":
            continue
        pattern, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if (
            text_of(value) == "$props()"
            and pattern is not None
            and pattern.type == "object_pattern"
        ):
            found += [squeezed(text_of(item)) for item in pattern.named_children]
    return found
