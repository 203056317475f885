"""What models would have written beside the packs' files, by product and path."""

SOURCES: dict[str, dict[str, str]] = {
    "fastapi": {
        "app/routers/__init__.py": "",
        "app/routers/tools.py": (
            "from fastapi import APIRouter\n\n"
            'router = APIRouter(prefix="/api/tools")\n\n\n'
            '@router.get("")\ndef tools() -> list[str]:\n    return ["ladder"]\n'
        ),
        "app/database.py": "def create_tables() -> None:\n    print('tables')\n",
        "app/static/index.html": "<!doctype html><title>Tools</title>",
        "README.md": "# Tools\n",
        "tests/test_tools.py": (
            "from fastapi.testclient import TestClient\n\n"
            "from app.main import app\n\n\n"
            "def test_lists_tools() -> None:\n"
            "    with TestClient(app) as client:\n"
            '        assert client.get("/api/tools").json() == ["ladder"]\n'
            '        assert client.get("/").status_code == 200\n'
        ),
    },
    "flask": {
        "app/routes/__init__.py": "",
        "app/routes/tools.py": (
            "from flask import Blueprint, abort\n\n"
            'blueprint = Blueprint("tools", __name__)\n\n\n'
            '@blueprint.get("/api/tools")\ndef tools() -> list[str]:\n    return ["ladder"]\n\n\n'
            '@blueprint.get("/api/none")\ndef none() -> None:\n    abort(404, "no such tool")\n'
        ),
        "app/database.py": "def create_tables() -> None:\n    print('tables')\n",
        "app/static/index.html": "<!doctype html><title>Tools</title>",
        "README.md": "# Tools\n",
    },
    "express": {
        "src/routes/tools.js": (
            'import { Router } from "express";\n\nexport const router = Router();\n'
            'router.get("/tools", (_request, response) => response.json(["ladder"]));\n'
        ),
        "src/routes/auth.js": (
            'import { Router } from "express";\n\nexport const router = Router();\n'
            'router.get("/who", (_request, response) => response.json({ name: "Ada" }));\n'
        ),
        "src/database.js": "export async function createTables() {\n  await null;\n}\n",
        "public/index.html": '<!doctype html><title>Tools</title><script src="/page.js"></script>',
        "public/page.js": 'document.title = "Tools!";\n',
        "tests/tools.test.js": (
            'import assert from "node:assert/strict";\nimport { test } from "node:test";\n\n'
            'import { app } from "../src/app.js";\n\n'
            'test("has an application", () => assert.equal(typeof app, "function"));\n'
        ),
    },
    "express-typescript": {
        "src/routes/tools.ts": (
            'import { Router } from "express";\n\nexport const router: Router = Router();\n'
            'router.get("/tools", (_request, response) => {\n  response.json(["ladder"]);\n});\n'
        ),
        "tests/tools.test.ts": (
            'import assert from "node:assert/strict";\nimport { test } from "node:test";\n\n'
            'import { app } from "../src/app.ts";\n\n'
            'test("has an application", () => assert.equal(typeof app, "function"));\n'
        ),
    },
    "react": {
        "web/src/App.jsx": (
            'import { useState } from "react";\n\n'
            "export default function App() {\n"
            '  const [tools] = useState(["ladder"]);\n'
            "  return <ul>{tools.map((tool) => <li key={tool}>{tool}</li>)}</ul>;\n}\n"
        ),
        "web/src/index.css": "body { margin: 0 }\n",
    },
    "react-typescript": {
        "web/src/App.tsx": (
            'export function App() {\n  const name: string = "ladder";\n'
            "  return <p>{name}</p>;\n}\n"
        ),
    },
    "sveltekit": {
        "web/src/routes/+page.svelte": '<script>\n  let tool = $state("ladder");\n</script>\n\n'
        "<h1>{tool}</h1>\n",
    },
    "sveltekit-typescript": {
        "web/src/lib/tools.ts": 'export function tools(): string[] {\n  return ["ladder"];\n}\n',
        "web/src/routes/+page.svelte": (
            '<script lang="ts">\n  import { tools } from "$lib/tools";\n\n'
            "  let names: string[] = $state(tools());\n</script>\n\n<h1>{names.length}</h1>\n"
        ),
    },
    "python-library": {
        "src/tool_library/__init__.py": '"""Lends tools."""\n',
        "src/tool_library/cli.py": 'def main() -> int:\n    print("ladder")\n    return 0\n',
        "README.md": "# Tools\n",
        "tests/test_cli.py": (
            "from tool_library.cli import main\n\n\n"
            "def test_lends() -> None:\n    assert main() == 0\n"
        ),
    },
    "node-library": {
        "src/index.js": "export function lend(tool) {\n  return `${tool} is lent`;\n}\n",
        "src/cli.js": 'import { lend } from "./index.js";\n\nconsole.log(lend("ladder"));\n',
        "tests/index.test.js": (
            'import assert from "node:assert/strict";\nimport { test } from "node:test";\n\n'
            'import { lend } from "tool-library";\n\n'
            'test("lends", () => assert.equal(lend("saw"), "saw is lent"));\n'
        ),
    },
}
