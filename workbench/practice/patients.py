"""The patients' files, read and corrected by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.addresses import address_problem, normalised_address
from workbench.domain.address_status import AddressStatus
from workbench.domain.attached import DOCUMENT_KINDS
from workbench.domain.deliveries import sentence_of_reason
from workbench.domain.objections import ACCEPTED, OPTED_OUT, REFUSED
from workbench.domain.people import Channel, Correction, Role
from workbench.errors import AccountError, BadValue, UnknownPatient, UsageError
from workbench.language import _
from workbench.merging.addressees import is_minor
from workbench.practice.searching import Searching

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

    def address_status(self, patient_id: str) -> str:
        """Return what is to be known of the address of `patient_id`: an ``AddressStatus``, as searches tell it.

        Raises
        ------
        UnknownPatient
            When no patient has this file number.

        Examples
        --------
        >>> practice.patients.address_status("2201")
        'missing'
        """
        practice = self._practice
        found = Searching(practice).search(
            "patients", {"gone": "yes"}, today=practice.today, patients=[self.known(patient_id)]
        )
        return str(found["address_status"].iloc[0]) if len(found) else str(AddressStatus.MISSING)

    def images(self, patient_id: str) -> pd.DataFrame:
        """Return the album of `patient_id` (« album médias »), the latest image first.

        Returns
        -------
        DataFrame
            One row an image; columns as in ``domain.frames.ALBUM_COLUMNS``, key ``media_id``. The words of ``kind``,
            ``stage`` and ``view`` are those that an email type chooses images by.

        Raises
        ------
        UnknownPatient
            When no patient has this file number.

        Examples
        --------
        >>> practice.patients.images("2201")["kind"].iloc[0]
        'panoramique'
        """
        album = self._practice.store.album([self.known(patient_id)])
        shown = album.sort_values(["taken_on", "media_id"], ascending=[False, True], kind="stable", ignore_index=True)
        shown.attrs["of_people"] = True
        return shown

    def documents(self, patient_id: str) -> pd.DataFrame:
        """Return the invoices, quotes and prescriptions in the file of `patient_id` that have a file, the latest first.

        Returns
        -------
        DataFrame
            One row a document: ``kind`` (``invoice quote prescription``), and the columns of
            ``domain.frames.DOCUMENT_COLUMNS``; key ``kind document_id``.

        Raises
        ------
        UnknownPatient
            When no patient has this file number.

        Examples
        --------
        >>> number = practice.search("unpaid")["patient_id"].iloc[0]
        >>> "invoice" in set(practice.patients.documents(number)["kind"])
        True
        """
        self.known(patient_id)
        store = self._practice.store
        found = {kind: store.documents(kind, [patient_id]) for kind in DOCUMENT_KINDS}
        every = pd.concat([papers.assign(kind=kind) for kind, papers in found.items()], ignore_index=True)
        kept = every[every["path"].notna()].astype({"kind": "category"})
        kept = kept[["kind", *(name for name in kept.columns if name != "kind")]]
        shown = kept.sort_values("dated_on", ascending=False, kind="stable", ignore_index=True)
        shown.attrs["of_people"] = True
        return shown

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

    def add_guardian(self, patient_id: str, *, relation: str = "", **values: str | None) -> str:
        """Write down somebody who answers for a patient, by hand; journalled, and listed to be copied back.

        Parameters
        ----------
        relation
            ``mother``, ``father``, or the practice's own word.
        **values
            ``last_name``, and if known ``first_name civility email phone mobile language`` …

        Returns
        -------
        str
            The key of this person.

        Raises
        ------
        UnknownPatient
            When no patient has this file number.
        ReadOnlyStore
            When the patient store belongs to the practice's own software.
        UnknownName, BadValue
            For a column that a person does not have, a value that does not fit it, or no last name.

        Examples
        --------
        >>> number = practice.tables.patients()["patient_id"].iloc[0]
        >>> key = practice.patients.add_guardian(number, relation="father", last_name="MARTEL", email="p@mail.example")
        >>> practice.patients.show(number)["guardians"][-1]["last_name"]
        'MARTEL'
        """
        practice = self._practice
        self.known(patient_id)
        key = practice.store.add_guardian(patient_id, values, relation=relation, by=practice.user, now=practice.now())
        practice.ledger.acts.record(
            "patient.corrected",
            f"patient:{patient_id}",
            details={"column": "guardian"},
            by=practice.user,
            now=practice.now(),
        )
        practice.changes += 1
        return key

    def corrections(self) -> pd.DataFrame:
        """Return the corrections still to be copied into the practice's own software, oldest first.

        Returns
        -------
        DataFrame
            Columns ``correction_id patient_id column old new at by``, all text. A guardian's column is called
            ``guardian:KEY.column``. A correction leaves the list when an import brings the same value, or by
            `copied_back`.
        """
        frame = self._practice.store.corrections()
        frame.attrs["of_people"] = True
        return frame

    def copied_back(self, *correction_ids: str) -> int:
        """Take corrections off that list, since somebody copied them; journalled. Tells how many were on it.

        They go on winning over imports until one brings the same value.
        """
        practice = self._practice
        done = practice.store.copied_back(list(correction_ids), by=practice.user)
        for patient_id, column in done:
            practice.ledger.acts.record(
                "patient.copied_back",
                f"patient:{patient_id}",
                details={"column": column},
                by=practice.user,
                now=practice.now(),
            )
        return len(done)

    def family(self, patient_id: str) -> pd.DataFrame:
        """Return the open files of a patient's family, the patient's own among them, oldest first.

        Returns
        -------
        DataFrame
            Index ``patient_id``; columns as `PatientStore.people`. Only the patient's own file when no family is
            known.
        """
        store = self._practice.store
        members = store.people(store.family(self.known(patient_id)))
        members = members[~(members["deceased"] | members["archived"])].sort_values("birth_date", kind="stable")
        members.attrs["of_people"] = True
        return members

    def consents(self, address_or_patient: str) -> pd.DataFrame:
        """Return all that a patient, or somebody at an address, ever decided about messages, oldest first.

        Returns
        -------
        DataFrame
            Columns ``at`` (UTC) and ``channel purpose state source by``, text; ``purpose`` is ``""`` for every one,
            ``state`` one of *accepted*, *refused*, *opted_out*, *withdrawn* (an opt-out taken back). For a patient
            the decisions recorded for the address of the file are among them.

        Raises
        ------
        BadValue, UnknownPatient
            When it is neither one address nor a known file number.
        """
        practice = self._practice
        who = practice.objector(address_or_patient, Channel.EMAIL)
        address = who["address"]
        if who["patient_id"]:
            own = practice.store.people([who["patient_id"]])["email"].iloc[0]
            address = normalised_address(own) if isinstance(own, str) else ""
        told: list[pd.DataFrame] = [
            practice.store.decisions(patient_id=who["patient_id"], address=address),
            practice.ledger.opt_outs.history(patient_id=who["patient_id"], address=address),
        ]
        columns = ["at", "channel", "purpose", "state", "source", "by"]
        found = pd.concat([one[columns] for one in told if len(one)] or [told[0][columns]], ignore_index=True)
        found = found.sort_values("at", kind="stable", ignore_index=True)
        found.attrs["of_people"] = True
        return found

    def consent(
        self,
        address_or_patient: str,
        state: str,
        *,
        channel: str = Channel.EMAIL,
        purpose: str = "",
        source: str = "",
    ) -> None:
        """Write down what somebody decided: ``accepted``, ``refused`` or ``opted_out``; journalled.

        An acceptance also takes back the opt-out that stands for the same channel and purpose.

        Parameters
        ----------
        address_or_patient
            An e-mail address, or a file number.
        channel, purpose
            What it is about: ``email letter sms``; every purpose by default.
        source
            Where it was said: ``phone``, ``form``, ``desk`` …

        Raises
        ------
        ReadOnlyStore
            For an acceptance or a refusal, when the patient store belongs to the practice's own software.
        BadValue, UnknownPatient
            When there is no such state or channel, or nobody is meant; nothing was written.

        Examples
        --------
        >>> number = practice.tables.patients()["patient_id"].iloc[0]
        >>> practice.patients.consent(number, "refused", purpose="birthday", source="phone")
        >>> practice.patients.consents(number)["state"].iloc[-1]
        'refused'
        """
        practice = self._practice
        if state == OPTED_OUT:
            practice.opt_out(address_or_patient, channel=channel, purpose=purpose, source=source or "practice")
            return
        if state not in (ACCEPTED, REFUSED):
            raise BadValue(
                _("« {state} » is no decision: it is one of {known}.").format(
                    state=state, known=", ".join((ACCEPTED, REFUSED, OPTED_OUT))
                )
            )
        who = practice.objector(address_or_patient, channel)
        practice.known_purpose(purpose)
        practice.store.decide(
            **who, purpose=purpose, state=state, source=source or "practice", by=practice.user, now=practice.now()
        )
        about = f"patient:{who['patient_id']}" if who["patient_id"] else "address"
        practice.ledger.acts.record(
            "consent",
            about,
            details={"state": state, "channel": str(channel), "purpose": purpose},
            by=practice.user,
            now=practice.now(),
        )
        if state == ACCEPTED:
            practice.ledger.opt_outs.withdraw(**who, purpose=purpose, by=practice.user, now=practice.now())
        practice.changes += 1

    def write_again(self, patient_id: str) -> None:
        """Take back the opt-out that the desk recorded in a patient's file.

        Raises
        ------
        UsageError
            When it stands elsewhere, on the address or in the practice's own software, or is for one purpose alone.
        """
        if not self._practice.withdraw_opt_out(self.known(patient_id)):
            raise UsageError(
                _(
                    "The file has no opt-out from all messages: this one stands on the address or in the practice's "
                    "software, or it is for some messages only."
                )
            )

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
