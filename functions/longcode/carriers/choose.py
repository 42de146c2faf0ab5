"""Which carrier delivers: a matter of configuration, never of the code."""

from typing import TYPE_CHECKING

from longcode.carriers.twilio import API_BASE, Twilio

if TYPE_CHECKING:
    from longcode.carriers.aws import Aws


def carrier(
    name: str,
    *,
    account_sid: str = "",
    auth_token: str = "",
    callback_base: str = "",
    api_base: str = API_BASE,
    configuration_set: str | None = None,
) -> "Twilio | Aws":
    """Open the carrier called `name`; the configuration set is AWS's, all the rest Twilio's."""
    match name:
        case "twilio":
            return Twilio(
                account_sid=account_sid,
                auth_token=auth_token,
                callback_base=callback_base,
                api_base=api_base,
            )
        case "aws":
            from longcode.carriers import aws  # noqa: PLC0415 - a start with Twilio does not pay for it

            return aws.Aws(aws.client(), configuration_set=configuration_set)
        case _:
            raise ValueError(f"there is no carrier {name!r}: twilio or aws")
