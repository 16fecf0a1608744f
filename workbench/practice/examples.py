"""What somebody sees who writes an email type: whose values its fields have, what it would be, what it lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from workbench.domain.custom_fields import GRIDS, CustomField, CustomKind
from workbench.domain.fields import Catalogue, Field
from workbench.domain.pictures import PICTURE_FORMAT
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.language import _, n_
from workbench.merging.frames import fields_frame, leave_out_other_patients, load_sources, needed_columns
from workbench.merging.recipients import MERGED_WITH
from workbench.practice.long_mailing import LongMailing
from workbench.practice.questions import asked_by
from workbench.practice.template_checks import refused_frame

if TYPE_CHECKING:
    from workbench.practice.mailing import Mailing
    from workbench.practice.practice import Practice

MOST = 60
"""Rows that a sample has: what somebody pages through while writing."""

DRAFT_COLUMNS = ("zone", "severity", "code", "message", "field", "line", "recipients")
"""Columns of what is found in a text that is being written."""

_FAMILIAR = "familiar:"
_PROBES = {kind: f"GRID_{kind.value.upper()}" for kind in GRIDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What the fields say of one person.

    `values` are the texts by code; a field without a value for this person, or whose value is an image, is not among
    them. `columns` is, by kind of grid (``patient``, ``correspondent``), the column that this person's text is taken
    from; a kind is not among them where there is nobody of it. `familiar` tells that one says « tu » to the
    correspondent.
    """

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    columns: Mapping[str, str] = field(default_factory=dict)
    familiar: bool = False


def sample_rows(practice: Practice, mailing: Mailing | None = None) -> pd.DataFrame:
    """Return the rows that an email type is written with: a mailing's first ones, else the next appointments.

    They can be given to ``practice.mailing(...)``. Without appointments to come there are none.
    """
    if mailing is None or isinstance(mailing, LongMailing):  # whose list nobody reads as a whole
        return practice.search("appointments", start="today", end="J+30", state="upcoming").head(MOST)
    return mailing.subjects.head(MOST).drop(columns=["recipient_id", MERGED_WITH], errors="ignore")


def examples_of(mailing: Mailing) -> dict[str, Example]:
    """Return what every merge field says of each recipient of a short mailing, by ``recipient_id``.

    Nothing is rendered. Fields that are asked once for everybody are left out unless the mailing answers them.
    """
    practice = mailing.practice
    worked_out = mailing.prepare(fresh=False, check=False)
    now, zone, found = worked_out.at, practice.calendar.zone, worked_out.addressed
    if found.frame.empty:
        return {}
    own = practice.catalogue
    catalogue = Catalogue([*own.values(), *map(_probe, GRIDS)], given=own.given)
    answered = mailing.plan.values
    codes = [
        one.code
        for one in catalogue.values()
        if one.format != PICTURE_FORMAT and (not one.asked or one.code in answered)
    ]
    sources = load_sources(
        needed_columns(codes, catalogue),
        found,
        columns=partial(practice.store.columns, today=practice.today),
        relations=practice.store.relations,
        now=now,
        zone=zone,
    )
    found = leave_out_other_patients(found, sources, now=now, zone=zone)
    said = fields_frame(
        found,
        codes,
        catalogue,
        sources,
        now=now,
        zone=zone,
        user=practice.user,
        values=answered,
        step=mailing.template.step,
        adult_age=practice.settings.adult_age,
    )
    people = zip(found.frame["recipient_id"], said.to_dict("records"), strict=True)
    return {str(key): _example({str(code): text for code, text in row.items()}) for key, row in people}


def _example(row: Mapping[str, object]) -> Example:
    texts = {code: text for code, text in row.items() if isinstance(text, str) and text}
    columns = {str(kind): texts.pop(probe) for kind, probe in _PROBES.items() if probe in texts}
    return Example(
        values=texts,
        columns={kind: column.removeprefix(_FAMILIAR) for kind, column in columns.items()},
        familiar=any(column.startswith(_FAMILIAR) for column in columns.values()),
    )


def _probe(kind: CustomKind) -> Field:
    """Return a field of a kind whose texts are the names of its columns: what it says is the column it takes."""
    names = GRIDS[kind]
    familiar = {name: f"{_FAMILIAR}{name}" for name in names} if kind is CustomKind.CORRESPONDENT else {}
    texts = {name: name for name in names}
    return CustomField(
        code=_PROBES[kind], kind=kind, label=_PROBES[kind], texts=texts, familiar=familiar
    ).in_catalogue()


def tried_on(practice: Practice, draft: Template, rows: pd.DataFrame, like: Mailing | None = None) -> Mailing:
    """Return the mailing that a text, as it is written now, would be to these rows; nothing of it is kept.

    Parameters
    ----------
    like
        A mailing whose account, addressee, answers and choices count here too.
    """
    # As no revision is written like that yet, no variant in another language stands in its place.
    draft = replace(draft, revision=0)
    if like is None:
        return practice.mailing(rows, draft)
    asked = asked_by(draft, practice)
    made = practice.mailing(
        rows,
        draft,
        account=like.account.name,
        role=like.plan.role or None,
        values={code: value for code, value in like.plan.values.items() if code in asked},
    )
    made.choices = like.choices
    return made


def draft_findings(practice: Practice, draft: Template, mailing: Mailing | None = None) -> pd.DataFrame:
    """Return what is wrong or doubtful in a text as it is written now, and what it lacks for the people of a mailing.

    Returns
    -------
    DataFrame
        Columns ``zone severity code message field line recipients``: ``zone`` is ``subject`` or ``body``, ``field`` the
        code of the field it is about or ``""``, ``recipients`` how many people it concerns (0: everybody, or nobody in
        particular). What lacks for several people is one row.
    """
    try:
        found = practice.templates.check(draft)
    except TemplateRefused as refused:
        found = refused_frame(refused)
    told = [
        _finding(draft, severity, code, message, None if pd.isna(line) else int(line))
        for severity, code, message, line in zip(
            found["severity"], found["code"], found["message"], found["line"], strict=True
        )
    ]
    known = {row["code"] for row in told}
    if mailing is not None:
        told += [row for row in _lacking(draft, mailing) if row["code"] not in known]
    return pd.DataFrame(told, columns=list(DRAFT_COLUMNS)).astype({"line": "Int64", "recipients": "int64"})


def _lacking(draft: Template, mailing: Mailing) -> list[dict[str, object]]:
    try:
        found = mailing.prepare(fresh=False).checked.findings
    except TemplateRefused:
        return []
    rows = found[(found["recipient"] != "") & found["code"].str.startswith("missing_")]
    everybody = len(mailing.addressees()["recipient_id"].unique())
    told = []
    for code, some in rows.groupby("code", sort=False):
        count = some["recipient"].nunique()
        sentence = n_(
            "{message} ({count} of {total} people here)", "{message} ({count} of {total} people here)", count
        ).format(message=some["message"].iloc[0], count=count, total=everybody)
        told.append(_finding(draft, some["severity"].iloc[0], str(code), sentence, None) | {"recipients": count})
    return told


def _finding(draft: Template, severity: str, code: str, message: str, line: int | None) -> dict[str, object]:
    detail = code.partition(":")[2]
    written = detail.removeprefix("@")
    in_subject = message.startswith(_("Subject. ")) or (
        written != "" and written in draft.subject and written not in draft.html
    )
    return {
        "zone": "subject" if in_subject else "body", "severity": str(severity), "code": code,
        "message": message.removeprefix(_("Subject. ")),
        "field": written if detail.startswith("@") else "", "line": line, "recipients": 0,
    }  # fmt: skip
