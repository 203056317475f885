"""How a Node project is built, tested and started, as its `package.json` says."""

import re
from collections.abc import Iterator

from codegen.runners.npm_manifest import NPM_MANIFEST, NpmManifest, read_npm_manifest
from codegen.runners.npm_scripts import RunnerCommand, default_command, runner_commands
from codegen.runners.tree import Project
from core.artifacts.run_plan import BootCheck, ReportFormat, Runner, Step

PORT = 3000
"""Where a Node application is told to listen, in the environment variable `PORT`."""

_BOOT_SECONDS = 60
_BUILT_BOOT_SECONDS = 120
_BUILD_AND_START = "npm run build && exec npm start"
_NO_TEST = "no test specified"
_RUNNERS = (Runner.VITEST, Runner.JEST, Runner.MOCHA)
_CONFIGURATIONS = {
    Runner.VITEST: re.compile(r"vitest\.(config|workspace)\.\w+"),
    Runner.JEST: re.compile(r"jest\.config\.\w+"),
    Runner.MOCHA: re.compile(r"\.mocharc\.\w+"),
}
_IMPORTS_NODE_TEST = re.compile(r"""(?:from|require\(|import)\s*["']node:test["']""")


def npm_steps(project: Project, report_path: str) -> Iterator[Step | str]:
    """Its steps, and what is not run and why, a sentence each."""
    try:
        manifest = read_npm_manifest(project)
    except (ValueError, RecursionError) as error:
        first = str(error).splitlines()[0]
        yield f"Nothing was run in {project.place}: its {NPM_MANIFEST} cannot be read: {first}."
        return
    scripts = manifest.scripts
    if scripts.get("build"):
        yield _step(project, "build", Runner.NPM_BUILD, ("npm", "run", "build"))
    yield from _tests(project, manifest, report_path)
    if scripts.get("start"):
        yield _boot(project, manifest, report_path)


def _tests(project: Project, manifest: NpmManifest, report_path: str) -> Iterator[Step]:
    script = manifest.scripts.get("test", "")
    commands: list[RunnerCommand] = []
    if script and _NO_TEST not in script:
        commands = runner_commands(manifest.scripts, report_path)
        if not commands:
            yield _step(project, "test", Runner.NPM_TEST, ("npm", "test"))
            return
    elif runner := _unnamed_runner(project, manifest):
        commands = [default_command(runner, report_path)]
    for command in commands:
        step = _step(project, "test", command.runner, ("sh", "-c", command.line))
        yield step.model_copy(update={"report": command.report, "report_path": report_path})


def _unnamed_runner(project: Project, manifest: NpmManifest) -> Runner | None:
    """The runner of a project whose script `test` says nothing of it."""
    for runner in _RUNNERS:
        configured = any(_CONFIGURATIONS[runner].fullmatch(path) for path in project.files)
        if configured or runner.value in manifest.packages:
            return runner
    sources = project.named(".js", ".mjs", ".cjs", ".ts", ".mts")
    if any(_IMPORTS_NODE_TEST.search(project.files[path]) for path in sources):
        return Runner.NODE_TEST
    return None


def _boot(project: Project, manifest: NpmManifest, report_path: str) -> Step:
    # Every step has a copy of the tree of its own, so what is started is built in the same one.
    built = bool(manifest.scripts.get("build"))
    command = ("sh", "-c", _BUILD_AND_START) if built else ("npm", "start")
    step = _step(project, "boot", Runner.BOOT, command)
    more = {
        "report": ReportFormat.BOOT,
        "report_path": report_path,
        "seconds": _BUILT_BOOT_SECONDS if built else _BOOT_SECONDS,
        "boot": BootCheck(port=PORT),
    }
    return step.model_copy(update=more)


def _step(project: Project, kind: str, runner: Runner, command: tuple[str, ...]) -> Step:
    return Step.model_validate(
        {
            "kind": kind,
            "runner": runner,
            "ecosystem": "npm",
            "folder": project.folder,
            "command": command,
        }
    )
