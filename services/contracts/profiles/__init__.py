"""profiles: who people are."""

from services.contracts.profiles.cards import (
    Address,
    ChangeProfile,
    CreateProfile,
    Email,
    Kind,
    NoSuchProfile,
    NotAProfile,
    Phone,
    Profile,
    ProfileHasChanged,
    ReadProfile,
    Stage,
)
from services.contracts.profiles.events import (
    ContactsChanged,
    GuestsIdentified,
    IdentifiedPerson,
    LevelChanged,
    ProfileChanged,
    ProfileCreated,
)
from services.contracts.profiles.finding import (
    FindProfiles,
    ProfilesFound,
)
from services.contracts.profiles.internal import (
    AddNote,
    Note,
)

__all__ = [
    "AddNote",
    "Address",
    "ChangeProfile",
    "ContactsChanged",
    "CreateProfile",
    "Email",
    "FindProfiles",
    "GuestsIdentified",
    "IdentifiedPerson",
    "Kind",
    "LevelChanged",
    "NoSuchProfile",
    "NotAProfile",
    "Note",
    "Phone",
    "Profile",
    "ProfileChanged",
    "ProfileCreated",
    "ProfileHasChanged",
    "ProfilesFound",
    "ReadProfile",
    "Stage",
]
