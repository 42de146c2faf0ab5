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


NOT_TIMED = {
    "/hub": "leads to the home page",
    "/hub/assets/<name>": "a file that browsers keep for a year",
    "/hub/broadcasts/<broadcast_id>": "timed by broadcast_steps.pages_of_results",
    "/hub/broadcasts/<broadcast_id>/replies": "timed by broadcast_steps.pages_of_results",
    "/hub/broadcasts/<broadcast_id>/cancel": "timed by broadcast_steps.pages_of_results",
    "/hub/broadcasts/<broadcast_id>/again": "timed by broadcast_steps.pages_of_results",
    "/hub/broadcasts/<broadcast_id>/calls": "timed by broadcast_steps.pages_of_results",
    "/hub/broadcasts/new/<draft_id>/delete": "reads the draft",
    "/hub/clients/export/all": "reads all clients to divide them into files, which takes a second",
    "/hub/clients/import/<import_id>": "reads the report of one file",
    "/hub/opt-outs/import/<import_id>": "reads the report of one file",
    "/hub/invoices/<month>": "reads one invoice",
    "/hub/join-page/print": "reads the join page",
    "/hub/keys/<key_id>/end": "reads one key",
    "/hub/upcoming/cancel": "reads one text",
    "/hub/webhooks/secret": "reads the account",
    "/hub/webhooks/sent/<delivery_id>": "reads one delivery",
}
"""Pages that are not timed, each with the reason; nor are files, and pages without a session."""


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
        "client_forms": [("clients/new", ""), ("clients/p7/delete", "")],
        "imports": [("clients/import", ""), ("opt-outs/import", "")],
        "opt_outs": [("opt-outs", ""), ("opt-outs/record", ""), (f"opt-outs/{phones[0]}", "")],
        "consent": [("consent", ""), ("consent", "of=paper"), (f"consent/{phones[0]}", ""), ("join-page", "")],
        "link": [(f"messages/{phone}/link", f"q={name}") for phone, name in zip(phones, FIRST_NAMES, strict=False)],
        "failed": [("failed", "")],
        "new": [("new", "")],
        "suggest": [("suggest", f"q={name}") for name in (*FIRST_NAMES, *LAST_NAMES)],
        "people": [("people", ""), ("more", ""), ("notifications", "")],
        "templates": [
            *(("templates", ""), ("templates/t7", ""), ("templates/t7/delete", ""), ("new-template", "")),
            *(("canned-replies", ""), ("own-fields", "")),
        ],
        "settings": [
            (path, "")
            for path in (
                *("account", "account/password", "account/close", "sending", "hours"),
                *("webhooks", "webhooks/list", "keys", "changes"),
            )
        ],
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
            ("triggers/reminder/delete", ""),
            ("triggers/reminder/plan", ""),
        ],
        "upcoming": [("upcoming", ""), ("upcoming", f"day={aws_clients.now() + timedelta(days=20):%Y-%m-%d}")],
        "calendar": [("upcoming/calendar", f"month={aws_clients.now() + timedelta(days=15):%Y-%m}")],
        "calls": [("calls", "")],
        "broadcasts": [("broadcasts", "")],
    }
