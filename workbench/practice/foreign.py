"""A practice's old texts, from other programs, become its email types; what their codes mean is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pandas as pd

from workbench.domain.templates import Template
from workbench.errors import BadValue, TemplateRefused, UnknownName
from workbench.language import _
from workbench.merging.foreign.converting import Converted, converted, fields_said
from workbench.merging.foreign.families import FAMILIES, family_called
from workbench.merging.foreign.families.ours import own_tokens
from workbench.merging.foreign.mail import is_mail, source_from_mail
from workbench.merging.foreign.reading import LARGEST_FILE, Source, decoded, source_from_text
from workbench.merging.foreign.tokens import TokenKind
from workbench.merging.foreign.word import is_word, source_from_word
from workbench.merging.template_file import template_to_text
from workbench.practice.picturing import taken_in

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

REPORT_COLUMNS = ("what", "code", "family", "times", "lines", "field", "how", "suggestions", "message")
"""One row a code, then one row a thing that could not be carried over; `what` is ``code`` or what was lost."""

_LONGEST_NAME = 1_000


@dataclass(frozen=True, slots=True)
class Conversion:
    """What became of an old text: looked at, then saved.

    Attributes
    ----------
    template
        The email type. Codes that nobody knows stand in its text as they were written, and are text.
    family
        The way its codes are written: of which program.

    Examples
    --------
    >>> conversion = practice.templates.convert("Bonjour [FName], à [ApptTime].", mapping={"[Foo]": ""})
    >>> print(conversion.template.html.strip())
    <p>Bonjour @PPRENOM, à @RDVHEURE.</p>
    >>> conversion.unknown
    ()
    """

    template: Template
    family: str
    result: Converted = field(repr=False)
    _practice: Practice = field(repr=False)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The codes that nobody knows, as they are written."""
        return tuple(code.written for code in self.result.unknown)

    @property
    def report(self) -> pd.DataFrame:
        """One row a code, then one row a thing that was lost; columns `REPORT_COLUMNS`, texts but ``times``."""
        rows: list[dict[str, object]] = [
            {
                "what": "code",
                "code": code.written,
                "family": code.program,
                "times": code.times,
                "lines": _lines(code.lines),
                "field": _shown(code.fields),
                "how": str(code.how),
                "suggestions": _shown(" ".join(code.near)),
                "message": "",
            }
            for code in self.result.codes
        ]
        rows += [
            {"what": str(note.what), "lines": _lines((note.line,)) if note.line else "", "message": note.message}
            for note in self.result.notes
        ]
        frame = pd.DataFrame(rows, columns=list(REPORT_COLUMNS))
        frame["times"] = frame["times"].astype("Int64")
        texts = [name for name in REPORT_COLUMNS if name != "times"]
        return frame.fillna(dict.fromkeys(texts, "")).astype(dict.fromkeys(texts, "string"))

    @property
    def text(self) -> str:
        """The template file of the email type."""
        return template_to_text(self.template)

    @property
    def open_questions(self) -> str:
        """Why it is not to be saved yet, as a sentence; nothing when it is."""
        if self.unknown:
            return _("Nobody knows what these codes mean: {codes}.").format(codes=", ".join(self.unknown[:20]))
        if self.result.conditions:
            lines = ", ".join(str(line) for line in sorted({note.line for note in self.result.conditions})[:20])
            return _("A condition stands in the text on line {lines} and is not followed.").format(lines=lines)
        return ""

    def save(self, path: str, *, keep_unknown: bool = False) -> Template:
        """Keep the email type under `path`; the same path makes a revision.

        Raises
        ------
        TemplateRefused
            When codes that nobody knows or conditions stand in it, unless they may stay as text (`keep_unknown`).
        """
        self.refuse_open(keep_unknown=keep_unknown)
        folder, _slash, label = path.strip().rpartition("/")
        subject = label if self.template.subject == self.template.label else self.template.subject
        with TemporaryDirectory() as beside:
            for name, content in self.result.pictures.items():
                (Path(beside) / name).write_bytes(content)
            html, pictures = taken_in(self._practice, self.template.html, Path(beside))
            named = replace(self.template, html=html, pictures=pictures, folder=folder, label=label, subject=subject)
            text = template_to_text(named)
            return self._practice.templates.import_text(text, path=named.path, beside=Path(beside))

    def write(self, file: Path, *, keep_unknown: bool = False) -> list[Path]:
        """Write the email type as a template file, its pictures beside it; return the files.

        Raises
        ------
        TemplateRefused
            As `save`; and when a file of a picture's name is there already and is another one.
        """
        self.refuse_open(keep_unknown=keep_unknown)
        pictures = {file.parent / name: content for name, content in self.result.pictures.items()}
        for there, content in pictures.items():
            if there.exists() and there.read_bytes() != content:
                raise TemplateRefused(
                    _("« {file} » exists already and is another file; nothing was exported.").format(file=there)
                )
        for there, content in {**pictures, file: self.text.encode()}.items():
            there.write_bytes(content)
        return [file, *pictures]

    def refuse_open(self, *, keep_unknown: bool = False) -> None:
        """Raise ``TemplateRefused`` when something in it is not decided, unless it may stay as text."""
        if self.open_questions and not keep_unknown:
            raise TemplateRefused(
                _("{why} Nothing was saved: say what each stands for, or let them stay as text.").format(
                    why=self.open_questions
                )
            )


