"""E-mail by SMTP (RFC 5321): one message to several recipients in one transaction, and whether to try again is safe.

A message is the server's from its answer to the data on. Who hears no answer after the last byte does not know: the
message may have been taken, so it is never sent again by itself (`Unsure`).
"""

import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP as CRLF
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

import aiosmtplib
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPNotSupported,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from signaling.private import Token

PERMANENT: Final = range(500, 600)
"""Replies after which the same message is refused again (RFC 5321 §4.2.1)."""


CERTIFICATES: Final = {
    9: "smtp.certificate_expired",
    10: "smtp.certificate_expired",
    62: "smtp.certificate_name",
    64: "smtp.certificate_name",
}
"""What OpenSSL finds wrong with a certificate (X509_V_ERR_…: not yet valid, expired, of another name or address).
Whatever else it is, nobody whom we trust has signed it."""


class Security(StrEnum):
    STARTTLS = "starttls"  # port 587
    TLS = "tls"  # port 465
    NONE = "none"  # a server on this machine


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes, and from whom."""

    host: str
    port: int
    sender: str
    security: Security
    user: str | None = None
    password: Token | None = field(default=None, repr=False)
    timeout_s: float = 30.0
    ca_file: Path | None = None  # certificates (PEM) that are trusted beside the system's


class NotSent(Exception):
    """The server does not have it. `reason` is a word; `helps`: trying again can help."""

    def __init__(self, reason: str, helps: bool) -> None:
        super().__init__(reason)
        self.reason, self.helps = reason, helps


class Unsure(Exception):
    """The server may have it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Mailer(Protocol):
    async def send(
        self, message: EmailMessage, recipients: Sequence[str], before_data: Callable[[], Awaitable[bool]]
    ) -> int:
        """How many recipients were refused; the others get it. `before_data` is awaited when the server has taken the
        sender and recipients: False calls it off. Raises NotSent, Unsure."""


def _unreached(error: BaseException | None) -> str:
    """Why there is no connection, by what is at the bottom of it."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return CERTIFICATES.get(error.verify_code, "smtp.certificate_untrusted")
        if isinstance(error, ssl.SSLError) or (type(error) is SMTPException and "STARTTLS" in str(error)):
            return "smtp.no_tls"  # aiosmtplib has no type of its own for a server that does not offer it
        error = error.__cause__
    return "smtp.unreachable"


class SmtpMailer:
    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._tls = ssl.create_default_context()
        if server.ca_file is not None:
            self._tls.load_verify_locations(server.ca_file)

    async def send(
        self, message: EmailMessage, recipients: Sequence[str], before_data: Callable[[], Awaitable[bool]]
    ) -> int:
        server = self._server
        smtp = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=None if server.password is None else server.password.value,
            timeout=server.timeout_s,
            use_tls=server.security is Security.TLS,
            start_tls=server.security is Security.STARTTLS,
            tls_context=self._tls,
        )
        try:
            refused = await self._envelope(smtp, recipients)
            if not await before_data():
                raise NotSent("called_off", helps=False)
            await self._data(smtp, message.as_bytes(policy=CRLF))
            return refused
        finally:
            smtp.close()

    async def _envelope(self, smtp: aiosmtplib.SMTP, recipients: Sequence[str]) -> int:
        """Everything before the message itself: nothing is sent yet, whatever goes wrong."""
        try:
            await smtp.connect()
            await smtp.mail(self._server.sender)
            refused = [code for code in [await self._refusal(smtp, each) for each in recipients] if code is not None]
        except SMTPAuthenticationError:
            raise NotSent("smtp.login_refused", helps=True) from None  # somebody mends the settings
        except SMTPResponseException as error:
            raise NotSent(f"smtp.{error.code}", helps=error.code not in PERMANENT) from None
        except SMTPNotSupported:
            raise NotSent("smtp.no_tls", helps=True) from None
        except (SMTPTimeoutError, TimeoutError):
            raise NotSent("smtp.timeout", helps=True) from None
        except (SMTPException, OSError) as error:
            raise NotSent(_unreached(error), helps=True) from None  # somebody mends the settings, or the server's
        if len(refused) == len(recipients):
            raise NotSent("smtp.recipients_refused", helps=any(code not in PERMANENT for code in refused))
        return len(refused)

    @staticmethod
    async def _refusal(smtp: aiosmtplib.SMTP, recipient: str) -> int | None:
        try:
            await smtp.rcpt(recipient)
        except SMTPResponseException as error:
            return error.code
        return None

    @staticmethod
    async def _data(smtp: aiosmtplib.SMTP, message: bytes) -> None:
        try:
            await smtp.data(message)
        except SMTPServerDisconnected:
            raise Unsure("smtp.unsure") from None
        except SMTPResponseException as error:
            raise NotSent(f"smtp.{error.code}", helps=error.code not in PERMANENT) from None
        except (SMTPException, OSError):
            raise Unsure("smtp.unsure") from None
