"""What the pages say of a refusal, by its code, where the API speaks of its settings or leaves out what helps."""

ONLY_THEY = "Only they can start again, by texting START."
NOT_SENT = {
    "opted_out": f"the client had asked us to stop. {ONLY_THEY}",
    "too_many_to_phone": "this phone had as many texts within the hour as it may get. Send it again later.",
    "no_shared_number": "none of our numbers was free for this phone. Send it again later.",
    "country_not_allowed": "your account does not text this country.",
    "number_type_not_allowed": "numbers of this kind get no texts. Use a mobile number of the client.",
    "our_own_number": "this is a number that we send from. Use the client's own number.",
    "account_suspended": "your account was stopped. The mail to the owner says why.",
    "account_closed": "your account was closed.",
}
"""Why a text was not sent, by its error, in the middle of a sentence."""

SENTENCES = {
    "opted_out": f"This phone asked us to stop. {ONLY_THEY}",
    "no_number_ticked": "The SMS box of this number is not ticked. Tick it in the client's record, then send again.",
    "no_permission": "The client's record does not allow texts. If the client agrees, tick the boxes there.",
    "country_not_allowed": "Your account does not text this country. Once we have approved the account, its owner can"
    " add countries under Settings, Sending.",
    "bad_time": "Choose a day and time between now and a year ahead, or none to send at once.",
    "idempotency_conflict": "Your text before this one has been sent. Press Send again to send this one too.",
    "empty_text": "The text has no words that can be seen. Write some.",
    "account_closed": "Your account is closed, so it sends nothing. If that is a mistake, answer any of our mails.",
    **{
        code: f"{NOT_SENT[code][:1].upper()}{NOT_SENT[code][1:]}"
        for code in ("too_many_to_phone", "number_type_not_allowed", "our_own_number")
    },
}
"""Sentences of the API that speak of its settings and requests, as a colleague says them."""

SAYS_MORE = {
    "account_suspended": "The mail to the owner says whom to ask.",
    "bad_value": "Correct it in the client's record.",
    "empty_field": "Fill it in on the client's record, or write your own word in its place.",
}
"""What helps, after a sentence of the API that says only what is wrong."""
