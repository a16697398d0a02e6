"""Dockerfile, compose file and Kubernetes manifest, against their linters and schemas.
deploy/test/image.sh builds and runs the image."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).parents[2]
DOCKERFILE = PROJECT / "deploy" / "docker" / "Dockerfile"
COMPOSE = PROJECT / "deploy" / "compose.yml"
MANIFEST = PROJECT / "deploy" / "kubernetes" / "streamrnn.yaml"
PROGRAMS = Path(sys.executable).parent


def program(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A program that came with the test dependencies."""
    command = [str(PROGRAMS / name), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def in_manifest(kind: str) -> dict[str, Any]:
    (found,) = (part for part in yaml.safe_load_all(MANIFEST.read_text()) if part["kind"] == kind)
    return dict(found)


def test_hadolint_has_nothing_to_say_about_the_dockerfile() -> None:
    done = program("hadolint", "--failure-threshold", "style", DOCKERFILE)
    assert (done.returncode, done.stdout) == (0, "")


def test_hadolint_would_find_a_mistake(tmp_path: Path) -> None:
    bad = tmp_path / "Dockerfile"
    bad.write_text(DOCKERFILE.read_text().replace("WORKDIR /src", "WORKDIR src"))
    assert "DL3000" in program("hadolint", bad).stdout


def test_whatever_the_dockerfile_copies_reaches_the_builder() -> None:
    sent = {
        line.removeprefix("!")
        for line in (PROJECT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copied = {
        word.rstrip("/").split("/")[0]
        for line in DOCKERFILE.read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    }
    assert copied == sent
    assert all((PROJECT / name).exists() for name in copied)


def test_the_compose_file_follows_its_specification() -> None:
    done = program("check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE)
    assert done.returncode == 0, done.stdout


def test_everything_that_the_compose_file_mounts_is_there() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    mounted = [
        COMPOSE.parent / volume.split(":")[0]
        for service in services.values()
        for volume in service.get("volumes", [])
        if volume.startswith(".")
    ]
    assert len(mounted) >= 5
    assert [path for path in mounted if not path.exists()] == []


def test_no_port_of_the_compose_file_is_open_to_the_network() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_manifest_follows_kubernetes_schema() -> None:
    done = program("kubernetes-validate", "--strict", MANIFEST)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_settings_in_the_manifest_are_accepted(tmp_path: Path) -> None:
    settings = in_manifest("ConfigMap")["data"]["streamrnn.toml"]
    password = tmp_path / "mqtt"
    password.write_text(in_manifest("Secret")["stringData"]["mqtt"])
    file = tmp_path / "streamrnn.toml"
    file.write_text(settings.replace("/run/secrets/streamrnn/mqtt", str(password)))
    done = program("streamrnn", "check-config", "--config", file)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "where", [("runAsUser",), ("runAsGroup",), ("fsGroup",)], ids=lambda where: where[0]
)
def test_image_and_manifest_agree_on_the_user(where: tuple[str]) -> None:
    pod = in_manifest("StatefulSet")["spec"]["template"]["spec"]
    (user,) = (
        line.split()[1] for line in DOCKERFILE.read_text().splitlines() if line.startswith("USER ")
    )
    assert user == "8095:8095"
    assert pod["securityContext"][where[0]] == 8095
