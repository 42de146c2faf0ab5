"""The package of the command line: it can be built, and its page names each command."""

import re
import subprocess
import tomllib
from pathlib import Path
from zipfile import ZipFile

from tests.support.operator import commands
from tests.support.source_reading import ROOT

FOLDER = ROOT / "cli"
UV = ROOT / ".venv" / "uv" / "bin" / "uv"
VERSION = tomllib.loads((FOLDER / "pyproject.toml").read_text())["project"]["version"]


COMMANDS = dict(commands())


def test_the_page_names_each_command_and_no_other() -> None:
    rows = re.findall(r"^\| `([a-z][a-z ,-]*?)(?: [A-Z-].*?)?` \|", (FOLDER / "README.md").read_text(), re.MULTILINE)

    assert sorted(rows) == sorted(COMMANDS)


def test_each_command_says_what_it_does() -> None:
    assert [name for name, help_text in COMMANDS.items() if not help_text] == []


def test_the_wheel_has_every_module_and_the_command(tmp_path: Path) -> None:
    subprocess.run([UV, "build", "--offline", "--wheel", "-q", "-o", tmp_path, FOLDER], check=True)
    [built] = tmp_path.glob("*.whl")
    wheel = ZipFile(built)
    sources = {str(path.relative_to(FOLDER / "src")) for path in (FOLDER / "src").rglob("*.py")}

    assert {name for name in wheel.namelist() if name.endswith(".py")} == sources
    assert b"longcode = longcode_cli.main:main" in wheel.read(f"longcode_cli-{VERSION}.dist-info/entry_points.txt")
