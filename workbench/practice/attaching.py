"""What goes with each recipient's message: images and documents of the patient's file by rule, other files by hand.

The rules of an email type are followed for all recipients of a mailing at once: the albums are read once, the choice
is one sort, and each image is made fit to leave once, however many messages it goes with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from workbench.domain.attached import DOCUMENT_KINDS, DocumentRule, ImageRule, WhenMissing
from workbench.domain.file_names import plain_stem
from workbench.domain.mailings import Finding, Severity
from workbench.domain.templates import Template
from workbench.errors import BadValue
from workbench.language import _, n_
from workbench.merging.choosing import documents_chosen, images_chosen, looked_for, patients_of, unknown_words
from workbench.merging.recipients import Recipients
from workbench.practice.stored_files import KeptFile, StoredFile, StoredFiles

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

MISSING = "missing_attachment"
"""The reason of a row whose message must have a file that was not found; what was looked for stands behind it."""

ASKED = "attachment_asked"
"""The reason of a row that lacks a file, where a person is to decide: without it, or not at all."""

HEALTH_DOCUMENTS = frozenset({"prescription"})
"""Documents that tell of somebody's health as such (P13); invoices and quotes are papers of money."""

_ANSWERS = (WhenMissing.WITHOUT, WhenMissing.SKIP)

