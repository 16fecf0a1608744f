"""Make an email type of an old text: each of its codes becomes a field of ours, all the rest stays text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from workbench.domain.fields import Catalogue
from workbench.domain.mailings import Finding
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused, UnknownName
from workbench.language import _, n_
from workbench.merging.entities import unescaped
from workbench.merging.foreign.families import FAMILIES, family_of
from workbench.merging.foreign.families.ours import own_tokens
from workbench.merging.foreign.meaning import suggestions
from workbench.merging.foreign.notes import Loss, Note
from workbench.merging.foreign.reading import MARK_END, MARK_START, SOURCE, Source, label_of
from workbench.merging.foreign.segments import Cut, name_of_tag, segments, shown_text
from workbench.merging.foreign.tokens import Family, Token, TokenKind, bare
from workbench.merging.foreign.writing import (
    LITERAL_AT,
    Piece,
    as_it_is,
    as_text,
    escaped,
    joined,
    nothing,
    style_sheet,
)
from workbench.merging.render import FOREIGN_CONDITION, compile_template
from workbench.merging.syntax import LITERAL_BRACE

_MARK = re.compile(f"{MARK_START}([0-9]{{1,5}}){MARK_END}")
_LIVE = re.compile(r"\{\{[^{}]{0,60}\}\}|\{%[^{}]{0,60}%\}|\{[{%]")
_MOST_NOTES = 200
_MOST_CODES = 2_000
_MOST_DIFFERENT = 300
_MOST_TAGS = 20_000
"""Beyond these numbers a text is no letter, and would be read for minutes."""


class How(StrEnum):
    """How the field of a code was found."""

    EXACT = "exact"
    TABLE = "table"
    REMEMBERED = "remembered"
    GIVEN = "given"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignCode:
    """One code of an old text.

    `written` is how the text writes it, `lines` those it stands on, `fields` the codes of ours that stand there now:
    several with blanks between, none when it was left out, and none yet when `how` is unknown; then `near` are those
    that it may mean.
    """

    written: str
    program: str
    times: int
    lines: tuple[int, ...]
    fields: str
    how: How
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """What became of an old text: the email type, every code that it had, and what could not be carried over.

    `pictures` are the files that its text shows, by the names it shows them under; `learned` is what was said of its
    codes, to be remembered.
    """

    template: Template
    family: str
    codes: tuple[ForeignCode, ...]
    notes: tuple[Note, ...]
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    learned: Mapping[str, str] = field(default_factory=dict)

    @property
    def unknown(self) -> tuple[ForeignCode, ...]:
        """The codes that nobody knows, which stand in the text as they were."""
        return tuple(code for code in self.codes if code.how is How.UNKNOWN)

    @property
    def conditions(self) -> tuple[Note, ...]:
        """The conditions, which stand in the text as they were; none of them is followed."""
        return tuple(note for note in self.notes if note.what is Loss.CONDITION)


def fields_said(text: str, catalogue: Catalogue) -> str:
    """Return the codes that a person gives as the meaning of a code: one, several with blanks between, or none.

    Raises
    ------
    UnknownName
        When one of them is no field; the sentence names the nearest.
    """
    codes: list[str] = []
    for word in text.replace("@", " ").split():
        if word.upper() not in catalogue:
            near = catalogue.suggestion(word.upper()[:60])
            sentence = _("There is no merge field @{code}.").format(code=word[:60])
            if near:
                sentence = _("There is no merge field @{code}. Did you mean @{near}?").format(code=word[:60], near=near)
            raise UnknownName(sentence)
        codes.append(catalogue[word.upper()].code)
    return " ".join(codes)


def converted(
    source: Source,
    catalogue: Catalogue,
    *,
    family: Family | None = None,
    given: Mapping[str, str] | None = None,
    remembered: Mapping[str, str] | None = None,
) -> Converted:
    """Return the email type that an old text becomes.

    Parameters
    ----------
    source
        The text, as ``reading``, ``word`` or ``mail`` gave it.
    family
        The program it comes from; recognised by its codes when it is not said.
    given
        What codes mean, by the code as it is written or by its name alone: fields of ours, ``""`` to leave it out.
    remembered
        The same, as the practice said it before.

    Raises
    ------
    TemplateRefused
        With the line, when its HTML cannot be an email type.
    UnknownName
        When a code is given a field that there is not.
    """
    said = {key.strip(): fields_said(value, catalogue) for key, value in (given or {}).items()}
    cuts = list(segments(source.html))
    only = family is not None
    if family is None:
        texts = [shown_text(text) for cut, text in cuts if cut is Cut.TEXT]
        family = family_of([*texts, source.subject], catalogue, {*said, *(remembered or ())})
    work = _Conversion(source, catalogue, family, said, remembered or {}, only=only)
    if source.html.count("<") > _MOST_TAGS:
        raise _no_letter(source.name)
    subject = work.subject(source.subject)
    html = "".join(work.segment(cut, text) for cut, text in cuts)
    if html.count(LITERAL_BRACE) > _MOST_CODES:
        raise _no_letter(source.name)
    before = source.template or Template(label=label_of(source.name), subject="", html="")
    template = replace(
        before,
        subject=" ".join(subject.split()) or before.subject or before.label,
        html=html.strip("\n") + "\n",
        defaults={**work.defaults, **before.defaults},
    )
    numbered = replace(template, html="\n" * (source.first_line - 1) + html)
    findings = compile_template(numbered, catalogue, columns=None).findings
    return Converted(
        template=template,
        family=family.name,
        codes=tuple(work.codes()),
        notes=tuple(sorted((*source.notes, *work.all_notes(findings)), key=lambda note: note.line)),
        pictures=source.pictures,
        learned=work.learned,
    )


def _no_letter(name: str) -> TemplateRefused:
    return TemplateRefused(
        _(
            "The text « {name} » holds too many codes or tags to be an email type; take the part that is a letter."
        ).format(name=name)
    )


@dataclass(slots=True)
class _Standing:
    """Where a code stands, and what it means."""

    token: Token
    program: str
    fields: str
    how: How
    lines: Counter[int] = field(default_factory=Counter)


class _Conversion:
    """One pass over a text: what was found grows with it."""

    def __init__(
        self,
        source: Source,
        catalogue: Catalogue,
        family: Family,
        given: Mapping[str, str],
        remembered: Mapping[str, str],
        *,
        only: bool,
    ) -> None:
        self.source = source
        self.catalogue = catalogue
        self.family = family
        self.only = only
        self.given = given
        self.given_names = {bare(key): value for key, value in given.items() if bare(key)}
        self.remembered = remembered
        self.standing: dict[str, _Standing] = {}
        self.defaults: dict[str, str] = {}
        self.notes: list[Note] = []
        self.learned: dict[str, str] = {}
        self.line = source.first_line
        self.counted = 0

    # --- the pieces of a text ---

    def subject(self, text: str) -> str:
        """Return the subject converted; it is line 0."""
        plain = text.replace(LITERAL_BRACE, "{").replace(LITERAL_AT, "@")
        self.line, line = 0, self.line
        written = self._written(plain, as_it_is, LITERAL_AT)
        self.line = line
        return written

    def segment(self, cut: Cut, text: str) -> str:
        """Return one segment of the HTML converted, and walk behind it."""
        written = self._segment(cut, text)
        self.line += text.count("\n")
        return written

    def _segment(self, cut: Cut, text: str) -> str:
        if cut is Cut.TEXT:
            return self._written(shown_text(text), escaped, "&#64;")
        if cut is Cut.STYLE:
            return style_sheet(text.replace(LITERAL_BRACE, "{"))
        if cut is Cut.HIDDEN:
            return nothing(text)
        if cut is Cut.DROPPED:
            self._note(Loss.HTML, _("« {what} » is not allowed in a message and was left out."), what=name_of_tag(text))
            return nothing(text)
        if cut is Cut.REVEALED:
            return as_text(text.replace(LITERAL_BRACE, "{"), "&#64;")
        if name_of_tag(text) == "img" and _is_left_behind(text, self.source.pictures):
            alt = re.search(r"""\salt\s*=\s*(?:"([^"]*)"|'([^']*)')""", text, re.IGNORECASE)
            said = unescaped((alt[1] or alt[2] or "") if alt else "") or _("without a name")
            self._note(
                Loss.IMAGE, _("An image « {name} » stays behind: add it again to the email type."), name=said[:100]
            )
            return nothing(text)
        return self._written(text.replace(LITERAL_BRACE, "{"), as_it_is, "&#64;", in_tag=True)

    def _written(self, text: str, write: Callable[[str], str], at: str, *, in_tag: bool = False) -> str:
        """Return a text with its codes as fields of ours, and everything else as what it is: text."""
        pieces: list[Piece] = []
        place = 0
        starts = _line_starts(text)
        for token, family in self._tokens(text, in_tag=in_tag):
            pieces.append(self._plain(text, place, token.start, starts))
            line = self.line + bisect_right(starts, token.start) if self.line else 0
            pieces += self._in_the_place_of(token, family, text, line)
            place = token.end
        pieces.append(self._plain(text, place, len(text), starts))
        return joined(pieces, write, at)

    def _plain(self, text: str, start: int, end: int, starts: list[int]) -> Piece:
        """Return what stands between two tokens, and note the tags of other programs in it."""
        for found in _LIVE.finditer(text, start, end):
            if len(self.notes) > _MOST_NOTES:
                break
            self._note(
                Loss.TAG,
                _("« {what} » is no code that is known here and stays as text."),
                line=self.line + bisect_right(starts, found.start()) if self.line else 0,
                what=" ".join(found[0].split()),
            )
        return Piece(text[start:end])

    def _tokens(self, text: str, *, in_tag: bool) -> Iterator[tuple[Token, Family]]:
        """Yield the tokens of a text in order, none in another, each with its family.

        Texts are put together from several programs: of a family that is not the text's own, what is known is read too.
        """
        own = FAMILIES["codes"]
        found: list[tuple[Token, Family]] = [(self._word(mark), FAMILIES["word"]) for mark in _MARK.finditer(text)]
        found += [
            (token, own)
            for token in own_tokens(text, self._is_ours)
            if not self.only or self.family is own or token.kind is TokenKind.OURS or self._is_known(token, own)
        ]
        for family in [self.family] if self.only else FAMILIES.values():
            found += [
                (token, family)
                for token in family.find(text, in_tag)
                if (family is self.family or (token.telling and self._is_meant(token, family)))
                # « @PNOM@PPRENOM » is two fields of ours, whatever another program would read.
                and not (token.written.startswith("@") and self._is_ours(token.name) and not family.meaning(token.name))
            ]
        order = {TokenKind.OURS: 0, TokenKind.CODE: 1}
        found.sort(
            key=lambda one: (
                one[0].start,
                order.get(one[0].kind, 1),
                not self._is_known(*one),  # « @NOM@ », which is known, is no « @NOM » that nobody knows
                one[1] is not self.family,
                -one[0].end,
            )
        )
        end = 0
        for token, family in found:
            if token.start >= end:
                yield token, family
                end = token.end

    def _is_meant(self, token: Token, family: Family) -> bool:
        """Tell whether a text of another family means this: a condition always, a code when it is known."""
        return token.kind is TokenKind.CONDITION or self._is_known(token, family)

    def _is_known(self, token: Token, family: Family) -> bool:
        exact = family.name == "codes" and self._is_ours(token.name)
        return token.kind is TokenKind.CODE and (
            exact or bool(family.meaning(token.name)) or token.written in self.remembered or token.written in self.given
        )

    def _is_ours(self, code: str) -> bool:
        return code in self.catalogue

    def _word(self, found: re.Match[str]) -> Token:
        number = int(found[1])
        if number >= len(self.source.fields):  # no mark of ours stands elsewhere: what would be one was taken out
            return Token(start=found.start(), end=found.end(), kind=TokenKind.CONDITION, written="")
        read = self.source.fields[number]
        if read.kind == "IF":
            return Token(
                start=found.start(), end=found.end(), kind=TokenKind.CONDITION, written=f"{{ {read.written} }}"
            )
        return Token(
            start=found.start(),
            end=found.end(),
            kind=TokenKind.CODE,
            written=f"«{read.name}»",
            name=read.name,
            extra=read.extra,
        )

    # --- what stands for a token ---

    def _in_the_place_of(self, token: Token, family: Family, text: str, line: int) -> list[Piece]:
        if token.kind is TokenKind.OURS:
            self._count(token, line, token.name, How.EXACT, "@CODE")
            return [Piece(text[token.start : token.end], live=True)]
        from_word = text.startswith(MARK_START, token.start)
        as_written = token.written if from_word else text[token.start : token.end]
        if token.kind is TokenKind.CONDITION:
            self._note(
                Loss.CONDITION,
                _("The condition « {what} » is not followed and stays as text: write the sentence anew."),
                line=line,
                what=token.written[:120],
            )
            return [Piece(as_written)]
        if token.kind is TokenKind.AGREEMENT:
            self._count(token, line, token.name, How.TABLE, family.program)
            masculine, feminine = token.forms
            return [Piece(f'{{{{ {token.name}|accord("{masculine}", "{feminine}") }}}}', live=True)]
        fields, how = self._meaning(token, family)
        first = self._count(token, line, fields, how, family.program)
        if token.extra and first:
            self._note(
                Loss.FORMAT,
                _("{code} was written with « {what} »: the field is written in its own way."),
                line=line,
                code=token.written,
                what=token.extra[:80],
            )
        if token.default:
            self._default(token, fields, how, line)
        if how is How.UNKNOWN:
            return [Piece(as_written)]
        pieces: list[Piece] = []
        for code in fields.split():
            pieces += [Piece(" "), Piece(code, code=True)] if pieces else [Piece(code, code=True)]
        return pieces

    def _meaning(self, token: Token, family: Family) -> tuple[str, How]:
        """Return the fields that a code stands for: as it was said now, said before, ours already, or well known."""
        exact = token.written == f"@{token.name}" and self._is_ours(token.name)
        named = self.given.get(token.written, self.given_names.get(bare(token.name) or "-"))
        if named is not None:
            if not exact:  # what is ours keeps its meaning in the next text
                self.learned[token.written] = named
            return named, How.GIVEN
        if token.written in self.remembered and not exact:
            codes = self.remembered[token.written].split()
            if all(code in self.catalogue for code in codes):  # a field of the practice's own may be gone since
                return " ".join(self.catalogue[code].code for code in codes), How.REMEMBERED
        if exact:
            return self.catalogue[token.name].code, How.EXACT
        if known := family.meaning(token.name):
            return known, How.TABLE
        return "", How.UNKNOWN

    def _count(self, token: Token, line: int, fields: str, how: How, program: str) -> bool:
        """Write down that a code stands on a line, and tell whether it is the first time."""
        first = token.written not in self.standing
        if first:
            self.standing[token.written] = _Standing(token, program, fields, how)
        self.standing[token.written].lines[line] += 1
        self.counted += 1
        if self.counted > _MOST_CODES or len(self.standing) > _MOST_DIFFERENT:
            raise _no_letter(self.source.name)
        return first

    def _default(self, token: Token, fields: str, how: How, line: int) -> None:
        codes = fields.split()
        taken = len(codes) == 1 and self.defaults.setdefault(codes[0], token.default) == token.default
        if not taken and how is not How.UNKNOWN and codes:
            self._note(
                Loss.DEFAULT,
                _("{code}: the text « {default} » for a missing value is not carried over."),
                line=line,
                code=token.written,
                default=token.default[:80],
            )

    # --- what is told of it ---

    def codes(self) -> Iterator[ForeignCode]:
        """Yield every code once, in the order of the text."""
        for written, standing in self.standing.items():
            unknown = standing.how is How.UNKNOWN
            yield ForeignCode(
                written=written,
                program=standing.program,
                times=standing.lines.total(),
                lines=tuple(sorted(standing.lines)),
                fields=standing.fields,
                how=standing.how,
                near=suggestions(standing.token.name, self.catalogue) if unknown else (),
            )

    def all_notes(self, findings: Iterable[Finding]) -> Iterator[Note]:
        """Yield what was lost; of very many, the first ones."""
        every = [
            *self.notes,
            *(
                Note(line=one.line or 0, what=Loss.HTML, message=one.message)
                for one in findings
                if one.code != FOREIGN_CONDITION
            ),
            *(
                Note(what=Loss.MAPPING, message=_("{code} does not stand in this text.").format(code=code))
                for code in self.given
                if not self._stands(code)
            ),
        ]
        yield from every[:_MOST_NOTES]
        if len(every) > _MOST_NOTES:
            more = len(every) - _MOST_NOTES
            told = n_("… and {count} more of the kind.", "… and {count} more of the kind.", more)
            yield Note(what=Loss.HTML, message=told.format(count=more))

    def _stands(self, code: str) -> bool:
        return code in self.standing or any(bare(one.token.name) == bare(code) for one in self.standing.values())

    def _note(self, loss: Loss, sentence: str, /, *, line: int | None = None, **words: str) -> None:
        self.notes.append(Note(line=self.line if line is None else line, what=loss, message=sentence.format(**words)))


def _line_starts(text: str) -> list[int]:
    return [found.start() + 1 for found in re.finditer("\n", text)]


def _is_left_behind(tag: str, pictures: Collection[str]) -> bool:
    """Tell whether an image is neither on the web nor among those that came with the text."""
    found = SOURCE.search(tag)
    return found is None or (
        found[2] not in pictures and re.match(r"https?:|//", unescaped(found[2]), re.IGNORECASE) is None
    )
