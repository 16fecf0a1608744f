"""What a person adds to one patient's message: images of the album, papers of the file, files of this computer.

What is of the file is only ever looked for in the file of the patient who is written about (P5). What holds health data
passes the gate of health data, whatever the email type allows its own files (P13); what was said of a file is
journalled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from workbench.domain.attached import DOCUMENT_KINDS
from workbench.domain.frames import PIECE_COLUMNS
from workbench.errors import AttachmentRefused, BadValue
from workbench.imaging.cleaning import clean_image
from workbench.language import _
from workbench.practice.attaching import ChosenFile, file_keeper, stored_documents, stored_images, told_apart

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

THUMBNAIL = 160
"""Pixels of the longer side of an image as it is offered."""

_TOLD = "attachments_told"
_IMAGE = "image"


def pieces_of(practice: Practice, patient_id: str) -> pd.DataFrame:
    """Return what of a patient's file can go with a message, the latest first.

    Returns
    -------
    DataFrame
        ``domain.frames.PIECE_COLUMNS``, key ``piece``: what `kept_pieces` takes. ``kind`` is ``image`` or the kind of
        document, ``label`` the practice's own words for it, ``health`` whether it passes the gate of health data.
    """
    rows = [row for row, _file in _offered(practice, patient_id).values()]
    frame = pd.DataFrame(rows, columns=list(PIECE_COLUMNS)).astype(
        {"piece": "string", "kind": "string", "label": "string", "dated_on": "datetime64[s]", "health": "bool"}
    )
    frame.attrs["of_people"] = True
    return frame.sort_values(["dated_on", "piece"], ascending=[False, True], kind="stable", ignore_index=True)


def kept_pieces(practice: Practice, patient_id: str, pieces: Iterable[str]) -> dict[str, bool]:
    """Keep pieces of a patient's file to go with a message: the name each is kept under, and if it tells of health.

    Raises
    ------
    BadValue
        When one is not in this patient's file.
    AttachmentRefused
        When its file cannot be sent; the sentence says why.
    """
    wanted = list(dict.fromkeys(pieces))
    if not wanted:
        return {}
    offered = _offered(practice, patient_id)
    for piece in wanted:
        if piece not in offered:
            raise BadValue(_("This is not in the patient's file any more: choose again what goes with the message."))
    chosen = [offered[piece] for piece in wanted]
    kept = file_keeper(practice).keep(one.file for _row, one in chosen if one.file)
    health: dict[str, bool] = {}
    for row, one in chosen:
        result = kept[one.file] if one.file else None
        if result is None or not result.kept:
            raise AttachmentRefused(
                _("« {name} » cannot go with the message: {problem}").format(
                    name=row["label"], problem=result.trouble if result else ""
                )
            )
        health[result.kept] = health.get(result.kept, False) or one.health
    return dict(zip(told_apart(practice, health), health.values(), strict=True))


def piece_picture(practice: Practice, patient_id: str, piece: str) -> bytes:
    """Return a small picture of an image of a patient's album.

    Raises
    ------
    BadValue
        When it is no image of this patient's album.
    AttachmentRefused
        When its file cannot be shown.
    """
    row, chosen = _offered(practice, patient_id).get(piece, ({}, None))
    if chosen is None or chosen.file is None or row["kind"] != _IMAGE:
        raise BadValue(_("This is not in the patient's file any more: choose again what goes with the message."))
    return clean_image(file_keeper(practice).read(chosen.file.path), longest_side=THUMBNAIL).data


def record_health_files(practice: Practice, mailing_id: int, told: Mapping[str, bool]) -> None:
    """Journal what was said of the files that a person added, by their SHA-256: their names may name somebody (P12)."""
    if not told:
        return
    answers = {"health": True, "none": False}
    practice.ledger.acts.record(
        _TOLD,
        f"mailing:{mailing_id}",
        by=practice.user,
        now=practice.now(),
        details={
            name: [_digest(kept) for kept, holds in told.items() if holds is one] for name, one in answers.items()
        },
    )


def told_of_files(practice: Practice, mailing_id: int, kept: Sequence[str]) -> dict[str, bool]:
    """Return which of these files were said to hold health data when a mailing was confirmed."""
    acts = practice.ledger.acts.acts(f"mailing:{mailing_id}")
    holding = {digest for details in acts["details"][acts["what"] == _TOLD] for digest in details.get("health", ())}
    return {one: True for one in kept if _digest(one) in holding}


def _digest(kept: str) -> str:
    return kept.partition("/")[0]


def _offered(practice: Practice, patient_id: str) -> dict[str, tuple[dict[str, object], ChosenFile]]:
    """Return the pieces of one patient's file by their keys: how each is told, and its file."""
    offered: dict[str, tuple[dict[str, object], ChosenFile]] = {}
    album = practice.patients.images(patient_id)
    for row, image in zip(album.to_dict("records"), stored_images(album), strict=True):
        words = [str(row[name]) for name in ("kind", "view", "stage") if pd.notna(row[name]) and row[name]]
        told = {"piece": f"{_IMAGE}:{row['media_id']}", "kind": _IMAGE, "label": " · ".join(words) or _("Image")}
        offered[told["piece"]] = ({**told, "dated_on": row["taken_on"], "health": image.health}, image)
    every = practice.patients.documents(patient_id)
    for kind in DOCUMENT_KINDS:
        papers = every[(every["kind"] == kind) & every["cancelled_on"].isna()].reset_index(drop=True)
        for row, paper in zip(papers.to_dict("records"), stored_documents(papers, kind, "fr"), strict=True):
            number = str(row["number"]) if pd.notna(row["number"]) else ""
            label = f"{_paper_words()[kind]} {number}".strip()
            told = {"piece": f"{kind}:{row['document_id']}", "kind": kind, "label": label}
            offered[told["piece"]] = ({**told, "dated_on": row["dated_on"], "health": paper.health}, paper)
    return offered


def _paper_words() -> dict[str, str]:
    return {"invoice": _("Invoice"), "quote": _("Quote"), "prescription": _("Prescription")}
