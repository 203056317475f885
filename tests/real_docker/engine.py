"""A Docker engine, and a base image also where no registry answers."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

MADE_BASE = "app-builder-base:bookworm"
_PACKAGES = ("docker.io", "docker-compose", "debootstrap", "iptables")
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def run(*command: str, wait: float = 900, **named: str) -> str:
    """Run a command to its end, and fail with what it says.

    Args:
        command: program and arguments.
        wait: seconds it may take.
        named: variables besides those of this process.
    """
    done = subprocess.run(
        command,
        env={**os.environ, **named},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=wait,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command[:6])}: {done.stdout[-3_000:]}{done.stderr}"
    return done.stdout.strip()


def ensure_engine() -> None:
    """Fail unless an engine answers and Compose is there; install both on a Debian, as root."""
    if not (_answers() and (shutil.which("docker-compose") or _has_plugin())):
        _install()
    if not _answers():
        _start()


def base_image(wanted: str) -> str:
    """An image with Python: the one that is wanted, else one that is made of Debian's packages.

    Args:
        wanted: used if it is there or its registry answers.
    """
    for image in (wanted, MADE_BASE):
        if _succeeds("docker", "image", "inspect", image):
            return image
    if _succeeds("docker", "pull", wanted):
        return wanted
    _make_base()
    return MADE_BASE


def compose() -> tuple[str, ...]:
    """The command of Compose: the plugin, or the older program."""
    return ("docker", "compose") if _has_plugin() else ("docker-compose",)


def _has_plugin() -> bool:
    return _succeeds("docker", "compose", "version")


def _answers() -> bool:
    return shutil.which("docker") is not None and _succeeds("docker", "info")


def _succeeds(*command: str) -> bool:
    quiet = subprocess.DEVNULL
    return subprocess.run(command, stdout=quiet, stderr=quiet, check=False).returncode == 0


def _install() -> None:
    if os.getuid() or not shutil.which("apt-get"):
        pytest.fail("no Docker engine with Compose: start one, or run this as root on Debian")
    run("apt-get", "update", "--quiet=2")
    install = ("apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends")
    run(*install, *_PACKAGES, DEBIAN_FRONTEND="noninteractive")


def _start() -> None:
    """An engine that outlives us, because what it has is used by other tests as well."""
    with Path("/var/log/dockerd.log").open("ab") as log:
        subprocess.Popen(["dockerd"], stdout=log, stderr=log, start_new_session=True)
    give_up = time.monotonic() + 60
    while not _answers():
        if time.monotonic() > give_up:
            pytest.fail(f"no engine: {Path('/var/log/dockerd.log').read_text()[-2_000:]}")
        time.sleep(1)


def _make_base() -> None:
    """Debian with its own Python, and this machine's certificates and package indexes."""
    if not shutil.which("debootstrap"):
        _install()
    with tempfile.TemporaryDirectory(prefix="app-builder-base-") as folder:
        root = Path(folder) / "root"
        packages = "python3,python3-venv,python3-pip,ca-certificates"
        include = f"--include={packages}"
        run("debootstrap", "--variant=minbase", include, "bookworm", str(root), _mirror())
        shutil.copy(_CERTIFICATES, root / _CERTIFICATES.relative_to("/"))
        if Path("/etc/pip.conf").exists():
            shutil.copy("/etc/pip.conf", root / "etc/pip.conf")
        archive = Path(folder) / "root.tar"
        run("tar", "-C", str(root), "-cf", str(archive), ".")
        variables = (f"SSL_CERT_FILE={_CERTIFICATES}", f"PIP_CERT={_CERTIFICATES}")
        settings = (*variables, "UV_SYSTEM_CERTS=1", "PIP_BREAK_SYSTEM_PACKAGES=1")
        changes = [word for each in settings for word in ("--change", f"ENV {each}")]
        run("docker", "import", *changes, str(archive), MADE_BASE)


def _mirror() -> str:
    """Where this machine has its Debian packages from."""
    for path in ("/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"):
        for line in Path(path).read_text().splitlines() if Path(path).exists() else ():
            words = line.split()
            if words[:1] in (["URIs:"], ["deb"]):
                return next(word for word in words if "://" in word)
    return pytest.fail("/etc/apt names no Debian mirror")
