"""Deploy the real template.yaml to the emulator, with the SAM CLI."""

from pathlib import Path

from infra.local.emulator import CREDENTIALS, client
from infra.local.processes import ROOT, environment, run

_SAM = ROOT / ".venv" / "sam" / "bin" / "sam"
_STACK = "longcode"
_BUCKET = "longcode-code"


def deploy(emulator_url: str, folder: Path, parameters: dict[str, str]) -> dict[str, str]:
    """Deploy the artifacts of infra/build.py; return the outputs of the stack."""
    settings = CREDENTIALS | {
        "AWS_ENDPOINT_URL": emulator_url,
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_BETA_PACKAGE_PERFORMANCE": "1",  # zips each folder once, not once for every function
        "SAM_CLI_POLL_DELAY": "0.5",
        "__SAM_CLI_APP_DIR": str(folder / "sam"),
    }
    client("s3", emulator_url).create_bucket(Bucket=_BUCKET)
    # An environment that samconfig.toml does not have: its settings for production must not apply here.
    command = [str(_SAM), "deploy", "--config-env", "local", "--template-file", "template.yaml"]
    command += ["--stack-name", _STACK, "--s3-bucket", _BUCKET]
    command += ["--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    command += ["--no-confirm-changeset", "--no-fail-on-empty-changeset", "--parameter-overrides"]
    command += [f"{name}={value}" for name, value in parameters.items()]
    run(command, folder, folder / "deploy.log", environment(folder, **settings))
    stack = client("cloudformation", emulator_url).describe_stacks(StackName=_STACK)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
