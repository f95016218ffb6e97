"""What the house keeps for itself: levels with codes, notes with their edits, tasks, preferences, stages and why."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

LEVELS = """
ALTER TABLE profiles DROP CONSTRAINT profiles_level_fkey;
ALTER TABLE profiles RENAME COLUMN level TO level_code;
ALTER TABLE levels DROP CONSTRAINT levels_pkey;
ALTER TABLE levels
    ADD COLUMN code text,
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN colour text,
    ADD COLUMN position integer NOT NULL DEFAULT 0,
    ADD COLUMN conduct text,
    ADD COLUMN retired_at timestamptz;
UPDATE levels SET code = trim(BOTH '-' FROM lower(regexp_replace(name, '[^A-Za-z0-9]+', '-', 'g')));
UPDATE levels SET position = CASE code WHEN 'vip' THEN 10 WHEN 'gold' THEN 20 ELSE 90 END,
    colour = CASE code WHEN 'vip' THEN '#7b3fa0' WHEN 'gold' THEN '#c9a227' WHEN 'do-not-book' THEN '#b3261e' END;
ALTER TABLE levels ALTER COLUMN code SET NOT NULL, ADD PRIMARY KEY (code);
CREATE UNIQUE INDEX levels_by_name ON levels (lower(name));
COMMENT ON COLUMN levels.conduct IS 'how staff treat a guest of this level';
UPDATE profiles p SET level_code = l.code FROM levels l WHERE l.name = p.level_code;
ALTER TABLE profiles ADD FOREIGN KEY (level_code) REFERENCES levels (code);
CREATE INDEX profiles_by_level ON profiles (level_code, id) WHERE level_code IS NOT NULL;
"""

NOTES = """
ALTER TABLE notes
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN kind text NOT NULL DEFAULT 'general' CHECK (kind IN ('general', 'complaint', 'warning')),
    ADD COLUMN property_id uuid,
    ADD COLUMN changed_by text,
    ADD COLUMN changed_at timestamptz,
    ADD COLUMN removed_by text,
    ADD COLUMN removed_at timestamptz;
