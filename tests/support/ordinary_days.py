"""Random days of ordinary studios, on the service's own code; `refused` counts what its rules refuse or hold.

The studios text their clients, also abroad and a phone that two of them have; chat, send to everybody, poll for
replies, write clients one by one, mistype their password, and are signed up from their product's one address.
"""

from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from accounts import authorizer, signup_api
from inbox import worker as inbox_worker
from longcode import months
from longcode.accounts import store as accounts
from longcode.accounts.account import Account, AccountStatus
from longcode.accounts.credential_limits import CredentialLimits
from longcode.carriers.carrier import Inbound, Receipt, RefusalReason, Refused, SendResult, Sent, Text
from longcode.errors import RequestError
from longcode.jobs import Product
from longcode.message import Message, MessageState
from longcode.plans import room
from longcode.plans import store as price_list
from longcode.plans.bounds import Bounded
from longcode.plans.plans import PlanChange
from longcode.table import store
from longcode.usage import call_limits, habit
from longcode.usage import store as quotas
from longcode.usage.call_limits import CallLimits
from longcode.usage.habit import Activity
from longcode.usage.usage import Usage
from send import receipts
from sweeper import automatic_stops
from tests.support.fakes import NOW, PASSWORD, client, studio
from tests.support.text_steps import accept, deliver, stored

PLANS = {"medium": 1_000, "large": 3_000, "volume": 10_000}
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=seconds) for seconds in (1, 60, 3_600, 86_400))
SHARED_PHONE, ABROAD = "+12125550100", "+447400123456"
PRODUCTS_ADDRESS = "192.0.2.1"
CLIENTS, CHAT = 6, 6


def day_of(units: int, abroad: float = 0, refused: float = 0) -> Activity:
    """Return a day on which so many units were sent, one for each text, with these shares abroad and refused."""
    sent = units - int(units * refused)
    return Activity(
        units_sent=sent, texts_sent=sent, texts_abroad=int(sent * abroad), texts_refused=int(units * refused)
    )


def ordinary_year(random: Random, plan: int) -> dict[str, Activity]:
    """Return the first year of a studio as busy as its plan, with weekends, seasons and a broadcast each month.

    The first broadcast comes after the first days: until it is approved, a studio sends 50 units a day.
    """
    a_day, list_size = plan // 50, int(plan * random.uniform(0.2, 0.9))
    abroad, refused = random.choice((0, 0.03, 0.1, 0.4)), random.uniform(0, 0.1)
    first, broadcast_day, days = date(2026, 1, 1), random.randint(5, 28), {}
    for index in range(365):
        day = first + timedelta(days=index)
        season = 2.5 if day.month == 12 else 1.8 if day.month in (5, 10) else 1
        units = int(a_day * season * random.uniform(0.2, 1.8) * (0.3 if day.weekday() > 4 else 1))
        if day.day == broadcast_day:
            units += list_size
        days[str(day)] = day_of(units, abroad, refused)
    return days


@dataclass
class Carrier:
    """Takes nearly all texts; some phones are gone."""

    random: Random
    name: str = "twilio"
    texts: list[Text] = field(default_factory=list)

    def send(self, text: Text) -> SendResult:
        self.texts.append(text)
        gone = self.random.random() < 0.03
        return Refused(RefusalReason.NO_SUCH_NUMBER, "30005") if gone else Sent(f"SM{len(self.texts)}")

    def find(self, _to: str, _origin: str, _since: datetime) -> None:
        return None


