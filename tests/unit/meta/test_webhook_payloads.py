"""Every webhook of the reference's catalogue, and the very events it stands for."""

from dataclasses import replace

import pytest

from signaling.events import (
    AccountUpdated,
    AccountWarning,
    CallAnswerReceived,
    CallOffered,
    CallStatusChanged,
    CallTerminated,
    Customer,
    Direction,
    MessageFailed,
    MetaError,
    MetaFileReady,
    NumberErrorReported,
    OutboundStatus,
    PermissionReplied,
    SettingsChanged,
    VoicemailLeft,
    VolumeTierChanged,
    WebhookEvent,
)
from signaling.meta.webhook import parse_delivery
from signaling.private import Bsuid, Payload, PhoneNumber, Sdp, Wacid
from tests.unit.meta.payloads import (
    BUSINESS_PHONE,
    CUSTOMER_BSUID,
    CUSTOMER_PHONE,
    INBOUND_WACID,
    NUMBER,
    OPAQUE,
    OTHER_NUMBER,
    OUTBOUND_WACID,
    after,
    body,
    content,
    files,
    private_words,
)

UNNAMED = Customer(phone=CUSTOMER_PHONE)
NUMBERED = Customer(phone=CUSTOMER_PHONE, bsuid=CUSTOMER_BSUID)
MARIA = replace(UNNAMED, name="Maria Exemplo")
MARIA_ID = replace(MARIA, bsuid=CUSTOMER_BSUID)
MARIA_PARENT = replace(MARIA_ID, parent_bsuid=Bsuid("BR.11815799212886840001"), username="maria.exemplo")
MARIA_NO_PHONE = Customer(bsuid=CUSTOMER_BSUID, name="Maria Exemplo", username="maria.exemplo")
USERNAME_ONLY = Customer(bsuid=CUSTOMER_BSUID, username="maria.exemplo")

BUTTON = Payload("campaign=retencao;ticket=84213")
LINK = Payload("site-contato-vendas")
MEDIA_TIMEOUT = MetaError(
    138021,
    "Media receive timeout",
    "The WhatsApp client terminated the call because it did not receive any media for a long time",
)


def sdp(file: str) -> Sdp:
    return Sdp(content(file)["entry"][0]["changes"][0]["value"]["calls"][0]["session"]["sdp"])


def first(file: str) -> dict[str, str]:
    """The first call or message of a payload, for ids that only this file has."""
    value = content(file)["entry"][0]["changes"][0]["value"]
    found: dict[str, str] = next(value[kind][0] for kind in ("calls", "messages", "statuses") if kind in value)
    return found


def offered(file: str, customer: Customer = MARIA) -> CallOffered:
    return CallOffered(NUMBER, after(0), INBOUND_WACID, customer, sdp(file))


def answered(file: str, customer: Customer = NUMBERED) -> CallAnswerReceived:
    return CallAnswerReceived(NUMBER, after(101), OUTBOUND_WACID, customer, sdp(file), OPAQUE)


def missed(customer: Customer = MARIA) -> CallTerminated:
    return CallTerminated(NUMBER, after(46), INBOUND_WACID, customer, Direction.INBOUND, failed=False)


def not_reached(at_s: int, customer: Customer) -> CallTerminated:
    return CallTerminated(
        NUMBER, after(at_s), OUTBOUND_WACID, customer, Direction.OUTBOUND, failed=False, opaque=OPAQUE
    )


def completed(customer: Customer) -> CallTerminated:
    return CallTerminated(
        NUMBER,
        after(191),
        INBOUND_WACID,
        customer,
        Direction.INBOUND,
        failed=False,
        started_at=after(12),
        ended_at=after(190),
        duration_s=178,
    )


def status(word: OutboundStatus, at_s: int) -> CallStatusChanged:
    return CallStatusChanged(NUMBER, after(at_s), OUTBOUND_WACID, word, UNNAMED, OPAQUE)


def replied(file: str, customer: Customer = MARIA_ID) -> PermissionReplied:
    """Refused by the customer, in answer to a request of ours."""
    message = content(file)["entry"][0]["changes"][0]["value"]["messages"][0]
    return PermissionReplied(
        NUMBER,
        after(60),
        message["id"],
        customer,
        accepted=False,
        permanent=False,
        expires_at=None,
        automatic=False,
        context_id=message.get("context", {}).get("id"),
    )


def allowed_for_a_week(file: str, customer: Customer = MARIA_ID) -> PermissionReplied:
    return replace(replied(file, customer), accepted=True, expires_at=after(604_860))


def restriction(kind: str, *, for_a_week: bool) -> AccountUpdated:
    expires_at = after(604_800) if for_a_week else None
    return AccountUpdated("0", after(0), AccountWarning.RESTRICTION, (kind,), expires_at, BUSINESS_PHONE)


