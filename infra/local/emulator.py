"""The emulator of AWS (MiniStack), and clients for it.

It runs on uvicorn, because MiniStack's own server takes nearly twice the CPU for a call of the functions to AWS. All
calls are made in one process whose threads take turns, and 30 texts a second are about 600 calls.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import urllib3
from botocore.config import Config

from infra.local.processes import HOST, ROOT, environment, free_port, started, wait_until

_UVICORN = ROOT / ".venv" / "emulator" / "bin" / "uvicorn"
_KEPT_OPEN_SECONDS = 75  # as MiniStack's own server keeps idle connections

REGION = "us-east-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": REGION}


@contextmanager
def emulator(folder: Path, url_for_functions: Callable[[str], str] = str) -> Iterator[str]:
    """Run the emulator until the block ends; yield its URL when it is ready.

    `url_for_functions` returns the URL that functions call AWS at, from the emulator's own: a benchmark's proxy.
    """
    port = free_port()
    url = f"http://{HOST}:{port}"
    log = folder / "emulator.log"
    settings = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "AWS_ENDPOINT_URL": url_for_functions(url),
        # These would listen on every interface.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
    }
    command = [str(_UVICORN), "ministack.app:app", "--host", HOST, "--port", str(port), "--lifespan", "on"]
    command += ["--timeout-keep-alive", str(_KEPT_OPEN_SECONDS), "--no-access-log"]
    with started(command, folder, log, environment(folder, **settings)) as process:
        wait_until(lambda: is_answered(f"{url}/_ministack/health"), process, log)
        yield url


def is_answered(url: str) -> bool:
    """Return whether a GET is answered with 200."""
    try:
        return urllib3.request("GET", url, timeout=2, retries=False).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def processes_started(logs: Path) -> int:
    """Return how many processes of functions the emulator has started; `logs` is the folder of its log."""
    return (logs / "emulator.log").read_text(errors="replace").count("Lambda worker spawned for")


def client(service: str, emulator_url: str) -> Any:
    """Return a client of a service of the emulator, never of AWS itself."""
    return boto3.client(
        service,
        endpoint_url=emulator_url,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=Config(proxies={}, retries={"total_max_attempts": 2}),
    )


def mails(emulator_url: str) -> list[dict[str, Any]]:
    """Return the sent mails, oldest first."""
    response = urllib3.request("GET", f"{emulator_url}/_ministack/ses/messages", timeout=5).json()
    return [mail for sent in response["messages"].values() for mail in sent]
