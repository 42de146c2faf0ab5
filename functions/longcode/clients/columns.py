"""The columns of a studio's file of clients. A module of its own, as settings check names against them."""

NAMES = ("first_name", "last_name")
ENDINGS = ("", "_2", "_3", "_4", "_5")
CONSENT = {f"text_marketing_{name}": name for name in ("means", "given_on", "taken_by")}
"""How a client agreed, in the columns of our own export; an import takes it for whom it newly allows texts."""

IGNORED = (
    *("more_phones", "text_marketing_since", "text_marketing_via", "text_marketing_by"),
    *("line", "problem"),
)
"""The columns that our own files have for people to read, and that an import leaves aside."""

COLUMNS = {
    **{name: name for name in ("id", *NAMES, "allow_text_marketing", "tags", "status", "time_zone")},
    **{f"{name}{end}": f"{name}{end}" for end in ENDINGS for name in ("phone", "sms")},
    **{column: column for column in CONSENT},
    "client_id": "id",
    "phone_1": "phone",
    "sms_1": "sms",
    **dict.fromkeys(IGNORED, ""),
}
"""The columns of a file, or "" for one that is ignored, by heading; each of the studio's own fields has one more."""
