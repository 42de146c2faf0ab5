"""A studio with a password, and a person's browser."""

import pytest

from accounts import authorizer
from longcode.accounts import passwords, sessions
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws import clients
from tests.support.browser import Browser

PASSWORD = "abcde-fghjk-mnpqr-stuvw-xyz23-45678"


@pytest.fixture
def password(account: Account) -> str:
    """The studio's password; the process has checked none yet."""
    authorizer.limits.clear()
    accounts.set_password(account.id, passwords.hash_of(PASSWORD))
    return PASSWORD


@pytest.fixture
def signed_in(account: Account, password: str) -> Browser:
    """A browser that is signed in, without the pages of signing in (test_sign_in.py has them)."""
    return Browser({"session": sessions.begin(account.id, "Chrome on Windows", clients.now())})
