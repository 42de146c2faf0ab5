"""The keys of what is known of a broadcast's results."""

from longcode.table.keys import Key


def broadcast_counts(account: str, broadcast_id: str) -> Key:
    """How many of a broadcast's texts were in which state when they were counted last."""
    return Key(f"account#{account}", f"counts#{broadcast_id}")


def broadcast_calls(account: str, broadcast_id: str) -> Key:
    """For whom of a broadcast call tasks were made."""
    return Key(f"account#{account}", f"calls-of#{broadcast_id}")
