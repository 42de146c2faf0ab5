"""The time zones of area codes that lie in several, or that phonenumbers puts into a wrong one.

phonenumbers knows one zone for most area codes, that of their larger part, and others only for exchanges of land
lines. A mobile number shows its area code only, so all zones count. To add an area code: name its zones as the tz
database does, and the counties or towns in the smaller one; an overlay has the zones of the code that it relieves.
"""

from datetime import date

AS_OF = date(2026, 11, 30)
SOURCES = (
    "North American Numbering Plan Administrator: area-code maps and planning letters (nanpa.com)",
    "Canadian Numbering Administrator: maps of Canadian area codes (cnac.ca)",
    "49 CFR 71.3-71.12: boundaries of the time zones of the United States",
    "Time acts of the provinces and territories of Canada; Quebec's Legal Time Act (CQLR c T-5.1)",
    "tz database 2026f: zone1970.tab, northamerica, southamerica, asia, australasia",
    "Mexico: Ley de los Husos Horarios of 2022; Brazil: Anatel's area codes (DDD)",
)


_HAWAII_ALEUTIAN, _ALASKA, _PACIFIC = "America/Adak", "America/Anchorage", "America/Los_Angeles"
_MOUNTAIN, _CENTRAL, _EASTERN = "America/Denver", "America/Chicago", "America/New_York"
_ARIZONA, _BOISE = "America/Phoenix", "America/Boise"
_BRITISH_COLUMBIA, _ALBERTA, _SASKATCHEWAN = "America/Vancouver", "America/Edmonton", "America/Regina"
_MANITOBA, _ONTARIO, _ATIKOKAN = "America/Winnipeg", "America/Toronto", "America/Atikokan"
_ATLANTIC, _LABRADOR, _NEWFOUNDLAND = "America/Halifax", "America/Goose_Bay", "America/St_Johns"

