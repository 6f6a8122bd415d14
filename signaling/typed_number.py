"""A phone number as a person types it, pure."""

from typing import Final

import phonenumbers

from signaling.private import PhoneNumber

LONGEST_CHARS: Final = 40


def read_typed(text: str, own: PhoneNumber) -> PhoneNumber | None:
    """`+55 11 95555-0101`, `0055…`, or without a country code as it is dialled in the country of our own number.

    None: it is no number of anybody's. Possible is enough: plans change, and Meta's test numbers are in none.
    """
    if len(text) > LONGEST_CHARS:
        return None
    try:
        country = phonenumbers.region_code_for_number(phonenumbers.parse(f"+{own.value.removeprefix('+')}"))
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if parsed.extension is not None or not phonenumbers.is_possible_number(parsed):
        return None
    return PhoneNumber(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164).removeprefix("+"))
