"""Who wants no more messages: written down, taken back, asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from workbench.addresses import address_key, address_problem, normalised_address
from workbench.domain.objections import Objections
from workbench.domain.people import Channel
from workbench.errors import BadValue
from workbench.language import _
from workbench.practice.card import Card

if TYPE_CHECKING:
    from workbench.practice.patients import Patients
    from workbench.practice.templates import Templates


class Objecting(Card):
    """The verbs about objections."""

    patients: Patients
    templates: Templates

    def opt_out(
        self,
        address_or_patient: str,
        *,
        channel: str = Channel.EMAIL,
        purpose: str = "",
        source: str = "practice",
    ) -> None:
        """Record that an address or a patient wants no more messages; it also stops what is already queued (P7, P13).

        Parameters
        ----------
        address_or_patient
            An e-mail address, or a file number.
        channel
            ``email``, ``letter`` or ``sms``.
        purpose
            The purpose of the messages not wanted any more; every one by default.
        source
            Where it was said: ``phone``, ``reply``, ``form`` …

        Raises
        ------
        BadValue
            When it is no single well-formed address, or there is no such channel or purpose; nothing was recorded.
        UnknownPatient
            When it is neither an address nor a known file number.

        Examples
        --------
        >>> practice.opt_out("somebody@mail.example")
        >>> practice.objection("Somebody@mail.example")
        'opted_out'
        """
        who = self.objector(address_or_patient, channel)
        self.known_purpose(purpose)
        self.ledger.opt_outs.opt_out(**who, purpose=purpose, source=source, by=self.user, now=self.now())
        self.changes += 1

    def withdraw_opt_out(self, address_or_patient: str, *, channel: str = Channel.EMAIL, purpose: str = "") -> bool:
        """Take an opt-out back, exactly as it was recorded, journalled; tell whether there was one.

        `address_or_patient`, `channel` and `purpose` as in `opt_out`, which it raises like, too. What the patient
        store itself holds against messages stays (see `objection`).

        Examples
        --------
        >>> practice.opt_out("somebody@mail.example")
        >>> practice.withdraw_opt_out("somebody@mail.example")
        True
        """
        who = self.objector(address_or_patient, channel)
        done = self.ledger.opt_outs.withdraw(**who, purpose=purpose, by=self.user, now=self.now())
        self.changes += 1
        return done

    def objection(self, address_or_patient: str, *, channel: str = Channel.EMAIL, purpose: str = "") -> str:
        """Return why no message may leave to an address or a patient (``opted_out``, ``no_consent``), or ``""``.

        `address_or_patient`, `channel` and `purpose` as in `opt_out`, which it raises like, too.
        """
        who = self.objector(address_or_patient, channel)
        if who["patient_id"]:
            own = self.store.people([who["patient_id"]])["email"].iloc[0]
            who["address"] = own if isinstance(own, str) else ""
        standing = pd.concat([self.store.objections(), self.ledger.opt_outs.objections()], ignore_index=True)
        return Objections.from_frame(standing, mailbox=address_key).reason(**who, purpose=purpose)

    def known_purpose(self, purpose: str) -> str:
        """Return a purpose that some email type has, or ``""``; raises ``BadValue`` for another one."""
        known = sorted({template.occasion_purpose for template in self.templates.values()})
        if purpose and purpose not in known:
            raise BadValue(
                _("No email type has the purpose « {purpose} ». There are: {known}.").format(
                    purpose=purpose, known=", ".join(known)
                )
            )
        return purpose

    def objector(self, address_or_patient: str, channel: str) -> dict[str, str]:
        """Return who is meant, by ``patient_id``, ``address`` and ``channel``; raises like `opt_out`."""
        asked = address_or_patient.strip()
        if channel not in [str(known) for known in Channel]:
            raise BadValue(
                _("There is no channel « {channel} »: it is one of {known}.").format(
                    channel=channel, known=", ".join(Channel)
                )
            )
        if "@" not in asked:
            return {"patient_id": self.patients.known(asked), "address": "", "channel": str(channel)}
        if address_problem(asked):
            # The text itself stays unsaid: it may hold somebody's name (P12).
            raise BadValue(_("This is not one e-mail address: write it alone, as name@domain.example."))
        return {"patient_id": "", "address": normalised_address(asked), "channel": str(channel)}
