"""What manifests list: requirements of Python, the whole of a `package.json`."""

from packaging.requirements import Requirement

from codegen.scaffolds.facts import NodeProject, PythonProject, ScaffoldFacts
from codegen.scaffolds.literals import one_line
from codegen.scaffolds.ranges import NODE

DESCRIPTION_LENGTH = 200


def python_requirements(project: PythonProject) -> dict[str, list[str]]:
    """The requirements of a project, for running it and for development, in their order.

    Raises:
        ValueError: a dependency is no requirement; only one edited by hand can be none.
    """
    found: dict[str, list[str]] = {"runtime": [], "development": []}
    for item in project.dependencies:
        text = f"{item.name}{item.versions}"
        Requirement(text)
        found["development" if item.development else "runtime"].append(text)
    return {use: sorted(texts) for use, texts in found.items()}


def package_json(project: NodeProject, facts: ScaffoldFacts) -> dict[str, object]:
    """A `package.json` as a mapping, in the order in which npm writes it."""
    manifest: dict[str, object] = {
        "name": project.name,
        "version": "0.1.0",
        "description": one_line(facts.summary, DESCRIPTION_LENGTH),
        "private": True,
        "license": "MIT",
        "type": "module",
    }
    if project.library:
        manifest["exports"] = f"./{project.library}"
    if project.commands:
        manifest["bin"] = {item.name: f"./{item.path}" for item in project.commands}
    manifest["engines"] = {"node": f">={NODE}"}
    manifest["scripts"] = _scripts(project, facts)
    for key, development in (("dependencies", False), ("devDependencies", True)):
        listed = {
            item.name: item.versions or "*"
            for item in sorted(project.dependencies, key=lambda item: item.name)
            if item.development is development
        }
        if listed:
            manifest[key] = listed
    return manifest


def _scripts(project: NodeProject, facts: ScaffoldFacts) -> dict[str, str]:
    scripts: dict[str, str] = {}
    if project.folder:
        kit = "sveltekit" in facts.packs
        sync = "svelte-kit sync && " if kit else ""
        scripts |= {"dev": "vite", "build": "vite build", "preview": "vite preview"}
        if kit:
            scripts["start"] = "node build"
        if project.typescript:
            check = "svelte-check" if kit else "tsc --noEmit"
            scripts["typecheck"] = f"{sync}{check}"
    else:
        if project.start:
            scripts["start"] = f"node {project.start}"
        if project.typescript:
            scripts["typecheck"] = "tsc --noEmit"
    scripts["lint"] = "eslint ."
    if project.test:
        scripts["test"] = project.test
    return scripts


def lint_plugins(project: NodeProject) -> dict[str, bool]:
    """Which plug-ins of the linter a project has."""
    names = {item.name for item in project.dependencies}
    return {
        "typescript": "typescript-eslint" in names,
        "react": "eslint-plugin-react-hooks" in names,
        "svelte": "eslint-plugin-svelte" in names,
    }


def lint_ignored(project: NodeProject, facts: ScaffoldFacts) -> list[str]:
    """Folders that the linter leaves alone: what is built, and projects with settings of theirs."""
    if project.folder:
        return ["build/", "dist/", ".svelte-kit/"]
    return ["coverage/", "dist/", *(["web/"] if facts.web is not None else [])]
