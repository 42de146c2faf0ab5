"""Whom a broadcast is for: clients by ids, by tags and status, or all, with exclusions."""

from dataclasses import dataclass

from longcode.client import Client

MOST_IDS = 1_000
MOST_CLIENTS = 50_000
"""How many clients of an account one broadcast looks at: what planning walks in one go, within its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Clients by `client_ids`; or those that have one of `tags` and the `status`, if these are said; or all.

    Whoever is excluded by id or by a tag is not in it, whatever else holds.
    """

    client_ids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    status: str | None = None
    everyone: bool = False
    except_client_ids: tuple[str, ...] = ()
    except_tags: tuple[str, ...] = ()


def matches(audience: Audience, client: Client) -> bool:
    """Tell whether a client is in an audience."""
    if client.id in audience.except_client_ids or not _disjoint(client.tags, audience.except_tags):
        return False
    if audience.everyone:
        return True
    if audience.client_ids:
        return client.id in audience.client_ids
    if not audience.tags and audience.status is None:
        return False
    tagged = not audience.tags or not _disjoint(client.tags, audience.tags)
    return tagged and audience.status in (None, client.status)


def listed(audience: Audience, after: str | None) -> list[str]:
    """List the ids of an audience by ids that come after one, in the order in which the table has clients."""
    wanted = set(audience.client_ids).difference(audience.except_client_ids)
    return sorted((one for one in wanted if after is None or _order(one) > _order(after)), key=_order)


def _order(client_id: str) -> bytes:
    return client_id.encode()  # DynamoDB sorts by UTF-8


def _disjoint(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return set(some).isdisjoint(others)
