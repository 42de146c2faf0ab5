"""Every example in docs/guide/ runs, and answers as its page shows (tests/support/guide_pages.py has the rules)."""

import subprocess
from collections.abc import Iterator

import pytest

from infra.local.processes import ROOT
from infra.local.stack import Stack
from infra.local.studio import sign_up
from infra.local.up import DEMO_STUDIO, VARIABLES, variables, write_variables
from tests.support.guide_pages import Shell, examples, pages

pytestmark = pytest.mark.stack  # tests/conftest.py: one stack for all, in one process

GUIDE = ROOT / "docs" / "guide"
PAGES = pages(GUIDE / "README.md")


@pytest.fixture(scope="module")
def shell(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A second terminal, in the folder in which `make up` runs; it has curl."""
    subprocess.run(["curl", "--fail-with-body", "--version"], check=True, capture_output=True)  # of 2021 or later
    folder = tmp_path_factory.mktemp("guide")
    file = folder / VARIABLES.relative_to(ROOT)
    file.parent.mkdir()
    write_variables(file, variables(stack, sign_up(stack, DEMO_STUDIO)))
    shell = Shell(folder)
    yield shell
    shell.end()


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_a_page_run_and_answer_as_it_shows(page: str, shell: Shell) -> None:
    faults = [(example.answer, fault) for example in examples(GUIDE / page) if (fault := shell.run(example))]

    assert not faults, "\n\n".join(f"{page} shows {answer}but:\n{fault}" for answer, fault in faults)
