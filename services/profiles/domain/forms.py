"""A name in several scripts: Анна Иванова is Anna Ivanova on the booking, and is found by both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.contracts.profiles import NameForm
from services.profiles.domain import names, scripts
from services.profiles.domain.faults import Faults

if TYPE_CHECKING:
    from services.profiles.domain.card import Card

MOST = 10
_PARTS = ("given_name", "family_name", "second_family_name")
_SOURCE = 40


def read(said: tuple[NameForm, ...], longest: int, faults: Faults) -> tuple[NameForm, ...]:
    """Each script once; the script is that of the letters where it is not said."""
    found: dict[str, NameForm] = {}
    for n, form in enumerate(faults.at_most("/name_forms", said, MOST)):
        at = f"/name_forms/{n}"
        parts = {
            field: faults.check(f"{at}/{field}", names.clean, getattr(form, field) or "", longest) for field in _PARTS
        }
        text = " ".join(part for part in parts.values() if part)
        source = faults.check(f"{at}/source", names.clean, form.source, _SOURCE) if form.source else None
        script = form.script.strip().title() if form.script else scripts.script_of(text)
        if not text:
            faults.add(at, "A form of a name needs a name.")
        elif script is None:
            faults.add(f"{at}/script", "The script cannot be told from the letters: say it (ISO 15924).")
        elif not scripts.is_script(script):
            faults.add(f"{at}/script", "Not a script of ISO 15924, as in Latn, Cyrl or Hani.")
        elif not scripts.is_written_in(text, script):
            faults.add(f"{at}/script", "The letters are not of this script.")
        elif script in found:
            faults.add(f"{at}/script", "Each script once.")
        else:
            found[script] = NameForm(script=script, source=source, **parts)
    return tuple(found.values())


def latin(card: Card) -> NameForm | None:
    """The form to match by, where the name itself is in another script or not said."""
    form = next((form for form in card.name_forms if form.script == "Latn"), None)
    if form is None or "Latn" in scripts.scripts_of(f"{card.given_name or ''}{card.family_name or ''}"):
        return None
    return form if form.given_name or form.family_name else None


def further_words(card: Card, known: set[str]) -> list[str]:
    """The folded words of the other forms and of the preferred name that are not `known`."""
    said = (getattr(form, part) for form in card.name_forms for part in _PARTS)
    words = " ".join(names.fold(text) for text in (*said, card.preferred_name)).split()
    return [word for word in dict.fromkeys(words) if word not in known]
