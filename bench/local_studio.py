"""A studio in the local stack."""

from infra.local.participants import StudioSoftware
from infra.local.stack import Stack
from infra.local.studio import sign_up


def local_studio(stack: Stack, name: str, plan: str) -> StudioSoftware:
    """Sign up a studio, and return it."""
    form = {"studio_name": name, "email": f"{name}@studio.example", "product": "spectra"}
    by_mail = sign_up(stack, {**form, "edition": "standard", "plan": plan})
    return StudioSoftware(stack.api_url, name, by_mail.account, by_mail.password)
