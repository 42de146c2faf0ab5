"""The main job as a story in twenty steps: each shows what was sent and what came back, and checks it."""

from infra.local.billing_story import BillingStory
from infra.local.reply_story import ReplyStory
from infra.local.studio import sign_up
from infra.local.visitors import CLIENTS, Studio, eventually
from infra.local.webhook_story import WebhookStory

_ALICE, _CARMEN, _STRANGER = "+12125550101", "+12125550103", "+12125550199"
_LANDLINE, _CARRIER_SAYS_LANDLINE = "+12125550118", 30006
_LETTER = (
    "Dear Alice, your proofs from Saturday are ready and we love them. Please look through the gallery, "
    "mark your favourites with a heart and tell us by Friday which ones you would like printed. "
    "We keep the gallery open for thirty days; after that we archive it. See you soon in the studio, Foxglove."
)


class Story(WebhookStory, ReplyStory, BillingStory):
    """Twenty steps, from the sign-up of two studios to their invoices."""

    def play(self) -> None:
        """Play all steps; raises `NotSo` at the first that does not hold."""
        self.fox = self.sign_up("Foxglove Portraits", "spectra", "professional", "medium", "1")
        self.wattle = self.sign_up("Wattle & Light", "mystratus", "standard", "small", "61")
        self.bring_clients()
        self.send_a_long_text()
        self.text_everyone()
        self.carrier_drops_its_answer()
        self.wait_for_the_morning()
        self.move_a_session()
        self.reply_lands_on_the_client()
        self.reply_goes_to_the_latest_studio()
        self.late_reply_goes_to_the_studio_that_is_meant()
        self.staff_answer_a_near_miss()
        self.stop_and_start()
        self.stranger()
        self.tell_hosted_software(self.wattle)
        self.meet_the_limit(self.fox)
        self.count_what_was_used(self.fox)
        month = self.close_the_month(self.fox, self.wattle)
        self.keep_the_books(self.fox, month)
        self.suspend_and_restore(self.fox, "1001")
        self.say(f"\nThe story held: {self.checks} checks.")

    def sign_up(self, name: str, product: str, edition: str, plan: str, country_code: str) -> Studio:
        """Sign a studio up and read its credentials from the mail."""
        self.title(f"{name} signs up ({product}, plan {plan}, country code {country_code})")
        address = f"{name.split(maxsplit=1)[0].lower()}-{self.run}@studio.example"
        form = {"studio_name": name, "email": address, "product": product, "edition": edition, "plan": plan}
        form["country_code"] = country_code
        by_mail = sign_up(self.stack, form)
        studio = Studio(self.stack.api_url, name, by_mail.account, by_mail.password)
        self.show("POST /signup", form, f"mail: account number {studio.account}, password {studio.password[:5]}-…")
        self.check(studio.ask("GET", "/account").json["name"] == name, "number and password open the account")
        wrong = Studio(studio.api_url, name, studio.account, "wrong")
        self.check(wrong.ask("GET", "/account").status == 401, "a wrong password does not")
        return studio

    def bring_clients(self) -> None:
        """Import the clients' file into the first studio, and one shared client into the second."""
        self.title("Clients come in from infra/local/clients.csv")
        answer = self.fox.ask("POST", "/clients/import", CLIENTS.read_text(), **{"Content-Type": "text/csv"})
        report = answer.json
        self.say(f"   {report['rows']} rows, {report['written']} written, {report['refused']} refused")
        refused = [row for row in report["items"] if row["status"] == "refused"]
        for row in refused:
            self.say(f"   row {row['row']} (client {row['id']}), {row['field']}: {row['detail']}")
        self.check(report["written"] == 39, "39 of 40 rows are written")
        self.check([row["row"] for row in refused] == [16], "the impossible number is refused with its row")
        spelled = {one["id"]: one["phones"][0]["number"] for one in self.fox.everything("/clients")}
        self.check(spelled["1005"] == "+12125550105", "a domestic number has its country code")
        self.check(spelled["1011"] == "+61491570156", "a number with + is taken as it is")
        abroad = self.fox.ask("POST", "/messages/preview", {"client_id": "1011", "body": "Hello"}).json
        self.check(abroad["code"] == "country_not_allowed", "a country that the studio has not allowed gets no texts")
        for studio, country_code in ((self.fox, "61"), (self.wattle, "1")):
            studio.ask("PATCH", "/account", {"allowed_countries": [country_code]})
        shared = {"first_name": "Carmen", "allow_text_marketing": True, "phones": [{"number": _CARMEN}]}
        self.check(self.wattle.ask("PUT", "/clients/w-1", shared).status == 201, "Carmen is a client of both")
        domestic = {"first_name": "Jack", "allow_text_marketing": True, "phones": [{"number": "0491 570 157"}]}
        jack = self.wattle.ask("PUT", "/clients/w-2", domestic).json
        self.check(jack["phones"][0]["number"] == "+61491570157", "an Australian number gets +61")

    def send_a_long_text(self) -> None:
        """Send 300 characters to one client."""
        self.title("Foxglove texts Alice 300 characters")
        answer = self.send(self.fox, {"client_id": "1001", "body": _LETTER[:300]})
        message = answer["messages"][0]
        self.check(message["units"] == 2, "300 characters are 2 units")
        self.arrives(_ALICE, _LETTER[:300])
        self.check(self.fox.ask("GET", "/usage").json["current"]["used"]["units_sent"] == 2, "usage says 2 units")

    def text_everyone(self) -> None:
        """Send all clients a broadcast of a template, tried dry before."""
        self.title("Foxglove tries a broadcast dry, and then sends it to all its clients")
        body = "Hi {{client.first_name|there}}, two spring slots are left at {{studio.name}}. Want one?"
        self.fox.ask("PUT", "/templates/spring", {"subject": "Spring slots", "body": body})
        refused = self.fox.ask("PUT", "/templates/bad", {"body": "Hi {{client.nickname}}"})
        self.check(refused.json["code"] == "bad_template", "a field that does not exist is refused")
        self.phones.fail(_LANDLINE, _CARRIER_SAYS_LANDLINE)
        # Whatever the hour is, in this story it is day for these clients.
        self.fox.ask("PATCH", "/account", {"quiet_hours": False})
        order = {"audience": {"all": True}, "template": "spring"}
        dry = self.fox.ask("POST", "/broadcasts?limit=200", {**order, "dry_run": True}).json
        self.show("POST /broadcasts", {**order, "dry_run": True}, dry["totals"])
        for one in dry["items"]:
            if not one["would_be_sent"]:
                self.say(f"   client {one['client_id']} would get none: {one['reason']}")
        self.check(dry["totals"]["texts"] == 38, "38 texts would go: one to each ticked number of those who allow it")
        self.check(self.texts_of(dry) == [], "and none has")
        sent = self.broadcast(self.fox, order)
        going = self.recipients(self.fox, sent["id"])
        texts = {one["phone"]: one["text"] for one in dry["items"] if one["would_be_sent"]}
        self.check({one["phone"] for one in going if one["message_id"]} == set(texts), "the same 38 are on their way")
        three = sorted(one["phone"] for one in going if one["client_id"] == "1012")
        self.check(three == ["+12125550112", "+12125550114"], "of three phones the two ticked ones")
        for phone, text in texts.items():
            self.arrives(phone, text, quiet=True)
        self.say(f"   {len(texts)} phones have it, such as: {next(iter(texts.values()))}")
        progress = self.progress(self.fox, sent["id"], {"delivered": 37, "undelivered": 1})
        self.show(f"GET /broadcasts/{sent['id']}", None, {"progress": progress})
        self.check(True, "37 are delivered, and the landline's text is not")
        self.fox.ask("PATCH", "/account", {"quiet_hours": True})

    def reply_lands_on_the_client(self) -> None:
        """Reply from Alice's phone."""
        self.title("Alice replies")
        self.replies(_ALICE, "Yes please! 🌷")
        reply = self.reply_of(self.fox, "Yes please! 🌷")
        self.check(reply["client_id"] == "1001", "it is linked to Alice")
        self.check(reply["read"] is False, "it is unread")
        self.check(reply["body"] in self.polled(self.fox), "the 5-minute job fetches it")
        self.check(self.polled(self.wattle) == [], "the other studio sees nothing")

    def reply_goes_to_the_latest_studio(self) -> None:
        """Reply from the phone of a client of both studios, after the second one's text."""
        self.title("Carmen, a client of both studios, replies after Wattle's text")
        self.send(self.wattle, {"client_id": "w-1", "body": "G'day Carmen, are you coming on Friday?"})
        self.arrives(_CARMEN, "G'day Carmen, are you coming on Friday?")
        self.replies(_CARMEN, "On Friday, yes")
        reply = self.reply_of(self.wattle, "On Friday, yes")
        self.check(reply["client_id"] == "w-1", "it goes to Wattle, linked to its Carmen")
        self.check("On Friday, yes" not in self.polled(self.fox), "and not to Foxglove")

    def stop_and_start(self) -> None:
        """Opt out and in again."""
        self.title("Carmen says STOP, and later START")
        before = len(self.phones.conversation(_CARMEN))
        self.replies(_CARMEN, "Stop")
        for studio, client in ((self.fox, "1003"), (self.wattle, "w-1")):
            eventually(lambda s=studio, c=client: self.refusal(s, c), "the opt-out")  # type: ignore[misc]
            refusal = studio.ask("POST", "/messages", {"client_id": client, "body": "Hello"})
            self.show(f"{studio.name}: POST /messages", {"client_id": client, "body": "Hello"}, refusal.json)
            self.check((refusal.status, refusal.json["code"]) == (409, "opted_out"), f"{studio.name} is refused")
        said = eventually(lambda: self.phones.conversation(_CARMEN)[before + 1 :], "the confirmation")
        self.say(f"   Carmen's phone: {said[0]['body']}")
        self.replies(_CARMEN, "STOP")
        self.reply_of(self.wattle, "STOP")
        answers = [text for text in self.phones.conversation(_CARMEN)[before:] if text["direction"] != "inbound"]
        self.check(len(answers) == 1, "one confirmation, although she says it twice")
        self.replies(_CARMEN, "start")
        eventually(lambda: self.refusal(self.fox, "1003") is None, "START lifts the block")
        self.check(True, "START lifts it")

    def stranger(self) -> None:
        """Text from a phone that nobody texted."""
        self.title("A stranger texts the number")
        before = [len(self.polled(self.fox)), len(self.polled(self.wattle))]
        self.phones.reply(_STRANGER, self.stack.shared_numbers[0], "Is this the pizza place?")
        self.replies(_ALICE, "See you soon")
        self.reply_of(self.fox, "See you soon")
        after = [len(self.polled(self.fox)), len(self.polled(self.wattle))]
        self.check(after == [before[0] + 1, before[1]], "the stranger's text reaches nobody")
        answered = [text for text in self.phones.conversation(_STRANGER) if text["direction"] != "inbound"]
        self.check(answered == [], "and is not answered")
