"""What is used of ReportLab, which is imported here only: it asks for Pillow as it starts.

Pillow is for pictures, and an invoice has none: the build leaves its 23 MB out, and an empty module stands in for it.
"""

import sys
from types import ModuleType

if "PIL" not in sys.modules:
    _nothing = ModuleType("PIL")
    _nothing.Image = None  # type: ignore[attr-defined]
    sys.modules["PIL"] = _nothing

from reportlab.lib.pagesizes import letter
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

__all__ = ["Canvas", "TTFont", "UnicodeCIDFont", "letter", "pdfmetrics"]
