"""Choose what of a patient's file goes with a message: whole columns in, a place in them out (F94–F98, F103)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd

from workbench.domain.attached import DocumentRule, ImageRule, Pick
from workbench.domain.fields import folded
from workbench.domain.mailings import Finding, Severity
from workbench.language import _, marked
from workbench.merging.recipients import Recipients
from workbench.merging.source_keys import subject_of

_WORDS = ("kind", "view", "stage")
"""What a rule says of an image, in the order in which it is told."""

_CALLED = {"kind": marked("type"), "view": marked("view"), "stage": marked("stage")}

_PAPERS = {"invoice": marked("invoice"), "quote": marked("quote"), "prescription": marked("prescription")}


def patients_of(recipients: Recipients) -> list[tuple[str, ...]]:
    """Return whom each message tells about, who leads first: one patient, or several of a family's message (P5)."""
    subjects = recipients.subjects
    whose: dict[str, str] = {}
    if {"subject_key", "patient_id"} <= set(subjects.columns):
        owners = subjects["patient_id"].astype(object).where(subjects["patient_id"].notna(), "")
        whose = dict(zip(subjects["subject_key"].astype(str).tolist(), map(str, owners.tolist()), strict=True))
    known = frozenset(whose)
    rows = zip(recipients.frame["patient_id"].tolist(), recipients.frame["subjects"].tolist(), strict=True)
    return [
        tuple(dict.fromkeys(one for one in (str(lead or ""), *_told(texts, known, whose)) if one))
        for lead, texts in rows
    ]


def _told(texts: Sequence[str], known: frozenset[str], whose: Mapping[str, str]) -> list[str]:
    if len(texts) < 2:  # the one that leads
        return []
    return [whose.get(":".join(subject_of(text, known)[:2]), "") for text in texts]


def images_chosen(album: pd.DataFrame, rule: ImageRule) -> dict[str, int]:
    """Return the image that a rule chooses of each patient, as its place in the album; who has none is absent.

    Words are compared without case and accents. An image of which nobody knows the day comes after all others, and is
    no image of before a day.

    Parameters
    ----------
    album
        Columns as in ``domain.frames.ALBUM_COLUMNS``, numbered from 0.
    """
    fits = pd.Series(True, index=album.index)
    for name in _WORDS:
        if word := folded(getattr(rule, name)):
            fits &= album[name].isin([one for one in album[name].dropna().unique() if folded(str(one)) == word])
    if rule.on_or_before:
        fits &= album["taken_on"] <= pd.Timestamp(date.fromisoformat(rule.on_or_before))
    left = album.loc[fits, ["patient_id", "taken_on", "media_id"]]
    latest = rule.pick == Pick.LATEST
    order = left.sort_values(["taken_on", "media_id"], ascending=not latest, na_position="last", kind="stable")
    best = order.drop_duplicates("patient_id")
    return dict(zip(best["patient_id"].tolist(), best.index.tolist(), strict=True))


def documents_chosen(
    papers: pd.DataFrame,
    rule: DocumentRule,
    recipients: Recipients,
    patients: Sequence[Sequence[str]],
    *,
    today: date,
) -> list[list[int | None]]:
    """Return the papers that go with each message, as places in `papers`; ``None`` stands for one that is missing.

    A message about an invoice (a quote) takes that one, or all that it tells of; any other message takes the latest of
    each patient that is not dated after `today` and was not cancelled. Another patient's paper is missing (P5).

    Parameters
    ----------
    papers
        Columns as in ``domain.frames.DOCUMENT_COLUMNS``, numbered from 0.
    patients
        Of each recipient, `patients_of`.
    """
    places = dict(zip(papers["document_id"].tolist(), papers.index.tolist(), strict=True))
    owners = papers["patient_id"].tolist()
    written = papers["cancelled_on"].isna() & (papers["dated_on"] <= pd.Timestamp(today))
    standing = papers[written].sort_values(["dated_on", "document_id"], kind="stable")
    last = standing.drop_duplicates("patient_id", keep="last")
    latest = dict(zip(last["patient_id"].tolist(), last.index.tolist(), strict=True))
    chosen: list[list[int | None]] = []
    for keys, told in zip(_named(recipients, rule.kind), patients, strict=True):
        if keys:
            found = (places.get(key) for key in keys)
            chosen.append([place if place is not None and owners[place] in told else None for place in found])
        else:
            chosen.append([latest.get(patient) for patient in told] or [None])
    return chosen


def _named(recipients: Recipients, kind: str) -> list[list[str]]:
    """Return the papers of a kind that each message is about, by their keys."""
    frame, values, subjects = recipients.frame, recipients.values, recipients.subjects
    known = frozenset(subjects["subject_key"].astype(str)) if "subject_key" in subjects.columns else frozenset()
    column = f"{kind}_id"
    own = frame[column].tolist() if column in frame.columns else [None] * len(frame)
    given = values[column].tolist() if column in values.columns else own
    named = []
    for texts, of_frame, of_row in zip(frame["subjects"].tolist(), own, given, strict=True):
        about = [key for one, key, _start in (subject_of(text, known) for text in texts) if one == kind]
        beside = [str(one) for one in (of_frame, of_row) if one]
        named.append(list(dict.fromkeys(about or beside[-1:])))
    return named


def looked_for(rule: ImageRule | DocumentRule) -> str:
    """Say what a rule looks for, in a few words: « panoramique, face, début », « invoice »."""
    if isinstance(rule, DocumentRule):
        return _(_PAPERS.get(rule.kind, rule.kind))
    return ", ".join(getattr(rule, name) for name in _WORDS if getattr(rule, name)) or _("image")


def unknown_words(rules: Sequence[ImageRule], words: Mapping[str, Sequence[str]]) -> list[Finding]:
    """Return a finding about each word of the rules that the practice's albums do not know; it names those they do.

    Parameters
    ----------
    words
        ``PatientStore.album_words``.
    """
    known = {name: {folded(word) for word in words.get(name, ())} for name in _WORDS}
    unknown = dict.fromkeys((name, getattr(rule, name)) for rule in rules for name in _WORDS if getattr(rule, name))
    return [
        Finding(
            code=f"unknown_image_word:{word}",
            severity=Severity.WARNING,
            message=_("No image of the album has the {what} « {word} ». The album knows: {known}.").format(
                what=_(_CALLED[name]), word=word, known=", ".join(words.get(name, ())) or _("none")
            ),
        )
        for name, word in unknown
        if folded(word) not in known[name]
    ]
