"""`make demo`: run the story of the main use on a new stack; exit 0 only if every check succeeds."""

import signal
import sys
from collections.abc import Callable

from infra.local.participants import CheckFailed
from infra.local.processes import Failed
from infra.local.stack import Stack, new_stack
from infra.local.story import billing, hub, replies, sending, signup, webhooks
from infra.local.story.stage import Stage


def play(stack: Stack, say: Callable[[str], None] = print) -> None:
    """Play twenty-five steps, from two studios' sign-ups to their invoices; raise `CheckFailed` if a check fails."""
    stage = Stage(stack, say)
    american = {"product": "spectra", "edition": "professional", "plan": "medium", "country_code": "1"}
    australian = {"product": "mystratus", "edition": "standard", "plan": "small", "country_code": "61"}
    fox = signup.join(stage, "Foxglove Portraits", **american)
    wattle = signup.join(stage, "Wattle & Light", **australian)
    signup.import_clients(stage, fox, wattle)
    sending.send_a_long_text(stage, fox)
    sending.text_everyone(stage, fox)
    sending.resolve_an_uncertain_text(stage, fox)
    sending.wait_for_the_morning(stage, fox)
    sending.move_a_session(stage, fox)
    replies.link_a_reply_to_its_client(stage, fox, wattle)
    replies.attribute_to_the_last_text(stage, fox, wattle)
    replies.attribute_by_the_sticky_sender(stage, fox, wattle)
    replies.decide_a_possible_opt_out(stage, fox, wattle)
    replies.stop_and_start(stage, fox, wattle)
    replies.keep_an_unattributed_reply(stage, fox, wattle)
    owner = hub.answer_in_the_hub(stage, fox)
    hub.prepare_a_broadcast(stage, owner)
    hub.let_a_client_join(stage, fox, owner)
    hub.write_a_trigger(stage, owner)
    webhooks.deliver_a_reply(stage, wattle)
    billing.reach_the_limit(stage, fox)
    billing.compare_the_usage(stage, fox)
    month = billing.close_the_month(stage, fox, wattle)
    hub.read_the_invoice(stage, owner, month)
    billing.keep_the_books(stage, fox, month)
    billing.suspend_and_restore(stage, fox, "1001")
    stage.say(f"\nAll {stage.checks} checks succeeded.")


def main() -> None:
    """Play on a stack of its own, which ends with the demo."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        with new_stack(print) as stack:
            play(stack)
    except (Failed, CheckFailed) as failed:
        sys.exit(f"\nmake demo: a check failed: {failed}")
    except KeyboardInterrupt:
        sys.exit("\nstopped")


if __name__ == "__main__":
    main()
