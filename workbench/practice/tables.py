"""The tables of the patient store and of the ledger, as frames: ``practice.tables.patients()``, ``.deliveries()``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.practice.ledger_tables import LedgerTables

if TYPE_CHECKING:
    import pandas as pd

    from workbench.practice.practice import Practice


class Tables(LedgerTables):
    """The practice's own rows of the patient store and of the ledger, one method a table; reading only.

    Every frame has its key in its first columns and a plain index, so that tables, searches and results are joined by
    the names of their columns. Keys and texts are ``string``, words out of a short list ``category``, whole numbers
    ``Int64``, days ``datetime64[us]``, moments tz-aware (the practice's zone for the agenda, UTC for what somebody
    did), money ``float64`` in euros. The columns of each table are listed in ``workbench.domain.tables``, those of what
    was sent (``mailings deliveries told events runs run_mailings``) in ``workbench.domain.frames``.

    Examples
    --------
    >>> rdv = practice.search("appointments", start="tomorrow", end="tomorrow")
    >>> towns = rdv.merge(practice.tables.patients()[["patient_id", "city"]], on="patient_id")
    >>> len(towns) == len(rdv)
    True
    """

    def __init__(self, practice: Practice) -> None:
        super().__init__(practice)
        self._store = practice.store

    def patients(self) -> pd.DataFrame:
        """Return the patients' files; key ``patient_id``, the file number."""
        return self._store.table("patients")

    def persons(self) -> pd.DataFrame:
        """Return the people who answer or pay for patients; key ``person_id``."""
        return self._store.table("persons")

    def responsibilities(self) -> pd.DataFrame:
        """Return who answers (``role`` guardian) or pays (payer) for whom; key ``patient_id person_id role``."""
        return self._store.table("responsibilities")

    def correspondents(self) -> pd.DataFrame:
        """Return the practice's correspondents; key ``correspondent_id``."""
        return self._store.table("correspondents")

    def patient_correspondents(self) -> pd.DataFrame:
        """Return which correspondents a patient has; key ``patient_id correspondent_id kind``."""
        return self._store.table("patient_correspondents")

    def groups(self) -> pd.DataFrame:
        """Return the groups of patients; key ``group_id``."""
        return self._store.table("groups")

    def group_members(self) -> pd.DataFrame:
        """Return who is in which group; key ``group_id patient_id``."""
        return self._store.table("group_members")

    def consents(self) -> pd.DataFrame:
        """Return what was decided about messages, the history included; key ``consent_id``."""
        return self._store.table("consents")

    def appointments(self) -> pd.DataFrame:
        """Return the agenda, every appointment of every state; key ``appointment_id``."""
        return self._store.table("appointments")

    def practitioners(self) -> pd.DataFrame:
        """Return the practitioners; key ``practitioner_id``."""
        return self._store.table("practitioners")

    def chairs(self) -> pd.DataFrame:
        """Return the chairs; key ``chair_id``."""
        return self._store.table("chairs")

    def rooms(self) -> pd.DataFrame:
        """Return the rooms; key ``room_id``."""
        return self._store.table("rooms")

    def sites(self) -> pd.DataFrame:
        """Return the practice's sites; key ``site_id``."""
        return self._store.table("sites")

    def opening_hours(self) -> pd.DataFrame:
        """Return when the practice is open (``weekday`` 0 is Monday); key ``site_id weekday opens``."""
        return self._store.table("opening_hours")

    def closed_days(self) -> pd.DataFrame:
        """Return the days on which the practice or a site is closed; key ``site_id day``."""
        return self._store.table("closed_days")

    def leaves(self) -> pd.DataFrame:
        """Return the practitioners' leaves; key ``leave_id``."""
        return self._store.table("leaves")

    def contacts(self) -> pd.DataFrame:
        """Return who was reached outside the workbench (a call, a text), about what; key ``contact_id``."""
        return self._store.table("contacts")

    def procedures(self) -> pd.DataFrame:
        """Return what was done at visits; key ``procedure_id``."""
        return self._store.table("procedures")

    def prescriptions(self) -> pd.DataFrame:
        """Return the prescriptions; key ``prescription_id``."""
        return self._store.table("prescriptions")

    def prior_agreements(self) -> pd.DataFrame:
        """Return what insurers were asked to agree to beforehand; key ``agreement_id``."""
        return self._store.table("prior_agreements")

    def papers(self) -> pd.DataFrame:
        """Return the papers that patients were asked for; key ``paper_id``."""
        return self._store.table("papers")

    def treatment_plans(self) -> pd.DataFrame:
        """Return the treatment plans; key ``plan_id``."""
        return self._store.table("treatment_plans")

    def quotes(self) -> pd.DataFrame:
        """Return the quotes; key ``quote_id``."""
        return self._store.table("quotes")

    def invoices(self) -> pd.DataFrame:
        """Return the invoices; key ``invoice_id``."""
        return self._store.table("invoices")

    def payments(self) -> pd.DataFrame:
        """Return the payments; key ``payment_id``."""
        return self._store.table("payments")

    def instalments(self) -> pd.DataFrame:
        """Return the instalments agreed on; key ``instalment_id``."""
        return self._store.table("instalments")

    def recalls(self) -> pd.DataFrame:
        """Return who is to be seen again, and when; key ``recall_id``."""
        return self._store.table("recalls")

    def media(self) -> pd.DataFrame:
        """Return the album: what each picture or document is, not the picture; key ``media_id``."""
        return self._store.table("media")

    def insurers(self) -> pd.DataFrame:
        """Return the insurers; key ``insurer_id``."""
        return self._store.table("insurers")

    def patient_insurances(self) -> pd.DataFrame:
        """Return who is insured where; key ``patient_id insurer_id``."""
        return self._store.table("patient_insurances")

    def corrections(self) -> pd.DataFrame:
        """Return what was corrected by hand in patients' files; key ``correction_id``."""
        return self._store.table("corrections")
