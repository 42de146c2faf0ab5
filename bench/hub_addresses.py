"""The addresses of the hub's pages that are timed: paths below /hub/ and queries."""

from datetime import timedelta

from longcode.aws import clients as aws_clients
from longcode.months import month_of

WAYS = 20
"""In how many ways a page is opened at most."""

LONG = 5
"""How many of the regulars have written as much as a page shows of a conversation."""

FIRST_NAMES = ("Zoë", "Ann", "Ben", "Çelik", "Dana", "Émile", "Farid", "Grace", "Hana", "Ida", "Jun", "Kofi")
LAST_NAMES = ("Müller", "Lee", "O'Hara", "Silva", "Nowak", "Okafor", "Schmidt", "Tanaka", "Weber", "Young")
RARE = "chandelier"  # in the words of few messages


def pages(regulars: list[str]) -> dict[str, list[tuple[str, str]]]:
    """Return the ways to open each page: paths below /hub/ and queries."""
    phones = regulars[:WAYS]
    tabs = ("inbox", "sent", "unlinked", "all")
    month = month_of(aws_clients.now())
    return {
        "home": [("home", "")],
        "messages": [("messages", f"tab={tab}") for tab in tabs],
        "messages_by_name": [("messages", f"tab={tab}&q={name}") for tab in tabs for name in LAST_NAMES[:5]],
        "messages_by_number": [("messages", f"tab=all&q={phone[4:]}") for phone in phones],
        "messages_by_words": [
            ("messages", f"tab={tab}&q={word}") for tab in tabs for word in (RARE, "dog", "nowhere")
        ],
        "conversation": [(f"messages/{phone}", "tab=all") for phone in phones[LONG:]],
        "conversation_of_500": [(f"messages/{phone}", "tab=all") for phone in phones[:LONG]],
        "newest": [("newest", "after=0"), ("newest", "after=1")],
        "clients": [("clients", ""), ("clients", "after=0%20grace")],
        "clients_search": [("clients", f"q={name}") for name in (*FIRST_NAMES, *LAST_NAMES)][: WAYS // 2]
        + [("clients", f"q={phone[4:]}") for phone in phones[: WAYS // 2]]
        + [("clients", "tag=wedding"), ("clients", "tag=wedding&q=ann&after=0%20ann%20silva")],
        "client": [(f"clients/p{index}", "") for index in range(WAYS)],
        "new": [("new", "")],
        "people": [("people", "")],
        "templates": [("templates", ""), ("templates/t7", ""), ("canned-replies", "")],
        "settings": [(path, "") for path in ("account", "sending", "hours", "webhooks", "webhooks/list", "keys")],
        "export": [("export", "")],
        "plan": [("plan", ""), ("plan/change", "plan=large")],
        "usage": [("usage", ""), (f"usage/{month}", "")],
        "usage_texts": [(f"usage/{month}/sheet", f"only={only}") for only in ("", "sent", "received")],
        "invoices": [("invoices", "")],
        "triggers": [("triggers", "")],
        "trigger": [
            ("triggers/reminder", ""),
            ("triggers/reminder", "record=s5000"),
            ("triggers/new", "use=reminder"),
        ],
        "upcoming": [("upcoming", ""), ("upcoming", f"day={aws_clients.now() + timedelta(days=20):%Y-%m-%d}")],
        "calendar": [("upcoming/calendar", f"month={aws_clients.now() + timedelta(days=15):%Y-%m}")],
        "calls": [("calls", "")],
        "broadcasts": [("broadcasts", "")],
        "consent": [("consent", ""), ("consent", "of=paper"), ("join-page", "")],
        "opt_outs": [("opt-outs", "")],
        "opt_outs_of_a_phone": [(f"{page}/{phone}", "") for phone in phones[:5] for page in ("opt-outs", "consent")],
        "words": [("own-fields", ""), ("new-template", "")],
        "others": [(path, "") for path in ("notifications", "changes", "failed", "more")],
    }
