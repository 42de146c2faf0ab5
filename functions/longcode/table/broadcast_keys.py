"""The keys of the drafts of broadcasts, and of what is known of a broadcast's results."""

from longcode.table.keys import Key


def broadcast_draft(account: str, draft_id: str = "") -> Key:
    """A broadcast that people prepare in the hub."""
    return Key(f"account#{account}", f"broadcast-draft#{draft_id}")


def broadcast_check(account: str, draft_id: str) -> Key:
    """The totals of a draft of a broadcast, as far as they are computed."""
    return Key(f"account#{account}", f"broadcast-check#{draft_id}")


def broadcast_counts(account: str, broadcast_id: str) -> Key:
    """The counts of a broadcast's texts by state and reason."""
    return Key(f"account#{account}", f"counts#{broadcast_id}")


def broadcast_calls(account: str, broadcast_id: str) -> Key:
    """The clients of a broadcast for whom call tasks were made."""
    return Key(f"account#{account}", f"calls-of#{broadcast_id}")
