"""The one spelling of a phone that can be written in several ways: texts go to it, and it identifies the phone.

Carriers deliver replies from either spelling, and address books contain both.
"""

import re

# Countries that dial 0 before a domestic number, in which no number begins with 0. Some networks keep this 0 after
# the country code. A test compares the list with phonenumbers.
_TRUNK_ZERO = (
    "20|27|31|32|33|40|41|43|44|46|49|51|53|54|55|58|60|61|62|63|64|66|81|82|84|86|90|91|92|93|94|95|98|211|212|"
    "213|218|231|232|233|234|243|249|250|251|252|254|255|256|260|261|262|263|264|265|291|353|355|358|359|370|373|"
    "374|375|377|380|381|382|383|385|386|387|389|421|423|508|590|591|593|594|595|596|598|686|850|855|856|880|886|"
    "961|962|963|964|966|967|970|971|972|976|977|994|995|996"
)

_SPELLINGS = (
    (rf"\+({_TRUNK_ZERO})0(\d+)", r"+\1\2"),
    # Mexico had a 1 before mobiles until August 2019 (IFT, Plan Técnico Fundamental de Numeración).
    (r"\+521(\d{10})", r"+52\1"),
    # Argentina has a 9 before mobiles in calls from abroad, but not in texts (ENACOM's plan in ITU Bulletin E.164).
    (r"\+549(\d{10})", r"+54\1"),
    # Brazil put a 9 before its mobiles of eight digits until 2016 (Anatel, Resolução 553/2010).
    (r"\+55(\d\d)([6-9]\d{7})", r"+55\g<1>9\2"),
    # Ivory Coast put its operators' digits before its mobiles in January 2021 (ARTCI): Moov 01, MTN 05, Orange 07.
    (r"\+225([04-9][0-3]\d{6})", r"+22501\1"),
    (r"\+225([04-9][4-6]\d{6})", r"+22505\1"),
    (r"\+225([04-9][7-9]\d{6})", r"+22507\1"),
)


def one_spelling(e164: str) -> str:
    """Return the spelling that is stored and texted. A number with a single spelling is returned as it is."""
    for other, stored in _SPELLINGS:
        e164 = re.sub(rf"\A{other}\Z", stored, e164)  # compiled on first use, as few starts need it
    return e164
