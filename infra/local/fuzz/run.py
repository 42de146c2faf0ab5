"""`make fuzz`: send generated requests to every operation of docs/openapi.json, and hold each answer against it."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra.local.fuzz.seeds import new_studio, write_seeds
from infra.local.participants import CheckFailed, StudioSoftware
from infra.local.processes import ROOT, Failed
from infra.local.stack import new_stack

_SCHEMATHESIS = ROOT / ".venv" / "fuzz" / "bin" / "schemathesis"
_DOCUMENT = ROOT / "docs" / "openapi.json"
_CASES = 10
"""Random cases for each operation, besides those that cover the edges of its schema."""

_LONGEST_SECONDS = 1_800
_VALUES: dict[str, list[str]] = {
    "time_zone": ["America/Chicago", "Europe/Berlin"],
    "country_code": ["1", "61"],
    "allowed_countries[*]": ["AU", "GB"],
    "webhook_url": ["https://studio.example/longcode"],
    "template": ["proofs-ready"],
    "client_id": ["c-1042", "c-1043"],
    "audience.client_ids[*]": ["c-1042", "c-1043"],
    "audience.tags[*]": ["spring"],
    "plan": ["large", "medium"],
    "staff_phone": ["+12125550199"],
    "to": ["+12125550198", "+12125550197"],
    "send_at": [(datetime.now(UTC) + timedelta(days=3)).isoformat()],
    "at": [(datetime.now(UTC) - timedelta(minutes=1)).isoformat()],
    "status": ["confirmed"],
}
"""Values of fields of bodies; random ones would hardly ever be accepted."""


def fuzz(studio: StudioSoftware, values: dict[str, list[str]], seed: int, folder: Path) -> dict[str, Any]:
    """Run schemathesis against the API as a studio; return its report, or raise `Failed` if it takes too long.

    `values` are those of path parameters.
    """
    config, report = folder / "schemathesis.toml", folder / "report.json"
    config.touch(mode=0o600)  # it has the studio's key
    config.write_text(_config(studio, values, seed))
    command: list[str | Path] = [
        _SCHEMATHESIS,
        "--config-file",
        config,
        "run",
        _DOCUMENT,
        "--report-json-path",
        report,
    ]
    try:
        subprocess.run(
            command, cwd=folder, env=os.environ | {"PYTHONPATH": ""}, check=False, timeout=_LONGEST_SECONDS
        )
    except subprocess.TimeoutExpired as late:
        raise Failed(f"schemathesis takes longer than {_LONGEST_SECONDS} seconds") from late
    read: dict[str, Any] = json.loads(report.read_text())
    return read


def _config(studio: StudioSoftware, values: dict[str, list[str]], seed: int) -> str:
    dictionaries = {f"path.{name}": known for name, known in values.items()}
    dictionaries |= {f"body.{name}": known for name, known in _VALUES.items()}
    lines = [
        f"base-url = {json.dumps(studio.api_url)}",
        f"hooks = {json.dumps(str(Path(__file__).with_name('hooks.py')))}",
        f"seed = {seed}",
        "continue-on-failure = true",
        "request-timeout = 30",
        "[auth.basic]",
        f"username = {json.dumps(studio.account)}",
        f"password = {json.dumps(studio.password)}",
        "[generation]",
        f"max-examples = {_CASES}",
        'database = "none"',
        "with-security-parameters = false",  # the emulator refuses in place of API Gateway, with other bodies
        "[phases]",
        "coverage.unexpected-methods = []",
        "[checks]",
        "unsupported_method.enabled = false",  # API Gateway answers with 404
        "positive_data_acceptance.enabled = false",  # hooks.py has a check that knows of rules in words
        "[warnings]",
        "enabled = false",
        *(
            f"[dictionaries.d{number}]\nvalues = {json.dumps(known)}"
            for number, known in enumerate(dictionaries.values())
        ),
        "[parameters]",
        *(
            f"{json.dumps(name)} = {{ dictionary = 'd{number}', probability = 0.7 }}"
            for number, name in enumerate(dictionaries)
        ),
    ]
    return "\n".join(lines)


def main() -> None:
    """Fuzz the API of a new stack, because the run uses up the sign-ups of an hour; `SEED` repeats a run."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        with new_stack() as stack, TemporaryDirectory() as folder:
            studio = new_studio(stack, "Fuzz")
            seeds = write_seeds(stack, studio)
            report = fuzz(studio, seeds, int(os.environ.get("SEED") or 1), Path(folder))
    except (Failed, CheckFailed) as failed:
        sys.exit(f"make fuzz: {failed}")
    except KeyboardInterrupt:
        sys.exit("stopped")
    print(f"{report['operations']['tested']} operations, {report['test_cases']['generated']} requests")
    sys.exit(bool(report["failures"] or report["errors"] or not report["complete"]))


if __name__ == "__main__":
    main()