def violation(kind: str) -> AccountUpdated:
    return AccountUpdated("0", after(0), AccountWarning.VIOLATION, (kind,), None, BUSINESS_PHONE)


C, T, R, M = "webhook_calls_connect_", "webhook_calls_terminate_", "call_permission_reply_", "webhook_messages_"

EVENTS: dict[str, list[WebhookEvent]] = {
    f"{C}uic.json": [offered(f"{C}uic.json")],
    f"{C}uic_bsuid.json": [offered(f"{C}uic_bsuid.json", MARIA_PARENT)],
    f"{C}uic_cta_payload.json": [replace(offered(f"{C}uic_cta_payload.json", MARIA_ID), button_payload=BUTTON)],
    f"{C}uic_deeplink_payload.json": [replace(offered(f"{C}uic_deeplink_payload.json", MARIA_ID), link_payload=LINK)],
    f"{C}uic_minimal_no_direction.json": [offered(f"{C}uic_minimal_no_direction.json", UNNAMED)],
    f"{C}uic_sdes.json": [offered(f"{C}uic_sdes.json")],
    f"{C}uic_username_no_phone.json": [offered(f"{C}uic_username_no_phone.json", MARIA_NO_PHONE)],
    f"{C}bic_setup_active.json": [answered(f"{C}bic_setup_active.json")],
    f"{C}bic_setup_passive.json": [answered(f"{C}bic_setup_passive.json")],
    f"{C}bic_setup_actpass.json": [answered(f"{C}bic_setup_actpass.json")],
    f"{C}bic_legacy_connection.json": [answered(f"{C}bic_legacy_connection.json", UNNAMED)],
    f"{C}bic_username_no_phone.json": [replace(answered(f"{C}bic_username_no_phone.json", USERNAME_ONLY), opaque=None)],
    "webhook_calls_status_ringing.json": [status(OutboundStatus.RINGING, 102)],
    "webhook_calls_status_accepted.json": [status(OutboundStatus.ACCEPTED, 121)],
    "webhook_calls_status_rejected.json": [status(OutboundStatus.REJECTED, 115)],
    "webhook_calls_status_accepted_bsuid.json": [
        CallStatusChanged(NUMBER, after(121), OUTBOUND_WACID, OutboundStatus.ACCEPTED, USERNAME_ONLY)
    ],
    f"{T}uic_completed.json": [replace(completed(MARIA_ID), opaque=OPAQUE)],
    f"{T}mixed_case_status.json": [completed(UNNAMED)],
    f"{T}uic_missed.json": [missed()],
    f"{T}uic_missed_with_payloads.json": [replace(missed(MARIA_ID), button_payload=BUTTON, link_payload=LINK)],
    f"{T}uic_failed_138021.json": [
        replace(
            completed(MARIA),
            at=after(22),
            failed=True,
            started_at=after(2),
            ended_at=after(22),
            duration_s=20,
            errors=(MEDIA_TIMEOUT,),
        )
    ],
    f"{T}uic_failed_docs_shape.json": [
        replace(
            missed(UNNAMED),
            at=after(22),
            failed=True,
            errors=(
                MetaError(138020, "Relay connection failed", "The WhatsApp client failed to connect to the relay"),
            ),
        )
    ],
    f"{T}bic_completed.json": [
        replace(not_reached(300, NUMBERED), started_at=after(121), ended_at=after(299), duration_s=178)
    ],
    f"{T}bic_unanswered.json": [not_reached(150, NUMBERED)],
    f"{T}bic_after_reject.json": [not_reached(116, UNNAMED)],
    f"{T}bic_failed_138019.json": [
        replace(
            not_reached(110, UNNAMED),
            failed=True,
            errors=(MetaError(138019, "Call setup failed", "The WhatsApp client failed to set up the call"),),
        )
    ],
    "webhook_calls_recording_available.json": [
        MetaFileReady(
            NUMBER,
            after(230),
            INBOUND_WACID,
            "recording",
            "1784500000000101",
            content("webhook_calls_recording_available.json")["entry"][0]["changes"][0]["value"]["calls"][0][
                "call_recording"
            ]["audio"]["url"],
            "y0Gzg4fW/KAScr4DOA9jVo/MvXJMKZrljo1UjZG2elg=",
            "audio/ogg; codecs=opus",
        )
    ],
    "webhook_calls_transcription_available.json": [
        MetaFileReady(
            NUMBER,
            after(260),
            INBOUND_WACID,
            "transcription",
            "1784500000000102",
            content("webhook_calls_transcription_available.json")["entry"][0]["changes"][0]["value"]["calls"][0][
                "call_transcript"
            ]["document"]["url"],
            "SGuab8hVq/SIR+ljnzwJCFXGqv3CKhOxDjJEw38D0+A=",
            "application/json",
        )
    ],
    "webhook_calls_errors_only_131044.json": [
        NumberErrorReported(
            NUMBER,
            None,
            (MetaError(131044, "Business eligibility payment issue", "No valid payment method attached"),),
        )
    ],
    f"{M}{R}accept_temporary.json": [allowed_for_a_week(f"{M}{R}accept_temporary.json")],
    f"{M}{R}expiration_as_int.json": [allowed_for_a_week(f"{M}{R}expiration_as_int.json")],
    f"{M}{R}automatic_callback.json": [
        replace(allowed_for_a_week(f"{M}{R}automatic_callback.json"), automatic=True, context_id=INBOUND_WACID.value)
    ],
    f"{M}{R}username_no_phone.json": [allowed_for_a_week(f"{M}{R}username_no_phone.json", MARIA_NO_PHONE)],
    f"{M}{R}accept_permanent.json": [replace(replied(f"{M}{R}accept_permanent.json"), accepted=True, permanent=True)],
    f"{M}{R}accept_permanent_profile.json": [
        replace(replied(f"{M}{R}accept_permanent_profile.json"), accepted=True, permanent=True, context_id=None)
    ],
    f"{M}{R}reject.json": [replied(f"{M}{R}reject.json")],
    f"{M}{R}automatic_revoked.json": [
        replace(replied(f"{M}{R}automatic_revoked.json"), automatic=True, context_id=None)
    ],
    f"{M}status_failed_131026.json": [
        MessageFailed(
            NUMBER,
            after(5),
            first(f"{M}status_failed_131026.json")["id"],
            UNNAMED,
            (MetaError(131026, "Message undeliverable", "Message undeliverable."),),
        )
    ],
    f"{M}voicemail.json": [
        VoicemailLeft(NUMBER, after(75), INBOUND_WACID, MARIA_ID, "1784500000000103", "audio/ogg; codecs=opus")
    ],
    "webhook_account_settings_update.json": [
        SettingsChanged(
            NUMBER,
            after(5),
            content("webhook_account_settings_update.json")["entry"][0]["changes"][0]["value"]["phone_number_settings"][
                "calling"
            ],
        )
    ],
    "webhook_account_update_restriction_bic.json": [
        restriction("RESTRICTED_BUSINESS_INITIATED_CALLING", for_a_week=True)
    ],
    "webhook_account_update_restriction_uic.json": [restriction("RESTRICTED_USER_INITIATED_CALLING", for_a_week=True)],
    "webhook_account_update_restriction_button_hidden.json": [
        restriction("RESTRICTED_USER_INITIATED_CALLING_CALL_BUTTON_HIDDEN", for_a_week=False)
    ],
    "webhook_account_update_violation_bic_quality.json": [violation("LOW_BUSINESS_INITIATED_CALLING_QUALITY")],
    "webhook_account_update_violation_low_pickup_array_root.json": [violation("USER_INITIATED_CALLS_LOW_PICKUP_RATE")],
    "webhook_account_update_volume_tier_calling.json": [
        VolumeTierChanged("0", after(0), "CALLING", "0:50000", "2026-09", "Brazil")
    ],
    "webhook_batch_mixed.json": [
        offered("webhook_batch_mixed.json"),
        replace(status(OutboundStatus.RINGING, 1), opaque=None),
        replace(status(OutboundStatus.ACCEPTED, 9), opaque=None),
        CallTerminated(
            OTHER_NUMBER,
            after(2),
            Wacid(content("webhook_batch_mixed.json")["entry"][1]["changes"][0]["value"]["calls"][0]["id"]),
            Customer(phone=PhoneNumber("5521955550909")),
            Direction.INBOUND,
            failed=False,
        ),
        PermissionReplied(
            NUMBER,
            after(60),
            content("webhook_batch_mixed.json")["entry"][1]["changes"][1]["value"]["messages"][0]["id"],
            MARIA_ID,
            accepted=False,
            permanent=False,
            expires_at=None,
            automatic=False,
            context_id=content("webhook_batch_mixed.json")["entry"][1]["changes"][1]["value"]["messages"][0]["context"][
                "id"
            ],
        ),
    ],
}

CATALOGUE = [entry["file"] for entry in files("webhook:")]


@pytest.mark.parametrize("file", CATALOGUE)
def test_a_payload_of_the_catalogue_says_what_its_description_promises(file: str) -> None:
    assert parse_delivery(body(file)) == EVENTS[file]


def test_no_payload_of_the_catalogue_goes_untested() -> None:
    assert set(CATALOGUE) == set(EVENTS)
    assert len(CATALOGUE) > 40


@pytest.mark.parametrize("file", CATALOGUE)
def test_a_printed_event_tells_nothing_about_a_person(file: str) -> None:
    printed = repr(parse_delivery(body(file)))
    assert not {word for word in private_words() if word in printed}
