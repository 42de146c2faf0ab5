"""The PDF of an invoice: complete, always the same bytes, with any studio's name."""

import base64
import hashlib
import os
import re
import subprocess
import sys
import zlib

import pytest
from msgspec.structs import astuple, replace

from billing import pdf
from infra import build
from longcode.billing.invoice import Invoice, InvoiceLine, compute_invoice
from longcode.billing.invoice_words import fine_print, invoice_facts, invoice_rows, invoice_sums
from longcode.plans.plans import PastLimit, Plan
from longcode.usage.usage import Usage

MEDIUM = Plan("medium", "Medium", 35_000_000, 1_000, 40_000, PastLimit.CHARGE)
_SHOWN = re.compile(rb"\(((?:[^()\\]|\\.)*)\) Tj")
_ALONE = """
import hashlib
from msgspec.structs import replace
from billing import pdf
from longcode.billing.invoice import compute_invoice
from longcode.plans.plans import PastLimit, Plan
from longcode.usage.usage import Usage
plan = Plan("medium", "Medium", 35_000_000, 1_000, 40_000, PastLimit.CHARGE)
drawn = compute_invoice("10000001", "2026-11", plan, Usage(units_sent=1_100), studio="Łódź & 株式会社")
print(hashlib.sha256(pdf.draw(replace(drawn, number="2026-11-000123"))).hexdigest())
"""


def invoice(studio: str = "Foxglove Portraits", others: int = 0) -> Invoice:
    late = [InvoiceLine("late_units", f"Late units {n}", 1, 40_000, 40_000, "2026-09") for n in range(others)]
    drawn = compute_invoice("10000001", "2026-11", MEDIUM, Usage(units_sent=1_100), studio=studio, others=late)
    return replace(drawn, number="2026-11-000123")


def drawn_texts(document: bytes) -> list[str]:
    """List the texts drawn with the embedded fonts, in order."""
    streams = re.findall(rb"/ASCII85Decode /FlateDecode.*?stream\n(.*?)~>endstream", document, re.DOTALL)
    pages = [zlib.decompress(base64.a85decode(stream)) for stream in streams]
    return [re.sub(rb"\\(.)", rb"\1", shown).decode("latin-1") for page in pages for shown in _SHOWN.findall(page)]


def test_a_pdf_shows_every_fact_every_line_and_the_total() -> None:
    shown = drawn_texts(pdf.draw(invoice()))

    page_text = " ".join(shown)
    assert "Longcode: Invoice 2026-11-000123" in shown
    assert [fact for fact in (*invoice_facts(invoice()), *invoice_sums(invoice())) if fact.value not in shown] == []
    assert [cell for row in invoice_rows(invoice()) for cell in astuple(row) if cell not in page_text] == []
    assert fine_print(invoice()) in page_text


def test_many_lines_continue_on_further_pages() -> None:
    document = pdf.draw(invoice(others=100))

    shown = drawn_texts(document)
    assert document.count(b"/Type /Page\n") > 3
    assert [n for n in range(100) if f"Late units {n} (September 2026)" not in shown] == []


@pytest.mark.parametrize(
    ("name", "runs"),
    [
        ("Zoë & Łukasz", [("SourceSansPro-Regular", "Zoë & Łukasz")]),
        ("Ελένη Фото", [("SourceSansPro-Regular", "Ελένη Фото")]),
        ("Phở Việt", [("SourceSansPro-Regular", "Phở Việt")]),
        ("e\u0301", [("SourceSansPro-Regular", "é")]),
        ("株式会社 Zoë", [("HeiseiKakuGo-W5", "株式会社"), ("SourceSansPro-Regular", " Zoë")]),
        ("上海摄影", [("STSong-Light", "上海摄影")]),
        ("스튜디오", [("HYGothic-Medium", "스튜디오")]),
        ("ستوديو", [("SourceSansPro-Regular", "□□□□□□")]),
        ("Fox 🦊", [("SourceSansPro-Regular", "Fox □")]),
        ("a\x00\n\u202eb", [("SourceSansPro-Regular", "ab")]),
        ("\ud800", []),
        ("", []),
    ],
)
def test_each_character_is_drawn_with_a_font_that_has_it_or_as_a_box(name: str, runs: list[tuple[str, str]]) -> None:
    assert pdf.runs(name, pdf.REGULAR) == runs
    assert pdf.draw(invoice(name)).startswith(b"%PDF-")


def test_a_long_name_is_wrapped() -> None:
    lines = pdf.wrapped("W" * 200 + " and Co", pdf.REGULAR, 10, 300)

    assert "".join(lines) == "W" * 200 + " and Co"
    assert all(pdf.width(line, pdf.REGULAR, 10) <= 300 for line in lines)


@pytest.mark.long
def test_a_password_is_hashed_with_nothing_but_what_is_deployed() -> None:
    build.build(build.this_machine())
    hashing = "from argon2 import PasswordHasher as P; print(P().verify(P().hash('a'), 'a'))"

    ran = subprocess.run(
        [sys.executable, "-S", "-c", hashing],
        env={**os.environ, "PYTHONPATH": str(build.this_machine().folder / "functions")},
        capture_output=True,
        check=True,
        text=True,
    )

    assert ran.stdout == "True\n"


@pytest.mark.long
def test_as_it_is_deployed_the_same_invoice_gives_the_same_bytes_in_every_process() -> None:
    build.build(build.this_machine())
    deployed = {"PYTHONPATH": str(build.this_machine().folder / "functions_pdf")}

    hashes = {
        subprocess.run(  # -S: nothing but what is deployed can be imported
            [sys.executable, "-S", "-c", _ALONE],
            env={**os.environ, **deployed, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }

    here = pdf.draw(invoice("Łódź & 株式会社"))
    assert hashes == {hashlib.sha256(here).hexdigest()}
