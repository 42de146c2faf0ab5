"""Who makes a change through the API."""

from longcode.web.resolver import caller_key, source_address
from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from longcode.changes.change import Actor, Way


def actor(app: APIGatewayRestResolver) -> Actor:
    """Return the API key or the password that a request came with, and where it came from."""
    return Actor(way=Way.API, who=caller_key(app) or "password", address=source_address(app))
