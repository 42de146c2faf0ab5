"""The package can be built, and has its types, its command and its version; the examples of its README are whole."""

import re
import subprocess
from email import message_from_bytes
from zipfile import ZipFile

import pytest

from longcode_client import calls, inbox
from tests.support.source_reading import ROOT

FOLDER = ROOT / "sdk" / "python"
UV = ROOT / ".venv" / "uv" / "bin" / "uv"
README = (FOLDER / "README.md").read_text()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """The package, built without a network: uv has the build backend in it."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([UV, "build", "--offline", "--wheel", "-q", "-o", folder, FOLDER], check=True)
    [built] = folder.glob("*.whl")
    return ZipFile(built)


def test_the_wheel_has_every_module_and_the_mark_of_its_types(wheel: ZipFile) -> None:
    sources = {str(path.relative_to(FOLDER / "src")) for path in (FOLDER / "src").rglob("*.py")}
    named = {name for name in wheel.namelist() if ".dist-info" not in name and not name.endswith("/")}

    assert named == {*sources, "longcode_client/py.typed"}


def test_the_wheel_has_the_command_and_one_requirement(wheel: ZipFile) -> None:
    metadata = message_from_bytes(wheel.read(f"longcode_client-{calls.VERSION}.dist-info/METADATA"))
    commands = wheel.read(f"longcode_client-{calls.VERSION}.dist-info/entry_points.txt").decode()

    assert (metadata["Name"], metadata["Version"]) == ("longcode-client", calls.VERSION)
    assert metadata["Requires-Python"] == ">=3.11"
    assert [one.partition(">")[0] for one in metadata.get_all("Requires-Dist", [])] == ["urllib3"]
    assert "longcode-inbox = longcode_client.inbox:main" in commands
    assert callable(inbox.main)


def test_the_commands_of_the_readme_have_options_that_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGCODE_PASSWORD", "secret")
    joined = README.replace("\\\n", "").replace("',\n    '", " ")
    commands = re.findall(r"--api https://api\.example/v1 .*?(?='|$)", joined, re.MULTILINE)

    assert len(commands) == 3
    for command in commands:
        options = inbox._options(command.split())
        assert bool(options.run) != bool(options.folder)
        assert options.password_file
