"""The calling settings of a number as we want them at Meta, and as Meta has them (reference 1.3). Pure.

Each setting is a *place*, and its value a word that people read: `on`, `hidden`, `BR PT`. What we want nothing of is
left as Meta has it. What somebody changes at Meta is shown, never overwritten by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

CALLING: Final = "calling"
ICON: Final = "icon"
CALLBACK: Final = "callback"
COUNTRIES: Final = "countries"
PLACES: Final = (CALLING, ICON, CALLBACK, COUNTRIES)
EVERYWHERE: Final = "all"
MOST_COUNTRIES: Final = 300
WORD_LIMIT_CHARS: Final = 64


class Icon(StrEnum):
    """The call button in chats. Hidden, a link, the call log or a call button of ours still lead to a call (C4)."""

    SHOWN = "shown"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Wanted:
    """None: Meta's own is left alone. `callback`: customers who call are asked for permission to be called back.
    `countries`: whose users see the button, two letters each; none of them: everybody's."""

    calling: bool | None = None
    icon: Icon | None = None
    callback: bool | None = None
    countries: tuple[str, ...] | None = None


LEFT_ALONE: Final = Wanted()


class MirrorState(StrEnum):
    LEFT_ALONE = "left_alone"  # nothing of Meta's is ours to keep
    WAITING = "waiting"  # saved here, not yet written there
    SAME = "same"
    DIFFERENT = "different"  # somebody changed it at Meta
    FAILED = "failed"  # Meta was away, or refused; it is tried again


@dataclass(frozen=True, slots=True)
class PlaceAtMeta:
    """One setting. `ours` None: not kept by us. `metas` None: not known. `failure`: why Meta did not take ours, a
    stable code such as `meta.138015`; `said`: Meta's own words with it, without anything private."""

    place: str
    ours: str | None
    metas: str | None
    failure: str | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class SettingsAtMeta:
    """As of `at`. `to_write`: places that Meta still has to be told. `failure`: why Meta could not be asked at all."""

    state: MirrorState
    at: datetime
    places: tuple[PlaceAtMeta, ...] = ()
    failure: str | None = None
    to_write: tuple[str, ...] = ()


def words_of(wanted: Wanted) -> dict[str, str]:
    """What we want, by place; places that are left alone are not there."""
    words: dict[str, str] = {}
    if wanted.calling is not None:
        words[CALLING] = _on(wanted.calling)
    if wanted.icon is not None:
        words[ICON] = wanted.icon.value
    if wanted.callback is not None:
        words[CALLBACK] = _on(wanted.callback)
    if wanted.countries is not None:
        words[COUNTRIES] = _countries(wanted.countries)
    return words


def body_of(wanted: Wanted, place: str) -> dict[str, object]:
    """What Meta is sent for one place: keys that are left out stay as they are."""
    match place:
        case "calling":
            return {"status": _enabled(wanted.calling is True)}
        case "icon":
            return {"call_icon_visibility": "DISABLE_ALL" if wanted.icon is Icon.HIDDEN else "DEFAULT"}
        case "callback":
            return {"callback_permission_status": _enabled(wanted.callback is True)}
        case "countries":
            return {"call_icons": {"restrict_to_user_countries": sorted(wanted.countries or ())}}
    raise ValueError("no such place")


def found_in(calling: Mapping[str, object]) -> dict[str, str]:
    """Meta's own values, by place: of a whole `calling` object, or of what of it a webhook tells."""
    found: dict[str, str] = {}
    for place, key in ((CALLING, "status"), (CALLBACK, "callback_permission_status")):
        if isinstance(value := calling.get(key), str):
            found[place] = {"ENABLED": "on", "DISABLED": "off"}.get(value.upper(), _word(value))
    if isinstance(value := calling.get("call_icon_visibility"), str):
        known = {"DEFAULT": Icon.SHOWN.value, "DISABLE_ALL": Icon.HIDDEN.value}
        found[ICON] = known.get(value.upper(), _word(value))
    icons = calling.get("call_icons")
    if isinstance(icons, Mapping) and isinstance(countries := icons.get("restrict_to_user_countries"), list):
        names = [_word(country).upper() for country in countries[:MOST_COUNTRIES] if isinstance(country, str)]
        found[COUNTRIES] = _countries(tuple(names))
    return found


def whole(calling: Mapping[str, object]) -> dict[str, str]:
    """Meta's values where it leaves out what was never set."""
    return {CALLING: "off", ICON: Icon.SHOWN.value, CALLBACK: "off", COUNTRIES: EVERYWHERE} | found_in(calling)


def changed_places(before: Wanted, after: Wanted) -> tuple[str, ...]:
    """Places that Meta has to be told: whoever leaves a place alone from now on leaves Meta's as it is."""
    old, new = words_of(before), words_of(after)
    return tuple(place for place in PLACES if place in new and new[place] != old.get(place))


def compared(
    wanted: Wanted, metas: Mapping[str, str], failures: Mapping[str, tuple[str, str]], at: datetime
) -> SettingsAtMeta:
    """What we want beside what Meta has. `failures`: place → code and words, of what Meta has just refused."""
    ours = words_of(wanted)
    places = tuple(
        PlaceAtMeta(place, ours.get(place), metas.get(place), *failures.get(place, (None, ""))) for place in PLACES
    )
    different = any(place.ours is not None and place.ours != place.metas for place in places)
    if failures:
        state = MirrorState.FAILED
    elif not ours:
        state = MirrorState.LEFT_ALONE
    else:
        state = MirrorState.DIFFERENT if different else MirrorState.SAME
    return SettingsAtMeta(state, at, places, to_write=tuple(place for place in PLACES if place in failures))


def _on(value: bool) -> str:
    return "on" if value else "off"


def _enabled(value: bool) -> str:
    return "ENABLED" if value else "DISABLED"


def _countries(names: tuple[str, ...]) -> str:
    return " ".join(sorted(set(names))) or EVERYWHERE


def _word(value: str) -> str:
    """A word of Meta's that we do not know, as harmless text."""
    return "".join(letter for letter in value if letter.isascii() and (letter.isalnum() or letter == "_"))[
        :WORD_LIMIT_CHARS
    ]
