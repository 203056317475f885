"""A package index and an npm registry over HTTP, with packages of the tests' own making."""

import hashlib
import io
import json
import tarfile
import zipfile
from base64 import b64encode
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class PackageIndex:
    """What the server gives out, and what it was asked for.

    Attributes:
        url: where it answers.
        pages: content type and content, by path.
        asked: paths that were asked for, in order.
        password: user and password that every request needs, if any.
    """

    url: str = ""
    pages: dict[str, tuple[str, bytes]] = field(default_factory=dict[str, tuple[str, bytes]])
    asked: list[str] = field(default_factory=list[str])
    password: str = ""

    @property
    def simple(self) -> str:
        """Address of the Python index."""
        return f"{self.url}/simple"

    def add_wheel(
        self, name: str, files: Mapping[str, str], *, requires: str = "", at: str = ""
    ) -> None:
        """Serve version 1.0 of a Python package; its file at another address, if one is given."""
        info = f"{name}-1.0.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        metadata += f"Requires-Dist: {requires}\n" if requires else ""
        content = {
            **files,
            f"{info}/METADATA": metadata,
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        content[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in (*content, f"{info}/RECORD"))
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as wheel:
            for path, text in content.items():
                wheel.writestr(path, text)
        self._add_file(name, f"{name}-1.0-py3-none-any.whl", archive.getvalue(), at)

    def add_source(self, name: str, setup: str) -> None:
        """Serve a Python package that only has a `setup.py`."""
        content = _tar({f"{name}-1.0/setup.py": setup, f"{name}-1.0/PKG-INFO": f"Name: {name}\n"})
        self._add_file(name, f"{name}-1.0.tar.gz", content, "")

    def add_npm_package(self, name: str, files: Mapping[str, str], **manifest: object) -> None:
        """Serve version 1.0.0 of an npm package."""
        package = {"name": name, "version": "1.0.0", **manifest}
        content = _tar(
            {"package/package.json": json.dumps(package)}
            | {f"package/{path}": text for path, text in files.items()}
        )
        path = f"/{name}/-/{name}-1.0.0.tgz"
        digest = b64encode(hashlib.sha512(content).digest()).decode()
        dist = {"tarball": f"{self.url}{path}", "integrity": f"sha512-{digest}"}
        document = {
            "name": name,
            "dist-tags": {"latest": "1.0.0"},
            "versions": {"1.0.0": {**package, "dist": dist}},
        }
        self.pages[path] = ("application/octet-stream", content)
        self.pages[f"/{name}"] = ("application/json", json.dumps(document).encode())

    def _add_file(self, name: str, file: str, content: bytes, at: str) -> None:
        path = f"/files/{file}"
        link = f'<a href="{at}{path}">{file}</a>'
        self.pages[path] = ("application/octet-stream", content)
        self.pages[f"/simple/{name}/"] = ("text/html", f"<html><body>{link}</body></html>".encode())


@contextmanager
def package_index() -> Generator[PackageIndex]:
    """A server on this machine's loopback interface, empty at first."""
    index = PackageIndex()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            index.asked.append(self.path)
            self.wfile.write(self._head())

        def do_HEAD(self) -> None:
            self._head()

        def _head(self) -> bytes:
            kind, content = index.pages.get(self.path.replace("%2f", "/"), ("", b""))
            wanted = f"Basic {b64encode(index.password.encode()).decode()}"
            if index.password and self.headers.get("Authorization") != wanted:
                kind, content = "", b""
            self.send_response(200 if kind else 404)
            self.send_header("Content-Type", kind or "text/plain")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            return content

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- as it is called
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    index.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield index
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _tar(files: Mapping[str, str]) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for path, text in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return archive.getvalue()
