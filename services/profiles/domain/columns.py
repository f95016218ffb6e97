"""What the columns of a file of guests hold: guessed from their names in six languages, or said."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from services.contracts.profiles import NotImportable
from services.kit.refusal import Problem
from services.profiles.domain.names import fold

MOST_COLUMNS = 250

# What a column may hold. Several columns may hold `email`, `phone` and `address`: of addresses, one line each.
FIELDS = (
    "id kind title given_name family_name second_family_name name company suffix preferred_name sex birth_date"
    " birth_place nationality language email phone address postcode city region country level consent consent_purpose"
    " consent_channel consent_wording consent_at consent_source"
).split()
SEVERAL = frozenset(("email", "phone", "address"))

# Names of columns as other systems write them, folded, in English, German, Spanish, French, Italian and Portuguese.
_NAMES = {
    "id": "id; profile id; foyer id",
    "kind": "kind; type of profile; profile type; art; profilart; tipo de perfil; type de profil; tipo profilo",
    "title": "title; salutation title; titel; titulo; titre; titolo; academic title",
    "given_name": (
        "given name; given names; first name; firstname; forename; forenames; vorname; vornamen; rufname; nombre;"
        " nombres; nombre de pila; primer nombre; prenom; prenoms; nome; nome proprio; primeiro nome; nomes proprios"
    ),
    "family_name": (
        "family name; last name; lastname; surname; nachname; familienname; zuname; apellido; apellidos;"
        " primer apellido; apellido 1; nom; nom de famille; cognome; apelido; sobrenome; ultimo nome; apelidos"
    ),
    "second_family_name": "second family name; second surname; segundo apellido; apellido 2; segundo apelido",
    "name": (
        "name; full name; fullname; guest; guest name; guest full name; gast; gastname; vollstandiger name;"
        " nombre completo; huesped; nom complet; client; nome completo; ospite; nome e cognome; hospede"
    ),
    "company": (
        "company; company name; organisation; organization; firma; firmenname; unternehmen; empresa; razon social;"
        " raison sociale; societe; entreprise; azienda; societa; ragione sociale; nome da empresa; razao social"
    ),
    "suffix": "suffix; name suffix; namenszusatz; sufijo; suffixe; suffisso; sufixo",
    "preferred_name": "preferred name; nickname; spitzname; anredename; apodo; nombre preferido; surnom; soprannome",
    "sex": "sex; gender; geschlecht; sexo; genero; sexe; genre; sesso; genere",
    "birth_date": (
        "birth date; birthdate; date of birth; dob; birthday; geburtsdatum; geburtstag; geb datum; fecha nacimiento;"
        " fecha de nacimiento; f nacimiento; date de naissance; date naissance; naissance; data di nascita;"
        " data nascita; nascita; data de nascimento; data nascimento; nascimento"
    ),
    "birth_place": (
        "birth place; place of birth; geburtsort; lugar de nacimiento; lieu de naissance; luogo di nascita;"
        " local de nascimento; naturalidade"
    ),
    "nationality": (
        "nationality; citizenship; nationalitat; staatsangehorigkeit; staatsburgerschaft; nacionalidad; nationalite;"
        " nazionalita; cittadinanza; nacionalidade"
    ),
    "language": "language; language code; preferred language; sprache; korrespondenzsprache; idioma; langue; lingua",
    "email": (
        "email; e mail; email address; e mail address; mail; email 1; email 2; email 3; e mail 2; e mail adresse;"
        " emailadresse; mailadresse; correo; correo electronico; courriel; adresse e mail; adresse email;"
        " adresse mail; adresse electronique; posta elettronica; indirizzo email; indirizzo e mail; endereco de email;"
        " correio eletronico; endereco de e mail"
    ),
    "phone": (
        "phone; phone number; phone 1; phone 2; phone 3; telephone; telephone number; mobile; mobile number;"
        " mobile phone; cell; cell phone; cellphone; contact number; telefon; telefonnummer; telefon privat; handy;"
        " handynummer; mobil; mobiltelefon; mobilnummer; telefono; telefono movil; movil; celular; tel; portable;"
        " telephone portable; numero de telephone; telefono cellulare; cellulare; telefone; telemovel; telefone movel"
    ),
    "address": (
        "address; address 1; address 2; address 3; address line 1; address line 2; address line 3; street;"
        " street address; adresse; anschrift; strasse; straße; strasse und hausnummer; strasse hausnummer;"
        " adresszusatz; direccion; domicilio; calle; rue; adresse 1; adresse 2; voie; indirizzo; via; endereco; morada;"
        " rua"
    ),
    "postcode": (
        "postcode; post code; postal code; zip; zip code; zipcode; plz; postleitzahl; codigo postal; cp; code postal;"
        " cap; codice postale; cep"
    ),
    "city": "city; town; ort; stadt; wohnort; ciudad; poblacion; localidad; ville; commune; citta; comune; cidade",
    "region": (
        "region; state; province; county; state province; bundesland; kanton; provincia; comunidad autonoma; estado;"
        " departement; regione; distrito; regiao"
    ),
    "country": "country; country code; country of residence; land; landercode; wohnsitzland; pais; pays; paese; stato",
    "level": "level; vip level; vip; vip code; stufe; gastestatus; nivel; niveau; livello",
    "consent": (
        "consent; newsletter; marketing consent; opt in; optin; email opt in; einwilligung; newsletter anmeldung;"
        " consentimiento; consentement; consenso; consentimento; marketing"
    ),
    "consent_purpose": "consent purpose; zweck der einwilligung",
    "consent_channel": "consent channel; kanal der einwilligung",
    "consent_wording": "consent wording; wording version; consent text version; fassung der einwilligung",
    "consent_at": "consent at; consent date; opt in date; opt in time; optin time; confirm time; einwilligung am",
    "consent_source": "consent source; opt in source; optin source; herkunft der einwilligung",
}


def _table() -> dict[str, str]:
    found = {fold(name): field for field, names in _NAMES.items() for name in names.split(";")}
    return found | {fold(field.replace("_", " ")): field for field in FIELDS}


_GUESSES = _table()
_NUMBER = re.compile(r"[1-9]\d{0,3}", re.ASCII)
OWN = "field."  # and the code of one of the house's own fields
_OWN = re.compile(r"field\.[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


def understood(header: Sequence[str], said: Mapping[str, str | None] | None = None) -> tuple[str | None, ...]:
    """What each column holds. What nobody said is guessed; a guess yields to what was said.

    `said`: the column's name, or its number from 1 → what it holds. Raises NotImportable: a column there is not, a
    field there is not, two columns of one field, or nothing that says who anybody is.
    """
    if len(header) > MOST_COLUMNS:
        raise NotImportable(errors=[Problem("/header", f"At most {MOST_COLUMNS} columns.")])
    names = [fold(name) for name in header]
    columns: dict[int, str | None] = {}
    faults: list[Problem] = []
    for name, field in (said or {}).items():
        pointer = "/columns/" + name.replace("~", "~0").replace("/", "~1")
        place = _place(name, header, names)
        if place is None:
            faults.append(Problem(pointer, "The file has no such column, or more than one."))
        elif field is not None and field not in FIELDS and not _OWN.fullmatch(field):
            faults.append(Problem(pointer, f"One of {', '.join(FIELDS)}, field.<code>, or nothing."))
        else:
            columns[place] = field
    taken = set(columns.values())
    for place, name in enumerate(names):
        field = _GUESSES.get(name) or _own(header[place])
        if place not in columns and field and (field in SEVERAL or field not in taken):
            columns[place] = field
            taken.add(field)
    found = tuple(columns.get(place) for place in range(len(header)))
    for field in dict.fromkeys((*FIELDS, *(each for each in found if each and each.startswith(OWN)))):
        if field not in SEVERAL and found.count(field) > 1:
            faults.append(Problem("/columns", f"Two columns hold {field}."))
    if not {"id", "given_name", "family_name", "name", "company", "email", "phone"} & set(found):
        faults.append(Problem("/columns", "No column says who anybody is: a name, an e-mail or a phone."))
    if faults:
        raise NotImportable(errors=faults)
    return _both_names(found, names)


def _own(name: str) -> str | None:
    said = name.strip()
    return said if _OWN.fullmatch(said) else None


def _place(name: str, header: Sequence[str], names: Sequence[str]) -> int | None:
    exactly = [place for place, each in enumerate(header) if each.strip() == name.strip()]
    alike = exactly or [place for place, each in enumerate(names) if each and each == fold(name)]
    if len(alike) == 1:
        return alike[0]
    if not alike and _NUMBER.fullmatch(name) and int(name) <= len(header):
        return int(name) - 1
    return None


def _both_names(found: tuple[str | None, ...], names: Sequence[str]) -> tuple[str | None, ...]:
    """``Name`` beside a column of given names is the family name, as German and French lists have it.

    ``Nome`` or ``Nombre`` alone is the whole name.
    """
    if "family_name" not in found and "name" not in found and "given_name" in found:
        place = found.index("given_name")
        if names[place] in ("nome", "nombre"):
            return tuple("name" if at == place else field for at, field in enumerate(found))
    if "given_name" in found and "family_name" not in found and "name" in found:
        place = found.index("name")
        if names[place] in ("name", "nom"):
            return tuple("family_name" if at == place else field for at, field in enumerate(found))
    return found
