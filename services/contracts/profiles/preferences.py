"""What a guest likes, and cannot have."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.contracts.profiles.stages import InLanguage
from services.kit.refusal import Conflict, Invalid, NotFound
from services.kit.wire import Request, request, value

PreferenceSource = Literal["said", "observed", "derived"]
LookReason = Literal["meal", "room", "safety", "guest-asked", "erasure"]


@value
class PreferenceOption:
    """A retired one is chosen no more; who has it keeps it."""

    code: str
    labels: tuple[InLanguage, ...]
    retired: bool = False


@value
class PreferenceKind:
    """`several`: a guest may have several at once. `dated`: it has a day, as a birthday has. Without `options` it is
    said in words. `sensitive`: of health or belief (GDPR art. 9), shown only to who says why.
    """

    code: str
    version: int
    labels: tuple[InLanguage, ...]
    options: tuple[PreferenceOption, ...] = ()
    several: bool = False
    dated: bool = False
    sensitive: bool = False
    position: int = 0
    retired: bool = False


@value
class PreferenceKindsFound:
    """In the house's order."""

    items: tuple[PreferenceKind, ...]


@value
class Preference:
    """Of a kind, or free: a text alone. `source`: the guest said so, staff observed it, or it was derived. `since` it
    holds; `property_id` is where, none everywhere.

    `in_effect` unless it has ended or another one of its kind, `outdone_by`, outdoes it: what was said outdoes what was
    derived, and where there can be only one, what was observed as well. Of a `sensitive` one that is only told of,
    option, text and day are left out.
    """

    id: UUID
    version: int
    profile_id: UUID
    kind: str | None = None
    option: str | None = None
    text: str | None = None
    on_date: date | None = None
    source: PreferenceSource
    property_id: UUID | None = None
    since: date
    recorded_by: str
    recorded_at: datetime
    changed_by: str | None = None
    changed_at: datetime | None = None
    ended_by: str | None = None
    ended_at: datetime | None = None
    sensitive: bool = False
    in_effect: bool = True
    outdone_by: UUID | None = None


@value
class PreferencesFound:
    """The newest first. `hidden` sensitive ones are not among them."""

    items: tuple[Preference, ...]
    hidden: int = 0


@request
class ReadPreferences(Request[PreferencesFound]):
    """Without sensitive ones; `ended` ones too, if asked. Refuses with NoSuchProfile."""

    profile_id: UUID
    ended: bool = False


@request
class LookAtPreferences(Request[PreferencesFound]):
    """With sensitive ones. Who looked, when and why is kept on the guest's time line."""

    profile_id: UUID
    reason: LookReason
    ended: bool = False


@request
class ReadPreference(Request[Preference]):
    """Refuses with NoSuchPreference."""

    preference_id: UUID


@request
class AddPreference(Request[Preference]):
    """What is there already answers as it is. Where there can be only one of its kind, source and property, the one
    before ends. Refuses with NoSuchProfile, NotAPreference.
    """

    profile_id: UUID
    kind: str | None = None
    option: str | None = None
    text: str | None = None
    on_date: date | None = None
    source: PreferenceSource = "said"
    property_id: UUID | None = None
    since: date | None = None


@request
class ChangePreference(Request[Preference]):
    """What is said replaces; names in `clear` (text, on_date) become empty. A derived one does not become another
    by somebody's hand without becoming `said` or `observed`. Refuses with PreferenceHasChanged, PreferenceHasEnded.
    """

    preference_id: UUID
    version: int
    option: str | None = None
    text: str | None = None
    on_date: date | None = None
    source: PreferenceSource | None = None
    since: date | None = None
    clear: tuple[str, ...] = ()


@request
class EndPreference(Request[Preference]):
    """It holds no more. One that has ended stays as it was."""

    preference_id: UUID


@request
class ReadPreferenceKinds(Request[PreferenceKindsFound]):
    retired: bool = False


@request
class ReadPreferenceKind(Request[PreferenceKind]):
    """Refuses with NoSuchPreferenceKind."""

    code: str


@request
class SetPreferenceKind(Request[PreferenceKind]):
    """The whole kind anew, or a new one with `version` 0. An option that is left out is retired. Refuses with
    PreferenceKindHasChanged, NotAPreferenceKind.
    """

    code: str
    version: int
    labels: tuple[InLanguage, ...]
    options: tuple[PreferenceOption, ...] = ()
    several: bool = False
    dated: bool = False
    sensitive: bool = False
    position: int = 0
    retired: bool = False


class NoSuchPreference(NotFound):
    """There is no such preference."""


class NoSuchPreferenceKind(NotFound):
    """There is no such kind of preference."""


class PreferenceHasChanged(Conflict):
    """Somebody else has changed this preference since it was read."""


class PreferenceHasEnded(Conflict):
    """This preference has ended."""


class PreferenceKindHasChanged(Conflict):
    """Somebody else has changed this kind of preference since it was read."""


class NotAPreference(Invalid):
    """The preference is not complete or not valid."""


class NotAPreferenceKind(Invalid):
    """The kind of preference is not complete or not valid."""