@dataclass
class Days:
    """Some studios and their days. `done` counts what they did, `refused` what a rule refused, by its code."""

    random: Random
    begun: datetime = NOW
    studios: list[Account] = field(default_factory=list)
    years: dict[str, dict[str, Activity]] = field(default_factory=dict)
    limits: CredentialLimits = field(default_factory=CredentialLimits)
    calls: CallLimits = field(default_factory=CallLimits)
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    keys: int = 0

    def __post_init__(self) -> None:
        self.carrier = Carrier(self.random)

    def play(self, days: int) -> None:
        """Play so many days of three studios, of which the last one is new and waits for its approval."""
        for index, (plan, units) in enumerate(PLANS.items()):
            account = studio(
                f"1000000{index}",
                plan_changes=(PlanChange(self.begun - 60 * DAY, plan),),
                allowed_countries=("GB",),
                trial_units_a_day=50 if index == len(PLANS) - 1 else None,
            )
            self.studios.append(account)
            if account.trial_units_a_day is None:
                self.years[account.id] = ordinary_year(self.random, units)
            for number in range(CLIENTS):
                client(account, f"c{number}", f"+1212556{index}{number:03}")
            client(account, "shared", SHARED_PHONE)
            client(account, "abroad", ABROAD)
            for back in range(1, habit.DAYS):
                self._count(account, self.begun - back * DAY)
        for day in range(days):
            self.sign_ups(self.random.randrange(6), self.begun + day * DAY)
            for account in self.studios:
                self._day(account, self.begun + day * DAY, everybody=day == 2)

    def _day(self, account: Account, at: datetime, *, everybody: bool) -> None:
        """Play a day of a studio, with the few texts that are sent here and those that are only counted."""
        self._count(account, at)
        if self.random.random() < 0.5:
            for _ in range(2):
                self.sign_in(account, at, PASSWORD[:-1])
        self.sign_in(account, at + MINUTE, PASSWORD)
        self._poll(account, at)
        if everybody:
            self._write_clients(account, at)
        chosen = self.random.choice(["c0", "c1", "shared", *([] if account.trial_units_a_day else ["abroad"])])
        for who in [f"c{number}" for number in range(CLIENTS)] if everybody else [chosen]:
            self.text(account, who, at + 2 * HOUR)
        if self.random.random() < 0.2:
            for minute in range(CHAT):
                self.text(account, "c3", at + 4 * HOUR + 5 * minute * MINUTE, reply="Fine, thank you")
        self.check_habit(account, at + 8 * HOUR)
        self.done["day"] += 1

    def check_habit(self, account: Account, at: datetime) -> None:
        """Check a studio's day as the sweeper does; a stop counts as refused."""
        plan = price_list.of_month(months.month_of(at))[account.plan_changes[-1].plan]
        automatic_stops.check_day(accounts.get_or_raise(account.id), plan, at)
        if (status := accounts.get_or_raise(account.id).status) is not AccountStatus.ACTIVE:
            self.refused[status] += 1

    def _count(self, account: Account, at: datetime) -> None:
        self.count(account, at, self.years.get(account.id, {}).get(f"2026{months.day_of(at)[4:]}", Activity()))

    def count(self, account: Account, at: datetime, of: Activity) -> None:
        """Count other texts of a day, as if they had been sent."""
        counted = Usage(texts_sent=of.texts_sent, units_sent=of.units_sent)
        others = {"texts_abroad": of.texts_abroad, "texts_refused": of.texts_refused}
        store.write(quotas.count_write(account.id, months.day_of(at), "m", counted, **others))

    def sign_in(self, account: Account, at: datetime, password: str) -> None:
        """Call with a password from the product's address; a wrong one is refused, of course."""
        header = "Basic " + b64encode(f"{account.id}:{password}".encode()).decode()
        caller = authorizer.authenticate_within(self.limits, header, PRODUCTS_ADDRESS, at)
        is_right = password == PASSWORD
        self.done["right password" if is_right else "wrong password"] += 1
        if is_right and caller is None:
            self.refused["unauthorized"] += 1

    def _poll(self, account: Account, at: datetime) -> None:
        for minute in range(0, 24 * 60, 5):
            self.call(account, "GET", "/inbox", at + minute * MINUTE)

    def _write_clients(self, account: Account, at: datetime) -> None:
        """Write clients one by one, forty a second, and send a file with more."""
        for number in range(300):
            self.call(account, "PUT", f"/clients/c{number}", at + HOUR + number * SECOND / 40)
        self.call(account, "POST", "/clients/import", at + 3 * HOUR)
        self._try("clients", room.Room(account.id, account.plan_changes, Bounded.CLIENTS, at).take)
        self._try("templates", room.Room(account.id, account.plan_changes, Bounded.TEMPLATES, at).take)

    def call(self, account: Account, method: str, path: str, at: datetime) -> None:
        cost = call_limits.cost_of(method, path)
        self._try(f"{method} {path.split('/')[1]}", lambda: self.calls.check(account.id, cost, call_limits.take, at))

    def sign_ups(self, studios: int, at: datetime) -> None:
        """Sign studios up from their product's one address, one a minute."""
        for number in range(studios):
            form = signup_api.SignUp(
                studio_name=self.random.choice(["Fox & Co.", "Studio 54", "Müller Fotografie"]),
                email=f"owner{number}-{at:%m%d}@studio.example",
                product=Product.SPECTRA,
                edition="professional",
                plan="medium",
            )
            when = at + number * MINUTE
            self._try("sign-up", lambda form=form, when=when: signup_api.accept(form, "r", PRODUCTS_ADDRESS, when))  # type: ignore[misc]

    def text(self, account: Account, who: str, at: datetime, reply: str = "") -> None:
        """Text a client, who may reply; a text that ends without having been handed over counts as refused."""
        self.keys += 1
        accepted: list[Message] = []
        self._try(
            f"text to {who[0]}", lambda: accepted.append(accept(account, f"k{self.keys}", client_id=who, now=at))
        )
        deliver(self.carrier, at)
        for text in accepted:
            ended = stored(account, text.id)
            if ended.state is MessageState.SENT:
                self._arrive(ended, at + MINUTE, reply)
            elif not (ended.error or "").startswith("twilio:"):  # the carrier's refusal is no rule of ours
                self.refused[str(ended.error or ended.held or ended.state)] += 1

    def _arrive(self, text: Message, at: datetime, reply: str) -> None:
        assert text.carrier_id
        state = MessageState.DELIVERED
        receipt = Receipt(
            carrier="twilio", carrier_id=text.carrier_id, reference=f"{text.account}.{text.id}", state=state, at=at
        )
        receipts.apply_receipt(receipt, at)
        if reply:
            inbox_worker.receive(
                Inbound(
                    carrier="twilio", carrier_id=f"R{self.keys}", phone=text.phone, number=text.number, body=reply
                ),
                at + MINUTE,
            )

    def _try(self, what: str, act: Callable[[], object]) -> None:
        self.done[what] += 1
        try:
            act()
        except RequestError as refusal:
            self.refused[refusal.code] += 1
