"""What may be asked of POST /broadcasts."""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from longcode import template
from longcode.audience import MOST_IDS, Audience
from longcode.aws import web
from longcode.broadcast import Limit

_MOST_BYTES = 300_000  # of ids: an item of the table has 400 kB at most

ClientIds = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=MOST_IDS)]
Value = Annotated[str, Field(max_length=200), AfterValidator(template.plain)]
Tags = Annotated[list[Annotated[str, Field(min_length=1, max_length=50)]], Field(max_length=50)]


class AudienceForm(web.Body):
    """Clients by `client_ids`; or with one of the `tags` and the `status`; or `all`; without the exclusions."""

    client_ids: ClientIds = []
    tags: Tags = []
    status: Annotated[str | None, Field(min_length=1, max_length=50)] = None
    all: bool = False
    except_client_ids: ClientIds = []
    except_tags: Tags = []

    @model_validator(mode="after")
    def says_who(self) -> "AudienceForm":
        """Refuse an audience of nobody, and one that is said in two ways."""
        ways = bool(self.client_ids) + bool(self.tags or self.status) + self.all
        if ways != 1:
            raise ValueError("say client_ids, or tags and status, or all: one of them")
        if sum(len(one.encode()) for one in self.client_ids + self.except_client_ids) > _MOST_BYTES:
            raise ValueError("has more and longer ids than one broadcast can keep; name its clients by a tag")
        return self


class NewBroadcast(web.Body):
    """One text to many clients. Merge fields such as {{client.first_name|there}} are filled in for each of them."""

    audience: AudienceForm
    body: Annotated[str | None, Field(max_length=20_000)] = None
    template: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    values: Annotated[dict[str, Value], Field(max_length=20)] = {}
    send_at: web.Instant | None = None
    limit: Limit = Limit.ALL
    dry_run: bool = False

    @model_validator(mode="after")
    def has_one_text(self) -> "NewBroadcast":
        """Refuse a broadcast without words, and one with two texts."""
        if (self.body is None) == (self.template is None):
            raise ValueError("say either body or template")
        return self


def audience(form: AudienceForm) -> Audience:
    """Give whom a form names."""
    return Audience(
        client_ids=tuple(form.client_ids),
        tags=tuple(form.tags),
        status=form.status,
        everyone=form.all,
        except_client_ids=tuple(form.except_client_ids),
        except_tags=tuple(form.except_tags),
    )
