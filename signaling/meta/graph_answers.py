"""What Graph answers, as far as it matters to us: unknown keys are ignored, numbers may be strings."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from signaling.meta.graph_errors import bad_answer
from signaling.meta.reading import optional_time, time
from signaling.private import Bsuid, PhoneNumber


def read_time(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else optional_time(value)


UnixTime = Annotated[datetime | None, BeforeValidator(read_time)]
MustHaveTime = Annotated[datetime, BeforeValidator(time)]


class GraphAnswer(BaseModel):
    """`repr` shows no field that is marked private, and errors never show what was read."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


Read = TypeVar("Read", bound=GraphAnswer)


def read_answer(model: type[Read], answer: object) -> Read:
    """Raises GraphError `meta.bad_answer`."""
    try:
        return model.model_validate(answer)
    except ValidationError:
        raise bad_answer(200) from None


# ---- calls and permissions -------------------------------------------------------------------------------------------


class StartedCall(GraphAnswer):
    id: Annotated[str, Field(min_length=1, max_length=512, repr=False)]


class CallStarted(GraphAnswer):
    calls: Annotated[list[StartedCall], Field(min_length=1)]


class PermissionStatus(StrEnum):
    NO_PERMISSION = "no_permission"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"


def read_status(value: object) -> object:
    """Other words are printed on one page of Meta's and used by nobody: treat them as no permission (conflict C8)."""
    return value if value in [status.value for status in PermissionStatus] else PermissionStatus.NO_PERMISSION


class Permission(GraphAnswer):
    status: Annotated[PermissionStatus, BeforeValidator(read_status)]
    expires_at: Annotated[UnixTime, Field(validation_alias=AliasChoices("expiration_time", "expiration"))] = None


class PermissionLimit(GraphAnswer):
    """`resets_at` is there only when the limit is reached."""

    time_period: str  # ISO 8601: PT24H, P7D
    max_allowed: int
    current_usage: int
    resets_at: Annotated[UnixTime, Field(validation_alias="limit_expiration_time")] = None


class PermittedAction(GraphAnswer):
    name: Annotated[str, Field(validation_alias="action_name")]
    can_perform: Annotated[bool, Field(validation_alias="can_perform_action")]
    limits: list[PermissionLimit] = []

    @property
    def possible_at(self) -> datetime | None:
        """When every reached limit has passed; None when no limit stands in the way."""
        return max((limit.resets_at for limit in self.limits if limit.resets_at is not None), default=None)


class CallPermissions(GraphAnswer):
    """May this number call this customer, or ask them, now? Meta's counts win over ours (reference 1.5)."""

    permission: Permission
    actions: list[PermittedAction] = []

    @property
    def start_call(self) -> PermittedAction | None:
        return self._action("start_call")

    @property
    def send_request(self) -> PermittedAction | None:
        return self._action("send_call_permission_request")

    def _action(self, name: str) -> PermittedAction | None:
        return next((action for action in self.actions if action.name == name), None)


# ---- messages, templates, media --------------------------------------------------------------------------------------


def read_contacts(value: object) -> object:
    return value if isinstance(value, list) else []


class SentTo(GraphAnswer):
    wa_id: Annotated[str | None, Field(repr=False)] = None
    user_id: Annotated[str | None, Field(repr=False)] = None

    @property
    def phone(self) -> PhoneNumber | None:
        """May differ from the number that was asked for: keep both."""
        return None if self.wa_id is None else PhoneNumber(self.wa_id)

    @property
    def bsuid(self) -> Bsuid | None:
        return None if self.user_id is None else Bsuid(self.user_id)


class SentId(GraphAnswer):
    id: Annotated[str, Field(min_length=1, max_length=512, repr=False)]
    message_status: str | None = None


class MessageSent(GraphAnswer):
    """`message_id` comes back as the `context_id` of the customer's reply."""

    contacts: Annotated[list[SentTo], BeforeValidator(read_contacts)] = []
    messages: Annotated[list[SentId], Field(min_length=1)]

    @property
    def message_id(self) -> str:
        return self.messages[0].id

    @property
    def sent_to(self) -> SentTo:
        return self.contacts[0] if self.contacts else SentTo()