-- what a note was before it was changed; `author` wrote this version, at `written_at`
CREATE TABLE note_edits (
    note_id uuid NOT NULL REFERENCES notes (id) ON DELETE CASCADE,
    version integer NOT NULL,
    kind text NOT NULL,
    text text NOT NULL,
    pinned boolean NOT NULL,
    property_id uuid,
    author text NOT NULL,
    written_at timestamptz NOT NULL,
    PRIMARY KEY (note_id, version)
);
"""

TASKS = """
CREATE TABLE tasks (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    profile_id uuid NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
    property_id uuid,
    title text NOT NULL,
    text text,
    assignee text,
    due_at timestamptz,
    due_on date,
    time_zone text,
    remind_at timestamptz,
    reminded_at timestamptz,
    done_at timestamptz,
    done_by text,
    author text NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX tasks_of_profile ON tasks (profile_id);
CREATE INDEX tasks_open ON tasks (coalesce(due_at, 'infinity'), id) WHERE done_at IS NULL;
CREATE INDEX tasks_of_assignee ON tasks (assignee, coalesce(due_at, 'infinity'), id) WHERE done_at IS NULL;
CREATE INDEX tasks_to_remind_of ON tasks (remind_at) WHERE remind_at IS NOT NULL AND reminded_at IS NULL
    AND done_at IS NULL;
COMMENT ON COLUMN tasks.due_on IS 'the day of due_at in time_zone, the property''s';
COMMENT ON COLUMN tasks.assignee IS 'an opaque id of staff';
"""

PREFERENCES = """
CREATE TABLE preference_kinds (
    code text PRIMARY KEY,
    version integer NOT NULL DEFAULT 1,
    labels jsonb NOT NULL,
    options jsonb NOT NULL DEFAULT '[]',
    several boolean NOT NULL DEFAULT false,
    dated boolean NOT NULL DEFAULT false,
    sensitive boolean NOT NULL DEFAULT false,
    position integer NOT NULL DEFAULT 0,
    retired_at timestamptz
);
COMMENT ON COLUMN preference_kinds.sensitive IS 'of health or belief (GDPR art. 9): shown only to who says why';
COMMENT ON COLUMN preference_kinds.several IS 'whether a guest may have several at once';
CREATE TABLE preferences (
    id uuid PRIMARY KEY,
    version integer NOT NULL,
    profile_id uuid NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
    kind text REFERENCES preference_kinds (code),
    option text,
    text text,
    on_date date,
    source text NOT NULL CHECK (source IN ('said', 'observed', 'derived')),
    property_id uuid,
    since date NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL,
    changed_by text,
    changed_at timestamptz,
    ended_by text,
    ended_at timestamptz,
    CHECK (kind IS NOT NULL OR text IS NOT NULL),
    CHECK (option IS NULL OR kind IS NOT NULL)
);
CREATE INDEX preferences_of_profile ON preferences (profile_id, recorded_at);
"""

STAGES = """
-- the first in the order of `position` that is true of a guest is the guest's stage
CREATE TABLE stage_rules (
    code text PRIMARY KEY CHECK (code IN ('lead', 'guest', 'member', 'lapsed')),
    version integer NOT NULL DEFAULT 1,
    position integer NOT NULL,
    bookings integer,
    stays integer,
    account boolean NOT NULL DEFAULT false,
    tiers jsonb NOT NULL DEFAULT '[]',
    months_without_stay integer,
    care jsonb NOT NULL DEFAULT '[]'
);
INSERT INTO stage_rules (code, position, bookings, tiers, months_without_stay) VALUES
    ('lapsed', 10, NULL, '[]', 24),
    ('member', 20, NULL, '["silver", "gold", "platinum"]', NULL),
    ('guest', 30, 1, '[]', NULL),
    ('lead', 40, NULL, '[]', NULL);

-- everybody's bookings, as bookings told of them last
CREATE TABLE known_stays (
    booking_id uuid NOT NULL,
    profile_id uuid NOT NULL,
    version integer NOT NULL,
    state text NOT NULL,
    arrival date NOT NULL,
    departure date NOT NULL,
    property_id uuid NOT NULL,
    PRIMARY KEY (booking_id, profile_id)
);
CREATE INDEX known_stays_of_profile ON known_stays (profile_id);
COMMENT ON COLUMN known_stays.state IS 'of the booking; left: the profile is not on it any more';

CREATE TABLE stage_facts (
    profile_id uuid PRIMARY KEY REFERENCES profiles (id) ON DELETE CASCADE,
    stage text,
    since timestamptz,
    why text,
    review_on date,
    account boolean NOT NULL DEFAULT false,
    tier text,
    loyalty_version integer NOT NULL DEFAULT 0
);
CREATE INDEX stage_facts_to_review ON stage_facts (review_on) WHERE review_on IS NOT NULL;
COMMENT ON COLUMN stage_facts.review_on IS 'the day from which the stage may be another one though nothing happens';

-- of whom something was heard that may change their stage; looked at by the clock, so that hearing is one statement
CREATE TABLE stage_due (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    profile_id uuid NOT NULL
);
"""

LANGUAGES = ("en", "pt", "es", "fr", "de", "it")

# code, whether several, dated, sensitive, and its name in LANGUAGES; below it its options: code and names
KINDS = """
room-location | | Room location|Localização do quarto|Situación de la habitación|Emplacement de la chambre|Zimmerlage|Posizione della camera
  near-lift|Near the lift|Perto do elevador|Cerca del ascensor|Près de l'ascenseur|Nahe am Aufzug|Vicino all'ascensore
  away-from-lift|Away from the lift|Longe do elevador|Lejos del ascensor|Loin de l'ascenseur|Weit vom Aufzug|Lontano dall'ascensore
  quiet|Quiet|Silencioso|Tranquila|Calme|Ruhig|Tranquilla
  street-side|To the street|Para a rua|A la calle|Côté rue|Zur Straße|Lato strada
  courtyard|To the courtyard|Para o pátio|Al patio|Côté cour|Zum Hof|Lato cortile
  view|With a view|Com vista|Con vistas|Avec vue|Mit Aussicht|Con vista
  corner|Corner room|Quarto de canto|Habitación de esquina|Chambre d'angle|Eckzimmer|Camera d'angolo
floor | | Floor|Andar|Planta|Étage|Stockwerk|Piano
  ground|Ground floor|Rés do chão|Planta baja|Rez-de-chaussée|Erdgeschoss|Piano terra
  low|Low|Baixo|Baja|Bas|Niedrig|Basso
  high|High|Alto|Alta|Élevé|Hoch|Alto
  top|Top floor|Último andar|Última planta|Dernier étage|Oberstes Stockwerk|Ultimo piano
bed | | Bed|Cama|Cama|Lit|Bett|Letto
  double|Double|Casal|Matrimonio|Double|Doppelbett|Matrimoniale
  twin|Twin|Duas camas|Dos camas|Lits jumeaux|Zwei Einzelbetten|Due letti singoli
  king|King size|King size|King size|King size|Kingsize|King size
  extra-long|Extra long|Extra longa|Extra larga|Extra long|Überlänge|Extra lungo
  hard|Hard mattress|Colchão firme|Colchón firme|Matelas ferme|Harte Matratze|Materasso rigido
pillow | several | Pillow|Almofada|Almohada|Oreiller|Kissen|Cuscino
  soft|Soft|Macia|Blanda|Moelleux|Weich|Morbido
  firm|Firm|Firme|Firme|Ferme|Fest|Rigido
  no-feathers|Without feathers|Sem penas|Sin plumas|Sans plumes|Ohne Federn|Senza piume
  memory-foam|Memory foam|Viscoelástica|Viscoelástica|Mémoire de forme|Memoryschaum|Memory foam
  extra|An extra one|Uma extra|Una extra|Un supplémentaire|Ein zusätzliches|Uno in più
smoking | | Smoking|Fumadores|Fumadores|Fumeurs|Rauchen|Fumatori
  no|Non-smoking|Não fumador|No fumador|Non-fumeur|Nichtraucher|Non fumatori
  yes|Smoking|Fumador|Fumador|Fumeur|Raucher|Fumatori
diet | several | Diet|Dieta|Dieta|Régime|Ernährung|Dieta
  vegetarian|Vegetarian|Vegetariana|Vegetariana|Végétarien|Vegetarisch|Vegetariana
  vegan|Vegan|Vegana|Vegana|Végan|Vegan|Vegana
  gluten-free|Without gluten|Sem glúten|Sin gluten|Sans gluten|Glutenfrei|Senza glutine
  lactose-free|Without lactose|Sem lactose|Sin lactosa|Sans lactose|Laktosefrei|Senza lattosio
  low-salt|Little salt|Pouco sal|Baja en sal|Peu salé|Salzarm|Poco sale
  halal|Halal|Halal|Halal|Halal|Halal|Halal
  kosher|Kosher|Kosher|Kosher|Casher|Koscher|Kosher
allergies | several sensitive | Allergies|Alergias|Alergias|Allergies|Allergien|Allergie
  gluten|Gluten|Glúten|Gluten|Gluten|Gluten|Glutine
  crustaceans|Crustaceans|Crustáceos|Crustáceos|Crustacés|Krebstiere|Crostacei
  eggs|Eggs|Ovos|Huevos|Œufs|Eier|Uova
  fish|Fish|Peixe|Pescado|Poisson|Fisch|Pesce
  peanuts|Peanuts|Amendoins|Cacahuetes|Arachides|Erdnüsse|Arachidi
  soya|Soya|Soja|Soja|Soja|Soja|Soia
  milk|Milk|Leite|Leche|Lait|Milch|Latte
  nuts|Nuts|Frutos de casca rija|Frutos de cáscara|Fruits à coque|Schalenfrüchte|Frutta a guscio
  celery|Celery|Aipo|Apio|Céleri|Sellerie|Sedano
  mustard|Mustard|Mostarda|Mostaza|Moutarde|Senf|Senape
  sesame|Sesame|Sésamo|Sésamo|Sésame|Sesam|Sesamo
  sulphites|Sulphites|Sulfitos|Sulfitos|Sulfites|Sulfite|Solfiti
  lupin|Lupin|Tremoço|Altramuces|Lupin|Lupinen|Lupini
  molluscs|Molluscs|Moluscos|Moluscos|Mollusques|Weichtiere|Molluschi
  feathers|Feathers|Penas|Plumas|Plumes|Federn|Piume
  dust|Dust|Pó|Polvo|Poussière|Staub|Polvere
  animals|Animals|Animais|Animales|Animaux|Tiere|Animali
occasions | several dated | Occasions|Ocasiões|Ocasiones|Occasions|Anlässe|Ricorrenze
  birthday|Birthday|Aniversário|Cumpleaños|Anniversaire|Geburtstag|Compleanno
  wedding-anniversary|Wedding anniversary|Aniversário de casamento|Aniversario de boda|Anniversaire de mariage|Hochzeitstag|Anniversario di nozze
  honeymoon|Honeymoon|Lua de mel|Luna de miel|Lune de miel|Flitterwochen|Luna di miele
  other|Another|Outra|Otra|Autre|Anderer|Altra
activities | several | Activities|Atividades|Actividades|Activités|Aktivitäten|Attività
  spa|Spa|Spa|Spa|Spa|Spa|Spa
  fitness|Fitness|Ginásio|Gimnasio|Fitness|Fitness|Palestra
  golf|Golf|Golfe|Golf|Golf|Golf|Golf
  tennis|Tennis|Ténis|Tenis|Tennis|Tennis|Tennis
  hiking|Hiking|Caminhadas|Senderismo|Randonnée|Wandern|Escursioni
  cycling|Cycling|Ciclismo|Ciclismo|Vélo|Radfahren|Ciclismo
  water-sports|Water sports|Desportos aquáticos|Deportes acuáticos|Sports nautiques|Wassersport|Sport acquatici
  culture|Culture|Cultura|Cultura|Culture|Kultur|Cultura
  wine|Wine and food|Vinho e gastronomia|Vino y gastronomía|Vin et gastronomie|Wein und Küche|Vino e cucina
newspaper | | Newspaper|Jornal|Periódico|Journal|Zeitung|Giornale
service-language | | Language of service|Língua de atendimento|Idioma de atención|Langue de service|Sprache im Service|Lingua di servizio
"""  # noqa: E501 a table


def _labels(names: str) -> list[dict[str, str]]:
    return [{"language": code, "text": text} for code, text in zip(LANGUAGES, names.split("|"), strict=True)]


def _kinds() -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for line in KINDS.strip().splitlines():
        if line.startswith(" "):
            code, _, names = line.strip().partition("|")
            found[-1]["options"].append({"code": code, "labels": _labels(names), "retired": False})  # type: ignore[attr-defined]
        else:
            code, marks, names = line.split("|", 2)
            flags = {mark: mark in marks.split() for mark in ("several", "dated", "sensitive")}
            labels = _labels(names.strip())
            found.append({"code": code.strip(), "labels": labels, "options": [], **flags, "position": len(found) * 10})
    return found


_ADD_KINDS = sa.text(
    """
    INSERT INTO preference_kinds (code, labels, options, several, dated, sensitive, position)
    SELECT code, labels, options, several, dated, sensitive, position
    FROM json_to_recordset(CAST(:kinds AS json)) AS k (code text, labels jsonb, options jsonb, several boolean,
        dated boolean, sensitive boolean, position integer)
    """
)


def upgrade() -> None:
    for tables in (LEVELS, NOTES, TASKS, PREFERENCES, STAGES):
        op.execute(tables)
    op.get_bind().execute(_ADD_KINDS, {"kinds": json.dumps(_kinds())})
