"""The image: an ordinary user, no secrets, nothing that raises rights, small."""

import json
import tarfile
from pathlib import Path

from tests.real_docker.engine import run
from tests.real_docker.images import PLANTED

MIB = 1024 * 1024


def inside(image: str, *command: str) -> str:
    return run(
        "docker",
        "run",
        "--rm",
        "--network",
        "none",
        "--entrypoint",
        command[0],
        image,
        *command[1:],
    )


def test_it_runs_as_an_ordinary_user_who_can_change_nothing_of_ours(image: str) -> None:
    said = inside(image, "sh", "-c", "id -u; touch /app/x 2>&1; touch /app/.venv/x 2>&1; true")
    user, *refusals = said.splitlines()
    assert user == "1000"
    assert len(refusals) == 2
    assert all("Permission denied" in refusal for refusal in refusals)


def test_it_has_the_command_and_knows_its_release(image: str) -> None:
    code = "from core.release import release; print(release())"
    assert inside(image, "/app/.venv/bin/python", "-c", code) == image.rpartition(":")[2]
    assert "questionnaire" in inside(image, "/app/.venv/bin/app-builder", "build", "--help")


def test_no_program_raises_rights(image: str) -> None:
    raising = inside(image, "sh", "-c", "find / -xdev -type f -perm /6000 2>/dev/null; true")
    assert raising == ""


def test_it_says_whether_it_is_well(image: str) -> None:
    config = json.loads(run("docker", "image", "inspect", image))[0]["Config"]
    assert config["User"] == "1000:1000"
    assert config["Healthcheck"]["Test"][-1] == "/app/deployments/health.py"


def test_no_layer_holds_a_secret_of_the_folder_it_was_built_in(image: str, tmp_path: Path) -> None:
    """Every file of every layer, also those that a later one removes."""
    archive = tmp_path / "image.tar"
    run("docker", "save", "--output", str(archive), image)
    looked_at = 0
    with tarfile.open(archive) as saved:
        for blob in saved:
            file = saved.extractfile(blob) if blob.isfile() else None
            if file is None or not (blob.name.endswith("layer.tar") or "blobs/" in blob.name):
                continue
            text = file.read()
            assert PLANTED.encode() not in text, blob.name
            looked_at += 1
    assert looked_at > 3


def test_our_files_look_like_no_secrets_to_a_scanner(image: str) -> None:
    found = json.loads(
        inside(
            image,
            *("sh", "-c", "cd /app && detect-secrets scan --all-files --exclude-files '^.venv/' ."),
        )
    )["results"]
    # Digests of packages, and names of secrets, are not secret; values that look random would be.
    assert {
        f"{path}:{each['line_number']} {each['type']}"
        for path, each_of in found.items()
        for each in each_of
        if each["type"] not in {"Secret Keyword", "Hex High Entropy String"}
    } == set()


def test_variables_of_the_image_hold_no_secret(image: str) -> None:
    config = json.loads(run("docker", "image", "inspect", image))[0]["Config"]
    names = {variable.partition("=")[0] for variable in config["Env"]}
    assert not {name for name in names if any(word in name for word in ("KEY", "TOKEN", "PASS"))}


def test_what_is_ours_is_bounded(image: str, base: str) -> None:
    sizes = [
        json.loads(run("docker", "image", "inspect", each))[0]["Size"] for each in (image, base)
    ]
    assert sizes[0] - sizes[1] < 750 * MIB


def test_every_grammar_that_is_read_is_still_there(image: str) -> None:
    code = (
        "from codegen.source.languages import Language\n"
        "from codegen.source.trees import parse_tree\n"
        "print(sum(parse_tree(each, 'x = 1').root_node is not None for each in Language"
        " if each.value not in ('python', 'json', 'toml')))"
    )
    assert int(inside(image, "/app/.venv/bin/python", "-c", code)) > 3
