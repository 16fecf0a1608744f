"""The patients' files, read and corrected by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.addresses import address_problem
from workbench.domain.deliveries import sentence_of_reason
from workbench.domain.people import Correction, Role
from workbench.errors import AccountError, BadValue, UnknownPatient
from workbench.language import _
from workbench.merging.addressees import is_minor

if TYPE_CHECKING:
    from workbench.practice.practice import Practice


class Patients:
    """The patients' files, read and corrected by hand."""

    def __init__(self, practice: Practice) -> None:
        self._practice = practice

    def show(self, patient_id: str) -> dict[str, Any]:
        """Return the file of `patient_id` as plain values; ``guardians`` and ``payers`` are lists of them, best first.

        Raises
        ------
        UnknownPatient
            When no patient has this file number.
        """
        store = self._practice.store
        row = store.columns(
            "patient", [self.known(patient_id)], sorted(store.column_names("patient")), today=self._practice.today
        )
        values = row.astype(object).where(row.notna(), None).iloc[0]
        people = store.responsible(patient_id)
        responsible = [
            {str(name): value for name, value in person.items() if value is not None}
            for person in people.astype(object).where(people.notna(), None).to_dict(orient="records")
        ]
        return (
            {"patient_id": patient_id}
            | {str(name): value for name, value in values.items()}
            | {
                key: [
                    {name: value for name, value in person.items() if name != "role"}
                    for person in responsible
                    if person["role"] == role
                ]
                for key, role in (("guardians", Role.GUARDIAN), ("payers", Role.PAYER))
            }
        )

    def is_minor(self, patient_id: str) -> bool:
        """Tell whether messages about a patient go to a guardian, because the patient is under age today."""
        people = self._practice.store.people([self.known(patient_id)])
        row = people.astype(object).where(people.notna(), None).iloc[0]
        return is_minor(
            {str(name): value for name, value in row.items()}, self._practice.today, self._practice.settings.adult_age
        )

    def known(self, patient_id: str) -> str:
        """Return `patient_id` when the store knows it; raises ``UnknownPatient``."""
        if self._practice.store.people([patient_id]).empty:
            raise UnknownPatient(_("No patient has the file number {number}.").format(number=patient_id))
        return patient_id

    def correct(self, patient_id: str, *, guardian: str | int | None = None, **values: str | None) -> list[Correction]:
        """Correct `values` of the file `patient_id` by hand; each is journalled, and listed to be copied back.

        With `guardian` (1 for the first guardian, or a person's key) they are the values of that person, whoever
        else she answers for.

        Returns
        -------
        list of Correction
            One a value, with ``column old new at by``.

        Raises
        ------
        UnknownPatient
            When no patient has this file number.
        ReadOnlyStore
            When the patient store belongs to the practice's own software.
        UnknownName, BadValue, AccountError
            For a column that a file does not have, or a value that does not fit it.

        Examples
        --------
        >>> number = practice.tables.patients()["patient_id"].iloc[0]
        >>> [correction.new for correction in practice.patients.correct(number, email="claire@mail.example")]
        ['claire@mail.example']
        >>> practice.patients.show(number)["email"]
        'claire@mail.example'
        """
        practice = self._practice
        self.known(patient_id)
        email = values.get("email")
        if email and address_problem(email):
            raise AccountError(sentence_of_reason(address_problem(email)))
        corrections = []
        for column, value in values.items():
            made = practice.store.correct(
                patient_id, column, value, by=practice.user, now=practice.now(), guardian=guardian
            )
            practice.ledger.acts.record(
                "patient.corrected",
                f"patient:{patient_id}",
                details={"column": made.column},
                by=practice.user,
                now=practice.now(),
            )
            corrections.append(made)
            practice.changes += 1
        return corrections

    def correct_address(self, patient_id: str, addressee_key: str, address: str | None) -> None:
        """Correct the address that a message about a patient goes to, where it is kept: the patient's, a guardian's.

        Parameters
        ----------
        addressee_key
            Who receives, as recipients name them: ``patient:NUMBER``, ``guardian:KEY`` or ``payer:KEY``.

        Raises
        ------
        BadValue
            When the address is malformed, or the addressee is nobody whose address is kept with this patient.
        """
        role, _colon, key = addressee_key.partition(":")
        if role in (Role.GUARDIAN, Role.PAYER):
            self.correct(patient_id, guardian=key, email=address)
        elif role != Role.PATIENT:
            raise BadValue(_("This address is not kept in the patient's file: correct it where it comes from."))
        elif self.is_minor(patient_id):
            raise BadValue(
                _("A child is written to through a person responsible, and the file names nobody: add one first.")
            )
        else:
            self.correct(patient_id, email=address)
