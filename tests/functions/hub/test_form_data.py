"""Forms are read as browsers send them, whatever their files contain, and hostile ones have no fields."""

from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.form_data import File, read

KIND = "multipart/form-data; boundary=----limit"


def event(body: bytes, kind: str = KIND) -> dict[str, Any]:
    return {
        "body": b64encode(body).decode(),
        "isBase64Encoded": True,
        "headers": {"Content-Type": kind},
    }


def part(disposition: str, content: bytes) -> bytes:
    return b"------limit\r\nContent-Disposition: form-data; " + disposition.encode() + b"\r\n\r\n" + content + b"\r\n"


END = b"------limit--\r\n"


@given(
    st.binary(max_size=60), st.text(st.characters(exclude_characters='"\r\n', exclude_categories=["Cs"]), max_size=20)
)
def test_a_file_is_read_byte_by_byte(content: bytes, name: str) -> None:
    body = part('name="token"', b"t") + part(f'name="file"; filename="{name}"', content) + END

    assert read(event(body)) == ({"token": "t"}, {"file": File(name, content)})


@pytest.mark.parametrize(
    "content",
    [
        b"a\r\n------limits",
        b"a ------limit",
        b"a\n------limit\nb",
        b"a\r\n------limit x",
        b"\r\n\r\n",
        b"--",
        b"a\r\n",
    ],
)
def test_what_only_resembles_the_boundary_belongs_to_the_file(content: bytes) -> None:
    body = part('name="file"; filename="a.csv"', content) + part('name="token"', b"t") + END

    assert read(event(body)) == ({"token": "t"}, {"file": File("a.csv", content)})


def test_a_part_is_named_by_its_disposition_only() -> None:
    typed = b'------limit\r\nContent-Type: text/csv; name="token"\r\n'
    body = typed + b'content-disposition: form-data; name="file"; filename="; name=x"\r\n\r\na\r\n' + END

    assert read(event(body)) == ({}, {"file": File("; name=x", b"a")})


def test_what_follows_the_end_is_left_aside() -> None:
    assert read(event(part('name="a"', b"1") + END + part('name="a"', b"2"))) == ({"a": "1"}, {})


@pytest.mark.parametrize(
    "body",
    [
        part('name="a"', b"1"),  # has no end
        part('name="a"', b"1") * 201 + END,
        b"",
        END,
        b"------limit\r\n",
        b"------limit\r\n------limit--\r\n",
        b"------limit\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n------limit--",
    ],
)
def test_a_hostile_form_has_no_fields(body: bytes) -> None:
    assert read(event(body)) == ({}, {})


def test_a_form_has_two_hundred_fields_at_most() -> None:
    parts = b"".join(part(f'name="{number}"', b"1") for number in range(200))

    assert len(read(event(parts + END))[0]) == 200
    assert len(read(event(b"&".join(b"%d=1" % number for number in range(200)), "text/plain"))[0]) == 200
    assert read(event(b"&".join(b"%d=1" % number for number in range(201)), "text/plain")) == ({}, {})


@pytest.mark.parametrize(
    "kind", ["", "multipart/form-data", "multipart/mixed; boundary=----limit", "multipart/form-data; boundary="]
)
def test_a_form_without_a_boundary_is_read_as_text(kind: str) -> None:
    assert read(event(b"a=1&b=Zo%C3%AB&a=2", kind)) == ({"a": "2", "b": "Zoë"}, {})


def test_a_body_that_is_not_base64_has_no_fields() -> None:
    assert read({"body": "%", "isBase64Encoded": True, "headers": {}}) == ({}, {})
    assert read({"body": None, "headers": None}) == ({}, {})
