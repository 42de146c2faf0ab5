"""Messaging Services: their numbers, the number that a text is sent from, and what their campaigns have sent."""

from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct, to_builtins

# A daily cap begins anew at midnight there: https://www.twilio.com/docs/api/errors/30023
_CAP_ZONE = ZoneInfo("America/Los_Angeles")
_SECOND = timedelta(seconds=1)


class Service(Struct, frozen=True, forbid_unknown_fields=True):
    """A Messaging Service. With `sticky`, which is Twilio's default, a phone always gets texts from one number.

    `campaign` is the status of its registration in the US; without one, it has none.
    """

    numbers: tuple[str, ...]
    sticky: bool = True
    campaign: str | None = "VERIFIED"


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


class Campaigns:
    """What each campaign has sent. Not thread-safe: the network uses it within its lock."""

    def __init__(self) -> None:
        self._days: dict[str, tuple[date, int]] = {}
        self._free_at: dict[str, datetime] = {}

    def is_over_cap(self, campaign: str, cap: float, segments: int, now: datetime) -> bool:
        """Return whether a text is over the campaign's segments a day."""
        return self._sent_on(campaign, now.astimezone(_CAP_ZONE).date()) + segments > cap

    def is_over_rate(self, campaign: str, rate: float, now: datetime) -> bool:
        """Return whether a text is over the campaign's segments a second. One second's segments may come at once."""
        return now < self._free_at.get(campaign, now) - (_SECOND - _SECOND / max(rate, 1))

    def add(self, campaign: str, rate: float | None, segments: int, now: datetime) -> None:
        """Count a text within the limits."""
        day = now.astimezone(_CAP_ZONE).date()
        self._days[campaign] = day, self._sent_on(campaign, day) + segments
        if rate:
            self._free_at[campaign] = max(self._free_at.get(campaign, now), now) + _SECOND * segments / rate

    def _sent_on(self, campaign: str, day: date) -> int:
        counted, segments = self._days.get(campaign, (day, 0))
        return segments if counted == day else 0
