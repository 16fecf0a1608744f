"""Check a mailing before it is sent: what is missing, wrong, doubtful or not allowed to leave; everyone rendered once.

A problem with one row is a finding (promise P6): an error leaves that recipient out with its reason, a warning does
not, and neither stops the others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pandas as pd

from workbench.addresses import address_key
from workbench.domain.deliveries import sentence_of_reason
from workbench.domain.fields import Catalogue
from workbench.domain.frames import FINDING_COLUMNS
from workbench.domain.mail_domains import doubt_about as doubt_about
from workbench.domain.mail_domains import doubtful_domains
from workbench.domain.mailings import Finding, Severity
from workbench.domain.messages import Address, Attachment, Rendered
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.language import _, n_
from workbench.merging.bodies import Merged, unusual_subject
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.frames import NOT_GIVEN
from workbench.merging.mime import MimeWriter
from workbench.merging.recipients import Recipients
from workbench.merging.render import CompiledTemplate, compile_template

_ORDINARY_NAME = re.compile(r"[\w' ’.-]*\Z")
_ALWAYS_REPARSED = 8
_TOLD_EVERY = 250  # rows
_SEED = "0" * 32  # stands for the delivery's random token, which does not exist yet


MergeAll = Callable[[Sequence[str], Iterable[tuple[Sequence[object], bool]]], Generator[Merged | TemplateRefused]]
"""Merges rows of values in their order; each says whether its message is wanted as text, too."""


_MSSANTE = re.compile(
    r"[^@\s\x00-\x1f\x7f<>,;]+@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*mssante\.fr", re.ASCII | re.IGNORECASE
)
"""One address, nothing round it, of this domain or one below it; its letters are those of ASCII."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A mailing looked through.

    `reasons` says of each row why it is left out, or ``""`` (index as the recipients). `findings` has the columns of
    ``FINDING_COLUMNS``, the template's own first (with no recipient), then the rows' in their order. `fields` holds
    the merged values with the default texts in the place of missing ones: what is frozen at confirmation.
    """

    reasons: pd.Series
    findings: pd.DataFrame
    fields: pd.DataFrame

    def counts(self) -> dict[str, int]:
        """Return how many findings there are of each code."""
        return dict(Counter(self.findings["code"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a mailing is merged and written with, in one language.

    `merge_all` is the practice's rendering process (P10), whose limits hold whatever the email type does; without it
    `compiled` merges here, for the tests of merging.
    """

    compiled: CompiledTemplate
    mime: MimeWriter
    merge_all: MergeAll | None = None


Beside = Callable[[int, Mapping[str, object]], tuple[Sequence[Attachment] | None, Sequence[Attachment]]]
"""Gives the files and the images of one row's message by its place and values, as `MimeWriter.compose` takes them."""


def preflight(
    recipients: Recipients,
    fields: pd.DataFrame,
    compiled: CompiledTemplate,
    *,
    mime: MimeWriter,
    now: datetime,
    progress: Callable[[int, int], None] | None = None,
    merge_all: MergeAll | None = None,
    versions: Mapping[str, Version] | None = None,
    beside: Beside | None = None,
    with_health: Sequence[bool] = (),
    health_allowed: bool = False,
    health_added: bool = False,
) -> Checked:
    """Render every message that could leave, and say of each row what stands in its way.

    A template with an error of its own (a code nobody knows) leaves every row out: no patient reads « @PNOMS ».

    Parameters
    ----------
    recipients
        Rows with a reason already are kept with it and not rendered.
    fields
        The merged values, a column a code or name that the template uses; index as the recipients.
    mime
        The writer of this mailing: what it writes is read back (P9).
    now
        The moment of the check, aware.
    progress
        Told now and then how many rows are done, and of how many.
    merge_all
        As in `Version`.
    versions
        What merges the rows of other languages, by language (F69).
    beside
        What goes with one row's message besides everyone's files; it may raise ``TemplateRefused``.
    with_health
        Of each row, whether files that hold health data go with it.
    health_allowed
        A person let health data leave on ordinary addresses in this mailing (P13).
    health_added
        A person added files that hold health data to everyone's message: an email type that may carry its own does not
        speak for these.
    """
    frame = recipients.frame
    whole = Version(compiled=compiled, mime=mime, merge_all=merge_all)
    parts = _parts(frame["language"].tolist(), whole, versions or {})
    fields = with_defaults_of(fields, [(one.compiled, places) for one, places in parts])
    check = _Rows(frame, fields, now=now, progress=progress, beside=beside, with_health=with_health)
    findings: list[Finding] = []
    for version, places in parts:
        findings += check.part(version, places, health_allowed=health_allowed, health_added=health_added)
    # Of what is wrong with the email type in each of its languages, what is the same is told once.
    findings = [*dict.fromkeys(findings), *recipients.findings]
    _about_addresses(frame, check.reasons, check.warnings)
    for key, reason, told in zip(check.keys, check.reasons, check.warnings, strict=True):
        if reason:
            code = "render_error" if reason.startswith("render_error:") else reason  # the message says the rest
            findings.append(
                Finding(code=code, severity=Severity.ERROR, message=sentence_of_reason(reason), recipient=key)
            )
        findings += told
    return Checked(
        reasons=pd.Series(check.reasons, index=frame.index, dtype=object),
        findings=findings_frame(findings),
        fields=fields,
    )


