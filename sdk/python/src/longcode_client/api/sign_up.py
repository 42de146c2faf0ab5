"""Sign-up, and the pages behind links in mails.

`make openapi` writes this module from docs/openapi.json.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict

from longcode_client.api.shared import Product
from longcode_client.calls import Calls, in_path


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
    """Sign-up, and the pages behind links in mails."""

    def show_password_link(self, token: str) -> str:
        """Show whose password the link makes.

        Mail scanners follow links, so only the button on the page makes it.
        """
        answer: str = self._call(
            "GET", f"/password/{in_path(token)}", accept="text/html", repeatable=True, with_password=False
        ).text
        return answer

    def set_password(self, token: str) -> str:
        """Make a new password and show it, once.

        The old one works for up to a minute more. A link works once.
        """
        answer: str = self._call("POST", f"/password/{in_path(token)}", accept="text/html", with_password=False).text
        return answer

    def sign_up(self, body: SignUp) -> SignUpAccepted:
        """Sign up, or ask for a change of plan.

        Response and duration do not show whether the mail address is known.
        """
        answer: SignUpAccepted = self._call("POST", "/signup", body=body, with_password=False).json()
        return answer

    def show_sign_up(self, token: str) -> str:
        """Show what the form says.

        Mail scanners follow links, so only the button on the page opens the account.
        """
        answer: str = self._call(
            "GET", f"/signup/address/{in_path(token)}", accept="text/html", repeatable=True, with_password=False
        ).text
        return answer

    def confirm_address(self, token: str, *, form: str | None = None) -> str:
        """Open the account of the form that the page showed.

        A link works once.

        If the form was filled in again meanwhile, show what it says now.
        """
        answer: str = self._call(
            "POST", f"/signup/address/{in_path(token)}", query={"form": form}, accept="text/html", with_password=False
        ).text
        return answer

    def show_change(self, token: str) -> str:
        """Show what the link confirms.

        Mail scanners follow links, so only the button on the page changes the plan.
        """
        answer: str = self._call(
            "GET", f"/signup/confirm/{in_path(token)}", accept="text/html", repeatable=True, with_password=False
        ).text
        return answer

    def confirm_change(self, token: str) -> str:
        """Change the plan.

        A link works once.
        """
        answer: str = self._call(
            "POST", f"/signup/confirm/{in_path(token)}", accept="text/html", with_password=False
        ).text
        return answer
