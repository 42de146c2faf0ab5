"""Build the real template.yaml and deploy it to the emulator, with the SAM CLI."""

from pathlib import Path

from infra.local.emulator import CREDENTIALS, client
from infra.local.processes import ROOT, environment, run

SAM = ROOT / ".venv" / "sam" / "bin" / "sam"
_STACK = "longcode"
_BUCKET = "longcode-code"
_TYPES_OF_FILES = ("text~1html", "text~1csv", "application~1x-ndjson", "multipart~1form-data")  # in BinaryMediaTypes


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
    """Build template.yaml with `sam build`, for this machine and apart from the build for production."""
    _sam(["build", "--build-dir", str(built(folder).parent)], folder, {"BUILD_OPTIONS": "--local"})
    template = built(folder).read_text()
    for escaped in _TYPES_OF_FILES:  # the emulator takes them as they stand
        template = template.replace(escaped, escaped.replace("~1", "/"))
    built(folder).write_text(template)


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
