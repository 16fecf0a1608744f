"""``workbench template convert`` and ``template codes``: the practice's old texts, and what their codes mean."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.commands import Commands
from workbench.cli.output import is_terminal, say, show
from workbench.cli.session import Format, FormatOption, OutputOption, practice_of
from workbench.displays.cells import harmless
from workbench.errors import BadValue, TemplateRefused
from workbench.language import _, n_

if TYPE_CHECKING:
    from workbench.practice import Practice
    from workbench.practice.foreign import Conversion

_LARGEST_INPUT = 30_000_001
_SHOWN = ["code", "family", "times", "lines", "field", "how", "suggestions"]

codes = Commands(help=_("What the codes of old texts mean: list, set, forget."), no_args_is_help=True)


def add_to(group: typer.Typer) -> None:
    """Add the commands to those of the email types."""
    group.command("convert", help=_("Make an email type of an old text, with the codes of another program."))(
        convert_text
    )
    group.add_typer(codes, name="codes")


def convert_text(
    ctx: typer.Context,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE|-",
            help=_("A text, an HTML page, a message (.eml) or a Word document (.docx); « - » reads what is piped in."),
        ),
    ],
    family: Annotated[
        str | None,
        typer.Option("--as", metavar="FAMILY", help=_("The program it comes from; recognised when it is not said.")),
    ] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="CODE=FIELD",
            help=_("What a code means, as @NUMSS=PDOSSIER; « CODE= » leaves it out. It is remembered."),
        ),
    ] = None,
    keep_unknown: Annotated[
        bool,
        typer.Option("--keep-unknown", help=_("Let codes that nobody knows, and conditions, stay in it as text.")),
    ] = False,
    save: Annotated[
        str | None,
        typer.Option("--save", metavar="PATH", help=_("Keep it as this email type, as « Folder/Label ».")),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", dir_okay=False, help=_("Write it to this template file.")),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report", metavar="FILE", dir_okay=False, help=_("Write what became of each code to this file.")
        ),
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Convert one text, show what became of each of its codes, and keep it when everything is decided."""
    practice = practice_of(ctx)
    given = meanings_of(mapping)
    conversion = _convert(practice, file, family, given)
    asked = format is Format.TABLE and file != "-" and is_terminal(sys.stdin) and is_terminal(sys.stderr)
    if conversion.unknown and asked and not keep_unknown:
        given |= _asked(practice, conversion)
        conversion = _convert(practice, file, family, given)
    _tell(conversion, format, report)
    if save is None and output is None:
        if conversion.open_questions:
            say(conversion.open_questions)
        return
    try:
        conversion.refuse_open(keep_unknown=keep_unknown)
    except TemplateRefused as refused:
        raise TemplateRefused(f"{refused.sentence} {_hint(conversion)}") from refused
    if output is not None:
        for written in conversion.write(output, keep_unknown=keep_unknown):
            say(_("Written to {path}.").format(path=written))
    if save is not None:
        kept = conversion.save(save, keep_unknown=keep_unknown)
        say(_("« {path} » is in, version {revision}.").format(path=kept.path, revision=kept.revision))


@codes.command("list", help=_("List what is remembered of the codes of old texts."))
def list_codes(ctx: typer.Context, format: FormatOption = Format.TABLE, output: OutputOption = None) -> None:
    """Show one row a code; an empty field means that it is left out."""
    practice = practice_of(ctx)
    frame = practice.ledger.foreign_codes.frame()
    if frame.empty and format is Format.TABLE and output is None:
        say(_("Nothing is remembered yet of the codes of old texts."))
        return
    show(frame, format=format, output=output, zone=practice.calendar.zone)


CodeArgument = Annotated[str, typer.Argument(metavar="CODE", help=_("The code as the texts write it, as [FName]."))]


@codes.command("set", help=_("Say what a code of old texts means."))
def set_code(
    ctx: typer.Context,
    code: CodeArgument,
    field: Annotated[
        str, typer.Argument(metavar="FIELD", help=_("The field, as PNOM; « - » leaves the code out of texts."))
    ],
) -> None:
    """Remember what one code means."""
    from workbench.practice.foreign import learn_code

    practice = practice_of(ctx)
    written = learn_code(practice, code, "" if field.strip() == "-" else field)
    meaning = practice.ledger.foreign_codes.all()[written]
    if meaning:
        shown = " ".join(f"@{one}" for one in meaning.split())
        say(_("« {code} » means {field}.").format(code=written, field=shown))
    else:
        say(_("« {code} » is left out.").format(code=written))


