"""A small GitHub: the REST calls that we use, held to its own description, and git over HTTP."""

import base64
import contextlib
import http.server
import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt

from tests.providers.vcs.github_description import Description, description
from tests.providers.vcs.github_git import LOGIN, GitRequest, Refusal

TOKEN = "ghs_" + "0" * 36
APP, INSTALLATION = 7, 11
ORGANISATION = "acme"
_PREFIX = "/api/v3"
_MOST_TOPICS = 20

Answer = tuple[int, dict[str, Any] | list[Any], dict[str, str]]
Fault = Callable[[str, str], Answer | None]


class GoneError(Exception):
    """Whoever sends a request is gone in the middle of it."""


@dataclass
class Hub:
    """What the server knows, and what was asked of it.

    Attributes:
        folder: bare repositories, by full name.
        renamed: names by which repositories are known now, by those they had.
        comments: on pull requests.
        fault: answers a request in place of the server, or gives nothing.
        cut_push: how many pushes to break off after the request was read, before it is answered.
        refusal: what every push is answered with.
        drafts: whether draft pull requests are to be had.
        new_branch: default branch that a repository has as long as it is empty.
        app_key: public key of the app with the id `APP`, as PEM.
        happened: told of everything, in order: `>` a request came, `|` half of what git sends has
            come, `<` all is done and not yet answered. It may raise `GoneError`.
    """

    folder: Path
    description: Description = field(default_factory=description)
    repositories: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    renamed: dict[str, str] = field(default_factory=dict[str, str])
    pulls: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])
    comments: list[str] = field(default_factory=list[str])
    requests: list[str] = field(default_factory=list[str])
    pushes: int = 0
    problems: list[str] = field(default_factory=list[str])
    fault: Fault | None = None
    cut_push: int = 0
    refusal: Refusal | None = None
    drafts: bool = True
    new_branch: str = "main"
    app_key: str = ""
    happened: Callable[[str], None] = lambda _event: None
    url: str = ""

    def git(self, full_name: str, *arguments: str) -> str:
        """Run git on a repository of the server."""
        command = ["git", f"--git-dir={self.folder / full_name}.git", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def make(self, full_name: str, **values: Any) -> dict[str, Any]:
        """A repository with nothing in it."""
        path = self.folder / f"{full_name}.git"
        subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", str(path)], check=True)
        for setting in ("http.receivepack", "receive.denyNonFastForwards", "receive.denyDeletes"):
            self.git(full_name, "config", setting, "true")
        owner = self.description.least("simple-user", login=full_name.partition("/")[0])
        self.repositories[full_name] = self.description.least(
            "full-repository",
            name=full_name.split("/")[1],
            full_name=full_name,
            owner=owner,
            url=f"{self.url}{_PREFIX}/repos/{full_name}",
            html_url=f"{self.url}/{full_name}",
            clone_url=f"{self.url}/{full_name}.git",
            default_branch=self.new_branch,
            topics=[],
            **values,
        )
        return self.repositories[full_name]

    def settle(self, path: str) -> None:
        """The first branch of a repository becomes its default where that one is not there."""
        known = self.repositories.get(path.split(".git/", maxsplit=1)[0].strip("/"))
        if known is None:
            return
        branches = self.git(known["full_name"], "branch", "--format=%(refname:short)").split()
        if branches and known["default_branch"] not in branches:
            known["default_branch"] = branches[0]
            self.git(known["full_name"], "symbolic-ref", "HEAD", f"refs/heads/{branches[0]}")

    def follow(self, full_name: str) -> None:
        """Let open pull requests point to what their branches do, also when these are deleted."""
        for pull in self.pulls.get(full_name, []):
            if pull["state"] == "open":
                branch = f"refs/heads/{pull['head']['ref']}"
                pull["head"]["sha"] = self.git(full_name, "rev-parse", branch)
                kept = f"refs/pull/{pull['number']}/head"
                self.git(full_name, "update-ref", kept, pull["head"]["sha"])

    def note_merged(self, full_name: str, branch: str, commit: str) -> None:
        """What becomes of a branch's open pull request when a person merges it."""
        self.follow(full_name)
        for pull in self.pulls.get(full_name, []):
            if pull["head"]["ref"] == branch and pull["state"] == "open":
                at = {"merged_at": "2025-01-01T00:00:00Z", "merge_commit_sha": commit}
                pull |= {"state": "closed", **at}

    def answer_app(self, proof: str, path: str) -> Answer:
        """Answer a REST request that an app signed with its own key."""
        try:
            claims = jwt.decode(proof, self.app_key, algorithms=["RS256"])
        except jwt.PyJWTError:
            return 401, {"message": "A JSON web token could not be decoded"}, {}
        if claims["iss"] != str(APP) or path != f"/app/installations/{INSTALLATION}/access_tokens":
            return 404, {"message": "Not Found"}, {}
        return 201, {"token": TOKEN, "expires_at": "2099-01-01T00:00:00Z"}, {}

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
    if found is None and name in hub.renamed:
        address = f"{hub.url}{_PREFIX}/repos/{hub.renamed[name]}"
        return 301, {"message": "Moved Permanently", "url": address}, {"Location": address}
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
    if len(document["names"]) > _MOST_TOPICS:
        return unprocessable("Validation Failed")
    hub.repositories[name]["topics"] = document["names"]
    return 200, {"names": document["names"]}, {}


def _pulls(hub: Hub, name: str, _document: Any, query: dict[str, str]) -> Answer:
    found = [
        pull
        for pull in reversed(hub.pulls.get(name, []))  # the newest first
        if query.get("head", pull["head"]["label"]) == pull["head"]["label"]
        and query.get("state", "open") in ("all", pull["state"])
    ]
    return 200, found, {}


def _create_pull(hub: Hub, name: str, document: dict[str, Any], _query: Any) -> Answer:
    draft = document.get("draft", False)
    if draft and not hub.drafts:
        return unprocessable("Draft pull requests are not supported in this repository.")
    hub.git(name, "merge-base", document["base"], document["head"])  # GitHub wants common history
    pulls = hub.pulls.setdefault(name, [])
    ends = (document["head"], document["base"])
    if any(p["state"] == "open" and (p["head"]["ref"], p["base"]["ref"]) == ends for p in pulls):
        said = f"A pull request already exists for {name.partition('/')[0]}:{document['head']}."
        error = {"resource": "PullRequest", "code": "custom", "message": said}
        return unprocessable("Validation Failed", **error)
    number = len(pulls) + 1
    made = hub.description.least(
        "pull-request",
        number=number,
        title=document["title"],
        body=document["body"],
        draft=draft,
        html_url=f"{hub.url}/{name}/pull/{number}",
        url=f"{hub.url}{_PREFIX}/repos/{name}/pulls/{number}",
        issue_url=f"{hub.url}{_PREFIX}/repos/{name}/issues/{number}",
    )
    made["head"]["ref"], made["base"]["ref"] = document["head"], document["base"]
    made["head"]["label"] = f"{name.partition('/')[0]}:{document['head']}"
    made |= {"merged_at": None, "merge_commit_sha": None}
    pulls.append(made)
    hub.follow(name)
    return 201, made, {}


def _edit_pull(hub: Hub, name: str, number: str, document: dict[str, Any], _query: Any) -> Answer:
    pull = hub.pulls[name][int(number) - 1]
    pull |= document
    return 200, pull, {}


def _comment(hub: Hub, _name: str, _number: str, document: dict[str, Any], _query: Any) -> Answer:
    hub.comments.append(document["body"])
    return 201, hub.description.least("issue-comment", body=document["body"]), {}


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
    (rf"{_REPOS}/pulls/(\d+)", "PATCH", _edit_pull),
    (rf"{_REPOS}/issues/(\d+)/comments", "POST", _comment),
)


