"""Guests from a file and to a file. What a row holds travels to profiles and is kept nowhere else; what became of it is
told by numbers of rows, names of fields and codes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from services.contracts.profiles.cards import Profile
from services.kit.refusal import Conflict, Invalid, NotFound
from services.kit.wire import Event, Request, event, request, value

MOST_ROWS = 500  # of a batch
ImportState = Literal["open", "done", "failed"]
DateOrder = Literal["dmy", "mdy", "ymd"]
# new; known, with something added or nothing to add; a new card that may be somebody known; refused; left out
Outcome = Literal["created", "completed", "known", "review", "refused"]


@value
class ImportCounts:
    """`repeated`: rows about somebody whom an earlier row of this import brought in; they count as completed or known.
    `consents_left_out`: said without wording, instant or source, so not proof of anything.
    """

    rows: int = 0
    created: int = 0
    completed: int = 0
    known: int = 0
    review: int = 0
    refused: int = 0
    repeated: int = 0
    consents: int = 0
    consents_left_out: int = 0


@value
class Import:
    """`columns`: what each column of the file is taken for, None for those that are left out. `done`: the numbers of
    the batches that are through, as ranges ``[first, last]``. `rows`: how many the file has, once that is known.
    """

    id: UUID
    state: ImportState
    dry_run: bool
    columns: tuple[str | None, ...]
    batch_rows: int
    rows: int | None = None
    counts: ImportCounts
    done: tuple[tuple[int, ...], ...] = ()
    why: str | None = None
    started_at: datetime
    ended_at: datetime | None = None


@request
class BeginImport(Request[Import]):
    """`header`: the first row. `digest`: SHA-256 of the file, by which an import that was stopped is found again and
    goes on where it was (`resume`). `columns` says by the column's name, or its number from 1, what it holds, None to
    leave it out; what it does not name is guessed. Refused with NotImportable.
    """

    header: tuple[str, ...]
    digest: str
    columns: dict[str, str | None] | None = None
    country: str | None = None
    dates: DateOrder | None = None
    dry_run: bool = False
    batch_rows: int = 250
    resume: bool = True


@value
class ImportedBatch:
    """`again`: this batch had been through before; the counts are those of then."""

    number: int
    counts: ImportCounts
    again: bool = False


@request
class ImportRows(Request[ImportedBatch]):
    """Batch `number`, counted from 0, as it stands in the file."""

    import_id: UUID
    number: int
    rows: tuple[tuple[str, ...], ...]


@value
class BatchKept:
    number: int


@request
class KeepRows(Request[BatchKept]):
    """As ImportRows, to be worked on as soon as can be; the rows are kept only until then."""

    import_id: UUID
    number: int
    rows: tuple[tuple[str, ...], ...]


@event
class ImportRowsKept(Event):
    aggregate = "import_id"
    import_id: UUID
    number: int


@request
class EndImport(Request[Import]):
    """The file has no more than these rows; or it could not be read any further, and `why`."""

    import_id: UUID
    rows: int
    why: str | None = None


@request
class ReadImport(Request[Import]):
    """Refuses with NoSuchImport."""

    import_id: UUID


@value
class ReportLine:
    """`row` is counted as a spreadsheet does: the header is row 1. `what` never repeats a value."""

    row: int
    outcome: Outcome
    field: str | None = None
    what: str | None = None
    profile_id: UUID | None = None


@value
class ImportReport:
    items: tuple[ReportLine, ...]
    next: str | None = None


@request
class ReadImportReport(Request[ImportReport]):
    """Row by row, in the order of the file; `cursor` is opaque. Rows of one batch or more stand on one page."""

    import_id: UUID
    cursor: str | None = None
    only: Outcome | None = None


@value
class ImportedConsent:
    purpose: str
    channel: str
    granted: bool
    wording_version: str
    source: str
    stated_at: datetime


@event
class ConsentsImported(Event):
    """What a file says a guest agreed to or withdrew, with its proof. `import_id` and `row` say where it stands."""

    aggregate = "profile_id"
    profile_id: UUID
    import_id: UUID
    row: int
    consents: tuple[ImportedConsent, ...]


@value
class ProfilesPage:
    """In the order of their ids. `next` is the last of them where there are more."""

    items: tuple[Profile, ...]
    next: UUID | None = None


@request
class ListProfiles(Request[ProfilesPage]):
    """All profiles that are not merged into others, page by page: for taking them elsewhere. Their `fields` are texts
    as an import reads them, without those that are masked.
    """

    after: UUID | None = None
    limit: int = 200


class NoSuchImport(NotFound):
    """There is no such import."""


class ImportHasEnded(Conflict):
    """The import has ended: begin another."""


class NotImportable(Invalid):
    """The file cannot be imported as it is described."""
