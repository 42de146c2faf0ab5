"""What may be asked of the Messages hub: a link, and what to look for."""

import re
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import AfterValidator, Field, model_validator

from longcode import search
from longcode.aws import web
from longcode.message import Linkable, Reference
from longcode.search import Search
from longcode.table import folders

_NUMBER = re.compile(r"\+[0-9]{7,15}")


class ReferenceForm(web.Body):
    """A session or task under the studio's own id."""

    kind: Linkable
    id: Annotated[str, Field(min_length=1, max_length=100)]


class Link(web.Body):
    """What a message belongs to; what is left out stays as it is, and null takes it away."""

    client_id: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    record: ReferenceForm | None = None

    @model_validator(mode="after")
    def says_what_to_link(self) -> "Link":
        """Refuse a link to nothing at all: DELETE takes links away."""
        if not self.model_fields_set:
            raise ValueError("say client_id, record or both")
        return self


def _number(entered: str | None) -> str | None:
    if entered is None:
        return None
    number = f"+{entered[1:]}" if entered.startswith(" ") else entered  # in an address, a bare + means a space
    if not _NUMBER.fullmatch(number):
        raise ValueError("is no number such as +12125550123; in an address, write %2B for +")
    return number


def _words(entered: str | None) -> str | None:
    if entered is not None and not search.fold(entered):
        raise ValueError("has nothing in it that could be found")
    return entered


MessageId = Annotated[str, Path(max_length=100)]
ClientId = Annotated[str | None, Query(max_length=100)]
Phone = Annotated[str | None, AfterValidator(_number), Query(max_length=20)]
Words = Annotated[str | None, AfterValidator(_words), Query(max_length=200)]
Record = Annotated[str | None, Query(pattern=r"^(session|task):[\s\S]{1,100}$")]
Place = Annotated[str | None, Query(max_length=200, pattern=folders.CURSOR)]
Number = Annotated[str, Query(pattern=r"^[0-9]{1,12}$")]


def reference(form: ReferenceForm | None) -> Reference | None:
    """Give what a form refers to."""
    return Reference(kind=form.kind, id=form.id) if form else None


def looked_for(client_id: str | None, phone: str | None, record: str | None, words: str | None) -> Search | None:
    """Give what a list is narrowed by, if by anything. A record is spelled as its kind, a colon and its id."""
    kind, _, record_id = (record or "").partition(":")
    named = Search(
        client_id=client_id,
        phone=phone,
        record=Reference(kind=Linkable(kind), id=record_id) if record else None,
        words=words,
    )
    return None if named == Search() else named
