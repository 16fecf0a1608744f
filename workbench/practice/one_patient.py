"""One patient's mail: written by hand, looked at again, repeated, printed, taken out of the history, forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, overload

from workbench.domain.keeping import Tidied
from workbench.practice.card import Card
from workbench.practice.enclosing import pieces_of
from workbench.practice.erasing import ErasedPatient, erase, retire
from workbench.practice.sent import Printer, SentMessage, printed, sent_message
from workbench.practice.writing import Letter, SentAgain, letter_to, sent_again

if TYPE_CHECKING:
    import pandas as pd

    from workbench.practice.practice import Practice
    from workbench.practice.screens import SendCell


class OnePatient(Card):
    """The verbs about the mail of one patient."""

    _printer: Printer
    tidied_on: date | None = None
    """The day on which what is not to be kept was last taken away."""

    def write_to(
        self,
        patient_id: str,
        *,
        template: str | None = None,
        subject: str = "",
        html: str = "",
        text: str | None = None,
        role: str | None = None,
        account: str | None = None,
        signature: str | None = None,
        attachments: Sequence[str | Path] = (),
        options: Mapping[str, bool] | None = None,
        missing: Mapping[str, str] | None = None,
        values: Mapping[str, object] | None = None,
        health_reason: str = "",
        pieces: Sequence[str] = (),
        health_files: Mapping[str | Path, bool] | None = None,
    ) -> Letter:
        """Write to one patient by hand (F105–F107): a mailing of one message, to be checked, shown and sent as any.

        Consents, opt-outs, guardians of minors and health data are minded as everywhere. The same letter leaves once,
        however often it is sent; a new one is written on purpose. When the same message left lately, the check says so.

        Parameters
        ----------
        patient_id
            The file number.
        template
            The path of an email type; without it `subject` and `html` are what is written, else they go before its own.
        subject, html, text
            What is written; merge fields are merged. The text part is made of `html` unless it is given.
        role
            Who receives: ``patient guardian payer correspondent …``; the email type's, else the patient.
        account, signature, attachments, options, missing, values, health_reason
            As for `mailing`.
        pieces
            Images and papers of the patient's own file to go with it, as `pieces` names them.
        health_files
            Files of this computer to go with it, and of each whether it holds health data. What holds some leaves on an
            ordinary address with a `health_reason` alone, whatever the email type may carry.

        Raises
        ------
        UnknownPatient, UnknownTemplate, UnknownAccount, UnknownSignature
            When nobody, or nothing, is called so.
        UsageError
            When there is nothing to write.
        BadValue
            When a piece is not in the patient's file.
        AttachmentRefused
            When a file cannot go with a message.

        Examples
        --------
        >>> rdv = practice.search("appointments", start="tomorrow", end="tomorrow", with_email="yes")
        >>> number = rdv["patient_id"].iloc[0]
        >>> letter = practice.write_to(number, subject="Your plan", html="<p>Dear @PPRENOM,</p><p>Here it is.</p>")
        >>> letter.preview(0).subject
        'Your plan'
        """
        return letter_to(
            cast("Practice", self),
            patient_id,
            template=template,
            subject=subject,
            html=html,
            text=text,
            role=role,
            account=account,
            signature=signature,
            attachments=attachments,
            options=options,
            missing=missing,
            values=values,
            health_reason=health_reason,
            pieces=pieces,
            health_files=health_files,
        )

    def pieces(self, patient_id: str) -> pd.DataFrame:
        """Return what of the file of `patient_id` can go with a message: images of the album, papers, the latest first.

        Returns
        -------
        DataFrame
            ``piece kind label dated_on health``; ``piece`` is what `write_to` takes, ``health`` says that it leaves on
            an ordinary address with a reason alone (P13).

        Raises
        ------
        UnknownPatient
            When no patient has this file number.

        Examples
        --------
        >>> practice.pieces("2201")["kind"].iloc[0]
        'image'
        """
        return pieces_of(cast("Practice", self), patient_id)

    def sent(self, delivery_id: int) -> SentMessage:
        """Return a message of the history as it left, built anew from what was frozen and compared with its proof.

        Parameters
        ----------
        delivery_id
            Its number, as in `history` and `results`.

        Returns
        -------
        SentMessage
            With ``message``, ``as_bytes()``, ``same_bytes`` (whether they are the very bytes that left), ``proof`` (a
            sentence about that), ``pdf(path)`` and what became of it.

        Raises
        ------
        UnknownMailing
            When there is no such message.

        Examples
        --------
        >>> rdv = practice.search("appointments", start="tomorrow", end="tomorrow", with_email="yes")
        >>> number = rdv["patient_id"].iloc[0]
        >>> results = practice.write_to(number, subject="Hello", html="<p>Hello.</p>").send(confirmed=True)
        >>> practice.sent(results["delivery_id"].iloc[0]).message.subject
        'Hello'
        """
        return sent_message(cast("Practice", self), delivery_id, printer=self._printer)

    def print_sent(self, delivery_ids: Sequence[int], path: str | Path) -> Path:
        """Print messages of the history into one PDF that only its owner can read, and return where it stands.

        Raises
        ------
        UnknownMailing, MailingError
            When one of them is not there, or not kept any more; or when this computer cannot make a PDF.
        """
        return printed([self.sent(number) for number in delivery_ids], path)

    def resending(self, delivery_id: int, *, account: str | None = None, health_reason: str = "") -> SentAgain:
        """Return a message that was sent or failed as a mailing of its own, to be sent once more on purpose.

        The content is the one that was frozen: text, values, signature, files. It goes to the present address of
        whoever received it; an opt-out wins.

        Raises
        ------
        UnknownMailing
            When there is no such message.
        MailingError
            When it has not left, is uncertain, is not kept any more, or goes to somebody whom the file does not name.
        UnknownAccount
            When its account was removed, and no other one is named.
        """
        return sent_again(cast("Practice", self), delivery_id, account=account, health_reason=health_reason)

    @overload
    def resend(self, delivery_id: int, confirmed: Literal[True], *, health_reason: str = "") -> pd.DataFrame: ...

    @overload
    def resend(self, delivery_id: int, confirmed: Literal[False] = False, *, health_reason: str = "") -> SendCell: ...

    def resend(self, delivery_id: int, confirmed: bool = False, *, health_reason: str = "") -> pd.DataFrame | SendCell:
        """Send a message of the history once more, on purpose: `resending`, and its ``send``.

        Parameters
        ----------
        delivery_id
            Its number, as in `history` and `results`.
        confirmed
            A person has seen whom it goes to. Without it the send cell asks first.
        health_reason
            As for `mailing`.

        Returns
        -------
        DataFrame or SendCell
            As `Mailing.send`; columns as in `results`.

        Raises
        ------
        UnknownMailing, MailingError, UnknownAccount
            As `resending`.
        NotConfirmed, SendingStopped
            As `Mailing.send`.

        Examples
        --------
        >>> rdv = practice.search("appointments", start="tomorrow", end="tomorrow", with_email="yes")
        >>> number = rdv["patient_id"].iloc[0]
        >>> first = practice.write_to(number, subject="Hello", html="<p>Hello.</p>").send(confirmed=True)
        >>> again = practice.resend(first["delivery_id"].iloc[0], confirmed=True)
        >>> practice.sent(again["delivery_id"].iloc[0]).again_of in first["delivery_id"].tolist()
        True
        """
        mailing = self.resending(delivery_id, health_reason=health_reason)
        return mailing.send(confirmed=True) if confirmed else mailing.send()

    def delete_from_history(self, delivery_id: int, reason: str) -> bool:
        """Take a message out of the history of its patients, journalled with the reason; tell whether it stood there.

        It stays in the results and keeps what it told from being told twice; ``history(…, deleted=True)`` shows it.

        Raises
        ------
        BadValue
            Without a reason.
        UnknownMailing
            When there is no such message.
        """
        return self.ledger.keeping.bury(int(delivery_id), reason=reason, by=self.user, now=self.now())

    def restore_to_history(self, delivery_id: int) -> bool:
        """Put a message back into the history, journalled; tell whether it had been taken out."""
        return self.ledger.keeping.unbury(int(delivery_id), by=self.user, now=self.now())

    def retain(self, days: int | None = None) -> Tidied:
        """Take away what the practice does not keep of its messages; the proof stays in the results.

        Parameters
        ----------
        days
            Contents of messages decided longer ago are emptied; ``history_days`` of the settings by default, 0 for
            none.

        Returns
        -------
        Tidied
            How many ``contents`` were emptied and ``files`` let go.
        """
        return retire(cast("Practice", self), self.settings.history_days if days is None else days)

    def erase_patient(self, patient_id: str, reason: str, *, copies: bool = False) -> ErasedPatient:
        """Forget what was written about a patient, and to whom; the bare proof stays, journalled with the reason.

        What waits is cancelled. Of what left, the day, the email type, the Message-ID and the SHA-256 stay, with the
        file number alone. Opt-outs stay: they protect. The patient's own file is not touched: it belongs to the patient
        store.

        Parameters
        ----------
        copies
            Take the daily copies of the ledger away, too, which hold it for some weeks.

        Returns
        -------
        ErasedPatient
            What was taken away, in numbers, and which files, saved searches and jobs still name the patient.

        Raises
        ------
        BadValue
            Without a reason.
        ForbiddenMove
            When a message about the patient is leaving at this moment; nothing was changed.
        """
        return erase(cast("Practice", self), patient_id, reason=reason, copies=copies)
