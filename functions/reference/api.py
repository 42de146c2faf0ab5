"""GET /docs: the API reference as a page, and GET /docs/{file}: what the page loads. Neither needs a password."""

import json
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from longcode.web import resolver as web
from longcode.web.problems import NOTHING_HERE
from aws_lambda_powertools.event_handler import Response

from longcode.aws.parameters import public_url
from longcode.aws.settings import SOURCE_ROOT, settings
from longcode.aws.telemetry import logger
from longcode.errors import NotFound
from reference import guide

_HTML = "text/html; charset=utf-8"
_SCRIPT = "text/javascript; charset=utf-8"
_STYLE = "text/css; charset=utf-8"
_TEXT = "text/plain; charset=utf-8"
_MARKDOWN = "text/markdown; charset=utf-8"
_OWN = {"page.js": _SCRIPT, "page.css": _STYLE}
_VIEWER = {"redoc.standalone.js": _SCRIPT, "redoc.standalone.js.LICENSE.txt": _TEXT}
_VIEWER_PACKAGE = "drf_spectacular_sidecar"  # found and never imported: it needs Django
_DOCUMENT, _GUIDE = "openapi.json", "guide.md"
# The viewer shows its maker's logo, from a host of its maker's. Empty, it shows none.
_FOREIGN_LOGO, _NO_LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg", "data:,"

# The viewer makes two style elements: one that is empty, whose rules it adds by script, and that of its scroll bars.
# Its search runs in a worker that it makes itself. Nothing is loaded from, or sent to, any other host.
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' "
    "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='",
    "connect-src": "'self'",
    "img-src": "data:",
    "worker-src": "blob:",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
_HEADERS: dict[str, str | list[str]] = {
    "Cache-Control": "public, max-age=300",
    "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in _POLICY.items()),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

app = web.resolver()


@app.get("/docs")
def show_reference() -> Response[str]:
    """Show the API reference. Its links are relative, so a slash at the end of the address is taken away."""
    if app.current_event.path.endswith("/"):
        return Response(308, _TEXT, "", {"Location": "../docs"})
    return _response(_HTML, _own("page.html"))


@app.get("/docs/<file>")
def show_file(file: str) -> Response[str]:
    """Return the document, the guide, the viewer, or the page's own script or style."""
    if file == _DOCUMENT:
        return _response(web.JSON, _document(public_url()))
    if file == _GUIDE:
        return _response(_MARKDOWN, _guide())
    if file in _VIEWER:
        return _response(_VIEWER[file], _viewer(file))
    if file in _OWN:
        return _response(_OWN[file], _own(file))
    raise NotFound(NOTHING_HERE)


def _response(content_type: str, text: str) -> Response[str]:
    """Return a text; 304 without it if the browser has it already."""
    tag = f'"{sha256(text.encode()).hexdigest()[:32]}"'
    if tag in (web.header(app, "if-none-match") or ""):
        return Response(304, content_type, "", _HEADERS | {"ETag": tag})
    return Response(200, content_type, text, _HEADERS | {"ETag": tag})


@cache
def _own(name: str) -> str:
    return Path(__file__).with_name(name).read_text()


@cache
def _viewer(name: str) -> str:
    spec = find_spec(_VIEWER_PACKAGE)
    bundles = Path(str(spec and spec.origin)).parent / "static" / _VIEWER_PACKAGE / "redoc" / "bundles"
    return (bundles / name).read_text().replace(_FOREIGN_LOGO, _NO_LOGO)


@cache
def _document(address: str) -> str:
    """Return docs/openapi.json with this API's address as its server."""
    document = json.loads((_docs() / _DOCUMENT).read_bytes())
    return json.dumps(document | {"servers": [{"url": address}]}, ensure_ascii=False, separators=(",", ":"))


@cache
def _guide() -> str:
    return guide.text(_docs())


def _docs() -> Path:
    return SOURCE_ROOT / settings().docs_folder


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
