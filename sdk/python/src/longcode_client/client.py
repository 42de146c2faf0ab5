"""The client: every operation of the API under its name in docs/openapi.json."""

from __future__ import annotations

from types import TracebackType

from longcode_client.api.account import AccountApi
from longcode_client.api.billing import BillingApi
from longcode_client.api.broadcasts import BroadcastsApi
from longcode_client.api.changes import ChangesApi
from longcode_client.api.clients import ClientsApi
from longcode_client.api.messages import MessagesApi
from longcode_client.api.opt_outs import OptOutsApi
from longcode_client.api.sign_up import SignUpApi
from longcode_client.api.templates import TemplatesApi
from longcode_client.api.triggers import TriggersApi
from longcode_client.api.webhooks import WebhooksApi


class Longcode(
    AccountApi,
    BillingApi,
    BroadcastsApi,
    ChangesApi,
    ClientsApi,
    MessagesApi,
    OptOutsApi,
    SignUpApi,
    TemplatesApi,
    TriggersApi,
    WebhooksApi,
):
    """One account's API: `Longcode("https://api.example/v1", account, password)`. See `Calls` for the arguments."""

    def __enter__(self) -> Longcode:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
