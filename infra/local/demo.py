"""`make demo`: plays the main job through the whole system, and exits 0 only if all of it held."""

import signal
import sys
from collections.abc import Callable

from infra.local.processes import Failed
from infra.local.stack import Stack, running_stack
from infra.local.story import billing, replies, sending, signup, webhooks
from infra.local.story.stage import Stage
from infra.local.visitors import NotSo


def play(stack: Stack, say: Callable[[str], None] = print) -> None:
    """Play twenty steps, from the sign-up of two studios to their invoices, until one fails: `NotSo`."""
    stage = Stage(stack, say)
    american = {"product": "spectra", "edition": "professional", "plan": "medium", "country_code": "1"}
    australian = {"product": "mystratus", "edition": "standard", "plan": "small", "country_code": "61"}
    fox = signup.join(stage, "Foxglove Portraits", **american)
    wattle = signup.join(stage, "Wattle & Light", **australian)
    signup.bring_clients(stage, fox, wattle)
    sending.send_a_long_text(stage, fox)
    sending.text_everyone(stage, fox)
    sending.carrier_drops_its_answer(stage, fox)
    sending.wait_for_the_morning(stage, fox)
    sending.move_a_session(stage, fox)
    replies.reply_lands_on_the_client(stage, fox, wattle)
    replies.reply_goes_to_the_latest_studio(stage, fox, wattle)
    replies.late_reply_goes_to_the_studio_that_is_meant(stage, fox, wattle)
    replies.staff_answer_a_near_miss(stage, fox, wattle)
    replies.stop_and_start(stage, fox, wattle)
    replies.stranger(stage, fox, wattle)
    webhooks.tell_hosted_software(stage, wattle)
    billing.meet_the_limit(stage, fox)
    billing.count_what_was_used(stage, fox)
    month = billing.close_the_month(stage, fox, wattle)
    billing.keep_the_books(stage, fox, month)
    billing.suspend_and_restore(stage, fox, "1001")
    stage.say(f"\nThe story held: {stage.checks} checks.")


def main() -> None:
    """Play on the stack that runs, or on one of its own."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        with running_stack() as stack:
            play(stack)
    except (Failed, NotSo) as failed:
        sys.exit(f"\nmake demo: it did not hold: {failed}")
    except KeyboardInterrupt:
        sys.exit("\nstopped")


if __name__ == "__main__":
    main()
