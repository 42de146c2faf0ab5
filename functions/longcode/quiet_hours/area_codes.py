"""The time zones of North American area codes that lie in several, or that phonenumbers puts into a wrong one.

phonenumbers knows one zone for most area codes, that of their larger part, and others only for exchanges of land
lines. A mobile number shows its area code only, so all zones count. To add an area code: name its zones as the tz
database does, and the counties or towns in the smaller one; an overlay has the zones of the code that it relieves.
"""

from datetime import date

from msgspec import Struct

AS_OF = date(2026, 11, 30)
SOURCES = (
    "North American Numbering Plan Administrator: area-code maps and planning letters (nanpa.com)",
    "Canadian Numbering Administrator: maps of Canadian area codes (cnac.ca)",
    "49 CFR 71.3-71.12: boundaries of the time zones of the United States",
    "Time acts of the provinces and territories of Canada; Quebec's Legal Time Act (CQLR c T-5.1)",
    "tz database 2026f: zone1970.tab, northamerica",
)


class Area(Struct, frozen=True):
    """Area codes of one area, all zones of that area, and which places are in the smaller ones."""

    codes: tuple[str, ...]
    zones: tuple[str, ...]
    places: str


_HAWAII_ALEUTIAN, _ALASKA, _PACIFIC = "America/Adak", "America/Anchorage", "America/Los_Angeles"
_MOUNTAIN, _CENTRAL, _EASTERN = "America/Denver", "America/Chicago", "America/New_York"
_ARIZONA, _BOISE = "America/Phoenix", "America/Boise"
_BRITISH_COLUMBIA, _ALBERTA, _SASKATCHEWAN = "America/Vancouver", "America/Edmonton", "America/Regina"
_MANITOBA, _ONTARIO, _ATIKOKAN = "America/Winnipeg", "America/Toronto", "America/Atikokan"
_ATLANTIC, _LABRADOR, _NEWFOUNDLAND = "America/Halifax", "America/Goose_Bay", "America/St_Johns"

AREAS = (
    Area(("907",), (_ALASKA, _HAWAII_ALEUTIAN), "Aleutian Islands west of 169°30' W: Adak, Atka"),
    Area(("928",), (_ARIZONA, _MOUNTAIN), "the Navajo Nation, which changes its clocks"),
    Area(("208", "986"), (_BOISE, _PACIFIC), "Idaho north of the Salmon River"),
    Area(("458", "541"), (_PACIFIC, _BOISE), "most of Malheur County, Oregon"),
    Area(("775",), (_PACIFIC, _MOUNTAIN), "West Wendover, Nevada; by custom Jackpot, Owyhee and Mountain City"),
    Area(("308",), (_CENTRAL, _MOUNTAIN), "western Nebraska: Scottsbluff, Alliance, Sidney, Ogallala"),
    Area(("402", "531"), (_CENTRAL, _MOUNTAIN), "western Cherry County, Nebraska: Cody"),
    Area(("605",), (_CENTRAL, _MOUNTAIN), "western South Dakota: Rapid City"),
    Area(("701",), (_CENTRAL, _MOUNTAIN), "south-western North Dakota: Dickinson"),
    Area(("620",), (_CENTRAL, _MOUNTAIN), "Greeley and Hamilton Counties, Kansas"),
    Area(("785",), (_CENTRAL, _MOUNTAIN), "Sherman and Wallace Counties, Kansas"),
    Area(("580",), (_CENTRAL, _MOUNTAIN), "by custom Kenton, Oklahoma"),
    Area(("334",), (_CENTRAL, _EASTERN), "by custom Phenix City, Smiths Station, Lanett and Valley, Alabama"),
    Area(("448", "850"), (_EASTERN, _CENTRAL), "Florida west of the Apalachicola: Pensacola, Panama City"),
    Area(("270", "364"), (_CENTRAL, _EASTERN), "Kentucky: Elizabethtown and Campbellsville are Eastern"),
    Area(("606",), (_EASTERN, _CENTRAL), "Clinton County, Kentucky"),
    Area(("423", "729"), (_EASTERN, _CENTRAL), "Bledsoe, Marion and Sequatchie Counties, Tennessee"),
    Area(("219",), (_CENTRAL, _EASTERN), "Indiana: parts of Pulaski and White Counties are Eastern"),
    Area(("574",), (_EASTERN, _CENTRAL), "Starke County, Indiana"),
    Area(
        ("812", "930"), (_EASTERN, _CENTRAL), "Indiana: Evansville; Gibson, Perry, Posey, Spencer, Warrick Counties"
    ),
    Area(("906",), (_EASTERN, _CENTRAL), "Dickinson, Gogebic, Iron and Menominee Counties, Michigan"),
    Area(
        ("236", "250", "257", "672", "778"),
        (_BRITISH_COLUMBIA, "America/Dawson_Creek", "America/Creston", _ALBERTA),
        "British Columbia: the Peace River, Creston; the East Kootenay has Alberta's time",
    ),
    Area(
        ("306", "474", "639"),
        (_SASKATCHEWAN, _ALBERTA, _MANITOBA),
        "Saskatchewan: Lloydminster has Alberta's time, by custom Creighton and Denare Beach Manitoba's",
    ),
    Area(("807",), (_ONTARIO, _MANITOBA, _ATIKOKAN), "Ontario west of 90° W: Kenora; Atikokan, Pickle Lake"),
    Area(
        ("367", "418", "581"),
        (_ONTARIO, _ATLANTIC, "America/Blanc-Sablon"),
        "Quebec: the Magdalen Islands; the Lower North Shore east of the Natashquan River",
    ),
    Area(("709", "879"), (_NEWFOUNDLAND, _LABRADOR), "most of Labrador"),
    Area(
        ("867",),
        (
            *("America/Whitehorse", "America/Inuvik", _ALBERTA, "America/Cambridge_Bay", "America/Rankin_Inlet"),
            *("America/Resolute", _ATIKOKAN, "America/Iqaluit"),
        ),
        "Yukon; Northwest Territories; Nunavut from Kugluktuk to Iqaluit, Coral Harbour without a change of clocks",
    ),
    # Not split: phonenumbers 9.0 puts it into another zone.
    Area(("689",), (_EASTERN,), "Orlando, Florida"),
)

ZONES = {code: area.zones for area in AREAS for code in area.codes}
"""The time zones of an area code, its most usual one first."""
