"""The people who can call: made-up numbers and ids, each a shape that Meta's webhooks come in (reference 2.5)."""

import base64
import secrets
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Customer:
    """One contact. `phone` is None for who hides it behind a username; `bsuid` is None as before 2026."""

    key: str
    name: str = field(repr=False)
    phone: str | None = field(repr=False)
    bsuid: str | None = field(repr=False)
    parent_bsuid: str | None = field(default=None, repr=False)
    username: str | None = field(default=None, repr=False)
    voice: str = "maria"


CUSTOMERS = {
    customer.key: customer
    for customer in (
        Customer("maria", "Maria Exemplo", "5511955550101", "BR.10491208655302740001", voice="maria"),
        Customer(
            "joao",
            "João Modelo",
            "5519955550102",
            "BR.10491208655302740002",
            "BR.11815799212886840002",
            voice="joao",
        ),
        Customer(
            "ana", "Ana Amostra", None, "BR.10491208655302740003", "BR.11815799212886840003", "ana.amostra", "ana"
        ),
        Customer(
            "carlos",
            "Carlos Teste",
            "5521955550104",
            "BR.10491208655302740004",
            username="carlos.da.oficina",
            voice="carlos",
        ),
        Customer("lucia", "Lucía Ejemplo", "59899550105", "UY.10491208655302740005", voice="lucia"),
        Customer("peter", "Peter Sample", "351955550106", None, voice="peter"),
    )
}


def new_wacid(customer: Customer, business_phone: str) -> str:
    """A call id as Meta builds it: base64 of a record with the customer's number, 32 hex digits and ours, in clear."""
    caller = customer.phone or (customer.bsuid or customer.key).partition(".")[2]
    record = (
        _text_field(b"\x1c\x18", caller)
        + b"\x15\x02\x00\x12"
        + _text_field(b"\x18", secrets.token_hex(16).upper())
        + _text_field(b"\x1c\x18", business_phone)
        + b"\x15\x02\x00\x15\x0a\x00"
    )
    return "wacid." + base64.b64encode(record).decode()


def _text_field(mark: bytes, text: str) -> bytes:
    return mark + bytes([len(text)]) + text.encode()
