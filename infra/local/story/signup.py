"""Two studios sign up and import their clients."""

from infra.local.participants import CLIENTS, StudioSoftware
from infra.local.story.stage import Stage
from infra.local.studio import approve, sign_up

_CARMEN = "+12125550103"


def join(stage: Stage, name: str, **form: str) -> StudioSoftware:
    """Sign a studio up, and return it with the credentials of its mail."""
    stage.title(f"{name} signs up ({form['product']}, plan {form['plan']}, country code {form['country_code']})")
    address = f"{name.split(maxsplit=1)[0].lower()}-{stage.run}@studio.example"
    form = {"studio_name": name, "email": address, **form}
    credentials = sign_up(stage.stack, form, approved=False)
    studio = StudioSoftware(stage.stack.api_url, name, credentials.account, credentials.password)
    stage.show(
        "POST /signup",
        form,
        f"mails: a link to confirm the address; account {studio.account}, password {studio.password[:5]}-…",
    )
    stage.check(studio.ask("GET", "/account").json["name"] == name, "number and password open the account")
    wrong = StudioSoftware(studio.api_url, name, studio.account, "wrong")
    stage.check(wrong.ask("GET", "/account").status == 401, "a wrong password does not")
    on_trial = studio.ask("GET", "/account").json["trial_units_a_day"]
    approve(stage.stack, studio.account)
    stage.check(
        (on_trial, studio.ask("GET", "/account").json["trial_units_a_day"]) == (50, None),
        "50 units a day are allowed until the operator approves the studio",
    )
    key = studio.ask("POST", "/account/keys", {"name": "Report", "scope": "read"}).json
    report = StudioSoftware(studio.api_url, name, studio.account, key["key"])
    statuses = (report.ask("GET", "/usage").status, report.ask("DELETE", "/templates/none").status)
    stage.check(statuses == (200, 403), "an API key of scope read reads, and changes nothing")
    return studio


def import_clients(stage: Stage, fox: StudioSoftware, wattle: StudioSoftware) -> None:
    """Import the file of clients into the first studio, and one shared client into the second."""
    stage.title("Foxglove imports infra/local/clients.csv")
    answer = fox.ask("POST", "/clients/import", CLIENTS.read_text(), **{"Content-Type": "text/csv"})
    report = answer.json
    stage.say(f"   {report['rows']} rows, {report['written']} written, {report['refused']} refused")
    refused = [row for row in report["items"] if row["status"] == "refused"]
    for row in refused:
        stage.say(f"   row {row['row']} (client {row['id']}), {row['field']}: {row['detail']}")
    stage.check(report["written"] == 39, "39 of 40 rows are written")
    stage.check([row["row"] for row in refused] == [16], "the impossible number is refused with its row")
    spelled = {client["id"]: client["phones"][0]["number"] for client in fox.all_items("/clients")}
    stage.check(spelled["1005"] == "+12125550105", "a domestic number has its country code")
    stage.check(spelled["1011"] == "+61491570156", "a number with + keeps its country code")
    abroad = fox.ask("POST", "/messages/preview", {"client_id": "1011", "body": "Hello"}).json
    stage.check(abroad["code"] == "country_not_allowed", "a country that the studio has not allowed gets no texts")
    for studio, country in ((fox, "AU"), (wattle, "US")):
        studio.ask("PATCH", "/account", {"allowed_countries": [country]})
    shared = {"first_name": "Carmen", "allow_text_marketing": True, "phones": [{"number": _CARMEN}]}
    stage.check(wattle.ask("PUT", "/clients/w-1", shared).status == 201, "Carmen is a client of both")
    domestic = {"first_name": "Jack", "allow_text_marketing": True, "phones": [{"number": "0491 570 157"}]}
    jack = wattle.ask("PUT", "/clients/w-2", domestic).json
    stage.check(jack["phones"][0]["number"] == "+61491570157", "an Australian number gets +61")