@codes.command("forget", help=_("Forget what a code of old texts means."))
def forget_code(ctx: typer.Context, code: CodeArgument) -> None:
    """Forget what one code means; the email types that were made with it stay as they are."""
    from workbench.practice.foreign import forget_code as forget

    forget(practice_of(ctx), code)
    say(_("What « {code} » means is forgotten; the next text asks again.").format(code=code.strip()))


def meanings_of(pairs: Iterable[str] | None) -> dict[str, str]:
    """Read ``CODE=FIELD`` pairs of ``--map``; the last ``=`` counts, for codes hold some.

    Raises
    ------
    BadValue
        When a pair has no ``=`` or no code, or a code is given two meanings.
    """
    meanings: dict[str, str] = {}
    for pair in pairs or ():
        code, equals, field = pair.rpartition("=")
        code = code.strip()
        if not equals or not code:
            raise BadValue(_("« {pair} » gives no code a meaning: write CODE=FIELD.").format(pair=pair))
        if meanings.get(code, field.strip()) != field.strip():
            raise BadValue(_("« {code} » is given two meanings.").format(code=code))
        meanings[code] = field.strip()
    return meanings


def _convert(practice: Practice, file: str, family: str | None, given: Mapping[str, str]) -> Conversion:
    if file == "-":
        piped = _piped()
        return practice.templates.convert(piped, family=family, mapping=given)
    return practice.templates.convert(Path(file), family=family, mapping=given)


def _piped() -> bytes:
    if is_terminal(sys.stdin):
        raise BadValue(_("Nothing is piped in: « workbench template convert - < FILE »."))
    stream = getattr(sys.stdin, "buffer", sys.stdin)
    content = stream.read(_LARGEST_INPUT)
    return content if isinstance(content, bytes) else content.encode()


def _tell(conversion: Conversion, format: Format, report: Path | None) -> None:
    """Show what became of each code, then what could not be carried over."""
    frame = conversion.report
    if report is not None:
        show(frame, format=format, output=report)
    elif format is not Format.TABLE:
        show(frame, format=format)
    elif (frame["what"] == "code").any():
        shown = frame.loc[frame["what"] == "code"]
        show(shown, columns=_SHOWN if conversion.unknown else _SHOWN[:-1])
    else:
        say(_("No code was found in this text."))
    for row in frame.loc[frame["what"] != "code"].itertuples():
        line = _("Line {line}: {sentence}").format(line=row.lines, sentence=row.message)
        # A finding about HTML names its line itself.
        say(line if row.lines and row.what != "html" else str(row.message))


def _asked(practice: Practice, conversion: Conversion) -> dict[str, str]:
    """Ask for each unknown code, one by one, which field it means."""
    given: dict[str, str] = {}
    for code in conversion.result.unknown:
        times = n_("{count} time", "{count} times", code.times).format(count=code.times)
        question = _(
            "« {code} » ({times}): which field? A code, words to look for, « - » to leave it out, nothing to see later."
        )
        say(question.format(code=code.written, times=times))
        if code.near:
            say("    " + "   ".join(f"@{near} ({practice.catalogue[near].label})" for near in code.near))
        while answer := _line(f"{code.written} = "):
            if answer == "-":
                given[code.written] = ""
                break
            if all(word in practice.catalogue for word in answer.upper().replace("@", " ").split()):
                given[code.written] = answer
                break
            fields = practice.catalogue.search(answer)[:12]
            if not fields:
                say(_("No field has these words: {words}.").format(words=answer))
            for field in fields:
                say(f"    @{field.code}  {field.label}")
    return given


def _line(prompt: str) -> str:
    print(harmless(prompt), end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


def _hint(conversion: Conversion) -> str:
    if not conversion.unknown:
        return _("With « --keep-unknown », it is kept as it is.")
    return _('Say it with: --map "{code}=FIELD"; with « --keep-unknown », they stay as text.').format(
        code=conversion.unknown[0]
    )
