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

from infra import build
from infra.local.certificate import write_certificate
from infra.local.deployment import deploy
from infra.local.emulator import answers, client, emulator
from infra.local.folder import LOCAL, run_folder
from infra.local.processes import HOST, Failed, environment, free_port, is_alive, started, wait_until

NOTE = LOCAL / "stack.json"
SHARED_NUMBERS = ["+12135550100", "+12135550101"]
MAIL_FROM = "longcode@longcode.example"
_PLANS = build.ROOT / "infra" / "plans.json"

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A running stack: where its doors are, and what it is made of."""

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
        """Call a function as its schedule would, and give what it returns."""
        answer = client("lambda", self.emulator_url).invoke(FunctionName=function, Payload=json.dumps(event))
        returned: object = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise Failed(f"{function}: {returned}")
        return returned


def find() -> Stack | None:
    """Give the stack that `make up` runs, if it does; a note that a killed one left behind is none."""
    try:
        stack = Stack(**json.loads(NOTE.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    doors = f"{stack.emulator_url}/_ministack/health", f"{stack.carrier_url}/health"
    return stack if is_alive(stack.pid) and all(map(answers, doors)) else None


@contextmanager
def found_by_others(stack: Stack) -> Iterator[None]:
    """Let `find` give this stack until the block ends."""
    NOTE.touch(mode=0o600)
    NOTE.write_text(json.dumps(asdict(stack), indent=2))
    try:
        yield
    finally:
        NOTE.unlink(missing_ok=True)


@contextmanager
def running_stack(tell: Tell = print) -> Iterator[Stack]:
    """Give the stack that runs already, or else a new one that ends with the block."""
    stack = find()
    if stack:
        tell(f"using the stack that runs at {stack.api_url}")
        yield stack
        return
    with new_stack(tell) as stack:
        yield stack


@contextmanager
def new_stack(tell: Tell = print) -> Iterator[Stack]:
    """Start a stack of one's own; it ends with the block or, however that comes, with this process."""
    target = build.this_machine()
    with _timed(tell, "build"):
        build.build(target)
    with run_folder() as folder, ExitStack() as running:
        yield _start(running, folder, target, tell)


def _start(running: ExitStack, folder: Path, target: build.Target, tell: Tell) -> Stack:
    with _timed(tell, "start the emulator and the carrier"):
        emulator_url = running.enter_context(emulator(folder))
        account_sid, auth_token = f"AC{secrets.token_hex(16)}", secrets.token_hex(16)
        carrier_url = running.enter_context(simulated_carrier(folder, account_sid, auth_token))
        client("sesv2", emulator_url).create_email_identity(EmailIdentity=MAIL_FROM)
    certificate = str(write_certificate(folder / "webhooks.pem", "localhost"))
    with _timed(tell, "deploy template.yaml"):
        outputs = deploy(
            emulator_url,
            folder,
            {
                "Runtime": target.runtime,
                "Architecture": target.architecture,
                "SharedNumbers": ",".join(SHARED_NUMBERS),
                "SegmentsASecond": "200",
                "MailFrom": MAIL_FROM,
                "HelpContact": "help@longcode.example",
                "CarrierApiBase": carrier_url,
                "WebhookLoopbackCa": certificate,
                "DeletionProtection": "false",
            },
        )
    api_url = f"{emulator_url}/_aws/execute-api/{outputs['ApiId']}/v1"
    with _timed(tell, "load the plans"):
        _load_plans(emulator_url, outputs["AdminFunction"])
    with _timed(tell, "introduce the carrier to the service"):
        _introduce(
            emulator_url, outputs, api_url, carrier_url, {"account_sid": account_sid, "auth_token": auth_token}
        )
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
    """Run the simulated carrier until the block ends; gives its address once it answers."""
    port = free_port()
    url = f"http://{HOST}:{port}"
    log = folder / "carrier.log"
    command = [sys.executable, "-m", "infra.local.carrier.server", "--port", str(port)]
    settings = environment(folder, TWILIO_ACCOUNT_SID=account_sid, TWILIO_AUTH_TOKEN=auth_token)
    with started(command, folder, log, settings) as process:
        wait_until(lambda: answers(f"{url}/health"), process, log)
        yield url


def _load_plans(emulator_url: str, function: str) -> None:
    """Load the price list, as an operator does after the first deployment and after each change of it."""
    order = {"do": "plans.load", "file": _PLANS.read_text()}
    answer = client("lambda", emulator_url).invoke(FunctionName=function, Payload=json.dumps(order))
    told = json.loads(answer["Payload"].read())
    if "FunctionError" in answer or "added" not in told:
        raise Failed(f"the plans were not loaded: {told}")


def _introduce(
    emulator_url: str, outputs: dict[str, str], api_url: str, carrier_url: str, credentials: dict[str, str]
) -> None:
    """Do what an operator does after the first deployment: tell each side the other's address and secret."""
    client("secretsmanager", emulator_url).put_secret_value(
        SecretId=outputs["CarrierSecret"], SecretString=json.dumps(credentials)
    )
    client("ssm", emulator_url).put_parameter(
        Name=outputs["PublicUrlParameter"], Value=api_url, Type="String", Overwrite=True
    )
    receipts = _own_address(emulator_url, outputs["ReceiptsUrl"])
    client("ssm", emulator_url).put_parameter(
        Name=outputs["ReceiptsUrlParameter"], Value=receipts, Type="String", Overwrite=True
    )
    own = _own_address(emulator_url, outputs["InboundFallbackUrl"])
    client("ssm", emulator_url).put_parameter(
        Name=outputs["InboundUrlParameter"], Value=own, Type="String", Overwrite=True
    )
    path = "/carriers/twilio/inbound"
    inbound = {"inbound_url": f"{api_url}{path}", "fallback_url": f"{own}{path}"}
    answer = urllib3.request("POST", f"{carrier_url}/settings", json=inbound, timeout=5)
    if answer.status != 200:
        raise Failed(f"the carrier refused {inbound}: {answer.data.decode()}")


def _own_address(emulator_url: str, function_url: str) -> str:
    """Give a function's own address: on this machine a path of the emulator."""
    return f"{emulator_url}/_aws/lambda-url/{urlsplit(function_url).netloc.partition('.')[0]}"


@contextmanager
def _timed(tell: Tell, phase: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    tell(f"{time.monotonic() - start:6.1f} s  {phase}")
