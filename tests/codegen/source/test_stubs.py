"""What a contract promises does something, whatever it is called."""

import pytest

from codegen.source.findings import errors_of
from codegen.source.wholeness import wholeness_findings

VERBS = (
    *("login", "logout", "reset_password", "cancel_order", "start_game", "predict_price"),
    *("post_comment", "online_users", "clear_cart", "handle_payment", "prepare_invoice", "log_in"),
    *("close", "reset", "handle", "on_order", "ignore", "main", "resetPassword", "handlePayment"),
)


def _stubs(path: str, text: str, *promised: str) -> list[str]:
    found = errors_of(wholeness_findings(path, text, promised))
    return [item.code for item in found if item.code == "stub"]


@pytest.mark.parametrize("name", VERBS)
def test_what_is_promised_is_not_empty_whatever_its_name(name: str) -> None:
    for path, text in (
        ("a.py", f"def {name}(user):\n    pass\n"),
        ("a.py", f'async def {name}(user):\n    """Empty the cart; optional."""\n'),
        ("a.js", f"export function {name}(user) {{}}\n"),
        ("a.ts", f"export const {name} = (user: string): void => {{\n  // the user\n}};\n"),
    ):
        assert _stubs(path, text, name) == ["stub"], text
    method = f"class A:\n    def {name}(self):\n        pass\n"
    assert _stubs("a.py", method, f"A.{name}") == ["stub"]


@pytest.mark.parametrize(
    "name", ["login", "logout", "reset_password", "online", "predict", "log_in"]
)
def test_a_verb_that_begins_like_a_hook_is_none(name: str) -> None:
    assert _stubs("a.py", f"class A:\n    def {name}(self):\n        pass\n", "A") == ["stub"]


@pytest.mark.parametrize(
    "text",
    [
        "export default function App() {}\n",
        "function App() {}\nexport default App;\n",
        "const App = () => {};\nexport default App;\n",
        "export default class App {\n  render() {}\n}\n",
    ],
)
def test_a_default_export_is_promised_by_the_name_it_has_inside(text: str) -> None:
    assert _stubs("a.jsx", text, "default") == ["stub"]
    assert _stubs("a.jsx", text) == []


def test_a_route_of_tasks_is_no_task() -> None:
    text = '@router.get("/tasks/events")\ndef show():\n    pass\n'
    assert _stubs("a.py", text) == ["stub"]
    assert _stubs("a.py", "@celery.task\ndef send():\n    pass\n") == []
    assert _stubs("a.py", "@celery.task\ndef send():\n    pass\n", "send") == ["stub"]


@pytest.mark.parametrize(
    ("path", "text", "promised"),
    [
        ("a.py", "def reset():\n    # Nothing is kept.\n    pass\n", "reset"),
        ("a.py", '@click.group()\ndef cli():\n    """The command."""\n', "cli"),
        ("a.py", "class A:\n    def __init__(self):\n        pass\n", "A.__init__"),
        ("a.py", "class A:\n    def close(self):\n        pass\n", "A"),
        ("a.py", "class A:\n    def on_close(self):\n        pass\n", "A"),
        ("a.ts", "export class A {\n  constructor(private b: B) {}\n}\n", "A"),
        ("a.ts", "export class A {\n  ngOnInit() {}\n}\n", "A"),
        ("a.js", "export function reset() {\n  // no-op\n}\n", "reset"),
    ],
)
def test_what_is_meant_to_be_empty_may_be_promised(path: str, text: str, promised: str) -> None:
    assert _stubs(path, text, promised) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "a.js",
            "load().catch((error) => {\n  console.error('Failed to load todo', error);\n});\n",
        ),
        ("a.js", "function miss(id) {\n  throw new NotFoundError(`Todo ${id} not found`);\n}\n"),
        ("a.js", "function warn() {\n  console.warn('placeholder text missing');\n}\n"),
        ("a.js", "app.listen(3000, () => {\n  console.log('TODO app listens on 3000');\n});\n"),
        ("a.js", "const first = () => {\n  // nothing left in TODO\n  return null;\n};\n"),
        ("a.go", 'package a\n\nfunc miss() error {\n\treturn errors.New("todo not found")\n}\n'),
        ("a.py", "def miss():\n    raise HTTPException(404, detail='Todo not found')\n"),
        ("a.py", "def miss():\n    raise ValueError('TODO items cannot be archived')\n"),
        ("a.py", "def first():\n    return None  # no todo yet\n"),
        ("a.jsx", "export function warn() {\n  return <h1>TODO</h1>;\n}\n"),
        ("a.jsx", "export function warn({ n }) {\n  return <p>TODO: {n}</p>;\n}\n"),
        ("a.js", "function warn() {\n  console.warn('no todo');\n  return null;\n}\n"),
        ("a.js", "function warn() {\n  console.log('not implemented');\n  return a();\n}\n"),
        ("a.py", "def first():\n    # TODO: sort them\n    return dict(a=1)\n"),
    ],
)
def test_errors_and_comments_about_a_todo_are_no_stub(path: str, text: str) -> None:
    assert _stubs(path, text, "miss", "warn", "first") == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.js", "function miss() {\n  throw new Error('TODO');\n}\n"),
        ("a.js", "function miss() {\n  console.log('TODO: tell that it is missing');\n}\n"),
        ("a.js", "function miss() {\n  // todo: implement\n  return null;\n}\n"),
        ("a.js", "function miss() {\n  /*\n   * Its todo.\n   * TODO write\n   */\n}\n"),
        ("a.js", "function miss() {\n  // Its body is a TODO(me)\n  return null;\n}\n"),
        ("a.go", 'package a\n\nfunc miss() {\n\tpanic("implement me")\n}\n'),
        ("a.py", "def miss():\n    raise HTTPException(501, 'Todo: not yet implemented')\n"),
        ("a.py", "def miss():\n    raise RuntimeError('TODO implement it')\n"),
        ("a.py", "def miss():\n    return []  # FIXME\n"),
        ("a.jsx", "export function Miss() {\n  return <p>TODO: statistics</p>;\n}\n"),
        ("a.tsx", "const Miss = () => {\n  return (\n    <p>Not implemented yet</p>\n  );\n};\n"),
        ("a.js", "function miss() {\n  console.log('not implemented');\n  return null;\n}\n"),
        ("a.py", "def miss():\n    # TODO: implement\n    return dict()\n"),
    ],
)
def test_what_says_that_it_is_not_written_is_a_stub(path: str, text: str) -> None:
    assert _stubs(path, text) == ["stub"]