def convert(
    practice: Practice,
    text: str | bytes | Path,
    *,
    family: str | None = None,
    mapping: Mapping[str, str] | None = None,
    name: str = "",
) -> Conversion:
    """Return what becomes of an old text, or of a file that holds one.

    Parameters
    ----------
    text
        The text itself, the bytes of a file, or the path of one: plain text, HTML, a message (.eml), a Word document
        (.docx, .dotx, .docm) or a template file; what it is, is told by its content.
    family
        The program it comes from (``codes open-dental openemr medshake mailchimp mautic self-mail owl optamed
        calcium``); recognised by its codes when it is not said.
    mapping
        What codes of it mean: fields of ours, ``""`` to leave a code out. It is remembered for the next text.
    name
        What to call it in a sentence, and its label until it has a path.

    Raises
    ------
    TemplateRefused
        When it cannot be read, or cannot be an email type; the sentence says why.
    UnknownName
        When there is no such family or field.
    """
    chosen = family_called(family) if family else None
    source = _source(text, name)
    result = converted(
        source,
        practice.catalogue,
        family=chosen,
        given=mapping,
        remembered=practice.ledger.foreign_codes.all(),
    )
    if result.learned:
        practice.ledger.foreign_codes.learn(result.learned, by=practice.user, now=practice.now())
    return Conversion(result.template, result.family, result, practice)


def learn_code(practice: Practice, code: str, fields: str) -> str:
    """Remember what a code of old texts means, and return the code as it is written in them.

    Raises
    ------
    BadValue
        When no program writes a code so, or it is a field of ours already.
    UnknownName
        When there is no such field.
    """
    written = _as_written(code, practice)
    meaning = fields_said(fields, practice.catalogue)
    practice.ledger.foreign_codes.learn({written: meaning}, by=practice.user, now=practice.now())
    return written


def forget_code(practice: Practice, code: str) -> None:
    """Forget what a code of old texts means; raises ``UnknownName`` when nothing was said of it."""
    if not practice.ledger.foreign_codes.forget(code.strip(), by=practice.user, now=practice.now()):
        raise UnknownName(_("Nothing is remembered of a code « {code} ».").format(code=code[:80]))


def _as_written(code: str, practice: Practice) -> str:
    text = code.strip()
    if text.startswith("«") and text.endswith("»") and len(text) > 2:
        return f"«{text[1:-1].strip()}»"
    if any(token.name in practice.catalogue for token in own_tokens(text, practice.catalogue.__contains__)):
        raise BadValue(_("« {code} » is a field of ours already.").format(code=text[:80]))
    tokens = [token for family in FAMILIES.values() for token in family.find(text, False)]
    tokens += own_tokens(text, lambda _code: False)
    for token in tokens:
        if token.kind is TokenKind.CODE and token.start == 0 and token.end == len(text):
            return token.written
    raise BadValue(
        _("« {code} » is not written as a code is: @NUMSS, [FName], ***NAME***, «Nom» …").format(code=text[:80])
    )


def _source(text: str | bytes | Path, name: str) -> Source:
    if isinstance(text, str) and _is_file(text):
        text = Path(text)
    if isinstance(text, str):
        return source_from_text(text, name=name or _("pasted text"))
    if isinstance(text, Path):
        name = name or text.name
        text = _bytes_of(text)
    name = name or _("pasted text")
    if len(text) > LARGEST_FILE:
        raise _too_large(name)
    if is_word(text):
        return source_from_word(text, name=name)
    if is_mail(text):
        return source_from_mail(text, name=name)
    return source_from_text(decoded(text, name), name=name)


def _is_file(text: str) -> bool:
    if len(text) > _LONGEST_NAME or "\n" in text or "\x00" in text:
        return False
    try:
        return Path(text).is_file()
    except (OSError, ValueError):
        return False


def _bytes_of(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or error
        raise TemplateRefused(
            _("The file « {file} » cannot be read: {problem}.").format(file=file, problem=problem)
        ) from error
    return data


def _too_large(name: str) -> TemplateRefused:
    return TemplateRefused(_("The file « {name} » is too large to be an email type.").format(name=name))


def _lines(lines: tuple[int, ...]) -> str:
    return ", ".join(_("subject") if line == 0 else str(line) for line in lines[:10]) + (
        " …" if len(lines) > 10 else ""
    )


def _shown(codes: str) -> str:
    return " ".join(f"@{code}" for code in codes.split())
