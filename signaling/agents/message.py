"""The base of every Socket.IO message (`signaling.agents.contract` has them all)."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Message(BaseModel):
    """Exact shapes: an unknown key or a wrong type is a bad message, not a guess."""

    model_config = ConfigDict(extra="forbid", frozen=True)


CallIdText = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
