"""The pages of docs/guide/: the check of a signature works, tables name all that there is, links lead somewhere."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from longcode.accounts.account import WebhookEvent
from longcode.template import FIELDS
from longcode.triggers.trigger import STATUSES
from longcode.webhooks import delivery, webhook
from tests.domain.test_webhook import HOSTED, NOW
from tests.support.guide_pages import Example, Shell, examples, pages
from tests.support.source_reading import ROOT

GUIDE = ROOT / "docs" / "guide"
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")
KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def is_genuine() -> Callable[..., bool]:
    """Return the function `is_genuine` from the page on webhooks."""
    [code] = re.findall(r"```python\n(.*?)```", text("webhooks"), re.DOTALL)
    names: dict[str, Any] = {"__name__": "genuine"}
    exec(code, names)
    check: Callable[..., bool] = names["is_genuine"]
    return check


def signed_webhook() -> webhook.Webhook:
    secret, old = webhook.rotate_secret(HOSTED, NOW)
    rotated = replace(HOSTED, webhook_secret=secret, webhook_old_secrets=old)
    pending = delivery.new("10000001", WebhookEvent.CALL_CREATED, "a", {"text": "🌷"}, NOW)
    return webhook.build("https://studio.example/", webhook.signing_secrets(rotated, NOW), pending, pending.data, NOW)


def test_the_pages_check_accepts_our_signature_and_no_other(is_genuine: Callable[..., bool]) -> None:
    signed = signed_webhook()

    assert is_genuine(signed.headers, signed.body, KEY, NOW.timestamp())
    assert not is_genuine(signed.headers, signed.body + b" ", KEY, NOW.timestamp())
    assert not is_genuine(signed.headers, signed.body, "whsec_AAAA", NOW.timestamp())


def test_the_pages_check_refuses_an_old_webhook(is_genuine: Callable[..., bool]) -> None:
    signed = signed_webhook()

    assert not is_genuine(signed.headers, signed.body, KEY, NOW.timestamp() + 301)


def test_the_page_on_webhooks_has_every_event() -> None:
    assert [event for event in WebhookEvent if f"| `{event}` |" not in text("webhooks")] == []


@pytest.mark.parametrize(("page", "schema"), [("sending", "MessageState"), ("broadcasts", "BroadcastState")])
def test_a_table_of_states_has_each_with_the_sentence_of_the_reference(page: str, schema: str) -> None:
    values = yaml.safe_load((ROOT / "infra" / "api_reference.yaml").read_text())["values"][schema]
    rows = dict(re.findall(r"^\| `([a-z]+)` \| (.+) \|$", text(page), re.MULTILINE))

    assert {state: rows[state] for state in values} == values


def test_the_page_on_triggers_has_every_status_and_merge_field() -> None:
    page = text("triggers")

    assert [status for statuses in STATUSES.values() for status in statuses if status not in page] == []
    assert [kind for kind in STATUSES if f"`{kind}`" not in page] == []
    assert [field for field in FIELDS if f"`{field}`" not in page] == []


def test_the_index_lists_every_page() -> None:
    assert sorted(pages(GUIDE / "README.md")) == sorted({path.name for path in GUIDE.glob("*.md")} - {"README.md"})


def test_every_link_leads_to_a_file_and_to_a_heading_of_it() -> None:
    links = [(path, *link) for path in sorted(GUIDE.glob("*.md")) for link in LINK.findall(path.read_text())]
    broken = [f"{path.name}: {name}#{anchor}" for path, name, anchor in links if not leads(path, name, anchor)]

    assert len(links) > 30
    assert broken == []


@pytest.mark.parametrize(
    ("command", "answer", "is_right"),
    [
        ('echo \'{"id": "a1", "units": 1}\'', '{"units": 1}', True),
        ('echo \'{"id": "a1", "units": 1}\'', '{"units": 2}', False),
        ('echo \'{"id": "a1"}\'', '{"units": "…"}', False),
        ('echo \'{"ids": ["a1", "b2"]}\'', '{"ids": ["…", "b…"]}', True),
        ('echo \'{"ids": ["a1", "b2"]}\'', '{"ids": ["a1"]}', False),
        ("echo Hello Ann", "Hello …", True),
        ("echo Hello Ann", "Hello Ben", False),
        ("NAME=Ann; echo 1", None, True),
        ("false; echo 1", None, False),
        ("echo '{\"status\": 404}'; exit 22", '{"status": 404}', True),  # as curl ends after an HTTP error
        ("echo '{\"status\": 404}'; exit 22", None, False),
    ],
)
def test_an_example_fails_if_it_ends_with_an_error_or_answers_otherwise(
    command: str, answer: str | None, is_right: bool, tmp_path: Path
) -> None:
    shell = Shell(tmp_path)

    fault = shell.run(Example(command, answer), seconds=0)

    shell.end()
    assert (fault is None) == is_right


def test_a_block_that_is_no_example_is_not_passed_over(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```bash\necho 1\n```\n")

    with pytest.raises(ValueError, match="no example"):
        list(examples(page))


def text(page: str) -> str:
    return (GUIDE / f"{page}.md").read_text()


def leads(page: Path, name: str, anchor: str) -> bool:
    file = page.parent / name if name else page
    headings = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE) if file.suffix == ".md" and anchor else []
    anchors = [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]
    return file.is_file() and (not anchor or anchor in anchors)
