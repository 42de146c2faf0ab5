"""A client of Longcode's API, for a studio's software. README.md beside it shows how it is used."""

from longcode_client.client import Longcode
from longcode_client.errors import LongcodeError, NoAnswer, NotGenuine, RequestRefused
from longcode_client.items import Items
from longcode_client.webhooks import verify

__all__ = ["Items", "Longcode", "LongcodeError", "NoAnswer", "NotGenuine", "RequestRefused", "verify"]
