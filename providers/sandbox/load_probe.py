"""Compiles and imports the modules of a project inside a box; a program without dependencies.

It is not imported by the rest, but run as `python -I <this file> <report> <seconds> <settings>
<roots> <item …>` in the project's folder. An item is `module:path`, or `:path` for a file that is
compiled only. `settings` is the module of Django's settings, or empty; `roots` are the folders to
import from, with a `:` between. Everything is imported in one process, as an application would;
where a module takes it down, the next one gets a new process.
"""

import importlib
import json
import os
import select
import signal
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

_CHUNK = 64 * 1024
_MOST_CHARACTERS = 20_000


def compile_file(path: str) -> dict[str, str] | None:
    """What keeps a file from being compiled."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(Path(path).read_bytes(), path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        said = "".join(traceback.format_exception_only(error))
        if not (isinstance(error, SyntaxError) and error.filename):
            said = f'  File "{path}", line 1\n{said}'
        return {"path": path, "kind": "compile", "account": said}
    return None


def load(module: str, path: str, settings: str) -> dict[str, str] | None:
    """What keeps a module from being imported."""
    try:
        if settings:
            importlib.import_module("django").setup()
        importlib.import_module(module)
    except SystemExit as ending:
        return {"path": path, "kind": "program", "account": f"it ends with {ending.code!r}"}
    except BaseException as error:  # whatever it is, it is what was asked for
        own = error.__traceback__
        while own is not None and own.tb_frame.f_code.co_filename == __file__:
            own = own.tb_next
        lines = traceback.format_exception(type(error), error, own)
        return {"path": path, "kind": "import", "account": "".join(lines)[-_MOST_CHARACTERS:]}
    return None


def load_all(items: list[tuple[str, str]], settings: str, roots: list[str], pipe: int) -> None:
    """Import one module after the other, and say of each how it went, a line of JSON each."""
    sys.path[:0] = [str(Path(root).resolve()) for root in roots]
    if settings:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    for module, path in items:
        answer = json.dumps(load(module, path, settings)) + "\n"
        data = answer.encode(errors="replace")
        while data:
            data = data[os.write(pipe, data) :]


def watched(
    items: list[tuple[str, str]], settings: str, roots: list[str], seconds: float
) -> list[dict[str, str]]:
    """Import modules in processes of their own, each until one takes it down."""
    found: list[dict[str, str]] = []
    while items:
        reader, writer = os.pipe()
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            os.close(reader)
            try:
                load_all(items, settings, roots, writer)
            finally:
                os._exit(0)
        os.close(writer)
        answers, late = read_answers(reader, len(items), seconds)
        os.close(reader)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        found += [answer for answer in answers if answer is not None]
        items = items[len(answers) :]
        if items:
            code = os.waitstatus_to_exitcode(status)
            ended = f"signal {-code} ends" if code < 0 else f"exit code {code} is that of"
            said = f"it does not end within {seconds:g} s" if late else f"{ended} the process"
            kind = "late" if late else "ended"
            found.append({"path": items[0][1], "kind": kind, "account": said})
            items = items[1:]
    return found


def read_answers(
    reader: int, count: int, seconds: float
) -> tuple[list[dict[str, str] | None], bool]:
    """The answers of a process up to its end, and whether one took too long."""
    lines: list[bytes] = []
    rest = b""
    while len(lines) < count:
        ready, _, _ = select.select([reader], [], [], seconds)
        if not ready:
            return [json.loads(line) for line in lines], True
        chunk = os.read(reader, _CHUNK)
        if not chunk:
            break
        *whole, rest = (rest + chunk).split(b"\n")
        lines += whole
    return [json.loads(line) for line in lines], False


def main(arguments: list[str]) -> int:
    """Run the probe; 0 when everything was compiled and imported."""
    report, seconds, settings, roots, *named = arguments
    items = [(module, path) for module, _, path in (item.partition(":") for item in named)]
    broken = {path: failure for _, path in items if (failure := compile_file(path)) is not None}
    modules = [(module, path) for module, path in items if module and path not in broken]
    loaded = watched(modules, settings, roots.split(":"), float(seconds))
    answer: dict[str, Any] = {"files": len(items), "modules": len(modules)}
    answer["findings"] = [*broken.values(), *loaded]
    Path(report).write_text(json.dumps(answer))
    return 1 if broken or any(item["kind"] in {"import", "ended"} for item in loaded) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
