"""What an agent may see of who is calling, pure. Never the whole number, never an identifier that others could use."""

from functools import lru_cache
from typing import Final

import phonenumbers

from signaling.events import Customer
from signaling.private import PhoneNumber

HIDDEN: Final = "•"
SHOWN_LAST: Final = 4
LEAST_HIDDEN: Final = 3
"""With fewer digits hidden, a number could be guessed: then the area code is hidden too, then some of the last."""

NOBODY: Final = HIDDEN * 5


def customer_label(customer: Customer) -> str:
    """`+55 11 ••••• 0101`; `@username` without a number; `BR ••••• 0001` where only a business-scoped id is known."""
    if customer.phone is not None:
        return phone_label(customer.phone)
    if customer.username:
        return f"@{customer.username.removeprefix('@')}"
    if customer.bsuid is not None:
        country, dot, rest = customer.bsuid.value.partition(".")
        if dot and len(country) == 2 and len(rest) >= SHOWN_LAST + LEAST_HIDDEN:
            return f"{country} {HIDDEN * 5} {rest[-SHOWN_LAST:]}"
    return NOBODY


@lru_cache(maxsize=1024)  # each change of any call shows it to every agent: it was a third of what a ringing call cost
def phone_label(phone: PhoneNumber) -> str:
    """The number with all digits hidden but country code, geographical area code and the last four."""
    try:
        parsed = phonenumbers.parse(f"+{phone.value.removeprefix('+')}")
    except phonenumbers.NumberParseException:
        return NOBODY
    national = phonenumbers.national_significant_number(parsed)
    area = national[: phonenumbers.length_of_geographical_area_code(parsed)]
    if len(national) - len(area) - SHOWN_LAST < LEAST_HIDDEN:
        area = ""
    last = national[max(len(area) + LEAST_HIDDEN, len(national) - SHOWN_LAST) :]
    hidden = HIDDEN * max(LEAST_HIDDEN, len(national) - len(area) - len(last))
    return " ".join(part for part in (f"+{parsed.country_code}", area, hidden, last) if part)
