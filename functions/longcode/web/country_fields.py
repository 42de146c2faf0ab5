"""The fields of countries, apart from the others: they need the numbering plans, which take a tenth of a start."""

from typing import Annotated

from pydantic import AfterValidator, Field

from longcode.aws.settings import settings
from longcode.destinations import read_country
from longcode.phone import check_country_code


def _offered_country(text: str) -> str:
    return read_country(text, settings().allowed_countries)


CountryCode = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,2}$"), AfterValidator(check_country_code)]
Country = Annotated[str, Field(max_length=20), AfterValidator(_offered_country)]
"""A country in ISO 3166, such as AU, or a calling code, such as 61 or +61, that only one offered country has."""
