"""A small GitHub: the REST calls that we use, held to its own description, and git over HTTP."""

import base64
import http.server
import json
import os
import re
import subprocess
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.providers.vcs.github_description import Description, description

TOKEN = "ghs_" + "0" * 36
LOGIN = "ann"
ORGANISATION = "acme"
_PREFIX = "/api/v3"

Answer = tuple[int, dict[str, Any] | list[Any], dict[str, str]]
Fault = Callable[[str, str], Answer | None]


@dataclass
class Hub:
    """What the server knows, and what was asked of it.

    Attributes:
        folder: bare repositories, by full name.
        fault: answers a request in place of the server, or gives nothing.
        cut_push: how many pushes to break off after the request was read, before it is answered.
        drafts: whether draft pull requests are to be had.
    """

    folder: Path
    description: Description = field(default_factory=description)
    repositories: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    pulls: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])
    requests: list[str] = field(default_factory=list[str])
    pushes: int = 0
    problems: list[str] = field(default_factory=list[str])
    fault: Fault | None = None
    cut_push: int = 0
    drafts: bool = True
    url: str = ""

    def git(self, full_name: str, *arguments: str) -> str:
        """Run git on a repository of the server."""
        command = ["git", f"--git-dir={self.folder / full_name}.git", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def make(self, full_name: str, **values: Any) -> dict[str, Any]:
        """A repository with nothing in it."""
        path = self.folder / f"{full_name}.git"
        subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", str(path)], check=True)
        self.git(full_name, "config", "http.receivepack", "true")
        owner = self.description.least("simple-user", login=full_name.partition("/")[0])
        self.repositories[full_name] = self.description.least(
            "full-repository",
            name=full_name.split("/")[1],
            full_name=full_name,
            owner=owner,
            url=f"{self.url}{_PREFIX}/repos/{full_name}",
            html_url=f"{self.url}/{full_name}",
            clone_url=f"{self.url}/{full_name}.git",
            default_branch="main",
            topics=[],
            **values,
        )
        return self.repositories[full_name]

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        """Answer a REST request."""
        if self.fault is not None and (given := self.fault(method, path)) is not None:
            return given
        document: dict[str, Any] = json.loads(body) if body else {}
        for pattern, verb, respond in _ROUTES:
            if verb == method and (found := re.fullmatch(pattern, path)):
                return respond(self, *found.groups(), document, query)
        return 404, {"message": "Not Found"}, {}


def unprocessable(said: str, **error: str) -> Answer:
    """What GitHub answers to what it understands and does not take."""
    errors = {"errors": [error]} if error else {}
    return 422, {"message": said, "documentation_url": "https://docs.example", **errors}, {}


def _user(hub: Hub, _document: Any, _query: Any) -> Answer:
    return 200, hub.description.least("private-user", login=LOGIN, user_view_type="private"), {}


def _organisation(hub: Hub, name: str, _document: Any, _query: Any) -> Answer:
    if name != ORGANISATION:
        return 404, {"message": "Not Found"}, {}
    url = f"{hub.url}{_PREFIX}/orgs/{name}"
    return 200, hub.description.least("organization-full", login=name, url=url), {}


def _repository(hub: Hub, name: str, _document: Any, _query: Any) -> Answer:
    found = hub.repositories.get(name)
    return (200, found, {}) if found else (404, {"message": "Not Found"}, {})


def _create(hub: Hub, owner: str, document: dict[str, Any], _query: Any) -> Answer:
    full_name = f"{owner}/{document['name']}"
    if full_name in hub.repositories:
        error = {"resource": "Repository", "code": "custom", "field": "name"}
        return unprocessable(
            "Repository creation failed.", **error, message="name already exists on this account"
        )
    made = hub.make(full_name, private=document["private"], description=document["description"])
    return 201, made, {}


def _create_own(hub: Hub, document: dict[str, Any], query: Any) -> Answer:
    return _create(hub, LOGIN, document, query)


def _topics(hub: Hub, name: str, document: dict[str, Any], _query: Any) -> Answer:
    hub.repositories[name]["topics"] = document["names"]
    return 200, {"names": document["names"]}, {}


def _pulls(hub: Hub, name: str, _document: Any, query: dict[str, str]) -> Answer:
    branch = query["head"].partition(":")[2]
    found = [pull for pull in hub.pulls.get(name, []) if pull["head"]["ref"] == branch]
    return 200, found, {}


def _create_pull(hub: Hub, name: str, document: dict[str, Any], _query: Any) -> Answer:
    draft = document.get("draft", False)
    if draft and not hub.drafts:
        return unprocessable("Draft pull requests are not supported in this repository.")
    hub.git(name, "merge-base", document["base"], document["head"])  # GitHub wants common history
    pulls = hub.pulls.setdefault(name, [])
    number = len(pulls) + 1
    made = hub.description.least(
        "pull-request",
        number=number,
        title=document["title"],
        body=document["body"],
        draft=draft,
        html_url=f"{hub.url}/{name}/pull/{number}",
    )
    made["head"]["ref"], made["base"]["ref"] = document["head"], document["base"]
    pulls.append(made)
    return 201, made, {}


_REPOS = r"/repos/([^/]+/[^/]+)"
_ROUTES: tuple[tuple[str, str, Callable[..., Answer]], ...] = (
    (r"/user", "GET", _user),
    (r"/orgs/([^/]+)", "GET", _organisation),
    (_REPOS, "GET", _repository),
    (r"/user/repos", "POST", _create_own),
    (r"/orgs/([^/]+)/repos", "POST", _create),
    (rf"{_REPOS}/topics", "PUT", _topics),
    (rf"{_REPOS}/pulls", "GET", _pulls),
    (rf"{_REPOS}/pulls", "POST", _create_pull),
)


class _Handler(http.server.BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer; every method comes here."""
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b"".join(iter(self._chunk, b""))
        if parts.path.startswith(_PREFIX):
            self._api(parts.path.removeprefix(_PREFIX), dict(parse_qsl(parts.query)), body)
        else:
            self._git(parts.path, parts.query, body)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 -- names of the library

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline(), 16)
        data = self.rfile.read(size)
        self.rfile.readline()
        return data

    def _api(self, path: str, query: dict[str, str], body: bytes) -> None:
        hub = self.hub
        hub.requests.append(f"{self.command} {path}")
        if self.headers.get("Authorization") not in {f"token {TOKEN}", f"Bearer {TOKEN}"}:
            status, answer, headers = 401, {"message": "Bad credentials"}, {}
        else:
            status, answer, headers = hub.answer(self.command, path, query, body)
        text = json.dumps(answer).encode()
        if status < 500:
            try:
                hub.description.check(self.command, path, body, status, text, query)
            except Exception as error:  # whatever it is, the test has to see it
                hub.problems.append(
                    f"{self.command} {path} -> {status}: {error!r}: {error.__cause__}"
                )
        self._send(status, {"Content-Type": "application/json", **headers}, text)

    def _git(self, path: str, query: str, body: bytes) -> None:
        basic = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {basic}":
            self._send(401, {"WWW-Authenticate": 'Basic realm="GitHub"'}, b"")
            return
        pushing = path.endswith("git-receive-pack") and self.command == "POST"
        if pushing and self.hub.cut_push:
            self.hub.cut_push -= 1
            self.close_connection = True
            return
        self.hub.pushes += pushing
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.hub.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_USER": LOGIN,
            "CONTENT_LENGTH": str(len(body)),
        }
        done = subprocess.run(
            ["git", "http-backend"], input=body, env=environment, capture_output=True, check=True
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200").split()[0])
        self._send(status, headers, content)

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
        """Keep the tests' output clean."""


@contextmanager
def serving(folder: Path) -> Generator[Hub]:
    """The server; its `url` is without a slash at the end."""
    hub = Hub(folder)
    handler = type("Handler", (_Handler,), {"hub": hub})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        hub.url = f"http://localhost:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield hub
        finally:
            server.shutdown()