NORTH_AMERICA: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (("907",), (_ALASKA, _HAWAII_ALEUTIAN), "Aleutian Islands west of 169°30' W: Adak, Atka"),
    (("928",), (_ARIZONA, _MOUNTAIN), "the Navajo Nation, which changes its clocks"),
    (("208", "986"), (_BOISE, _PACIFIC), "Idaho north of the Salmon River"),
    (("458", "541"), (_PACIFIC, _BOISE), "most of Malheur County, Oregon"),
    (("775",), (_PACIFIC, _MOUNTAIN), "West Wendover, Nevada; by custom Jackpot, Owyhee and Mountain City"),
    (("308",), (_CENTRAL, _MOUNTAIN), "western Nebraska: Scottsbluff, Alliance, Sidney, Ogallala"),
    (("402", "531"), (_CENTRAL, _MOUNTAIN), "western Cherry County, Nebraska: Cody"),
    (("605",), (_CENTRAL, _MOUNTAIN), "western South Dakota: Rapid City"),
    (("701",), (_CENTRAL, _MOUNTAIN), "south-western North Dakota: Dickinson"),
    (("620",), (_CENTRAL, _MOUNTAIN), "Greeley and Hamilton Counties, Kansas"),
    (("785",), (_CENTRAL, _MOUNTAIN), "Sherman and Wallace Counties, Kansas"),
    (("580",), (_CENTRAL, _MOUNTAIN), "by custom Kenton, Oklahoma"),
    (("334",), (_CENTRAL, _EASTERN), "by custom Phenix City, Smiths Station, Lanett and Valley, Alabama"),
    (("448", "850"), (_EASTERN, _CENTRAL), "Florida west of the Apalachicola: Pensacola, Panama City"),
    (("270", "364"), (_CENTRAL, _EASTERN), "Kentucky: Elizabethtown and Campbellsville are Eastern"),
    (("606",), (_EASTERN, _CENTRAL), "Clinton County, Kentucky"),
    (("423", "729"), (_EASTERN, _CENTRAL), "Bledsoe, Marion and Sequatchie Counties, Tennessee"),
    (("219",), (_CENTRAL, _EASTERN), "Indiana: parts of Pulaski and White Counties are Eastern"),
    (("574",), (_EASTERN, _CENTRAL), "Starke County, Indiana"),
    (("812", "930"), (_EASTERN, _CENTRAL), "Indiana: Evansville; Gibson, Perry, Posey, Spencer, Warrick Counties"),
    (("906",), (_EASTERN, _CENTRAL), "Dickinson, Gogebic, Iron and Menominee Counties, Michigan"),
    (
        ("236", "250", "257", "672", "778"),
        (_BRITISH_COLUMBIA, "America/Dawson_Creek", "America/Creston", _ALBERTA),
        "British Columbia: the Peace River, Creston; the East Kootenay has Alberta's time",
    ),
    (
        ("306", "474", "639"),
        (_SASKATCHEWAN, _ALBERTA, _MANITOBA),
        "Saskatchewan: Lloydminster has Alberta's time, by custom Creighton and Denare Beach Manitoba's",
    ),
    (("807",), (_ONTARIO, _MANITOBA, _ATIKOKAN), "Ontario west of 90° W: Kenora; Atikokan, Pickle Lake"),
    (
        ("367", "418", "581"),
        (_ONTARIO, _ATLANTIC, "America/Blanc-Sablon"),
        "Quebec: the Magdalen Islands; the Lower North Shore east of the Natashquan River",
    ),
    (("709", "879"), (_NEWFOUNDLAND, _LABRADOR), "most of Labrador"),
    (
        ("867",),
        (
            *("America/Whitehorse", "America/Inuvik", _ALBERTA, "America/Cambridge_Bay", "America/Rankin_Inlet"),
            *("America/Resolute", _ATIKOKAN, "America/Iqaluit"),
        ),
        "Yukon; Northwest Territories; Nunavut from Kugluktuk to Iqaluit, Coral Harbour without a change of clocks",
    ),
    # Not split: phonenumbers 9.0 puts it into another zone.
    (("689",), (_EASTERN,), "Orlando, Florida"),
)
"""Area codes with the same area, its zones, the most usual one first, and the places in the others."""

ELSEWHERE: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (
        (
            *("52614", "52621", "52625", "52627", "52628", "52629"),
            *("52635", "52639", "52648", "52649", "52652", "52659"),
        ),
        ("America/Chihuahua",),
        "Mexico: Chihuahua, Central since 2022",
    ),
    (("52636",), ("America/Chihuahua", "America/Ciudad_Juarez"), "Mexico: Ascensión and Janos keep Juárez's time"),
    (("52862", "52868", "52891", "52897"), ("America/Matamoros",), "Mexico: towns at the border of Texas"),
    (("5581",), ("America/Recife", "America/Noronha"), "Brazil: Pernambuco with Fernando de Noronha"),
    (("5591", "5593", "5594", "5596"), ("America/Belem",), "Brazil: Pará, Amapá"),
    (("5598", "5599"), ("America/Fortaleza",), "Brazil: Maranhão"),
    (("5597",), ("America/Manaus", "America/Eirunepe"), "Brazil: western Amazonas"),
    (("5632",), ("America/Santiago", "Pacific/Easter"), "Chile: Easter Island"),
    (("5661", "5667"), ("America/Santiago", "America/Punta_Arenas", "America/Coyhaique"), "Chile: Magallanes, Aysén"),
    (
        ("569",),
        ("America/Santiago", "America/Punta_Arenas", "America/Coyhaique", "Pacific/Easter"),
        "Chile: mobiles are not bound to an area",
    ),
    (("628",), ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"), "Indonesia: mobiles are not bound to an area"),
    (("617",), ("Australia/Brisbane", "Australia/Sydney"), "Queensland, with Tweed Heads in New South Wales"),
)
"""The same outside North America, with the country code before the area code."""
