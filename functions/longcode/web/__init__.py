"""What the APIs share. Importing it makes Python collect garbage rarely.

A start makes tens of thousands of objects, none of which is garbage, and looking for some takes a fifteenth of its
time. So the APIs import this package before all others; `pyproject.toml` has ruff sort the imports so (decision 93).
"""

import gc

gc.set_threshold(100_000, 20, 100)