class TemplateCreated(GraphAnswer):
    id: str
    status: str  # PENDING until Meta has reviewed it
    category: str


class TemplateKnown(GraphAnswer):
    """One of an account's templates. `components`: as they were created, beside Meta's additions."""

    name: str
    language: str
    status: str
    id: str | None = None
    category: str | None = None
    rejected_reason: str | None = None  # NONE: it was not rejected
    components: list[Any] = []

    @property
    def text(self) -> str:
        """Of its body."""
        for one in self.components:
            match one:
                case {"type": str(kind), "text": str(text)} if kind.upper() == "BODY":
                    return text
        return ""

    @property
    def asks_permission(self) -> bool:
        """Meta's answers may spell the type in capitals, as they do BODY."""
        kinds = [one.get("type") for one in self.components if isinstance(one, dict)]
        return any(isinstance(kind, str) and kind.lower() == "call_permission_request" for kind in kinds)


class Cursors(GraphAnswer):
    after: str | None = None


class Paging(GraphAnswer):
    """`next` is there when there is a page after this one."""

    cursors: Cursors = Cursors()
    next: str | None = None


class TemplatesPage(GraphAnswer):
    data: list[TemplateKnown]
    paging: Paging = Paging()


class MediaUploaded(GraphAnswer):
    id: str


class MediaFile(GraphAnswer):
    """`url` lives five minutes and needs the number's token."""

    url: Annotated[str, Field(repr=False)]
    mime_type: str
    sha256: str
    file_size: int | None = None


# ---- numbers, settings, analytics ------------------------------------------------------------------------------------


class Health(GraphAnswer):
    can_send_message: str = ""
    entities: list[dict[str, Any]] = []


class PhoneNumberFields(GraphAnswer):
    """`messaging_limit_tier` decides whether calling can be switched on (138015).

    `is_on_biz_app`: the number is also used in the WhatsApp Business app (coexistence, reference 4.8).
    """

    id: str
    display_phone_number: Annotated[str, Field(repr=False)] = ""
    verified_name: str = ""
    quality_rating: str = ""
    messaging_limit_tier: str = ""
    is_on_biz_app: bool | None = None
    health_status: Health = Health()


PHONE_NUMBER_FIELDS: Final = (
    "id,display_phone_number,verified_name,quality_rating,messaging_limit_tier,is_on_biz_app,health_status"
)


class AppData(GraphAnswer):
    id: str = ""
    name: str = ""


class SubscribedApp(GraphAnswer):
    app: Annotated[AppData, Field(validation_alias="whatsapp_business_api_data")] = AppData()


class SubscribedApps(GraphAnswer):
    """To which apps Meta sends the webhooks of an account."""

    data: list[SubscribedApp] = []


class Restriction(GraphAnswer):
    """A pause for bad quality (reference 4.7)."""

    type: str
    reason: str = ""
    expires_at: Annotated[UnixTime, Field(validation_alias="expiration")] = None


class Restrictions(GraphAnswer):
    restrictions_list: list[Restriction] = []


class SipSettings(GraphAnswer):
    status: str = "DISABLED"


class CallingSettings(GraphAnswer):
    """The `calling` object of a number. `raw` is all of it as it came, SIP passwords included when asked for."""

    status: str = "DISABLED"
    call_icon_visibility: str = "DEFAULT"
    callback_permission_status: str = "DISABLED"
    srtp_key_exchange_protocol: str = "DTLS"  # not returned until it was set once
    sip: SipSettings = SipSettings()
    restrictions: Restrictions = Restrictions()
    raw: Annotated[dict[str, Any], Field(repr=False)] = {}


class AnalyticsPoint(GraphAnswer):
    """`cost` in the currency of the account, `average_duration_s` in seconds."""

    start: MustHaveTime
    end: MustHaveTime
    count: int = 0
    cost: float = 0.0
    average_duration_s: Annotated[float, Field(validation_alias="average_duration")] = 0.0
    direction: str | None = None
    country: str | None = None


class CallAnalytics(GraphAnswer):
    granularity: str = ""
    data_points: list[AnalyticsPoint] = []
