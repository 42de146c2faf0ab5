"""Lighthouse's scores of the sign-in, the home page and a conversation, on a phone with a slow connection.

Chromium opens the pages on this machine; Lighthouse calculates what a slow phone would take. The least score of the
three categories counts for a page, of the better of two runs, as a busy machine can only lower it.
"""

import json
import os
import subprocess
from collections.abc import Iterator

from bench.rig import Figure, quiet
from infra.screenshots import PAGES, open_studio
from longcode.accounts import sessions
from longcode.aws import clients
from tests.support.hub_server import CHROMIUM_OPTIONS, chromium, serving_hub
from tests.support.local_aws import ROOT, local_aws

_COMMAND = ROOT / ".venv" / "lighthouse" / "node_modules" / ".bin" / "lighthouse"
_CATEGORIES = ("performance", "accessibility", "best-practices")
_BAR = 95
_RUNS = 2


def measure(command: str = str(_COMMAND)) -> Iterator[Figure]:
    """Score each page; install Lighthouse and Chromium first if they are missing."""
    if not os.path.exists(command):
        subprocess.run(["make", "browser", ".venv/lighthouse/done"], cwd=ROOT, check=True)
    with quiet(), local_aws(), serving_hub() as address:
        account = open_studio()
        token = sessions.begin(account.id, "Chrome", clients.now())
        pages = {"sign_in": "sign-in", "home": PAGES["home"], "conversation": PAGES["conversation"]}
        cookies = {"sign_in": "", "home": f"session={token}", "conversation": f"session={token}"}
        scores = {name: _best(command, f"{address}/{path}", cookies[name]) for name, path in pages.items()}
    for name, of_page in scores.items():
        least = min(of_page, key=lambda category: of_page[category])
        yield Figure(f"lighthouse_{name}", of_page[least], f"of 100 ({least}, the least)", _BAR, is_least=True)


def _best(command: str, address: str, cookie: str) -> dict[str, int]:
    runs = [_scores(command, address, cookie) for _ in range(_RUNS)]
    return max(runs, key=lambda scores: min(scores.values()))


def _scores(command: str, address: str, cookie: str) -> dict[str, int]:
    run = subprocess.run(
        [
            command,
            address,
            "--quiet",
            "--output=json",
            f"--only-categories={','.join(_CATEGORIES)}",
            f"--extra-headers={json.dumps({'Cookie': cookie} if cookie else {})}",
            f"--chrome-flags={' '.join(('--headless=new', *CHROMIUM_OPTIONS))}",
        ],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "CHROME_PATH": chromium()},
    )
    found = json.loads(run.stdout)
    if found["finalDisplayedUrl"] != address:
        raise RuntimeError(f"{address} led to {found['finalDisplayedUrl']}")
    return {name: round(found["categories"][name]["score"] * 100) for name in _CATEGORIES}
