"""Graph's error bodies, as Meta sends them (reference, section 5). Texts marked *ours* were never seen from Meta."""

import secrets
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """One error answer of Graph: HTTP status and the fields of its `error` object."""

    status: int
    code: int
    message: str
    details: str | None = None
    subcode: int | None = None
    user_title: str | None = None
    user_message: str | None = None

    def body(self) -> dict[str, object]:
        """The JSON body, with a trace id of its own."""
        error: dict[str, object] = {"message": self.message, "type": "OAuthException", "code": self.code}
        if self.details is not None:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.user_title is not None:
            error |= {"is_transient": False, "error_user_title": self.user_title, "error_user_msg": self.user_message}
        error["fbtrace_id"] = "A" + secrets.token_hex(5).upper()
        return {"error": error}


def invalid(details: str) -> Refusal:
    """Error 100 with these details."""
    return Refusal(400, 100, "Invalid parameter", details)


TOKEN_INVALID = Refusal(401, 190, "Error validating access token")
UNKNOWN_OBJECT = Refusal(
    400,
    100,
    "Unsupported request. Object does not exist, cannot be loaded due to missing permissions, "
    "or does not support this operation",
    subcode=33,
)
UNKNOWN_PATH = Refusal(400, 2500, "Unknown path components")
TOO_MANY_REQUESTS = Refusal(429, 613, "(#613) Calls to this api have exceeded the rate limit")

FINGERPRINT_ALGORITHM = Refusal(
    400,
    100,
    "Invalid parameter",
    "Fingerprint algo is not SHA256",
    2494010,
    "Parameter Invalid",
    "Check input parameters and retry the request",
)


def template_unknown(name: str, language: str) -> Refusal:
    """The HTTP status is not confirmed (reference 5)."""
    message = "(#132001) Template name does not exist in the translation"
    return Refusal(404, 132001, message, f"template name ({name}) does not exist in {language}")


# Common knowledge of the Cloud API, not in the reference; the texts are ours.
TEMPLATE_PAUSED = Refusal(
    400, 132015, "(#132015) Template is Paused", "The template is paused due to low quality and cannot be sent"
)
TEMPLATE_DISABLED = Refusal(
    400, 132016, "(#132016) Template is Disabled", "The template was paused too often and is disabled for good"
)
TEMPLATE_NOT_FOUND = Refusal(
    400,
    100,
    "Invalid parameter",
    subcode=2593002,
    user_title="Message template not found",
    user_message="The message template wasn't found for this account.",
)
TEMPLATE_BEING_DELETED = Refusal(
    400,
    100,
    "Invalid parameter",
    subcode=2388023,
    user_title="Message template language is being deleted",
    user_message="New content can't be added while the existing content is being deleted. Try again in 4 weeks.",
)
TEMPLATE_EXISTS = Refusal(
    400,
    100,
    "Invalid parameter",
    subcode=2388024,
    user_title="Content in This Language Already Exists",
    user_message="There is already content for this template in this language",
)

FINGERPRINT_MISSING = invalid("No fingerprint found in SDP")
SDP_INVALID = invalid("SDP Validation error - Provided SDP is invalid")

# Which errors these are is documented (reference 1.2); their texts are ours.
BODY_INVALID = invalid("The request body is not a valid call action")
CALL_UNKNOWN = invalid("Call id is invalid")
CALL_OVER = invalid("The call has already been completed or failed")
ANSWER_DIFFERS = invalid("The SDP answer differs from the one in pre_accept")
ACTION_IN_PROGRESS = invalid("Accept or reject is already in progress for this call")
PRE_ACCEPT_MISSING = invalid("The call must be pre-accepted before it is accepted")
NOT_RINGING = invalid("Only a call that has not been accepted can be rejected")
NOT_ACTIVE = invalid("Only an accepted call can be terminated")

SIP_NUMBER = Refusal(
    400,
    131055,
    "(#131055) Method not allowed",
    "Graph API calling endpoints are not allowed for SIP enabled numbers",
)
CALLING_DISABLED = Refusal(
    401, 138000, "(#138000) Calling not enabled", "Calling APIs are not enabled for this phone number"
)
CONNECTION_ERROR = Refusal(500, 138004, "(#138004) Connection error", "Error while connecting the call")
NO_PERMISSION = Refusal(
    401,
    138006,
    "(#138006) No approved call permission found",
    "No approved call permission from the recipient",
)
UNCALLABLE = Refusal(
    400, 138001, "(#138001) Receiver uncallable", "The receiver of the call cannot be called on WhatsApp"
)
CONCURRENT_LIMIT = Refusal(
    429, 138002, "(#138002) Concurrent calls limit", "The limit of calls at a time was reached for this number"
)
DUPLICATE_CALL = Refusal(400, 138003, "(#138003) Duplicate call", "A call with the receiver is already in progress")
CALLS_RATE = Refusal(429, 138005, "(#138005) Call rate limit exceeded", "Too many calls were started")
CALLS_SPENT = Refusal(
    400, 138012, "(#138012) Business initiated calls limit hit", "Limit reached for connected business initiated calls"
)
REQUEST_LIMIT = Refusal(
    400,
    138009,
    "(#138009) Call permission request limit hit",
    "Limit reached for call permission requests sent for the business and consumer pair",
)
PERMANENT_EXISTS = Refusal(
    400,
    138017,
    "(#138017) Call permission request not allowed",
    "The user has already approved a permanent permission",
)
LOOKED_UP_TOO_OFTEN = Refusal(
    429,
    613,
    "(#613) Calls to this api have exceeded the rate limit",
    "Rate limit reached for the call permission state endpoint",
)
PAUSED = Refusal(
    400,
    138014,
    "(#138014) Calling is temporarily disabled",
    "Calling APIs are temporarily disabled for this number due to low quality",
)
TOO_LATE = Refusal(
    500,
    138007,
    "(#138007) Connection timeout error",
    "Call was unable to be connected due to a timeout",
)
LIMIT_TOO_LOW = Refusal(
    400,
    138015,
    "(#138015) Calling cannot be enabled",
    "The messaging limit of this number is below 2000 business-initiated conversations",
)
CANNOT_ENABLE = Refusal(
    400,
    138018,
    "(#138018) Calling cannot be enabled",
    "Subscribe at least one app to the calls webhook field or configure SIP",
)

ON_DEMAND = {
    "100": SDP_INVALID,
    "190": TOKEN_INVALID,
    "613": TOO_MANY_REQUESTS,
    "131055": SIP_NUMBER,
    "138000": CALLING_DISABLED,
    "138001": UNCALLABLE,
    "138002": CONCURRENT_LIMIT,
    "138003": DUPLICATE_CALL,
    "138004": CONNECTION_ERROR,
    "138005": CALLS_RATE,
    "138006": NO_PERMISSION,
    "138012": CALLS_SPENT,
    "138007": TOO_LATE,
}
"""What a scenario may make Graph answer to an action, by error code."""
