"""The faults of accessibility that axe finds on a page."""

import json
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

COLOURS_ALONE = ("color-contrast",)


def violations(page: Page, *rules: str) -> list[dict[str, Any]]:
    """Return each fault that axe finds, by all its rules or by some; what is right is not fetched."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    options = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
    found: list[dict[str, Any]] = page.evaluate(f"axe.run({json.dumps(options)}).then((found) => found.violations)")
    return found
