"""Why a client gets no text of a broadcast, in words, for one client and for many."""

_REASONS = {
    "no_permission": ("Allow Text Marketing is not ticked in the record.", "Allow Text Marketing is not ticked"),
    "no_number_ticked": ("No number of the record has its SMS box ticked.", "no number has its SMS box ticked"),
    "opted_out": ("Asked us to stop. Only they can start again, by texting START.", "asked us to stop"),
    "duplicate": (
        "Another client in this broadcast has the same number, and gets the text.",
        "same number as another",
    ),
    "unreachable": (
        "Two texts came back: the number is a landline or unknown. Untick it in the record.",
        "landline, or an unknown number",
    ),
    "limit": ("It does not fit what is left of your limits.", "does not fit what is left of your limits"),
    "not_found": ("There is no such client.", "no such client"),
    "unreadable": ("The record cannot be read. We have been told.", "the record cannot be read"),
    "empty_field": (
        "The record has nothing for a merge field of the text. Fill it in, or write what stands there instead.",
        "nothing in the record for a merge field",
    ),
    "bad_value": ("The record has braces in a name. Take them out.", "braces in a name"),
    "text_too_long": ("With this client's name, the text is too long.", "too long with the client's name"),
    "empty_text": ("With this client's record, the text is empty.", "empty with the client's record"),
    "country_not_allowed": ("Your account does not text this country.", "a country that you do not text"),
    "number_type_not_allowed": ("Numbers of this kind get no texts.", "a kind of number that gets no texts"),
    "our_own_number": ("This is a number that we send from.", "a number that we send from"),
}


def why_no_text(code: str | None, detail: str | None) -> str:
    """Return why a client or phone gets no text; the sentence of the API for a reason that is not known here."""
    return _REASONS.get(code or "", (detail or "", ""))[0]


def why_none_of_many(code: str) -> str:
    """Return why many get no text, to stand after their number."""
    return _REASONS.get(code, ("", code.replace("_", " ")))[1]
