"""A person with a browser, who signs in to the hub by mail and fills in the forms of its pages."""

import re
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode, urljoin, urlsplit

import urllib3

from infra.local.participants import CheckFailed
from infra.local.stack import Stack
from infra.local.studio import mailed

_LINK = re.compile(r"https?://\S+/hub/sign-in/\S+")
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_MOST_REDIRECTS = 5


def sign_in_link(stack: Stack, email: str, *, seconds: float = 20) -> str:
    """Ask for a link that signs a person in, and return it from the mail; raise `Failed` without one in time."""
    Visitor(stack.api_url).submit("sign-in", "sign-in/mail", email=email)
    return mailed(stack, email, _LINK, seconds)[0]


@dataclass
class Visitor:
    """A browser at the hub of an API; `page` is the page that it shows."""

    api_url: str
    page: str = ""
    cookie: str = ""
    _address: str = field(default="", init=False)

    def open(self, path: str) -> str:
        """Open a page by its path below /hub/, or by its address, and follow redirects; return it."""
        return self._follow("GET", urljoin(f"{self.api_url}/hub/", path))

    def submit(self, path: str, action: str, **fields: str) -> str:
        """Open a page, and post the fields of its forms with what a person fills in; return the next page."""
        hidden = {name: unescape(value) for name, value in _HIDDEN.findall(self.open(path))}
        return self._follow("POST", f"{self.api_url}/hub/{action}", urlencode(hidden | fields))

    def _follow(self, method: str, address: str, body: str | None = None) -> str:
        for _ in range(_MOST_REDIRECTS):
            origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
            headers = {"Cookie": self.cookie, "Origin": origin, "User-Agent": "Chrome/1 (Linux)"}
            if body is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            answer = urllib3.request(
                method, address, body=body, headers=headers, timeout=30, retries=False, redirect=False
            )
            if "Set-Cookie" in answer.headers:
                self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
            if answer.status != 303:
                self.page = answer.data.decode()
                return self.page
            method, address, body = "GET", urljoin(address, answer.headers["Location"]), None
        raise CheckFailed(f"too many redirects: {address}")
