"""Returned mail: reports that a mail program saved, matched to the messages they are about; recorded when asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.domain.deliveries import DeliveryStatus
from workbench.domain.delivery_reports import MOST_BYTES, DeliveryReport, ReportKind, read_report
from workbench.domain.file_names import harmless_name
from workbench.domain.frames import RETURNED_COLUMNS
from workbench.domain.returned_mail import ReturnCause, cause_in, sentence_of_return
from workbench.errors import BadValue
from workbench.language import _, n_
from workbench.practice.card import Card

MOST_FILES = 200
"""Files that are looked at together."""

_S = DeliveryStatus
_TEXTS = ("file", "patient_id", "recipient", "address", "template", "cause", "code", "message", "trouble")


class Returning(Card):
    """The verbs about messages that come back."""

    def returned(self, files: str | Path | Iterable[str | Path] | Mapping[str, bytes]) -> pd.DataFrame:
        r"""Tell which messages came back, from reports that a mail program saved (``.eml``); nothing is recorded.

        The message is found by our own mark, which a server repeats: the envelope reference or the Message-ID. Files
        that are no report, are about nobody's message here, or cannot be read say so in ``trouble``.

        Parameters
        ----------
        files
            A file, a folder of them, several, or their contents by name.

        Returns
        -------
        DataFrame
            One row a file, ``domain.frames.RETURNED_COLUMNS``: ``message`` says in words why the message came back,
            ``trouble`` why nothing can be recorded of a file, or ``""``. To be given to `record_returned`.

        Raises
        ------
        BadValue
            For more than 200 files at once.

        Examples
        --------
        >>> practice.returned({"reponse.eml": b"Subject: Re: rendez-vous\n\nMerci"})["trouble"].iloc[0]
        'This is no returned message, but an ordinary letter. Nothing is to be recorded of it.'
        """
        read = [(harmless_name(name), read_report(content)) for name, content in _contents(files)]
        marked = self.ledger.returned.marked([token for _name, report in read for token in report.tokens])
        known: dict[str, dict[str, Any]] = {str(row["token"]): row for row in marked.to_dict("records")}  # type: ignore[misc]
        met: set[int] = set()
        rows = []
        for name, report in read:
            about = next((known[token] for token in report.tokens if token in known), None)
            rows.append(_told(name, report, about, met))
        frame = pd.DataFrame(rows, columns=list(RETURNED_COLUMNS))
        return frame.astype(
            {"delivery_id": "Int64", "mailing_id": "Int64", "decided_at": "datetime64[us, UTC]"}
            | dict.fromkeys(_TEXTS, "string")
        )

    def record_returned(self, found: pd.DataFrame) -> int:
        """Record the messages that came back, and return how many; nothing is sent again for it.

        They stay sent, with the reason why they came back. An address that is wrong is marked so wherever it is shown,
        until the file gets another one, or `withdraw_returned` takes it back.

        Parameters
        ----------
        found
            What `returned` gave; rows with a ``trouble`` are left alone.
        """
        rows = found[found["trouble"] == ""]
        causes = {
            int(number): (str(ReturnCause(cause)), str(code))
            for number, cause, code in zip(rows["delivery_id"], rows["cause"], rows["code"], strict=True)
        }
        done = self.ledger.returned.record(causes, by=self.user, now=self.now())
        self.changes += 1
        return len(done)

    def withdraw_returned(self, delivery_id: int) -> bool:
        """Take back that a message came back, journalled; tell whether it was recorded so."""
        done = self.ledger.returned.withdraw(int(delivery_id), by=self.user, now=self.now())
        self.changes += 1
        return done


def _contents(files: str | Path | Iterable[str | Path] | Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Give each file's name and its beginning, which is empty where it cannot be read."""
    if isinstance(files, Mapping):
        _few(len(files))
        yield from files.items()
        return
    given = [files] if isinstance(files, str | Path) else list(files)
    paths = [
        path
        for one in given
        for path in (sorted(Path(one).expanduser().glob("*.eml")) if Path(one).expanduser().is_dir() else [Path(one)])
    ]
    _few(len(paths))
    for path in paths:
        yield path.name, _beginning(path.expanduser())


def _beginning(path: Path) -> bytes:
    try:
        if not path.is_file():  # a pipe or a device could be waited on for ever
            return b""
        with path.open("rb") as file:
            return file.read(MOST_BYTES)
    except (OSError, ValueError):
        return b""


def _few(count: int) -> None:
    if count > MOST_FILES:
        raise BadValue(
            n_("Bring {most} file at most at a time.", "Bring {most} files at most at a time.", MOST_FILES).format(
                most=MOST_FILES
            )
        )


def _told(name: str, report: DeliveryReport, about: Mapping[str, Any] | None, met: set[int]) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(RETURNED_COLUMNS, "")
    row |= {"file": name, "delivery_id": None, "mailing_id": None, "decided_at": None}
    row["trouble"] = _trouble_of(report) or _trouble_of_message(about)
    if about is None or report.kind in (ReportKind.UNREADABLE, ReportKind.ORDINARY):
        return row
    row |= {key: about[key] for key in ("patient_id", "recipient", "address", "template", "decided_at")}
    row |= {"delivery_id": int(about["delivery_id"]), "mailing_id": int(about["mailing_id"])}
    if report.kind is ReportKind.RETURNED:
        row |= {"cause": str(report.cause), "code": report.code}
        row["message"] = sentence_of_return(report.cause, str(about["address"]).rpartition("@")[2])
    if not row["trouble"] and row["delivery_id"] in met:
        row["trouble"] = _("Another file tells of the same message.")
    met.add(row["delivery_id"])
    return row


def _trouble_of(report: DeliveryReport) -> str:
    sentences = {
        ReportKind.UNREADABLE: _("This file is no message that can be read. Save it from the mail program as .eml."),
        ReportKind.ORDINARY: _("This is no returned message, but an ordinary letter. Nothing is to be recorded of it."),
        ReportKind.DELAYED: _("The message is late: a server still tries. Nothing is to be recorded yet."),
        ReportKind.RECEIPT: _("This is a receipt: the message arrived."),
    }
    return sentences.get(report.kind, "")


def _trouble_of_message(about: Mapping[str, Any] | None) -> str:
    if about is None:
        return _("This returned message was not sent from here: none of the messages sent has its mark.")
    if cause_in(str(about["reason"])):
        return _("It is recorded already that this message came back.")
    status = str(about["status"])
    if status == _S.FAILED:
        return _("This message already counts as failed.")
    if status not in (_S.SENT, _S.IN_DOUBT):
        return _("This message is waiting to be sent, or being sent: bring the file again once it has left.")
    return ""
