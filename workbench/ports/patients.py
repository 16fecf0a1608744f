"""What the core asks of a patient store."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from workbench.domain.calendar import PracticeCalendar
from workbench.domain.people import Correction
from workbench.domain.searches import Search

if TYPE_CHECKING:
    import pandas as pd


class PatientStore(Protocol):
    """The practice's patients, read-only but for imports and corrections in the embedded store.

    Every key that leaves the store is the practice's own, as text (a file number), never a row number.
    """

    def searches(self) -> Mapping[str, Search]:
        """Return every search by name."""
        ...

    def choices(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """Return what a person may choose for each parameter of a search: pairs of the value and how it reads."""
        ...

    def resolve(self, name: str, parameters: Mapping[str, object], *, today: date) -> dict[str, str]:
        """Return the parameters checked and made absolute, as sorted canonical text: a mailing's identity."""
        ...

    def search(
        self,
        name: str,
        parameters: Mapping[str, object],
        *,
        today: date,
        also: Collection[str] = (),
        whole: bool = False,
        patients: Collection[str] | None = None,
    ) -> pd.DataFrame:
        """Return one row a subject, in the order asked for, with ``frame.attrs["workbench"]`` set.

        It holds the search, its parameters, and ``rows``, how many were found. `also` are keys of subjects that are
        found too when they meet everything else asked: of a moved appointment the ledger may know more than the store.
        `whole` leaves out every condition, the defaults too: what `explain` begins with. `patients` are the only ones
        whose rows are looked for.
        """
        ...

    def found_patients(
        self, name: str, parameters: Mapping[str, object], *, today: date, rows: int
    ) -> tuple[int, Collection[list[str]]]:
        """Return how many rows a search finds and of whom, cut between families into lists of about so many rows.

        No list at all says that it finds no more than `rows`, or that its rows are no patients'.
        """
        ...

    def may_have_moved(self, parameters: Mapping[str, object], *, today: date) -> Sequence[str]:
        """Return the appointments among which the search ``moved`` finds its rows, whatever was told of them."""
        ...

    def explain(
        self, name: str, parameters: Mapping[str, object], *, today: date, also: Collection[str] = ()
    ) -> pd.DataFrame:
        """Return how a search finds its rows, one row a condition: parameter condition sql alone left."""
        ...

    def columns(
        self, source: str, keys: Sequence[str], names: Sequence[str], *, today: date | None = None
    ) -> pd.DataFrame:
        """Return the named columns of a source, indexed by its key.

        Sources are patient, appointment, visit (an appointment that took place), invoice, quote, recall, plan,
        agreement, correspondent, practitioner and practice. Unknown keys are absent from the frame; ``practice`` has
        one row whatever the keys. `today` decides what is next, last, late or current. A list is a Python list,
        ``None`` when it is empty.
        """
        ...

    def freshness(self) -> pd.DataFrame:
        """Return when the data came: kind (of import, or ``sample``, or ``store``) as_of rows by."""
        ...

    def last_contacts(self) -> pd.DataFrame:
        """Return when each patient was last reached outside the workbench: index ``patient_id``, ``at`` (UTC)."""
        ...

    def contacts_about(self, kind: str) -> pd.DataFrame:
        """Return what was told outside the workbench of subjects of a kind, the latest last.

        Columns: subject_key occasion (an appointment's start as ``2026-11-23T09:00``, or ``""``) at (UTC).
        """
        ...

    def find(self, words: str, *, limit: int) -> pd.DataFrame:
        """Return the patients whom words fit, open files and beginnings of names first.

        Columns: patient_id patient last_name first_name birth_name birth_date phone mobile email city deceased
        archived.
        """
        ...

    def people(self, patient_ids: Sequence[str]) -> pd.DataFrame:
        """Return what addressing needs to know of patients, indexed by ``patient_id``.

        Columns: civility last_name first_name sex birth_date email language deceased archived family_id patient_type.
        """
        ...

    def relations(self, patient_ids: Sequence[str], role: str) -> pd.DataFrame:
        """Return who answers for patients in a role, best first.

        Columns: patient_id person_key civility last_name first_name sex email language relation rank.
        """
        ...

    def invoice_payers(self, invoice_ids: Sequence[str]) -> pd.DataFrame:
        """Return whom invoices ask for money, indexed by ``invoice_id``; unknown ones are absent.

        The columns of `relations` (``person_key`` missing where the invoice names no payer), and billing_email due_on
        dated_on.
        """
        ...

    def colleagues(self, correspondent_ids: Sequence[str]) -> pd.DataFrame:
        """Return colleagues as they are written to, indexed by ``correspondent_id``; unknown ones are absent.

        Columns: civility title last_name first_name sex email mss_email language.
        """
        ...

    def objections(self) -> pd.DataFrame:
        """Return the opt-outs and refused consents the store itself holds.

        Columns: patient_id address channel purpose (``""`` = every one) reason (``opted_out`` or ``no_consent``).
        """
        ...

    def selves(self, patient_ids: Sequence[str]) -> pd.DataFrame:
        """Return who else patients are, so that an opt-out by file number finds the whole person.

        Columns: patient_id person_key (a guardian or payer who is this patient) address (the patient's own); one of
        the last two is ``""`` in each row.
        """
        ...

    def album(self, patient_ids: Sequence[str]) -> pd.DataFrame:
        """Return the images of patients' albums, one row an image; columns as in ``domain.frames.ALBUM_COLUMNS``."""
        ...

    def album_words(self) -> Mapping[str, Sequence[str]]:
        """Return the practice's own words for the images of its patients, sorted: by ``kind``, ``stage``, ``view``."""
        ...

    def documents(self, kind: str, patient_ids: Sequence[str]) -> pd.DataFrame:
        """Return the papers of a kind in patients' files; columns as in ``domain.frames.DOCUMENT_COLUMNS``.

        The kinds are ``invoice``, ``quote`` and ``prescription``. A paper without a file has no ``path``.
        """
        ...

    def calendar(self) -> PracticeCalendar:
        """Return the practice's calendar."""
        ...

    def column_names(self, source: str) -> frozenset[str]:
        """Return the columns a source has."""
        ...

    def table(self, name: str) -> pd.DataFrame:
        """Return a whole table of this practice; columns as in ``domain.tables.TABLE_COLUMNS``."""
        ...

    def reaches_beyond(self) -> bool:
        """Tell whether who asks the database may do more there than read tables: it is not bounded by `sql` alone."""
        ...

    def sql(self, question: str, values: Mapping[str, object]) -> pd.DataFrame:
        """Return what one ``select`` finds, ``:name`` in it being a value; anything but reading is refused.

        Raises
        ------
        ReadOnlyStore
            When it would do anything but read.
        BadValue
            When it is not one question that the database understands.
        """
        ...

    def close(self) -> None:
        """Close every connection."""
        ...

    def correct(
        self,
        patient_id: str,
        column: str,
        value: str | None,
        *,
        by: str,
        now: datetime,
        guardian: str | int | None = None,
    ) -> Correction:
        """Change one value of a patient's file by hand, journalled; raises ``ReadOnlyStore`` on a foreign store.

        With `guardian` (a person's key, or 1 for the first guardian) the value is that person's.
        """
        ...

    def add_guardian(
        self, patient_id: str, values: Mapping[str, str | None], *, relation: str, by: str, now: datetime
    ) -> str:
        """Write down somebody who answers for a patient, last among the guardians; return the person's key.

        Raises ``ReadOnlyStore`` on a foreign store. Each value is listed to be copied back.
        """
        ...

    def family(self, patient_id: str) -> list[str]:
        """Return the file numbers of a patient's family, the patient's own among them."""
        ...

    def corrections(self) -> pd.DataFrame:
        """Return the corrections still to be copied back: correction_id patient_id column old new at by."""
        ...

    def copied_back(self, correction_ids: Sequence[str], *, by: str) -> list[tuple[str, str]]:
        """Take corrections off that list, since somebody copied them; returns the patient and column of each."""
        ...

    def decisions(self, *, patient_id: str = "", address: str = "") -> pd.DataFrame:
        """Return what a patient, or somebody at an address, decided about messages, oldest first.

        Columns: at patient_id address channel purpose state source by.
        """
        ...

    def decide(
        self,
        *,
        patient_id: str,
        address: str,
        channel: str,
        purpose: str,
        state: str,
        source: str,
        by: str,
        now: datetime,
    ) -> None:
        """Write a decision down; raises ``ReadOnlyStore`` on a foreign store."""
        ...

    def closures(self, start: date, end: date) -> pd.DataFrame:
        """Return the closures and leaves that touch the days between two, both included.

        Columns: kind starts_on ends_on reason site practitioner replacement replacement_phone.
        """
        ...

    def holidays(self, start: date, end: date) -> list[tuple[date, str]]:
        """Return the public holidays between two days, both included, with their names."""
        ...

    def close_days(self, days: Sequence[date], *, reason: str, site_id: str) -> int:
        """Declare days closed; raises ``ReadOnlyStore`` on a foreign store."""
        ...

    def reopen_days(self, days: Sequence[date], *, site_id: str) -> int:
        """Take the declared closure of days back; raises ``ReadOnlyStore`` on a foreign store."""
        ...

    def take_leave(
        self,
        practitioner: str,
        starts_on: date,
        ends_on: date,
        *,
        reason: str,
        replacement: str,
        replacement_phone: str,
    ) -> None:
        """Write a practitioner's leave down; raises ``ReadOnlyStore`` on a foreign store."""
        ...

    def responsible(self, patient_id: str) -> pd.DataFrame:
        """Return the guardians and payers of one patient, best first.

        Columns: role relation rank person_key own_patient_id civility last_name first_name email phone mobile.
        """
        ...

    def set_practice(self, values: Mapping[str, str | None]) -> None:
        """Change what the practice says of itself, by column; raises ``ReadOnlyStore`` on a foreign store."""
        ...
