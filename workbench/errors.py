"""Every error of the workbench, drawn as one tree; each says what, which one and what to do.

A sentence is written in the reader's language where the error is raised. No sentence holds a patient's
name or address: rows are named by number or key (promise P12).
"""

from __future__ import annotations


class WorkbenchError(Exception):
    """Anything the workbench refuses or fails to do, with a sentence for the person in front of it."""

    exit_status = 1

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""

    @property
    def sentence(self) -> str:
        """The sentence to show."""
        return str(self)


# --- wrong usage ------------------------------------------------------------------------------------


class UsageError(WorkbenchError):
    """The words of a call are off: an unknown name or a value that cannot be read."""

    exit_status = 2


class UnknownName(UsageError):
    """A search, parameter, field, column or kind of import that does not exist."""


class BadValue(UsageError):
    """A value that cannot be read: a date, an hour, a yes or no, a number."""


# --- the workspace and its two databases --------------------------------------------------------------


class WorkspaceError(WorkbenchError):
    """The workspace cannot be opened or made."""


class NoWorkspace(WorkspaceError):
    """No ``workbench.toml`` was found where one was looked for."""


class BadSettings(WorkspaceError):
    """``workbench.toml`` holds something that cannot be used."""


class DatabaseRefused(WorkspaceError):
    """A database cannot be opened: absent, newer than this workbench, damaged, or on a network folder."""


class DatabaseUnwritable(WorkspaceError):
    """A database cannot be written just now: the disk is full, the rights are missing, or the server is gone."""


class DatabaseUnreadable(WorkspaceError):
    """A database cannot be read just now: it is damaged, its file was taken away, or the server is gone."""


class NotArmed(WorkspaceError):
    """Nothing is sent: the workspace was restored, moved or copied, and nobody re-armed it (P14)."""


# --- people and imports -------------------------------------------------------------------------------


class PeopleError(WorkbenchError):
    """A patient, or a value in a patient's file, is not as asked."""


class UnknownPatient(PeopleError):
    """No patient has this file number."""


class ReadOnlyStore(PeopleError):
    """The patient store is not ours to change."""


class ImportRefused(PeopleError):
    """A file cannot be imported; nothing of it was written."""


class StaleData(PeopleError):
    """The patients' data is older than a search allows, or nobody knows when it came."""


# --- templates ----------------------------------------------------------------------------------------


class TemplateError(WorkbenchError):
    """An email type that cannot be used as it stands."""


class UnknownTemplate(TemplateError, KeyError):
    """No email type has this path."""


class TemplateRefused(TemplateError):
    """The text of an email type cannot be compiled or rendered; `line` is the line of its text, from 1."""

    def __init__(self, sentence: str, *, line: int | None = None) -> None:
        super().__init__(sentence)
        self.line = line


class TemplateChanged(TemplateRefused):
    """Somebody else saved the email type, or the signature, after it was read; nothing was written over."""


class AttachmentRefused(TemplateRefused):
    """A file may not go with messages: it cannot be read, is too large, or of a kind that mail does not carry."""


class ImageRefused(AttachmentRefused):
    """An image cannot be made fit to leave the practice."""


class RenderingFailed(TemplateError):
    """The process that merges email types cannot be had; it is about no row and no text."""


class FieldInUse(TemplateError):
    """A merge field of the practice's own, or a name of it, cannot be taken away: something still says it."""


class UnknownSignature(TemplateError, KeyError):
    """No signature has this name."""


# --- accounts -----------------------------------------------------------------------------------------


class AccountError(WorkbenchError):
    """A mail account that cannot be used as it stands."""


class UnknownAccount(AccountError, KeyError):
    """No account has this name."""


class NoPassword(AccountError):
    """The account's password is not where the account says it is kept."""


# --- mailings -----------------------------------------------------------------------------------------


class MailingError(WorkbenchError):
    """A mailing that cannot be prepared, queued or moved."""


class UnknownMailing(MailingError):
    """No mailing has this number."""


class KeyTaken(MailingError):
    """The same key already names a mailing with another template, account or search."""


class NotConfirmed(MailingError):
    """Nobody confirmed the sending, and nobody is there to be asked."""

    def __init__(self, sentence: str, *, count: int) -> None:
        super().__init__(sentence)
        self.count = count


class ForbiddenMove(MailingError):
    """A status that cannot follow another."""


class QueueingCutOff(ForbiddenMove):
    """The queueing of a mailing did not end: its list is not whole, so nothing of it may leave yet."""


class PrintingFailed(MailingError):
    """A message cannot be laid out as a PDF on this computer."""


class JournalBroken(MailingError):
    """The ledger cannot be written; the sending stopped before the next message."""


class SenderFailed(MailingError):
    """The sending ended on something unforeseen; what was in flight is marked uncertain."""


# --- notebooks and their runs -------------------------------------------------------------------------


class NotebookError(WorkbenchError):
    """A notebook that cannot be written or executed."""


class NotebookRefused(NotebookError):
    """A notebook is not written, or not executed; nothing was begun."""


class RunFailed(NotebookError):
    """A notebook stopped before its end; what it had sent stands in the results."""


class UnknownRun(NotebookError):
    """No run has this number."""


# --- jobs ---------------------------------------------------------------------------------------------


class JobError(WorkbenchError):
    """A job cannot be done, released or changed as asked."""


class JobBusy(JobError):
    """Somebody is doing the job already."""


class UnknownJob(JobError, KeyError):
    """No job has this key or title."""


# --- the way out --------------------------------------------------------------------------------------


class SendingStopped(WorkbenchError):
    """The account's server ended the sending; nobody is failed for it, the rows stay pending."""

    reason = "stopped"


class NetworkDown(SendingStopped):
    """No connection for two minutes."""

    reason = "network"


class GreetingRefused(SendingStopped):
    """The server greeted with a 4xx or 5xx."""

    reason = "greeting_refused"


class LoginRefused(SendingStopped):
    """The server refused the user or the password (535, 530, 534 …), or offers no way to log in that we accept."""

    reason = "login_refused"


class TlsRefused(SendingStopped):
    """No verified TLS: certificate, host name, version, missing STARTTLS, or bytes before the handshake."""

    reason = "tls_refused"


class SenderRefused(SendingStopped):
    """The server refuses our own address at MAIL FROM for good, so it would refuse every message."""

    reason = "sender_refused"
