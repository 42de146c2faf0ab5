"""Build the artifacts to deploy: a folder for each set of requirements. `sam build` calls this through the Makefile.

Each artifact contains all our code; they differ in the packages beside it.
"""

import argparse
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILD = ROOT / ".build"
FUNCTIONS = ROOT / "functions"
DATA = (
    ROOT / "infra" / "quiet_hours.json",
    ROOT / "infra" / "plan_bounds.json",
)  # files that the functions read, beside the code
_SUFFIXES = {".py", ".html", ".css", ".js", ".svg"}  # of our code: modules, and the pages with what they load
_DOCS = ROOT / "docs"
_PAGES = (_DOCS / "openapi.json", _DOCS / "codes.md", *sorted((_DOCS / "guide").glob("*.md")))  # what GET /docs shows
UV = ROOT / ".venv" / "uv" / "bin" / "uv"

# Our code uses none of these. The names of places and carriers are 44 MB, more than all other files together; with
# the script of Swagger's page, the artifact `functions` would exceed its limit.
_UNUSED = (
    "phonenumbers/geodata",
    "phonenumbers/carrierdata",
    "aws_lambda_powertools/event_handler/openapi/swagger_ui/swagger-ui-bundle.min.js",
    *(
        f"aws_lambda_powertools/utilities/{name}"
        for name in (
            *("auth_alpha", "batch", "circuit_breaker", "data_masking", "feature_flags", "idempotency", "kafka"),
            *("parser", "streaming"),
        )
    ),
    # Compiled bindings need only `_cffi_backend`; these two make new ones.
    "cffi",
    "pycparser",
    "segno/cli.py",
    "segno/helpers.py",
)
# The package of the reference's viewer has another viewer too, and is a Django application.
_VIEWERS = "drf_spectacular_sidecar/static/drf_spectacular_sidecar"
_UNUSED_OF_VIEWER = (f"{_VIEWERS}/swagger-ui-dist", f"{_VIEWERS}/redoc/bundles/redoc.standalone.js.map")
# The oldest C library of the Lambda runtimes from python3.12 on (Amazon Linux 2023) is 2.34.
_PLATFORMS = {"arm64": "aarch64-manylinux_2_34", "x86_64": "x86_64-manylinux_2_34"}
_LONG_AGO = 315_532_800  # 1980-01-01, the earliest date of a zip file


@dataclass(frozen=True, slots=True)
class Target:
    """Where the functions will run."""

    runtime: str
    architecture: str

    @property
    def version(self) -> str:
        return self.runtime.removeprefix("python")

    @property
    def folder(self) -> Path:
        """The folder of the artifacts for this target."""
        return BUILD / f"{self.runtime}-{self.architecture}"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A folder to deploy: its requirements, and its size limit (Lambda's own limit is 250 MB, unzipped).

    `pages` are the files of docs/ that it has, `unused` what is removed of its packages, besides `_UNUSED`.
    """

    requirements: Path
    max_bytes: int
    pages: tuple[Path, ...] = ()
    unused: tuple[str, ...] = ()


class TooLarge(Exception):
    """An artifact exceeds its limit."""


ARTIFACTS = {
    "functions": Artifact(FUNCTIONS / "requirements.txt", 25_000_000),
    "functions_pdf": Artifact(FUNCTIONS / "requirements-pdf.txt", 75_000_000),
    "functions_stripe": Artifact(FUNCTIONS / "requirements-stripe.txt", 75_000_000),
    "functions_viewer": Artifact(FUNCTIONS / "requirements-viewer.txt", 27_000_000, _PAGES, _UNUSED_OF_VIEWER),
}
# The functions of template.yaml that are not deployed with the artifact `functions`
_ARTIFACT_OF = {
    "Invoice": "functions_pdf",
    "BillingInvoices": "functions_pdf",
    "HubInvoices": "functions_pdf",
    "BillingExport": "functions_stripe",
    "Reference": "functions_viewer",
}
PRODUCTION = Target("python3.13", "arm64")  # as in template.yaml


def this_machine() -> Target:
    """Return this machine and this interpreter as a target."""
    arm = platform.machine().lower() in {"arm64", "aarch64"}
    return Target(f"python{sys.version_info.major}.{sys.version_info.minor}", "arm64" if arm else "x86_64")


def artifact_of(function: str) -> str:
    """Return the name of the artifact that a function of template.yaml is deployed with."""
    return _ARTIFACT_OF.get(function, "functions")


def build(target: Target) -> list[str]:
    """Build the artifacts whose inputs have changed; return a line about each artifact."""
    with _alone(target):
        return [_build(name, target) for name in ARTIFACTS]


def build_function(function: str, artifacts: Path, target: Target) -> str:
    """Build the artifact of a function for `sam build`; return a line about it.

    The functions of an artifact share one folder beside `artifacts`, which becomes a link to it: SAM writes the
    resolved path into its template, and so `sam deploy` zips 24 MB once and not for each of its functions.
    """
    name = artifact_of(function)
    source, shared = target.folder / name, artifacts.parent / name
    about, stamp = f"as {shared}", _stamp_of(name, target)
    with _alone(target):
        if not _is_current(shared, stamp):
            about = _build(name, target)
            _update(shared, stamp, lambda folder: shutil.copytree(source, folder, copy_function=_link_or_copy))
    if not artifacts.is_symlink():
        shutil.rmtree(artifacts, ignore_errors=True)
        artifacts.symlink_to(name, target_is_directory=True)
    return f"{function}: {about}"


def _is_current(folder: Path, stamp: str) -> bool:
    """Return whether a folder was built from the same contents: the times of files do not say so (`cp -p`)."""
    stamped = folder.with_suffix(".stamp")
    return folder.is_dir() and stamped.is_file() and stamped.read_text() == stamp


@contextmanager
def _alone(target: Target) -> Iterator[None]:
    """Let parallel builds run one after another."""
    target.folder.mkdir(parents=True, exist_ok=True)
    with (target.folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(name: str, target: Target) -> str:
    artifact = ARTIFACTS[name]
    packages, functions = target.folder / "packages" / name, target.folder / name
    of_packages = _stamp(target, [artifact.requirements])
    _update(packages, of_packages, lambda folder: _add_packages(folder, artifact, target))
    changed = _update(
        functions, _stamp_of(name, target), lambda folder: _add_functions(folder, artifact, packages, target)
    )
    size = _size(functions)
    if size > artifact.max_bytes:
        raise TooLarge(f"{name}: {size / 1e6:.1f} MB, but the limit is {artifact.max_bytes / 1e6:.0f} MB")
    compiled = "compiled" if next(functions.rglob("*.pyc"), None) else "not compiled"
    about = f"{functions.relative_to(ROOT)}, {size / 1e6:.1f} MB, {compiled}"
    return about if changed else f"{about}, nothing changed"


def _update(folder: Path, stamp: str, fill: Callable[[Path], object]) -> bool:
    """Build a folder again unless its stamp shows the same inputs; return whether it was built."""
    if _is_current(folder, stamp):
        return False
    stamped = folder.with_suffix(".stamp")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{folder.name}-", dir=folder.parent) as scratch:
        new = Path(scratch) / folder.name
        fill(new)
        stamped.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)
    stamped.write_text(stamp)
    return True


def _link_or_copy(source: str, copy: str) -> None:
    """Link thousands of files where that is possible: within one file system."""
    try:
        os.link(source, copy)
    except OSError:
        shutil.copy2(source, copy)


def _add_packages(folder: Path, artifact: Artifact, target: Target) -> None:
    """Install the pinned wheels and nothing else. The Lambda runtime includes boto3, so the requirements do not."""
    command: list[str | Path] = [UV, "pip", "install", "--quiet", "--target", folder, "--python", sys.executable]
    command += ["--only-binary", ":all:", "--require-hashes", "--no-deps", "--link-mode", "copy"]
    command += ["--requirements", artifact.requirements]
    if target != this_machine():
        command += ["--python-version", target.version, "--python-platform", _PLATFORMS[target.architecture]]
    subprocess.run(command, check=True)
    for path in (folder / unused for unused in (*_UNUSED, *artifact.unused)):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    _compile(folder, target)
    _normalise(folder)


def _add_functions(folder: Path, artifact: Artifact, packages: Path, target: Target) -> None:
    copies = {source: folder / source.relative_to(FUNCTIONS) for source in _sources()}
    copies |= {page: folder / page.relative_to(ROOT) for page in artifact.pages}
    for source, copy in copies.items():
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
    for path in DATA:
        shutil.copyfile(path, folder / path.name)
    _compile(folder, target)
    _normalise(folder)
    shutil.copytree(packages, folder, copy_function=_link_or_copy, dirs_exist_ok=True)


def _normalise(folder: Path) -> None:
    """Let Lambda's user read all files, whatever the umask here, and make equal contents give equal zip files."""
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (_LONG_AGO, _LONG_AGO))