_PAPER_NAMES = {
    "fr": {"invoice": "facture", "quote": "devis", "prescription": "ordonnance"},
    "en": {"invoice": "invoice", "quote": "quote", "prescription": "prescription"},
}
_IMAGE_TYPES = "image/"
_DICOM = "application/dicom"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """What goes with the messages of a mailing by rule; rows as the recipients.

    `files` are the names that they are kept under (``<sha256>/<name>``), `reasons` why a row is left out or ``""``,
    `health` tells that a row's files tell of somebody's health (P13). `findings` are what a person should know.
    `waiting` says of each rule that asks what it looks for, and how many rows lack it.
    """

    files: list[tuple[str, ...]] = field(repr=False)
    reasons: list[str] = field(repr=False)
    health: list[bool] = field(repr=False)
    findings: tuple[Finding, ...] = field(default=(), repr=False)
    waiting: Mapping[str, tuple[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChosenFile:
    """A file of the store that was chosen, and whether it tells of somebody's health; none when there is none."""

    file: StoredFile | None = None
    health: bool = False


_NOTHING = ChosenFile()


@dataclass(frozen=True, slots=True)
class _Followed:
    """A rule with what it chose for each row: a file for each patient told about, or each paper."""

    key: str
    rule: ImageRule | DocumentRule
    rows: list[list[ChosenFile]]


def attach(
    practice: Practice,
    found: Recipients,
    template: Template,
    *,
    now: datetime,
    decided: Mapping[str, str] | None = None,
) -> Attached:
    """Choose what goes with each recipient's message by the rules of an email type, and keep it by its bytes.

    Only what belongs to the patients whom a message tells about goes with it (P5); a message about several needs a file
    of each. Where one is missing the row is left out, or the message leaves without it, or a person is asked, as the
    rule says.

    Parameters
    ----------
    found
        Who is written to; a row with a reason already gets nothing.
    now
        The moment of the mailing: what is dated later is not looked at, unless the message is about it.
    decided
        What a person decided for this mailing where a rule asks: ``{"images:0": "without"}``, or ``"skip"``.

    Raises
    ------
    BadValue
        When what is decided is no question of this email type, or no answer to it.
    """
    answers = checked_answers(template, decided or {})
    told = patients_of(found)
    open_rows = [place for place, reason in enumerate(found.frame["reason"].tolist()) if not reason]
    asked = sorted({patient for place in open_rows for patient in told[place]})
    today = practice.calendar.today(now)
    findings: list[Finding] = []
    followed: list[_Followed] = []
    if template.images:
        findings += unknown_words(template.images, practice.store.album_words())
        album = practice.store.album(asked)
        album = album[~(album["taken_on"] > pd.Timestamp(today))].reset_index(drop=True)
        images = stored_images(album)
        for number, image_rule in enumerate(template.images):
            best = images_chosen(album, image_rule)
            rows = [
                [images[best[patient]] if patient in best else _NOTHING for patient in patients] or [_NOTHING]
                for patients in told
            ]
            followed.append(_Followed(f"images:{number}", image_rule, rows))
    for number, paper_rule in enumerate(template.documents):
        papers = practice.store.documents(paper_rule.kind, asked)
        documents = stored_documents(papers, paper_rule.kind, template.language)
        places = documents_chosen(papers, paper_rule, found, told, today=today)
        rows = [[_NOTHING if place is None else documents[place] for place in some] for some in places]
        followed.append(_Followed(f"documents:{number}", paper_rule, rows))
    kept = file_keeper(practice).keep(
        choice.file for one in followed for place in open_rows for choice in one.rows[place] if choice.file
    )
    return _laid_out(practice, found, open_rows, followed, kept, answers, findings)


def checked_answers(template: Template, decided: Mapping[str, str]) -> dict[str, WhenMissing]:
    """Return what a person decided, by the rule it is about; raises ``BadValue`` as `attach` does."""
    rules: dict[str, ImageRule | DocumentRule] = {}
    rules |= {f"images:{number}": rule for number, rule in enumerate(template.images)}
    rules |= {f"documents:{number}": rule for number, rule in enumerate(template.documents)}
    questions = [key for key, rule in rules.items() if rule.missing == WhenMissing.ASK]
    for key, answer in decided.items():
        if key not in questions:
            raise BadValue(
                _("« {template} » asks nothing called « {key} » about its attachments. It asks: {known}.").format(
                    template=template.path, key=key, known=", ".join(questions) or _("nothing")
                )
            )
        if answer not in _ANSWERS:
            raise BadValue(_("« {key} » is answered with one of: {known}.").format(key=key, known=", ".join(_ANSWERS)))
    return {key: WhenMissing(answer) for key, answer in decided.items()}


# --- the rows of the store as files -------------------------------------------------------------------


def stored_images(album: pd.DataFrame) -> list[ChosenFile]:
    """Return each image of an album as the file it is; its name says what it shows and when, never whom."""
    told = [_plain(album[name]) for name in ("media_id", "kind", "view", "media_type", "path", "digest")]
    days = album["taken_on"].dt.strftime("%Y-%m-%d").fillna("").tolist()
    return [
        ChosenFile(
            StoredFile(
                call=call,
                path=path,
                digest=digest,
                stem=plain_stem(kind, view, day) or "image",
                image=media_type.startswith(_IMAGE_TYPES) or media_type == _DICOM,
            ),
            health=health,
        )
        for call, kind, view, media_type, path, digest, day, health in zip(
            *told, days, album["health"].tolist(), strict=True
        )
    ]


def stored_documents(papers: pd.DataFrame, kind: str, language: str) -> list[ChosenFile]:
    """Return each paper of a kind as the file it is, called by its kind and number in a language."""
    names = _PAPER_NAMES.get(language, _PAPER_NAMES["fr"])
    numbers, paths, keys = (_plain(papers[name]) for name in ("number", "path", "document_id"))
    days = papers["dated_on"].dt.strftime("%Y-%m-%d").fillna("").tolist()
    return [
        ChosenFile(
            StoredFile(call=key, path=path, digest="", stem=plain_stem(names[kind], number or day), image=False)
            if path
            else None,
            health=kind in HEALTH_DOCUMENTS,
        )
        for key, number, path, day in zip(keys, numbers, paths, days, strict=True)
    ]


def _plain(series: pd.Series[str]) -> list[str]:
    return [str(one) for one in series.astype(object).where(series.notna(), "").tolist()]


def kept_of_the_file(practice: Practice, patient_id: str) -> set[str]:
    """Return what was kept of the images and documents of a patient's file, though no message left with it."""
    papers = (practice.store.documents(kind, [patient_id]) for kind in DOCUMENT_KINDS)
    paths = [path for frame in (practice.store.album([patient_id]), *papers) for path in frame["path"].dropna()]
    return file_keeper(practice).made_of(map(str, paths))


def file_keeper(practice: Practice) -> StoredFiles:
    """Return what reads the files of the store, and keeps those that leave."""
    settings = practice.settings
    return StoredFiles(
        practice.path,
        practice.attachments,
        longest_side=settings.image_max_pixels,
        quality=settings.image_quality,
    )


# --- row by row ---------------------------------------------------------------------------------------


def _laid_out(
    practice: Practice,
    found: Recipients,
    open_rows: Sequence[int],
    followed: Sequence[_Followed],
    kept: Mapping[StoredFile, KeptFile],
    answers: Mapping[str, WhenMissing],
    findings: list[Finding],
) -> Attached:
    size = len(found.frame)
    files: list[tuple[str, ...]] = [()] * size
    reasons, health = [""] * size, [False] * size
    keys = found.frame["recipient_id"].tolist()
    waiting: dict[str, int] = {}
    for place in open_rows:
        row: list[str] = []
        doubts: list[Finding] = []
        reason = ""
        for one in followed:
            lacking = False
            for choice in one.rows[place]:
                result = kept[choice.file] if choice.file else KeptFile()
                if result.kept:
                    row.append(result.kept)
                    health[place] |= choice.health
                    continue
                lacking = True
                if choice.file and result.trouble:
                    findings.append(_unusable(choice.file, result, keys[place]))
            if not lacking:
                continue
            what = looked_for(one.rule)
            missing = answers.get(one.key, one.rule.missing)
            if missing == WhenMissing.WITHOUT:
                doubts.append(_without(what, keys[place]))
            elif missing == WhenMissing.ASK:
                waiting[one.key] = waiting.get(one.key, 0) + 1
                reason = reason or f"{ASKED}:{what}"
            else:
                reason = reason or f"{MISSING}:{what}"
        if reason:
            reasons[place], health[place] = reason, False
        else:
            files[place] = told_apart(practice, row)
            findings += doubts
    asked = {one.key: looked_for(one.rule) for one in followed}
    counted = {key: (asked[key], count) for key, count in waiting.items()}
    findings += [to_decide(key, what, count) for key, (what, count) in counted.items()]
    return Attached(files=files, reasons=reasons, health=health, findings=tuple(findings), waiting=counted)


def told_apart(practice: Practice, kept: Iterable[str]) -> tuple[str, ...]:
    """Return the files of one message, each once; of several with one name, the later ones get a number."""
    names: set[str] = set()
    apart: list[str] = []
    for one in dict.fromkeys(kept):
        name = wanted = one.partition("/")[2]
        stem, _dot, ending = wanted.rpartition(".")
        number = 1
        while name in names:
            number += 1
            name = f"{stem}-{number}.{ending}"
        names.add(name)
        apart.append(one if name == wanted else practice.attachments.keep_as(one, name))
    return tuple(apart)


def _unusable(file: StoredFile, result: KeptFile, recipient: str) -> Finding:
    return Finding(
        code="unusable_file",
        severity=Severity.WARNING,
        message=_("The file of « {call} » in the practice's software cannot be sent: {problem}").format(
            call=file.call, problem=result.trouble
        ),
        recipient=recipient,
    )


def _without(what: str, recipient: str) -> Finding:
    return Finding(
        code=f"{MISSING}:{what}",
        severity=Severity.WARNING,
        message=_("Nothing was found for « {what} »: the message leaves without it.").format(what=what),
        recipient=recipient,
    )


def to_decide(key: str, what: str, count: int) -> Finding:
    """Return the finding about a rule that asks, what it looks for, and how many recipients lack it."""
    sentence = n_(
        "« {what} » is missing for {n} recipient, who is left out until you decide: send with --missing "
        "{key}=without, or {key}=skip (in a notebook: missing={{'{key}': 'without'}}).",
        "« {what} » is missing for {n} recipients, who are left out until you decide: send with --missing "
        "{key}=without, or {key}=skip (in a notebook: missing={{'{key}': 'without'}}).",
        count,
    ).format(what=what, n=count, key=key)
    return Finding(code=f"{ASKED}:{key}", severity=Severity.WARNING, message=sentence)


# --- files by hand, and how large a message is ----------------------------------------------------------


def kept_files(practice: Practice, paths: Iterable[str | Path]) -> tuple[str, ...]:
    """Copy files of this computer in, to go with a mailing or a message, and return the names they are kept under.

    Raises
    ------
    AttachmentRefused
        When one cannot be read, is a link, a folder or a device, is too large for a message, or is of a kind that mail
        services refuse; the sentence names it.
    """
    most = practice.settings.message_megabytes * MEGABYTE
    return tuple(dict.fromkeys(practice.attachments.keep(Path(path).expanduser(), most=most) for path in paths))


MEGABYTE = 1_000_000


def message_size(sizes: Iterable[int]) -> int:
    """Return how many bytes files of these sizes are as they travel: in base64, in lines, each with its heading.

    Examples
    --------
    >>> message_size([57])
    478
    """
    return sum(-(-size // 57) * 78 + _HEADING for size in sizes)


_HEADING = 400


def too_large(practice: Practice, kept: Sequence[str], *, beside: int = 0) -> str:
    """Return the reason why a message with these kept files is too large, which names the largest; ``""`` if it is not.

    Parameters
    ----------
    beside
        Bytes of the message without its files.
    """
    sizes = {one: practice.attachments.size(one) or 0 for one in kept}
    if message_size(sizes.values()) + beside <= practice.settings.message_megabytes * MEGABYTE or not sizes:
        return ""
    largest = max(sizes, key=lambda one: sizes[one])
    return f"message_too_large:{largest.partition('/')[2]}"


def mailing_load(practice: Practice, files: Iterable[Sequence[str]]) -> tuple[int, int]:
    """Return how many messages take files along, and how many bytes these are in all."""
    sizes: dict[str, int] = {}
    messages = total = 0
    for row in files:
        messages += bool(row)
        for one in row:
            if one not in sizes:
                sizes[one] = message_size([practice.attachments.size(one) or 0])
            total += sizes[one]
    return messages, total


def mailing_size(practice: Practice, messages: int, total: int) -> tuple[Finding, ...]:
    """Return the finding about a mailing whose files are very much in all; none where they are not."""
    if total <= practice.settings.mailing_megabytes * MEGABYTE:
        return ()
    sentence = n_(
        "The files of {n} message are {total} MB in all; your mail service may slow down or refuse so much in a day.",
        "The files of {n} messages are {total} MB in all; your mail service may slow down or refuse so much in a day.",
        messages,
    ).format(n=messages, total=round(total / MEGABYTE))
    return (Finding(code="large_mailing", severity=Severity.WARNING, message=sentence),)