def _parts(
    languages: Sequence[str], whole: Version, versions: Mapping[str, Version]
) -> list[tuple[Version, Sequence[int]]]:
    """Return which rows are merged with what: those of other languages by themselves, all others as written first."""
    if not versions:
        return [(whole, range(len(languages)))]
    places: dict[str, list[int]] = {"": []}
    for place, language in enumerate(languages):
        places.setdefault(language if language in versions else "", []).append(place)
    return [(versions.get(language, whole), some) for language, some in places.items() if some or not language]


def with_defaults_of(fields: pd.DataFrame, parts: Sequence[tuple[CompiledTemplate, Sequence[int]]]) -> pd.DataFrame:
    """Return the merged values with each part's own default texts; `parts` name their rows by their places."""
    if len(parts) == 1:
        return with_defaults(fields, parts[0][0])
    filled = [with_defaults(fields.iloc[list(places)], compiled) for compiled, places in parts]
    return pd.concat(filled).loc[fields.index] if len(fields) else fields


class _Rows:
    """The rows of a mailing while they are looked through, part by part."""

    def __init__(
        self,
        frame: pd.DataFrame,
        fields: pd.DataFrame,
        *,
        now: datetime,
        progress: Callable[[int, int], None] | None,
        beside: Beside | None,
        with_health: Sequence[bool],
    ) -> None:
        self._frame = frame
        self._fields = fields
        self._now = now
        self._progress = progress
        self._beside = beside
        self._with_health = with_health
        self._names = [str(name) for name in fields.columns]
        cells = [fields[name].tolist() for name in self._names]
        self._values = list(zip(*cells, strict=True)) if cells else [()] * len(frame)
        self._addresses: list[str] = frame["address"].tolist()
        self._addressees: list[str] = frame["recipient"].tolist()
        self._languages: list[str] = frame["language"].tolist()
        self._done = 0
        self.keys: list[str] = frame["recipient_id"].tolist()
        self.reasons: list[str] = frame["reason"].tolist()
        self.warnings: list[list[Finding]] = [[] for _row in self.keys]

    def part(
        self, version: Version, places: Sequence[int], *, health_allowed: bool, health_added: bool
    ) -> list[Finding]:
        """Look through the rows that one version of the email type is for, and return the findings about itself."""
        compiled, mime, names = version.compiled, version.mime, self._names
        fields = self._fields if len(places) == len(self._frame) else self._fields.iloc[list(places)]
        unanswered = unanswered_codes(fields, compiled)
        required = tuple(dict.fromkeys([name for name in _required(compiled.template) if name in names] + unanswered))
        noticed = sorted((compiled.codes | compiled.names) - compiled.optional - compiled.guarded)
        # A template allowed by name may carry them, and a mailing that a person allowed to (P13).
        allowed = compiled.template.health or health_allowed
        health = frozenset() if allowed else compiled.health
        closed = is_mssante(mime.sender.email)
        for place in places:
            self.reasons[place] = _standing(
                self.reasons[place],
                dict(zip(names, self._values[place], strict=True)),
                compiled,
                required,
                health,
                mime.sender.email,
                self._addresses[place],
            )
            files = bool(self._with_health) and self._with_health[place] and not allowed
            files = files or (health_added and not health_allowed)
            if files and not self.reasons[place] and not (closed and is_mssante(self._addresses[place])):
                self.reasons[place] = "health_data_on_plain_mail"
        leaving = [place for place in places if not self.reasons[place]]
        # These are read back: the first of them, and whoever has an unusual name; so is an unusual subject.
        named = (place for place in leaving if not _ORDINARY_NAME.match(self._addressees[place]))
        read_back = {*leaving[:_ALWAYS_REPARSED], *named}
        asked = ((self._values[place], place in read_back) for place in leaving)
        with closing((version.merge_all or merging_here(compiled))(names, asked)) as merged_all:
            for place in places:
                if self._progress is not None and self._done % _TOLD_EVERY == 0:
                    self._progress(self._done, len(self.keys))
                self._done += 1
                if not self.reasons[place]:
                    self._look_at(place, next(merged_all), compiled, mime, noticed)
        rows = self._frame if len(places) == len(self._frame) else self._frame.iloc[list(places)]
        reasons, warnings = ([one[place] for place in places] for one in (self.reasons, self.warnings))
        _about_several_appointments(rows, compiled, reasons, warnings)  # type: ignore[arg-type]
        return [*compiled.findings, *map(unanswered_question, unanswered)]

    def _look_at(
        self,
        place: int,
        merged: Merged | TemplateRefused,
        compiled: CompiledTemplate,
        mime: MimeWriter,
        noticed: Sequence[str],
    ) -> None:
        if isinstance(merged, TemplateRefused):
            self.reasons[place] = f"render_error:{merged.sentence}"
            return
        values = dict(zip(self._names, self._values[place], strict=True))
        files: Sequence[Attachment] | None = None
        pictures: Sequence[Attachment] = ()
        if self._beside is not None:
            try:
                files, pictures = self._beside(place, values)
            except TemplateRefused as refused:
                self.reasons[place] = f"render_error:{refused.sentence}"
                return
        to = Address(email=self._addresses[place], name=self._addressees[place])
        self.reasons[place] = _unsafe(merged, to, mime, self._now, self._languages[place], files, pictures)
        if not self.reasons[place]:
            self.warnings[place] += [
                missing_value(one, recipient=self.keys[place], code=one in compiled.codes)
                for one in noticed
                if values.get(one) is None
            ]


