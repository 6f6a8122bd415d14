"""Which country a phone number belongs to, and under which names a rate may be found for it. Pure."""

from functools import lru_cache
from typing import Final

import phonenumbers

from signaling.private import Bsuid, PhoneNumber

UNKNOWN: Final = ""
NON_GEOGRAPHIC: Final = "001"


def destination_of(phone: PhoneNumber | None, bsuid: Bsuid | None = None) -> str:
    """An ISO 3166 region (`BR`); a calling code that belongs to none (`+870`). Of who has no number, the country that
    their business-scoped id begins with; else UNKNOWN."""
    if phone is None:
        country = "" if bsuid is None else bsuid.value.partition(".")[0]
        return country if is_region(country) else UNKNOWN
    try:
        parsed = phonenumbers.parse(f"+{phone.value.removeprefix('+')}")
    except phonenumbers.NumberParseException:
        return UNKNOWN
    region = phonenumbers.region_code_for_number(parsed)
    if region is None or region == NON_GEOGRAPHIC:  # no valid number, as of tests: its calling code says enough
        region = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return region if is_region(region) else f"+{parsed.country_code}"


def is_region(text: str) -> bool:
    return text in phonenumbers.SUPPORTED_REGIONS


@lru_cache(maxsize=512)
def names_of(destination: str) -> tuple[str, ...]:
    """From the most exact to the one for everywhere: `BR`, `+55`, `*`."""
    if is_region(destination):
        return destination, f"+{phonenumbers.country_code_for_region(destination)}", "*"
    return (destination, "*") if destination else ("*",)
