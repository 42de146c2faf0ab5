"""GET /docs: the page, what it loads, its headers, and no other file."""

import base64
import hashlib
import json
import re
from pathlib import Path
from urllib.parse import urljoin

import pytest

from reference import api
from tests.support.fakes import call
from tests.support.source_reading import ROOT

pytestmark = pytest.mark.usefixtures("aws")

FILES = {
    "/docs": "text/html; charset=utf-8",
    "/docs/page.css": "text/css; charset=utf-8",
    "/docs/page.js": "text/javascript; charset=utf-8",
    "/docs/redoc.standalone.js": "text/javascript; charset=utf-8",
    "/docs/redoc.standalone.js.LICENSE.txt": "text/plain; charset=utf-8",
    "/docs/openapi.json": "application/json",
    "/docs/guide.md": "text/markdown; charset=utf-8",
}
# A link that page.css hides, and one in the text of an error
LINKS = {"/docs/redoc.standalone.js": ['url="https://github.com/mermade/oas-kit', 'href:"https://redocly.com/redoc/']}


def test_the_page_and_all_that_it_loads_come_from_this_function_without_a_password() -> None:
    page = call(api, "GET", "/docs").text
    loaded = {urljoin("https://api.example/v1/docs", path) for path in re.findall(r'(?:src|href)="([^"]+)"', page)}

    answers = {path: call(api, "GET", path) for path in FILES}

    assert {path: answer.status for path, answer in answers.items()} == dict.fromkeys(FILES, 200)
    assert {path: answer.headers["Content-Type"] for path, answer in answers.items()} == FILES
    assert {url.removeprefix("https://api.example/v1") for url in loaded if not url.startswith("data:")} == {
        "/docs/page.css",
        "/docs/page.js",
        "/docs/redoc.standalone.js",
        "/docs/openapi.json",
    }


def test_the_document_is_that_of_the_repository_with_the_address_of_this_api() -> None:
    document = json.loads(call(api, "GET", "/docs/openapi.json").text)

    written = json.loads((ROOT / "docs" / "openapi.json").read_text())
    assert document == written | {"servers": [{"url": "https://longcode.example"}]}


@pytest.mark.parametrize("path", ["/docs", "/docs/page.css", "/docs/page.js", "/docs/redoc.standalone.js"])
def test_no_file_loads_anything_from_a_foreign_host(path: str) -> None:
    text = call(api, "GET", path).text

    assert re.findall(r"""\b(?:src|href|url|import|fetch)[=:( ]+["'`]?(?:https?:)?//[^"'`)]+""", text) == LINKS.get(
        path, []
    )


@pytest.mark.parametrize("path", FILES)
def test_every_answer_lets_a_browser_load_from_this_api_only(path: str) -> None:
    headers = call(api, "GET", path).headers
    policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in headers
    assert {name: sources for name, sources in policy.items() if name != "style-src"} == {
        "default-src": "'none'",
        "script-src": "'self'",
        "connect-src": "'self'",
        "img-src": "data:",
        "worker-src": "blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert re.fullmatch(r"'self'( 'sha256-[^ ']+')+", policy["style-src"])


def test_the_style_of_the_viewers_scroll_bars_has_the_digest_that_the_policy_allows() -> None:
    viewer = call(api, "GET", "/docs/redoc.standalone.js").text

    digest = base64.b64encode(hashlib.sha256(style_of_scroll_bars(viewer).encode()).digest()).decode()

    assert f"'sha256-{digest}'" in call(api, "GET", "/docs").headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", FILES)
def test_a_browser_keeps_an_answer_for_five_minutes_and_then_asks_whether_it_changed(path: str) -> None:
    first = call(api, "GET", path)

    again = call(api, "GET", path, headers={"If-None-Match": f'W/"other", {first.headers["ETag"]}'})
    other = call(api, "GET", path, headers={"If-None-Match": '"other"'})

    assert first.headers["Cache-Control"] == "public, max-age=300"
    assert (again.status, again.text, again.headers["ETag"]) == (304, "", first.headers["ETag"])
    assert (other.status, other.text) == (200, first.text)


@pytest.mark.parametrize(
    "path",
    [
        "/docs/api.py",
        "/docs/page.html",
        "/docs/codes.md",
        "/docs/../docs/openapi.json",
        "/docs/../reference/api.py",
        "/docs/%2e%2e/openapi.json",
        "/docs/..",
        "/docs/redoc.standalone.js.map",
    ],
)
def test_no_other_file_is_there(path: str) -> None:
    answer = call(api, "GET", path)

    assert (answer.status, answer.json["code"]) == (404, "not_found")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/docs/..%2fopenapi.json", "/docs/%ff", "/docs/page.css%00"])
def test_a_path_that_cannot_be_one_of_ours_is_refused(path: str) -> None:
    assert call(api, "GET", path).status in (400, 404)


def test_a_slash_at_the_end_is_taken_away() -> None:
    """With it, the relative links of the page would lead to /docs/docs/."""
    answer = call(api, "GET", "/docs/")

    assert (answer.status, answer.headers["Location"]) == (308, "../docs")


def test_the_script_loads_the_document_and_the_guide() -> None:
    script = call(api, "GET", "/docs/page.js").text

    assert re.findall(r'load\("([^"]+)"\)', script) == ["openapi.json", "guide.md"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_page_can_only_be_read(method: str) -> None:
    assert call(api, method, "/docs").status == 404


def test_what_is_shown_is_the_same_for_every_caller() -> None:
    alone = [call(api, "GET", path).text for path in FILES]

    as_studio = [call(api, "GET", path, account="10000001").text for path in FILES]

    assert as_studio == alone


def test_the_answers_fit_into_what_a_function_may_answer() -> None:
    """Six megabytes (Lambda: quotas); characters beyond ASCII take six bytes in the event."""
    sizes = {path: len(json.dumps(call(api, "GET", path).text)) for path in FILES}

    assert max(sizes.values()) < 3_000_000
    assert Path(api.__file__).with_name("page.html").stat().st_size < 3_000


def style_of_scroll_bars(viewer: str) -> str:
    """Return the text of a style element as webpack's css-loader makes it: the rules, and their source map."""
    text = r'("(?:[^"\\]|\\.)*")'
    packed = rf'{text},"",{{version:3,sources:\[{text}\],names:\[\],mappings:{text},sourcesContent:\[{text}\]'
    (parts,) = re.findall(packed, viewer)
    rules, source, mappings, content = map(json.loads, parts)
    source_map = {"version": 3, "sources": [source], "names": [], "mappings": mappings, "sourcesContent": [content]}
    packed_map = json.dumps(source_map | {"sourceRoot": ""}, separators=(",", ":")).encode()
    return f"{rules}\n/*# sourceMappingURL=data:application/json;base64,{base64.b64encode(packed_map).decode()} */"