def merging_here(compiled: CompiledTemplate) -> MergeAll:
    """Return what merges in this process; in its own, the rendering process does so."""

    def merge_all(
        names: Sequence[str], rows: Iterable[tuple[Sequence[object], bool]]
    ) -> Generator[Merged | TemplateRefused]:
        for row, whole in rows:
            try:
                merged = compiled.encoded(dict(zip(names, row, strict=True)), whole=True)
            except TemplateRefused as refused:
                yield refused
            else:
                yield merged if whole or unusual_subject(merged.subject) else replace(merged, rendered=None)

    return merge_all


def _standing(
    reason: str,
    values: Mapping[str, object],
    compiled: CompiledTemplate,
    required: Sequence[str],
    health: Iterable[str],
    sender: str,
    address: str,
) -> str:
    """Return why a row is left out before it is merged, or nothing."""
    if not reason and compiled.blocking:
        return f"render_error:{compiled.blocking[0].message}"
    return reason or _before_rendering(values, required, health, sender, address)


def _unsafe(
    merged: Merged,
    to: Address,
    mime: MimeWriter,
    now: datetime,
    language: str,
    files: Sequence[Attachment] | None,
    pictures: Sequence[Attachment],
) -> str:
    """Write a message and look at what was written; return why it may not leave, or nothing (P9)."""
    if merged.rendered is None and files is not None:
        files = ()  # only what stands before them is looked at
    try:
        raw = mime.compose(
            recipient=to,
            subject=merged.subject,
            text=merged.text,
            html=merged.html,
            message_id=f"{_SEED}@{mime.domain}",
            boundary_seed=_SEED,
            date=now,
            language=language,
            files=files,
            pictures=pictures,
        )
    except TemplateRefused as error:
        return f"render_error:{error.sentence}"
    if merged.rendered is not None:
        safe = not mime.reparse_problems(raw, recipient=to, rendered=merged.rendered, files=files, pictures=pictures)
    else:
        safe = not mime.header_problem(raw)
    return "" if safe else "unsafe_value"


