"""A studio with a password, and a person's browser."""

import pytest

from accounts import authorizer
from longcode.accounts import passwords
from longcode.accounts import store as accounts
from longcode.accounts.account import Account
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
    """A browser that is signed in."""
    browser = Browser()
    browser.sign_in(account.id, password)
    return browser
