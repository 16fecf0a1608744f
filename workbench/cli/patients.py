"""``workbench patient``: see a patient's file, correct it, record that somebody wants no more messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from workbench.cli.commands import Commands
from workbench.cli.output import say, show, show_record
from workbench.cli.session import Format, FormatOption, OutputOption, practice_of, refuse_names, settings_of
from workbench.displays.cells import friendly
from workbench.displays.words import heading, shown
from workbench.domain.deliveries import sentence_of_reason
from workbench.domain.people import Channel
from workbench.errors import UsageError
from workbench.language import _, n_

group = Commands(
    help=_("A patient's file: show, correct, opt-out; write to a patient, erase one's mail."), no_args_is_help=True
)

_FIRST_SHOWN = (
    "last_name", "first_name", "civility", "birth_date", "patient_id", "email", "mobile", "phone", "address_line_1",
    "address_line_2", "postcode", "city", "country",
)  # fmt: skip
"""What somebody at the desk looks for in a file; the rest follows by its name."""

_PEOPLE_SHOWN = ("guardians", "payers")

_FOR_PROGRAMS = frozenset(
    {
        "current_agreement_id", "current_invoice_id", "current_plan_id", "current_quote_id", "current_recall_id",
        "last_visit_id",
    }
)  # fmt: skip
"""Keys that join with other tables; they are in the JSON, and tell somebody at the desk nothing."""

PurposeOption = Annotated[
    str,
    typer.Option("--purpose", metavar="PURPOSE", help=_("Messages of one purpose alone, as birthday; else every one.")),
]
SourceOption = Annotated[
    str, typer.Option("--source", metavar="WHERE", help=_("Where it was said: phone, desk, form, reply …"))
]
PatientArgument = Annotated[str, typer.Argument(metavar="PATIENT", help=_("The patient's file number."))]


@group.command("show", help=_("Show a patient's file."))
def show_patient(
    ctx: typer.Context, patient: PatientArgument, format: FormatOption = Format.TABLE, output: OutputOption = None
) -> None:
    """Show one file, a line a value."""
    file = practice_of(ctx).patients.show(patient)
    first = [name for name in _FIRST_SHOWN if name in file]
    record = {name: file[name] for name in [*first, *sorted(file)]}
    if format is Format.TABLE:
        record = {name: value for name, value in record.items() if name not in _FOR_PROGRAMS}
        record["unpaid_invoices"] = "; ".join(_bill(one) for one in record.pop("unpaid_invoices", None) or ())
        for name in _PEOPLE_SHOWN:
            people = record.pop(name, None) or ()
            record |= {f"{heading(name)} {place}": _person(one) for place, one in enumerate(people, 1)}
    show_record(record, format=format, output=output)


def _bill(bill: Mapping[str, object]) -> str:
    """Return one invoice on one line: its number, its day, what remains."""
    parts = (bill["number"], friendly(bill["dated_on"]), shown("remaining", bill["remaining"]))
    return " · ".join(str(part) for part in parts if part)


def _person(person: Mapping[str, object]) -> str:
    """Return one person on one line: who it is, for whom, how to reach her, and the key to name her by."""
    names = [str(person[name]) for name in ("civility", "first_name", "last_name") if person.get(name)]
    reached = [str(person[name]) for name in ("email", "mobile", "phone") if person.get(name)]
    own = person.get("own_patient_id")
    parts = [
        " ".join(names),
        str(person.get("relation") or ""),
        ", ".join(reached) or _("no address"),
        _("patient no. {number}").format(number=own) if own else "",
        _("key {key}").format(key=person["person_key"]),
    ]
    return " · ".join(part for part in parts if part)


@group.command("correct", help=_("Correct a patient's file: workbench patient correct 41 --email ADDRESS"))
def correct_patient(
    ctx: typer.Context,
    patient: PatientArgument,
    changes: Annotated[
        list[str] | None, typer.Argument(metavar="COLUMN=VALUE", help=_("What to change; « email= » empties it."))
    ] = None,
    email: Annotated[str | None, typer.Option("--email", metavar="ADDRESS", help=_("The new address."))] = None,
    guardian: Annotated[
        str | None,
        typer.Option(
            "--guardian",
            metavar="N|KEY",
            help=_("Correct the person responsible instead: 1 is the first guardian; « patient show » lists the keys."),
        ),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="COLUMN=VALUE", help=_("What to change; may be repeated."))
    ] = None,
) -> None:
    """Correct one or several values; each correction is journalled, to be copied back to the practice's software."""
    wanted: dict[str, str | None] = {}
    for pair in [*(changes or ()), *(settings or ())]:
        for column, value in settings_of([pair]).items():
            wanted[column] = value or None
    if email is not None:
        wanted["email"] = email or None
    if not wanted:
        raise UsageError(_("Say what to correct, for instance --email ADDRESS."))
    refuse_names(wanted, frozenset({"self", "patient_id", "guardian"}))
    patients = practice_of(ctx).patients
    if guardian is None:
        corrections = patients.correct(patient, **wanted)
        sentence = _("Patient {patient}: « {column} » is corrected. Copy it to the practice's own software too.")
    else:
        corrections = patients.correct(patient, guardian=guardian, **wanted)
        sentence = _(
            "Patient {patient}: « {column} » of the person responsible is corrected. Copy it to the practice's own "
            "software too."
        )
    for correction in corrections:
        say(sentence.format(patient=patient, column=heading(correction.column.rpartition(".")[2])))
    if guardian is None and wanted.get("email") and patients.is_minor(patient):
        say(
            _(
                "Patient {patient} is under age: messages go to the guardian. To correct the guardian's address: "
                "workbench patient correct {patient} --guardian 1 --email ADDRESS"
            ).format(patient=patient)
        )
    if not corrections:
        say(_("Patient {patient}: nothing to change, the file already says so.").format(patient=patient))


