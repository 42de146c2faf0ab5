"""Sign-up.

`make openapi` writes this module from docs/openapi.json.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict

from longcode_client.api.shared import Product
from longcode_client.calls import Calls


class SignUp(TypedDict):
    """The sign-up form. With the mail address of an account, it asks for a change of plan."""

    studio_name: str
    email: str
    product: Product
    edition: str
    plan: str
    country_code: NotRequired[str]


class SignUpAccepted(TypedDict, total=False):
    """The response, which is the same for known and unknown addresses."""

    detail: str


class SignUpApi(Calls):
    """Sign-up."""

    def sign_up(self, body: SignUp) -> SignUpAccepted:
        """Sign up, or ask for a change of plan.

        Response and duration do not show whether the mail address is known.
        """
        answer: SignUpAccepted = self._call("POST", "/signup", body=body, with_password=False).json()
        return answer
