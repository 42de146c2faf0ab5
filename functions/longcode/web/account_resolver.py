"""The resolver of the routes that need credentials: it refuses the calls of an account that makes too many.

It is apart from resolver.py because it loads the table, which public routes such as the carriers' do not need.
"""

from longcode.web.resolver import Resolver
from longcode.web.resolver import resolver as public_resolver

from longcode.usage import call_limits


def resolver(*content_types: str) -> Resolver:
    """Return the resolver of public routes, which also counts the calls of each account."""
    app = public_resolver(*content_types)
    app.check_calls = call_limits.check
    return app
