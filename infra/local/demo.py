"""`make demo`: plays the main job through the whole system, and exits 0 only if all of it held."""

import signal
import sys

from infra.local.processes import Failed
from infra.local.stack import running_stack
from infra.local.story import Story
from infra.local.visitors import NotSo


def main() -> None:
    """Play the story on the stack that runs, or on one of its own."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        with running_stack() as stack:
            Story(stack).play()
    except (Failed, NotSo) as failed:
        sys.exit(f"\nmake demo: it did not hold: {failed}")
    except KeyboardInterrupt:
        sys.exit("\nstopped")


if __name__ == "__main__":
    main()