@group.command(
    "opt-out",
    help=_("Record that a patient, or an address, wants no more messages; a sending under way reads it at each batch."),
)
def opt_out(
    ctx: typer.Context,
    patient: Annotated[str, typer.Argument(metavar="PATIENT", help=_("The patient's file number, or an address."))],
    channel: Annotated[
        str, typer.Option("--channel", metavar="CHANNEL", help=_("email, letter or sms."))
    ] = Channel.EMAIL.value,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help=_("Take the opt-out back: messages may leave again."))
    ] = False,
    purpose: PurposeOption = "",
    source: SourceOption = "",
) -> None:
    """Record an opt-out, read again at each batch of a sending under way, or take it back."""
    practice = practice_of(ctx)
    if not withdraw:
        practice.opt_out(patient, channel=channel, purpose=purpose, source=source or "practice")
        sentence = _("Recorded: no more messages by {channel}, from now on.")
        if purpose:
            sentence = _("Recorded: no more messages of « {purpose} » by {channel}; the others still leave.")
        say(sentence.format(channel=channel, purpose=purpose))
        return
    if practice.withdraw_opt_out(patient, channel=channel, purpose=purpose):
        say(_("Withdrawn: the opt-out by {channel} counts no more.").format(channel=channel))
    else:
        say(_("There was no such opt-out here; nothing was changed."))
    reason = practice.objection(patient, channel=channel, purpose=purpose)
    if reason:
        say(
            _(
                "Messages still do not leave: {reason} It was recorded otherwise (by the other of address and file "
                "number, or in the practice's own files)."
            ).format(reason=sentence_of_reason(reason))
        )


@group.command("consent", help=_("Record that somebody accepts or refuses messages: patient consent 41 accepted"))
def consent(
    ctx: typer.Context,
    patient: Annotated[str, typer.Argument(metavar="PATIENT", help=_("The patient's file number, or an address."))],
    state: Annotated[str, typer.Argument(metavar="DECISION", help=_("accepted, refused or opted_out."))],
    channel: Annotated[
        str, typer.Option("--channel", metavar="CHANNEL", help=_("email, letter or sms."))
    ] = Channel.EMAIL.value,
    purpose: PurposeOption = "",
    source: SourceOption = "",
) -> None:
    """Write one decision down; the earlier ones stay as its history."""
    practice_of(ctx).patients.consent(patient, state, channel=channel, purpose=purpose, source=source)
    say(_("Recorded: {decision}, by {channel}.").format(decision=shown("state", state), channel=channel))


@group.command("consents", help=_("Show all that a patient, or an address, ever decided about messages."))
def consents(
    ctx: typer.Context,
    patient: Annotated[str, typer.Argument(metavar="PATIENT", help=_("The patient's file number, or an address."))],
    format: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Show the history of decisions, the oldest first."""
    practice = practice_of(ctx)
    show(practice.patients.consents(patient), format=format, output=output, zone=practice.calendar.zone)


@group.command("corrections", help=_("List the corrections still to be copied to the practice's software."))
def corrections(
    ctx: typer.Context,
    copied: Annotated[
        list[str] | None,
        typer.Option("--copied", metavar="ID", help=_("It is copied now: take it off the list; may be repeated.")),
    ] = None,
    format: FormatOption = Format.TABLE,
    output: OutputOption = None,
) -> None:
    """Show the list, or take corrections off it."""
    practice = practice_of(ctx)
    if copied:
        done = practice.patients.copied_back(*copied)
        say(n_("{n} correction is off the list.", "{n} corrections are off the list.", done).format(n=done))
        return
    show(practice.patients.corrections(), format=format, output=output, zone=practice.calendar.zone)


@group.command("family", help=_("Show the open files of a patient's family."))
def family(
    ctx: typer.Context, patient: PatientArgument, format: FormatOption = Format.TABLE, output: OutputOption = None
) -> None:
    """Show a family, the oldest first."""
    members = practice_of(ctx).patients.family(patient)
    columns = ["last_name", "first_name", "birth_date", "email", "patient_type"]
    show(members[columns].reset_index(), format=format, output=output)


@group.command("images", help=_("Show a patient's album: what an email type may take along, by type, view and stage."))
def images(
    ctx: typer.Context, patient: PatientArgument, format: FormatOption = Format.TABLE, output: OutputOption = None
) -> None:
    """Show the images of one file, the latest first."""
    album = practice_of(ctx).patients.images(patient)
    show(album, format=format, output=output, columns=("media_id", "taken_on", "kind", "view", "stage", "caption"))
    if album.empty:
        say(_("Patient {patient}: the album is empty.").format(patient=patient))


@group.command(
    "documents", help=_("Show the invoices, quotes and prescriptions of a patient that may go with a message.")
)
def documents(
    ctx: typer.Context, patient: PatientArgument, format: FormatOption = Format.TABLE, output: OutputOption = None
) -> None:
    """Show the documents of one file, the latest first."""
    papers = practice_of(ctx).patients.documents(patient)
    show(papers, format=format, output=output, columns=("kind", "document_id", "number", "dated_on", "cancelled_on"))
    if papers.empty:
        say(_("Patient {patient}: there is no document.").format(patient=patient))
