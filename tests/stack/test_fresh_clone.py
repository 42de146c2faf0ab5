"""`sam build` on a fresh clone, for production: every function gets our code and its compiled modules."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from infra.build import PRODUCTION, artifact_of
from infra.local.deployment import SAM
from tests.house.test_files import tracked
from tests.support.source_reading import ROOT

pytestmark = [pytest.mark.stack, pytest.mark.long]

COMPILED = {
    "functions": {"pydantic_core", "msgspec"},
    "functions_pdf": {"PIL"},
    "functions_stripe": {"pydantic_core"},
    "functions_viewer": {"pydantic_core"},
}
OF_THE_TARGET = "*.cpython-313-aarch64-linux-gnu.so"


def test_sam_build_on_a_fresh_clone_makes_artifacts_that_run_on_the_production_runtime(tmp_path: Path) -> None:
    for name in tracked():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")  # `make` would create .venv/uv, and nothing else of it is used
    settings = os.environ | {"SAM_CLI_TELEMETRY": "0", "UV_SYSTEM_CERTS": "true"}

    subprocess.run([SAM, "build"], cwd=tmp_path, env=settings, check=True, capture_output=True)

    built = tmp_path / ".aws-sam" / "build"
    deployed = {
        name: built.joinpath(resource["Properties"]["CodeUri"])
        for name, resource in yaml.safe_load((built / "template.yaml").read_text())["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    assert (PRODUCTION.runtime, PRODUCTION.architecture) == ("python3.13", "arm64")
    assert len(deployed) > 30
    for name, folder in deployed.items():
        assert (folder / "longcode" / "phone.py").is_file()
        assert (folder / "quiet_hours.json").is_file()
        assert (built / name).resolve() == folder.resolve()
        compiled = {module.relative_to(folder).parts[0] for module in folder.rglob(OF_THE_TARGET)}
        assert COMPILED[artifact_of(name)] <= compiled
