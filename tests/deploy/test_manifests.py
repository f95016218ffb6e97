"""The manifests: rendered by kubectl, valid for the newest versions of Kubernetes, and complete."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from deploy.local import packages
from deploy.local.home import Refused
from services.kit import config

DEPLOY = Path(__file__).parents[2] / "deploy"
PROCESSES = {*config.SERVICES, "view", "relay", "gateway"}


def kubectl() -> str:
    if found := shutil.which("kubectl"):
        return found
    try:
        folder = packages.unpacked("kubectl", ["kubernetes-client"], "kubectl is not on this machine.")
    except Refused as refused:
        pytest.skip(f"kubectl is missing, so the manifests are not rendered: {refused}")
    return str(folder / "usr/bin/kubectl")


@pytest.fixture(scope="module")
def manifests() -> list[dict[str, Any]]:
    done = subprocess.run(
        [kubectl(), "kustomize", str(DEPLOY / "k8s/base")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def deployments(manifests: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {m["metadata"]["name"]: m["spec"] for m in manifests if m["kind"] == "Deployment"}


def newest_versions() -> list[str]:
    known = {tuple(map(int, v.split(".")[:2])) for v in kubernetes_validate.utils.all_versions()}
    return [".".join(map(str, v)) for v in sorted(known)[-3:]]


@pytest.mark.parametrize("version", newest_versions())
def test_every_manifest_is_valid(manifests, version):
    for manifest in manifests:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_every_process_is_a_deployment_of_its_own(manifests):
    assert set(deployments(manifests)) == PROCESSES


def test_every_container_is_probed_bounded_and_restricted(manifests):
    for spec in deployments(manifests).values():
        pod = spec["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            assert {"livenessProbe", "readinessProbe", "startupProbe"} <= set(container)
            assert {"requests", "limits"} == set(container["resources"])
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert container["securityContext"]["readOnlyRootFilesystem"]


def test_the_grace_period_is_longer_than_the_drain_deadline(manifests):
    for spec in deployments(manifests).values():
        assert spec["template"]["spec"]["terminationGracePeriodSeconds"] > config.drain_seconds()


def test_a_service_reaches_its_own_database_and_no_other(manifests):
    for name, spec in deployments(manifests).items():
        if name in config.SERVICES:
            (container,) = spec["template"]["spec"]["containers"]
            urls = {e["name"] for e in container["env"] if e["name"].endswith("_DB_URL")}
            assert urls == {f"FOYER_{name.upper()}_DB_URL"}


def test_no_manifest_holds_a_secret(manifests):
    assert not [m for m in manifests if m["kind"] == "Secret"]
    for spec in deployments(manifests).values():
        for entry in spec["template"]["spec"]["containers"][0]["env"]:
            assert "secretKeyRef" in entry["valueFrom"]


def test_the_compose_file_runs_every_process_and_demands_its_passwords():
    text = (DEPLOY / "compose.yaml").read_text()
    assert set(yaml.safe_load(text)["services"]) >= PROCESSES | {"postgres", "rabbitmq", "migrate", "topology"}
    assert "${FOYER_DB_PASSWORD:?" in text
    assert "${FOYER_AMQP_PASSWORD:?" in text
    assert "${FOYER_SEALING_KEYS:?" in text
