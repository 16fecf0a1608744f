"""Work a mailing out against the stores as they are now: who is written to, with which values, and what is wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pandas as pd

from workbench.addresses import address_key
from workbench.domain.accounts import Account
from workbench.domain.deliveries import EXPIRED
from workbench.domain.departures import BEFORE_THE_APPOINTMENT, has_begun
from workbench.domain.letterheads import Letterhead
from workbench.domain.mailings import Finding, MailingPlan, Severity
from workbench.domain.messages import Attachment
from workbench.domain.objections import Objections
from workbench.domain.people import Role
from workbench.domain.pictures import PICTURE_FORMAT
from workbench.domain.questions import digest_of, told_apart_by
from workbench.domain.templates import Template
from workbench.language import _, language_name, n_
from workbench.merging.frames import fields_frame, leave_out_other_patients, load_sources, needed_columns
from workbench.merging.grouping import nothing_told
from workbench.merging.preflight import Beside, Checked, Version, is_mssante, preflight, with_defaults_of
from workbench.merging.recipient_tables import occasion_digests, recipients_from_table
from workbench.merging.recipients import (
    MERGED_WITH,
    Recipients,
    colleague_of,
    invoice_of,
    recipients_from_subjects,
    with_objections,
)
from workbench.merging.roles import in_every_role
from workbench.merging.table_identity import RepeatedRows
from workbench.practice.attaching import Attached, attach, mailing_load, mailing_size, message_size, too_large
from workbench.practice.identity import TOLD_ONCE, WITH_HEALTH
from workbench.practice.letterheads import Choices, letterhead_of
from workbench.practice.letters import LetterPress
from workbench.practice.picturing import pictures_by_row

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

_LAST_STEP = 3
UNCHANGED_WORDS = "unchanged_words"
"""The code of the finding about who gets another language's text, which was not changed with the mailing's."""

APPOINTMENTS = "appointments"
"""The search of appointments, those to come by default."""


def other_steps(subjects: pd.DataFrame, step: str) -> list[Finding]:
    """Warn of reminders that are not the next one: a first one to who had three, a second one without a first."""
    if not step.isdecimal() or "reminders_sent" not in subjects.columns:
        return []
    leads = subjects[subjects[MERGED_WITH] == ""]
    return [
        Finding(
            code="other_step",
            severity=Severity.WARNING,
            message=n_(
                "This is reminder no. {step}, and {n} reminder was sent about it so far.",
                "This is reminder no. {step}, and {n} reminders were sent about it so far.",
                int(sent),
            ).format(step=step, n=int(sent)),
            recipient=str(recipient),
        )
        for recipient, sent in zip(leads["recipient_id"], leads["reminders_sent"].fillna(0), strict=True)
        if min(int(sent) + 1, _LAST_STEP) != int(step)
    ]


def in_unchanged_words(found: Recipients, template: Template) -> list[Finding]:
    """Warn of who reads a text that was changed for one mailing alone in a language in which nobody changed it."""
    if not template.changed_from or found.frame.empty:
        return []
    said = _("Is written to in {language}, where the text was not changed: the email type leaves as it is.")
    rows = found.frame[(found.frame["reason"] == "") & (found.frame["language"] != template.language)]
    return [
        Finding(
            code=UNCHANGED_WORDS,
            severity=Severity.WARNING,
            message=said.format(language=language_name(str(spoken))),
            recipient=str(recipient),
        )
        for recipient, spoken in zip(rows["recipient_id"], rows["language"], strict=True)
    ]


def without_begun(found: Recipients, template: Template, *, searched: str, now: datetime, zone: ZoneInfo) -> Recipients:
    """Leave out whom a reminder would tell of an appointment that has begun, unless its author says otherwise.

    Of an email type without a purpose, and a search of appointments (`searched` is its name), it is a warning.
    """
    frame = found.frame
    told = template.purpose in BEFORE_THE_APPOINTMENT
    maybe = not template.purpose and searched == APPOINTMENTS
    if template.expires or not (told or maybe) or "subjects" not in frame.columns:
        return found
    late = pd.Series(
        [
            not reason and has_begun(subjects, now=now, zone=zone)
            for reason, subjects in zip(frame["reason"], frame["subjects"], strict=True)
        ],
        index=frame.index,
        dtype=bool,
    )
    if not late.any():
        return found
    if told:
        return replace(found, frame=frame.assign(reason=frame["reason"].mask(late, EXPIRED)))
    warnings = [
        Finding(
            code="appointment_begun",
            severity=Severity.WARNING,
            message=_("This appointment has begun or is over; does the message speak of it as one to come?"),
            recipient=key,
        )
        for key in frame["recipient_id"][late]
    ]
    return replace(found, findings=(*found.findings, *warnings))


class Shared:
    """What is read or made once for a mailing, however many parts its list has: objections and the press.

    Parameters
    ----------
    practice, template, account, choices
        The mailing's.
    """

    _frozen_fields = False
    """Whether fields are known still that were put away since."""

    def __init__(
        self, practice: Practice, template: Template, account: Account, choices: Choices | None = None
    ) -> None:
        self._practice = practice
        self._template = template
        self._account = account
        self.choices = choices or Choices()
        self._presses: dict[str, LetterPress] = {}

    @cached_property
    def objections(self) -> Objections:
        """Who objects as it stands now; every claimed batch asks again (P13)."""
        practice = self._practice
        return Objections.from_frame(
            pd.concat([practice.store.objections(), practice.ledger.opt_outs.objections()], ignore_index=True),
            selves=practice.store.selves,
            mailbox=address_key,
        )

    def told(self, occasions: Collection[str]) -> frozenset[tuple[str, str, str, str]]:
        """Return which of these occasions the purpose and step of the email type have told already, and to whom."""
        purpose, step = self._template.occasion_purpose, self._template.step
        return self._practice.ledger.last_messages.told_to(purpose, step, occasions=occasions)

    @cached_property
    def letterhead(self) -> Letterhead:
        """What dresses the messages, as it would be frozen now."""
        signatures = self._practice.signatures
        return letterhead_of(
            self._template, self._account, self.choices, signature_called=lambda name: signatures[name]
        )

    @cached_property
    def variants(self) -> dict[str, Template]:
        """The email type by the language it is written in: its own first, then those of its variants (F69)."""
        template = self._template
        own = {template.language: template}
        main = template.changed_from or (template.path if template.revision else "")
        if template.variant_of or not main or (template.changed_from and not self._practice.templates.called_now(main)):
            return own
        return {**self._practice.templates.variants(main), **own}

    @cached_property
    def revisions(self) -> dict[str, int]:
        """The ledger's number of the revision of each variant, by its language; the mailing's own is not there."""
        library = self._practice.ledger.library
        return {
            language: library.revision_id(variant.path, variant.revision)
            for language, variant in self.variants.items()
            if language != self._template.language
        }

    def press(self, columns: tuple[str, ...], language: str = "") -> LetterPress:
        """Return what renders and writes this mailing's messages; `columns` are those of its table.

        With a `language`, those of the variant in it; the mailing's own when there is none.
        """
        spoken = language if language in self.variants else self._template.language
        if spoken not in self._presses:
            self._presses[spoken] = self._practice.press(
                self.variants[spoken],
                self._account,
                columns=columns,
                letterhead=self.letterhead,
                attachments=self.choices.attachments,
                frozen=self._frozen_fields,
            )
        return self._presses[spoken]


class Prepared:
    """A mailing worked out at one moment; each step is done once, when it is first asked for.

    Who is written to comes first and cheaply, the merged values next; rendering everyone, which the check does
    (P6), is by far the longest and waits until somebody wants to know.
    """

    def __init__(
        self,
        practice: Practice,
        subjects: pd.DataFrame,
        template: Template,
        account: Account,
        plan: MailingPlan,
        *,
        now: datetime,
        again: bool = False,
        shared: Shared | None = None,
        choices: Choices | None = None,
        first: int = 0,
        repeated: RepeatedRows | None = None,
    ) -> None:
        self._practice = practice
        self._subjects = subjects
        self._shared = shared or Shared(practice, template, account, choices)
        self.choices = self._shared.choices
        # Of a part of a long table: how many rows come before, and which of all its rows repeat others.
        self._first = first
        self._repeated = repeated
        self._template = template
        self._account = account
        self._plan = plan
        self.again = again  # sent on purpose to those who had it: what was told before is told once more
        # One lock for every step: two threads that each wait for a step of the other would wait for ever.
        self._doing = threading.RLock()
        self._addressed: Recipients | None = None
        self._press: LetterPress | None = None
        self._merged: tuple[Recipients, pd.DataFrame] | None = None
        self._attached: Attached | None = None
        self._checked: Checked | None = None
        self.load = (0, 0)
        """How many messages take files along, and how many bytes these are; known once it is merged."""
        self.at = now
        self.changes = practice.changes

    @property
    def addressed(self) -> Recipients:
        """Who is written to, and who cannot be for want of an address, a guardian or consent."""
        if self._addressed is None:  # what is known is read without waiting for what is being done
            with self._doing:
                if self._addressed is None:
                    self._addressed = self._find()
        return self._addressed

    @property
    def press(self) -> LetterPress:
        """What renders and writes this mailing's messages."""
        if self._press is None:
            with self._doing:
                if self._press is None:
                    self._press = self._shared.press(tuple(self.addressed.values.columns))
        return self._press

    @property
    def template(self) -> Template:
        """The email type that it was worked out with."""
        return self._template

    @property
    def letterhead(self) -> Letterhead:
        """What dresses the messages."""
        return self._shared.letterhead

    def press_for(self, language: str) -> LetterPress:
        """Return what renders and writes the messages to whom this language is spoken."""
        return self._shared.press(tuple(self.addressed.values.columns), language)

    def written_in(self, language: str) -> Template:
        """Return the email type as it is written to whom this language is spoken."""
        return self._shared.variants.get(language, self._template)

    def revision_for(self, language: str) -> int | None:
        """Return the number of the revision that is written in a language; nothing for the mailing's own."""
        return self._shared.revisions.get(language)

    @cached_property
    def files(self) -> list[tuple[str, ...]]:
        """The files that go with each recipient's message, by the names they are kept under."""
        self._pair  # noqa: B018 - who is written to, and with which files, are worked out together
        everyones = self._everyones(self.addressed.frame)
        if self._attached is None:
            return everyones
        return [(*some, *own) for some, own in zip(everyones, self._attached.files, strict=True)]

    def _everyones(self, frame: pd.DataFrame) -> list[tuple[str, ...]]:
        """Return the files that go with every message in each recipient's language: a variant has its own (F69)."""
        variants, chosen = self._shared.variants, self.choices.attachments
        if len(variants) == 1:
            return [(*self._template.attachments, *chosen)] * len(frame)
        by_language = {
            language: (*variants.get(language, self._template).attachments, *chosen)
            for language in frame["language"].unique()
        }
        return [by_language[language] for language in frame["language"]]

    @property
    def waiting_files(self) -> Mapping[str, tuple[str, int]]:
        """What rules that ask look for, and how many recipients lack it, by the rule; known once it is merged."""
        return self._attached.waiting if self._attached else {}

    @property
    def _pair(self) -> tuple[Recipients, pd.DataFrame]:
        """Recipients and values that belong together: both are worked out at once, and once only."""
        if self._merged is None:
            with self._doing:
                if self._merged is None:
                    self._merged = self._merge()
        return self._merged

    def _merge(self) -> tuple[Recipients, pd.DataFrame]:
        practice, found, versions = self._practice, self.addressed, [self.press, *self._others.values()]
        catalogue = practice.catalogue
        codes = frozenset().union(*(press.compiled.codes for press in versions))
        names = frozenset().union(*(press.compiled.names for press in versions))
        sources = load_sources(
            needed_columns(codes, catalogue),
            found,
            columns=partial(practice.store.columns, today=practice.today),
            relations=practice.store.relations,
            now=self.at,
            zone=practice.calendar.zone,
        )
        found = leave_out_other_patients(found, sources, now=self.at, zone=practice.calendar.zone)
        fields = fields_frame(
            found,
            codes,
            catalogue,
            sources,
            now=self.at,
            zone=practice.calendar.zone,
            user=practice.user,
            names=names,
            values=self._plan.values,
            step=self._template.step,
            adult_age=practice.settings.adult_age,
        )
        for code in (code for code in codes if catalogue[code].format == PICTURE_FORMAT):
            shown = pictures_by_row(practice, fields[code].tolist())
            fields = fields.assign(**{code: pd.Series(shown, index=fields.index, dtype=object)})
        found = self._attach(found)
        parts: dict[str, list[int]] = {"": []}
        for place, language in enumerate(found.frame["language"]):
            parts.setdefault(language if language in self._others else "", []).append(place)
        filled = [(self._others[one].compiled if one else self.press.compiled, some) for one, some in parts.items()]
        if not self._subjects.attrs.get(TOLD_ONCE):
            found = occasion_digests(found, fields, catalogue=catalogue)
        return found, with_defaults_of(fields, filled)

    @cached_property
    def _others(self) -> dict[str, LetterPress]:
        """What writes to those of the list whose language the email type has a variant in."""
        spoken = set(self.addressed.frame["language"]) & self._shared.revisions.keys()
        return {language: self.press_for(language) for language in sorted(spoken)}

    def _attach(self, found: Recipients) -> Recipients:
        """Find the files of each row, and leave out whoever's are missing or too large."""
        template, practice = self._template, self._practice
        reasons = found.frame["reason"].tolist()
        warnings: tuple[Finding, ...] = ()
        if template.images or template.documents:
            self._attached = attach(practice, found, template, now=self.at, decided=self.choices.missing)
            reasons = [one or other for one, other in zip(reasons, self._attached.reasons, strict=True)]
            warnings = self._attached.findings
        everyones = self._everyones(found.frame)
        if not any(everyones) and self._attached is None:
            return found
        own = self._attached.files if self._attached else [()] * len(reasons)
        files = [(*some, *kept) for some, kept in zip(everyones, own, strict=True)]
        shown = message_size(len(picture.data) for picture in self.press.pictures)
        sizes = {kept: too_large(practice, kept, beside=shown) for kept in dict.fromkeys(files)}
        reasons = [reason or sizes[kept] for reason, kept in zip(reasons, files, strict=True)]
        frame = found.frame.assign(reason=pd.Series(reasons, index=found.frame.index, dtype=object))
        leaving = (kept for reason, kept in zip(reasons, files, strict=True) if not reason)
        self.load = mailing_load(practice, leaving)
        warnings = (*warnings, *mailing_size(practice, *self.load))
        return replace(found, frame=frame, findings=(*found.findings, *warnings))

    @property
    def found(self) -> Recipients:
        """The recipients, as they are frozen at confirmation."""
        return self._pair[0]

    @property
    def fields(self) -> pd.DataFrame:
        """The merged values, default texts in the place of missing ones; rows as `found`."""
        return self._pair[1]

    @property
    def is_checked(self) -> bool:
        """Whether everyone was rendered already."""
        return self._checked is not None

    @property
    def checked(self) -> Checked:
        """Everyone rendered once, and what was found."""
        return self.check()

    def _beside(self) -> Beside | None:
        """Return what gives each row's own files and images; nothing where everyone's are all there are."""
        own_pictures = any(press.own_pictures for press in (self.press, *self._others.values()))
        if self._attached is None and not own_pictures:
            return None
        files = self.files
        presses = [self._others.get(language, self.press) for language in self.found.frame["language"]]

        def beside(
            place: int, values: Mapping[str, object]
        ) -> tuple[tuple[Attachment, ...] | None, tuple[Attachment, ...]]:
            return presses[place].files_of(files[place]), presses[place].pictures_of(values)

        return beside

    def check(self, progress: Callable[[int, int], None] | None = None) -> Checked:
        """Render everyone once; `progress` is told how many are done, and of how many."""
        with self._doing:
            if self._checked is None:
                self._checked = preflight(
                    self.found,
                    self.fields,
                    self.press.compiled,
                    mime=self.press.mime,
                    now=self.at,
                    progress=progress,
                    merge_all=self.press.renderer.merge_all,
                    versions={
                        language: Version(compiled=press.compiled, mime=press.mime, merge_all=press.renderer.merge_all)
                        for language, press in self._others.items()
                    },
                    beside=self._beside(),
                    with_health=self._with_health,
                    health_allowed=bool(self.choices.health_reason),
                    health_added=any(self.choices.health_files.values()),
                )
            return self._checked

    @property
    def _with_health(self) -> list[bool]:
        """Of each row, whether files of health go with it, or its table tells of health where the text shows it."""
        columns = self._subjects.attrs.get(WITH_HEALTH, ())
        if any(name in press.compiled.names for press in (self.press, *self._others.values()) for name in columns):
            return [True] * len(self.found.frame)
        return [*self._attached.health] if self._attached else []

    def _find(self) -> Recipients:
        practice, plan, template = self._practice, self._plan, self._template
        objections = self._shared.objections
        if "subject_key" not in self._subjects.columns:
            found = recipients_from_table(
                self._subjects,
                channel=plan.channel,
                language=self._language,
                people=practice.store.people,
                today=practice.calendar.today(self.at),
                adult_age=practice.settings.adult_age,
                first=self._first,
                repeated=self._repeated,
            )
            willing = with_objections(found.frame, objections, channel=plan.channel, purpose=template.occasion_purpose)
            found = replace(found, frame=willing)
        else:
            found = self._found()
        if not self._language:
            spoken = [
                language if language in self._shared.variants else template.language
                for language in found.frame["language"]
            ]
            found = replace(found, frame=found.frame.assign(language=pd.Series(spoken, dtype=object)))
        warnings = (*other_steps(found.subjects, template.step), *in_unchanged_words(found, template))
        found = replace(found, findings=(*found.findings, *warnings))
        searched = str(self._subjects.attrs.get("workbench", {}).get("search", ""))
        return without_begun(found, template, searched=searched, now=self.at, zone=practice.calendar.zone)

    @property
    def _language(self) -> str:
        """The language of every message; of an email type with variants each addressee's own."""
        return self._template.language if len(self._shared.variants) == 1 else ""

    def _found(self) -> Recipients:
        """Return who is written to about the rows of a search, in every role."""
        store = self._practice.store
        keys = self._subjects["subject_key"].dropna().astype(str).unique().tolist()
        doctors = [one for one in map(colleague_of, keys) if one]
        patients = [one for one in self._subjects["patient_id"].dropna().unique().tolist() if one]
        people = store.people(patients)
        colleagues = store.colleagues(doctors) if doctors else None
        return in_every_role(
            [
                (role, self._found_in(role, keys=keys, patients=patients, people=people, colleagues=colleagues))
                for role in map(Role, self._plan.roles)
            ]
        )

    def _found_in(
        self,
        role: Role,
        *,
        keys: Sequence[str],
        patients: Sequence[str],
        people: pd.DataFrame,
        colleagues: pd.DataFrame | None,
    ) -> Recipients:
        """Return who is written to in one role; what is the same in each of them was read before."""
        practice, plan, template = self._practice, self._plan, self._template
        bills = [one for one in map(invoice_of, keys) if one] if role is Role.PAYER else []
        answering = Role.GUARDIAN if role is Role.PATIENT else role
        return recipients_from_subjects(
            self._subjects,
            people=people,
            relations=practice.store.relations(patients, answering),
            role=role,
            channel=plan.channel,
            now=self.at,
            zone=practice.calendar.zone,
            adult_age=practice.settings.adult_age,
            group=template.group,
            language=self._language,
            objections=self._shared.objections,
            purpose=template.occasion_purpose,
            guardians=template.guardians,
            secure=is_mssante(self._account.email),
            colleagues=colleagues,
            told=told_apart_by(plan.values, practice.catalogue),
            answers=digest_of(plan.values),
            payers=practice.store.invoice_payers(bills) if bills else None,
            told_already=nothing_told if self.again else self._shared.told,
        )
