"""The routes that each scope of an API key opens: the only place that says so."""

from longcode.accounts.passwords import KeyScope

_SENDS = {
    ("POST", "/messages"),
    ("POST", "/messages/preview"),
    ("GET", "/messages/{message_id}"),
    ("DELETE", "/messages/{message_id}"),
    ("POST", "/broadcasts"),
    ("GET", "/broadcasts/{broadcast_id}"),
    ("DELETE", "/broadcasts/{broadcast_id}"),
    ("PUT", "/broadcasts/{broadcast_id}/paused"),
    ("DELETE", "/broadcasts/{broadcast_id}/paused"),
    ("POST", "/events"),
}
"""Sending, and what became of it. Other reading, such as of replies and clients, is not part of it."""

_READS_TOO = {("POST", "/messages/preview")}
"""Reading is every GET, and this, which changes nothing."""

_ALL_ONLY = {("GET", "/account"), ("GET", "/changes"), ("GET", "/account/keys")}
"""They show the secret that webhooks are signed with, and who else can reach the account."""

SPECIAL_ROUTES = _SENDS | _READS_TOO | _ALL_ONLY


def scopes_of(method: str, route: str) -> set[KeyScope]:
    """Return the scopes that open a route. A route that is not listed opens for reading if it is a GET."""
    if (method, route) in _ALL_ONLY:
        return {KeyScope.ALL}
    sends = {KeyScope.SEND} if (method, route) in _SENDS else set()
    reads = {KeyScope.READ} if method == "GET" or (method, route) in _READS_TOO else set()
    return {KeyScope.ALL} | sends | reads
