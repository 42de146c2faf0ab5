"""The whole system on this machine: the emulator, the deployed template, and the simulated carrier."""

import json
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from os import getpid
from pathlib import Path
from urllib.parse import urlsplit

import urllib3

from infra.local.certificate import write_certificate
from infra.local.deployment import build, deploy
from infra.local.emulator import client, emulator, is_answered
from infra.local.folder import LOCAL, run_folder
from infra.local.processes import HOST, ROOT, Failed, environment, free_port, is_alive, started, wait_until

STACK_FILE = LOCAL / "stack.json"
SHARED_NUMBERS = ["+12135550100", "+12135550101"]
MAIL_FROM = "longcode@longcode.example"
OPERATOR = "operator@longcode.example"
_PLANS = ROOT / "infra" / "plans.json"

Log = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A running stack: its addresses and its parts."""

    api_url: str
    emulator_url: str
    carrier_url: str
    account_sid: str
    auth_token: str
    shared_numbers: list[str]
    table_name: str
    close_month_function: str
    admin_function: str
    sweep_function: str
    reconcile_function: str
    replies_topic: str
    webhook_certificate: str
    logs: str
    pid: int

    def invoke(self, function: str, event: object) -> object:
        """Invoke a function with an event; return its result, or raise `Failed`."""
        response = client("lambda", self.emulator_url).invoke(FunctionName=function, Payload=json.dumps(event))
        returned: object = json.loads(response["Payload"].read())
        if "FunctionError" in response:
            raise Failed(f"{function}: {returned}")
        return returned


def find() -> Stack | None:
    """Return the stack that `make up` runs, or None; the file that a killed stack left behind does not count."""
    try:
        stack = Stack(**json.loads(STACK_FILE.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    urls = f"{stack.emulator_url}/_ministack/health", f"{stack.carrier_url}/health"
    return stack if is_alive(stack.pid) and all(map(is_answered, urls)) else None


@contextmanager
def findable(stack: Stack) -> Iterator[None]:
    """Let `find` return this stack until the block ends."""
    STACK_FILE.touch(mode=0o600)
    STACK_FILE.write_text(json.dumps(asdict(stack), indent=2))
    try:
        yield
    finally:
        STACK_FILE.unlink(missing_ok=True)


@contextmanager
def new_stack(log: Log = print, url_for_functions: Callable[[str], str] = str) -> Iterator[Stack]:
    """Start a new stack; it ends with the block or with this process, even if that is killed."""
    with run_folder() as folder, ExitStack() as running:
        with _timed(log, "build"):
            build(folder)
        emulator_url = running.enter_context(emulator(folder, url_for_functions))
        yield _start(running, folder, emulator_url, log)


def _start(running: ExitStack, folder: Path, emulator_url: str, log: Log) -> Stack:
    with _timed(log, "start the carrier"):
        account_sid, auth_token = f"AC{secrets.token_hex(16)}", secrets.token_hex(16)
        carrier_url = running.enter_context(simulated_carrier(folder, account_sid, auth_token))
        client("sesv2", emulator_url).create_email_identity(EmailIdentity=MAIL_FROM)
    certificate = str(write_certificate(folder / "webhooks.pem", "localhost"))
    with _timed(log, "deploy template.yaml"):
        outputs = deploy(
            emulator_url,
            folder,
            {
                "SharedNumbers": ",".join(SHARED_NUMBERS),
                "SegmentsASecond": "400",
                "DedicatedSegmentsASecond": "200",
                "MailFrom": MAIL_FROM,
                "HelpContact": "help@longcode.example",
                "OperatorAddresses": OPERATOR,
                "AlarmMail": "alarms@longcode.example",
                "SellerName": "Longcode",
                "CarrierApiBase": carrier_url,
                "WebhookLoopbackCa": certificate,
                "DeletionProtection": "false",
            },
        )
    _protect(emulator_url, outputs["TableName"])
    api_url = f"{emulator_url}/_aws/execute-api/{outputs['ApiId']}/v1"
    with _timed(log, "load the plans"):
        _load_plans(emulator_url, outputs["AdminFunction"])
    with _timed(log, "connect the carrier and the service"):
        _connect(emulator_url, outputs, api_url, carrier_url, {"account_sid": account_sid, "auth_token": auth_token})
    return Stack(
        api_url=api_url,
        emulator_url=emulator_url,
        carrier_url=carrier_url,
        account_sid=account_sid,
        auth_token=auth_token,
        shared_numbers=SHARED_NUMBERS,
        table_name=outputs["TableName"],
        close_month_function=outputs["CloseMonthFunction"],
        admin_function=outputs["AdminFunction"],
        sweep_function=outputs["SweepFunction"],
        reconcile_function=outputs["ReconcileFunction"],
        replies_topic=outputs["AwsRepliesTopic"],
        webhook_certificate=certificate,
        logs=str(folder),
        pid=getpid(),
    )


@contextmanager
def simulated_carrier(folder: Path, account_sid: str, auth_token: str) -> Iterator[str]:
    """Run the simulated carrier until the block ends; yield its URL when it is ready."""
    port = free_port()
    url = f"http://{HOST}:{port}"
    log = folder / "carrier.log"
    command = [sys.executable, "-m", "infra.local.carrier.server", "--port", str(port)]
    settings = environment(folder, TWILIO_ACCOUNT_SID=account_sid, TWILIO_AUTH_TOKEN=auth_token)
    with started(command, folder, log, settings) as process:
        wait_until(lambda: is_answered(f"{url}/health"), process, log)
        yield url


def _load_plans(emulator_url: str, function: str) -> None:
    """Load the price list, as the operator does after the first deployment and after each change of the list."""
    order = {"do": "plans.load", "file": _PLANS.read_text(), "by": "make up"}
    response = client("lambda", emulator_url).invoke(FunctionName=function, Payload=json.dumps(order))
    result = json.loads(response["Payload"].read())
    if "FunctionError" in response or "added" not in result:
        raise Failed(f"the plans were not loaded: {result}")


def _connect(
    emulator_url: str, outputs: dict[str, str], api_url: str, carrier_url: str, credentials: dict[str, str]
) -> None:
    """Exchange the addresses and secrets of carrier and service, as the operator does after a deployment."""
    client("secretsmanager", emulator_url).put_secret_value(
        SecretId=outputs["CarrierSecret"], SecretString=json.dumps(credentials)
    )
    client("ssm", emulator_url).put_parameter(
        Name=outputs["PublicUrlParameter"], Value=api_url, Type="String", Overwrite=True
    )
    receipts = _function_url(emulator_url, outputs["ReceiptsUrl"])
    client("ssm", emulator_url).put_parameter(
        Name=outputs["ReceiptsUrlParameter"], Value=receipts, Type="String", Overwrite=True
    )
    fallback = _function_url(emulator_url, outputs["InboundFallbackUrl"])
    client("ssm", emulator_url).put_parameter(
        Name=outputs["InboundUrlParameter"], Value=fallback, Type="String", Overwrite=True
    )
    path = "/carriers/twilio/inbound"
    settings = {
        "inbound_url": f"{api_url}{path}",
        "fallback_url": f"{fallback}{path}",
        "known_numbers": SHARED_NUMBERS,
    }
    response = urllib3.request("POST", f"{carrier_url}/settings", json=settings, timeout=5)
    if response.status != 200:
        raise Failed(f"the carrier refused {settings}: {response.data.decode()}")


def _protect(emulator_url: str, table: str) -> None:
    """Protect the table as the template says: the emulator leaves these of its properties out."""
    dynamodb = client("dynamodb", emulator_url)
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=True)
    dynamodb.update_time_to_live(
        TableName=table, TimeToLiveSpecification={"AttributeName": "expires_at", "Enabled": True}
    )
    dynamodb.update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )


def _function_url(emulator_url: str, function_url: str) -> str:
    """Return a function's own URL, which is a path of the emulator on this machine."""
    return f"{emulator_url}/_aws/lambda-url/{urlsplit(function_url).netloc.partition('.')[0]}"


@contextmanager
def _timed(log: Log, phase: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    log(f"{time.monotonic() - start:6.1f} s  {phase}")
