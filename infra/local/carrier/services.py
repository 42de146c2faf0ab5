"""Messaging Services: the numbers of each, and the number that a text is sent from."""

from collections import Counter

from msgspec import Struct, to_builtins


class Service(Struct, frozen=True, forbid_unknown_fields=True):
    """A Messaging Service. With `sticky`, which is Twilio's default, a phone always gets texts from one number."""

    numbers: tuple[str, ...]
    sticky: bool = True


class Services:
    """The account's Messaging Services. Not thread-safe: the network uses it within its lock."""

    def __init__(self) -> None:
        self._by_sid: dict[str, Service] = {}
        self._senders: dict[tuple[str, str], str] = {}
        self._chosen: Counter[str] = Counter()

    def put(self, sid: str, service: Service) -> str | None:
        """Create or replace a service, or return the number that is in another one."""
        taken = next((number for number in service.numbers if self.of(number) not in (None, sid)), None)
        if taken is None:
            self._by_sid[sid] = service
        return taken

    def remove(self, sid: str) -> None:
        self._by_sid.pop(sid, None)

    def get(self, sid: str) -> Service | None:
        return self._by_sid.get(sid)

    def of(self, number: str) -> str | None:
        """Return the service of a number, or None."""
        return next((sid for sid, service in self._by_sid.items() if number in service.numbers), None)

    def choose(self, sid: str, phone: str) -> str | None:
        """Return the number for a text to a phone; None if the service has no numbers.

        A sticky service takes the number of the phone's last text, any other takes the number it used least.
        """
        service = self._by_sid[sid]
        sender = self._senders.get((sid, phone))
        if not service.sticky or sender not in service.numbers:
            sender = min(service.numbers, key=lambda number: self._chosen[number], default=None)
        if sender:
            self._senders[sid, phone] = sender
            self._chosen[sender] += 1
        return sender

    def as_json(self) -> dict[str, object]:
        return {sid: to_builtins(service) for sid, service in self._by_sid.items()}
