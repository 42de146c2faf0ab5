"""What the APIs share.

They import it before all packages, as `pyproject.toml` has ruff sort the imports, so that Python collects garbage
rarely before a start makes most of its objects (decision 93).
"""

import longcode.aws  # noqa: F401 - for what importing it does