class _Handler(http.server.BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer; every method comes here."""
        try:
            self._respond()
        except GoneError:
            self.close_connection = True

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 -- names of the library

    def _respond(self) -> None:
        parts = urlsplit(self.path)
        size = int(self.headers.get("Content-Length") or 0)
        is_api = parts.path.startswith(_PREFIX)
        self.hub.happened(f"{'api' if is_api else 'git'}> {self.command} {parts.path}")
        body = self.rfile.read(size // 2)
        if size and not is_api:
            try:
                self.hub.happened(f"git| {self.command} {parts.path}")
            except GoneError:
                self._lost(parts.path, parts.query, body)
                raise
        body += self.rfile.read(size - len(body))
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b"".join(iter(self._chunk, b""))
        if is_api:
            self._api(parts.path.removeprefix(_PREFIX), dict(parse_qsl(parts.query)), body)
        else:
            self._git(parts.path, parts.query, body)

    def _lost(self, path: str, query: str, half: bytes) -> None:
        """Half of a request is all that git's server gets, and nobody waits for the answer."""
        with contextlib.suppress(subprocess.CalledProcessError, ValueError):
            self._request(path, query, half).serve(self.hub.folder)

    def _request(self, path: str, query: str, body: bytes) -> GitRequest:
        return GitRequest(self.command, path, query, lambda name: self.headers.get(name, ""), body)

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline(), 16)
        data = self.rfile.read(size)
        self.rfile.readline()
        return data

    def _api(self, path: str, query: dict[str, str], body: bytes) -> None:
        hub = self.hub
        hub.requests.append(f"{self.command} {path}")
        said = self.headers.get("Authorization", "")
        if path.startswith("/app/"):
            status, answer, headers = hub.answer_app(said.removeprefix("Bearer "), path)
        elif said not in {f"token {TOKEN}", f"Bearer {TOKEN}"}:
            status, answer, headers = 401, {"message": "Bad credentials"}, {}
        else:
            status, answer, headers = hub.answer(self.command, path, query, body)
        text = json.dumps(answer).encode()
        if status < 500 and status != 429:  # it describes no failure of the server, and no limit
            try:
                hub.description.check(self.command, path, body, status, text, query)
            except Exception as error:  # whatever it is, the test has to see it
                hub.problems.append(
                    f"{self.command} {path} -> {status}: {error!r}: {error.__cause__}"
                )
        hub.happened(f"api< {self.command} {path}")
        self._send(status, {"Content-Type": "application/json", **headers}, text)

    def _git(self, path: str, query: str, body: bytes) -> None:
        hub = self.hub
        basic = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {basic}":
            self._send(401, {"WWW-Authenticate": 'Basic realm="GitHub"'}, b"")
            return
        request = self._request(path, query, body)
        hub.pushes += request.is_push and not hub.cut_push
        if request.is_push and hub.cut_push:
            hub.cut_push -= 1
            self.close_connection = True
        elif request.is_push and hub.refusal:
            self._send(*hub.refusal.answer(body))
        else:
            answer = request.serve(hub.folder)
            hub.settle(path)
            hub.happened(f"git< {self.command} {path}")
            self._send(*answer)

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
        """Keep the tests' output clean."""


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Those who were killed in the middle of a request are no error of the server."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serving(folder: Path) -> Generator[Hub]:
    """The server; its `url` is without a slash at the end."""
    hub = Hub(folder)
    handler = type("Handler", (_Handler,), {"hub": hub})
    with _Server(("127.0.0.1", 0), handler) as server:
        hub.url = f"http://localhost:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield hub
        finally:
            server.shutdown()
