"""Build the real template.yaml and deploy it to the emulator, with the SAM CLI."""

from pathlib import Path

import yaml

from infra.local.emulator import CREDENTIALS, client
from infra.local.processes import ROOT, environment, run

SAM = ROOT / ".venv" / "sam" / "bin" / "sam"
_STACK = "longcode"
_BUCKET = "longcode-code"
_NO_CODE = "no_code"
_TYPES_OF_FILES = ("text~1html", "text~1csv", "application~1x-ndjson", "multipart~1form-data")  # in BinaryMediaTypes
_ACCEPTED_BY_BROWSERS = "text/html,application/xhtml+xml,application/xml"
"""How the Accept of a browser begins: the emulator compares all before the first semicolon, AWS the first type."""


def deploy(emulator_url: str, folder: Path, parameters: dict[str, str]) -> dict[str, str]:
    """Deploy what `build` has made; return the outputs of the stack."""
    client("s3", emulator_url).create_bucket(Bucket=_BUCKET)
    command = ["deploy", "--template-file", str(built(folder)), "--stack-name", _STACK, "--s3-bucket", _BUCKET]
    command += ["--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    command += ["--no-confirm-changeset", "--no-fail-on-empty-changeset", "--parameter-overrides"]
    command += [f"{name}={value}" for name, value in parameters.items()]
    _sam(command, folder, CREDENTIALS | {"AWS_ENDPOINT_URL": emulator_url})
    stack = client("cloudformation", emulator_url).describe_stacks(StackName=_STACK)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def build(folder: Path) -> None:
    """Build template.yaml with `sam build`, for this machine and apart from the build for production.

    The functions import the artifacts from where they were built, and are deployed without code. Each of their
    processes would otherwise have 3,500 files unpacked for it by the emulator, which serves no call meanwhile: that
    takes half a second of its time, and a burst of calls starts many processes at once.
    """
    artifacts = built(folder).parent
    _sam(["build", "--build-dir", str(artifacts)], folder, {"BUILD_OPTIONS": "--local"})
    (artifacts / _NO_CODE).mkdir()
    (artifacts / _NO_CODE / "README").write_text(
        "The functions of the local stack import their code by PYTHONPATH.\n"
    )
    built(folder).write_text(without_code(built(folder).read_text(), artifacts))


def without_code(template: str, artifacts: Path) -> str:
    """Return a built template for the emulator: its functions import their artifacts, which lie in a folder."""
    for escaped in _TYPES_OF_FILES:  # the emulator takes them as they stand
        template = template.replace(escaped, escaped.replace("~1", "/"))
    content = yaml.safe_load(template)
    for resource in content["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            function = resource["Properties"]
            variables = function.setdefault("Environment", {}).setdefault("Variables", {})
            variables["PYTHONPATH"] = str(artifacts / function["CodeUri"])
            function["CodeUri"] = _NO_CODE
        if "text/html" in (types := resource.get("Properties", {}).get("BinaryMediaTypes", ())):
            types.append(_ACCEPTED_BY_BROWSERS)
    return yaml.safe_dump(content, sort_keys=False)


def built(folder: Path) -> Path:
    """Return the template that `build` writes."""
    return folder / "build" / "template.yaml"


def _sam(command: list[str], folder: Path, settings: dict[str, str]) -> None:
    settings = settings | {
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_BETA_PACKAGE_PERFORMANCE": "1",  # zips each artifact once, not once for every function
        "SAM_CLI_POLL_DELAY": "0.5",
        "__SAM_CLI_APP_DIR": str(folder / "sam"),
    }
    # An environment that samconfig.toml does not have: its settings for AWS must not apply here.
    whole = [str(SAM), *command, "--config-env", "local"]
    run(whole, folder, folder / f"{command[0]}.log", environment(folder, **settings))