def findings_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """Return findings as a frame with the columns of ``FINDING_COLUMNS``, all text."""
    rows = [(one.recipient, str(one.severity), one.code, one.message) for one in findings]
    columns = zip(*rows, strict=True) if rows else ([] for _name in FINDING_COLUMNS)
    return pd.DataFrame(
        {name: pd.Series(list(column), dtype=object) for name, column in zip(FINDING_COLUMNS, columns, strict=True)}
    )


def missing_value(name: str, *, recipient: str = "", code: bool = False) -> Finding:
    """Return the finding about a value that is used and missing: the message has a blank there (F81)."""
    written = f"@{name}" if code else name
    return Finding(
        code=f"missing_value:{written}",
        severity=Severity.WARNING,
        message=_("« {name} » has no value: the message has a blank there.").format(name=written),
        recipient=recipient,
    )


def unanswered_codes(fields: pd.DataFrame, compiled: CompiledTemplate) -> list[str]:
    """Return what is asked once for everybody, or only a program has, and has no value, unless a text does without."""
    given_by_nobody = compiled.asked | (compiled.codes & {*fields.attrs.get(NOT_GIVEN, ())})
    needed = given_by_nobody - compiled.optional - compiled.guarded
    return sorted(code for code in needed if code in fields.columns and fields[code].isna().all() and len(fields))


def unanswered_question(code: str) -> Finding:
    """Return the finding about a value that nobody gave, so that nobody is written to (F81).

    It is asked once for everybody; or, of a field of the practice's own, a program fills it, which did not run here.
    """
    if code in builtin_catalogue():
        message = _("@{code} is asked once for everybody and has no value yet: nobody is written to without it.")
    else:
        message = _(
            "@{code} is filled by a program (practice.fields.from_column), which gave no values: nobody is written to "
            "without it."
        )
    return Finding(code=f"missing_value:@{code}", severity=Severity.ERROR, message=message.format(code=code))


# --- the rules ----------------------------------------------------------------------------------------


def _required(template: Template) -> tuple[str, ...]:
    return tuple(code.removeprefix("@") for code in template.required)


def with_defaults(fields: pd.DataFrame, compiled: CompiledTemplate) -> pd.DataFrame:
    """Return the merged values with the email type's default texts in the place of missing ones (F81)."""
    filled = {
        name: [default if value is None else value for value in fields[name]]
        for name, default in compiled.missing.items()
        if default is not None and name in fields.columns
    }
    if not filled:
        return fields
    return fields.assign(
        **{name: pd.Series(column, index=fields.index, dtype=object) for name, column in filled.items()}
    )


def _before_rendering(
    values: Mapping[str, object], required: Sequence[str], health: Iterable[str], sender: str, address: str
) -> str:
    for name in required:
        if values[name] is None:
            return f"missing_field:@{name}"
    told = any(values.get(code) is not None for code in health)
    return "health_data_on_plain_mail" if told and not (is_mssante(sender) and is_mssante(address)) else ""


def is_mssante(address: str) -> bool:
    """Tell whether an address is in the closed space of MSSanté: ``mssante.fr`` or one of its sub-domains (P13).

    Only an address that is written plainly is: what merely looks like the domain, or would have to be read twice, is
    ordinary mail.

    Examples
    --------
    >>> is_mssante("marc@cabinet.mssante.fr"), is_mssante("marc@evil-mssante.fr"), is_mssante("marc@mssante.fr.test")
    (True, False, False)
    """
    return _MSSANTE.fullmatch(address) is not None