@cache
def _interpreter(target: Target) -> str | None:
    """Return an interpreter of the target's version; None if there is none: then the Lambda runtime compiles."""
    if target.runtime == this_machine().runtime:
        return sys.executable
    path = shutil.which(target.runtime)
    works = path and subprocess.run([path, "-c", ""], check=False, capture_output=True).returncode == 0
    return path if works else None


def _compile(folder: Path, target: Target) -> None:
    """Compile to bytecode, which functions cannot write; unchecked, because unpacking changes the sources' times.

    Docstrings are left out: reading them takes a twentieth of a start. Python without -OO looks for the plain name.
    """
    interpreter = _interpreter(target)
    if interpreter:
        command = [interpreter, "-m", "compileall", "-q", "-o", "2", "-j", "0", "--invalidation-mode"]
        subprocess.run([*command, "unchecked-hash", "-s", folder, "-p", "/var/task", folder], check=True)
    for compiled in folder.rglob("*.opt-2.pyc"):
        compiled.rename(compiled.with_name(compiled.name.replace(".opt-2", "")))


def _stamp_of(name: str, target: Target) -> str:
    return _stamp(target, [ARTIFACTS[name].requirements, *DATA, *ARTIFACTS[name].pages, *_sources()])


def _stamp(target: Target, inputs: list[Path]) -> str:
    digest = hashlib.sha256(repr((target, sys.version, _interpreter(target))).encode())
    for path in [Path(__file__), *inputs]:
        content = path.read_bytes()
        digest.update(f"\0{path.relative_to(ROOT)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _sources() -> list[Path]:
    """Return the code, and the files of the pages that it serves."""
    return sorted(path for path in FUNCTIONS.rglob("*") if path.suffix in _SUFFIXES)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    """Build for production, or with --local for this machine; all artifacts, or one function's for `sam build`."""
    parser = argparse.ArgumentParser(prog="build", description=__doc__)
    parser.add_argument("--local", action="store_true", help="for this machine's interpreter")
    parser.add_argument("--function", help="the function of template.yaml that `sam build` builds")
    parser.add_argument("--into", type=Path, help="the folder of its artifact: SAM's ARTIFACTS_DIR")
    options = parser.parse_args()
    target = this_machine() if options.local else PRODUCTION
    lines = [build_function(options.function, options.into, target)] if options.function else build(target)
    print(*lines, sep="\n")


if __name__ == "__main__":
    main()