def _about_several_appointments(
    frame: pd.DataFrame, compiled: CompiledTemplate, reasons: Sequence[str], warnings: Sequence[list[Finding]]
) -> None:
    """Warn where one message speaks of several appointments and the email type names only the first (8.1)."""
    told = {code for code in compiled.codes if code.startswith("RDV")}
    if not told or "RDVLISTE" in told:
        return
    rows = zip(frame["recipient_id"], frame["appointments"], reasons, warnings, strict=True)
    for key, appointments, reason, findings in rows:
        if not reason and len(appointments) > 1:
            findings.append(
                Finding(
                    code="several_appointments",
                    severity=Severity.WARNING,
                    message=n_(
                        "{count} appointment that day, and the email type names only the first: add @RDVLISTE.",
                        "{count} appointments that day, and the email type names only the first: add @RDVLISTE.",
                        len(appointments),
                    ).format(count=len(appointments)),
                    recipient=key,
                )
            )


def _about_addresses(frame: pd.DataFrame, reasons: Sequence[str], warnings: Sequence[list[Finding]]) -> None:
    """Warn about addresses that look mistyped, whose domain is dead, or that several addressees share."""
    doubtful = doubtful_domains()
    mailboxes: dict[str, set[str]] = {}
    rows = list(zip(frame["recipient_id"], frame["addressee_key"], frame["address"], reasons, strict=True))
    for _key, addressee, address, reason in rows:
        if not reason:
            mailboxes.setdefault(address_key(address), set()).add(addressee)
    for place, (key, _addressee, address, reason) in enumerate(rows):
        if reason:
            continue
        domain = address.rpartition("@")[2]
        if domain in doubtful:
            code, doubt = str(doubtful[domain]), doubt_about(domain)
            warnings[place].append(Finding(code=code, severity=Severity.WARNING, message=doubt, recipient=key))
        sharing = len(mailboxes[address_key(address)])
        if sharing > 1:
            warnings[place].append(shared_address(key, sharing))


def shared_address(recipient: str, count: int) -> Finding:
    """Return the finding about a recipient whose address so many addressees of the mailing have."""
    sentence = n_(
        "{count} addressee has this address.", "{count} addressees of this mailing share this address.", count
    ).format(count=count)
    return Finding(code="shared_address", severity=Severity.WARNING, message=sentence, recipient=recipient)


# --- one template file with plain values --------------------------------------------------------------


def render_file_values(
    template: Template,
    values: Mapping[str, Any],
    catalogue: Catalogue,
    *,
    render: Callable[[Template, Mapping[str, Any]], Rendered] | None = None,
) -> tuple[Rendered, list[Finding]]:
    """Merge a template with the plain values of a JSON file, in the same sandbox as a mailing.

    Values may nest. ``null`` is blank and false, with a finding; a field of the catalogue without a value too; a name
    that neither the values nor the catalogue know is an error. A value may be given as ``PNOM`` or ``@PNOM``. `render`
    is what merges: the rendering process (P10), or by default this one, for the tests of merging.

    Raises
    ------
    TemplateRefused
        For an unknown name, or anything `compile_template` and `CompiledTemplate.render` refuse.
    """
    plain = {str(name).removeprefix("@"): value for name, value in values.items()}
    compiled = compile_template(template, catalogue, columns=plain)
    findings = list(compiled.findings)
    for name in sorted(compiled.codes | compiled.names):
        if (name in compiled.optional and name not in plain) or compiled.missing.get(name) is not None:
            continue
        if name in compiled.codes and name not in plain:
            findings.append(missing_value(name, code=True))
        else:
            paths = _nulls(plain.get(name), name, _written(template))
            findings += [missing_value(path, code=path in compiled.codes) for path in paths]
    return compiled.render(plain) if render is None else render(template, plain), findings


def _written(template: Template) -> str:
    return f"{template.subject} {template.html} {template.text or ''}"


def _nulls(value: object, path: str, written: str) -> list[str]:
    """Return the paths of the nulls under a value that the template's text names."""
    if value is None:
        return [path]
    if isinstance(value, Mapping):
        return [
            found
            for key, inner in value.items()
            if re.search(rf"\b{re.escape(str(key))}\b", written)
            for found in _nulls(inner, f"{path}.{key}", written)
        ]
    if isinstance(value, list):
        return [found for place, inner in enumerate(value) for found in _nulls(inner, f"{path}[{place}]", written)]
    return []
