"""Read a Word document (.docx, .dotx, .docm): its fields are marked before mammoth makes HTML of the rest.

A merge field is either one element (``w:fldSimple``) or a row of runs, « begin », instruction, « separate », what was
shown last, « end », and Word cuts each of them as it likes. All of these runs are put together again here, fields in
fields included; in their place stands a mark. Nothing outside of the file is ever read.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree
from xml.parsers import expat
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from workbench.errors import TemplateRefused
from workbench.language import _
from workbench.merging.foreign.notes import Loss, Note
from workbench.merging.foreign.reading import (
    LARGEST_PICTURE,
    LARGEST_TEXT,
    MARK_END,
    MARK_START,
    MOST_PICTURES,
    PICTURE_ENDINGS,
    Source,
    WordField,
    picture_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST_PART = 10_000_000
"""Bytes of XML of all parts that are read: a letter of ten pages has about 200,000."""

LARGEST_TREE = 100_000
"""Elements of these parts."""

DEEPEST = 120
"""Elements in elements: tables in tables in text boxes have about forty."""

MOST_FIELDS = 2_000
"""Fields of these parts: as many codes as an email type may have."""

DEEPEST_FIELD = 30
"""Fields in fields: a condition in a condition has about four."""

MOST_HEADERS = 100
"""Page headers and footers that are looked into: a document of ten sections has sixty at most."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_READ = re.compile(r"\[Content_Types\]\.xml|_rels/\.rels|word/(?:_rels/)?[A-Za-z0-9_]{1,40}\.xml(?:\.rels)?", re.ASCII)
_PASSED_OVER = re.compile(r"word/(?:_rels/)?(?:comments|header|footer|settings|theme|fontTable|webSettings|people)")
_MEDIA = re.compile(r"word/media/[A-Za-z0-9_. -]{1,80}\.(?:png|jpe?g|gif)", re.IGNORECASE)
_HEADER = re.compile(r"word/(?:header|footer)\d*\.xml")
_MAIN = re.compile(r"word/document[0-9]{0,4}\.xml")
_BROKEN = (
    BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError, KeyError, IndexError, TypeError,
    AttributeError, RecursionError, ElementTree.ParseError, expat.ExpatError, LookupError,
)  # fmt: skip
"""What a damaged zip, damaged XML, or a document that no Word wrote, makes readers raise."""

_CONDITIONS = frozenset({"IF", "NEXTIF", "SKIPIF", "COMPARE", "NEXT", "SET", "ASK", "FILLIN", "FORMTEXT", "="})
_OUTSIDE = frozenset({"INCLUDEPICTURE", "INCLUDETEXT", "DDE", "DDEAUTO", "LINK", "IMPORT", "DATABASE", "MACROBUTTON"})
_DATES = {"DATE": "DATE", "TIME": "DATE"}
_BLOCKS = {"ADDRESSBLOCK", "GREETINGLINE"}
_NAME = re.compile(r'\s*(?:"([^"]{1,200})"|“([^”]{1,200})”|([^\s"\\]{1,200}))(.*)', re.DOTALL)
_USUAL_SWITCHES = re.compile(r"\\\*\s*(?:MERGEFORMAT|CHARFORMAT)|\\m\b", re.IGNORECASE)
_BLOCK_END = re.compile(r"</(?:p|h[1-6]|li|tr|table|ul|ol)>|<br ?/>")


def is_word(data: bytes) -> bool:
    """Tell whether a file is a zip or an old Office file: what a Word document is kept in."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06", _OLE))


def source_from_word(data: bytes, *, name: str) -> Source:
    """Return the text of a Word document, its fields marked; one line a paragraph.

    Raises
    ------
    TemplateRefused
        When it is protected by a password, an old .doc, damaged, too large, or no Word document.
    """
    _refuse_old(data, name)
    notes: list[Note] = []
    try:
        with ZipFile(BytesIO(data)) as package:
            parts = _parts(package, name)
            media = _media(package)
            notes += _about_package(package.namelist())
            headers = [one for one in package.namelist() if _HEADER.match(one)][:MOST_HEADERS]
            lost = any(_said(_small(package, one)) for one in headers)  # one after the other: they may be large
        if lost:
            notes.append(Note(what=Loss.HEADER, message=_("The page header and footer of the document stay behind.")))
        fields: list[WordField] = []
        for part in [one for one in parts if one.endswith(".xml") and one.startswith("word/")]:
            if b"fldChar" in parts[part] or b"fldSimple" in parts[part]:
                root = ElementTree.fromstring(parts[part])  # noqa: S314  # looked through: no DOCTYPE in it
                notes += _mark_fields(root, fields)
                parts[part] = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
        html, pictures, images, odd = _html({**parts, **media}, name)
    except TemplateRefused:
        raise
    except _BROKEN as error:
        raise _damaged(name) from error
    if len(html) > LARGEST_TEXT:
        raise _too_large(name)
    notes += [
        Note(
            what=Loss.IMAGE,
            message=_("An image « {name} » stays behind: add it again to the email type.").format(name=image),
        )
        for image in images
    ]
    if odd:
        notes.append(Note(what=Loss.FORMAT, message=_("Fonts, colours and page layout of Word stay behind.")))
    html = _BLOCK_END.sub(lambda found: f"{found[0]}\n", html)
    if not html.strip():
        raise TemplateRefused(_("The document « {name} » holds no text.").format(name=name))
    return Source(html=html, name=name, fields=tuple(fields), notes=tuple(notes), pictures=pictures)


# --- the package ------------------------------------------------------------------------------------


def _refuse_old(data: bytes, name: str) -> None:
    if not data.startswith(_OLE):
        return
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise TemplateRefused(
            _(
                "« {name} » is protected by a password: open it in Word, take the password off and save it again."
            ).format(name=name)
        )
    raise TemplateRefused(
        _("« {name} » is a Word document of the old kind: open it in Word and save it as .docx.").format(name=name)
    )


def _parts(package: ZipFile, name: str) -> dict[str, bytes]:
    """Return the parts that are read, each looked through: nothing that unfolds, nothing too large or too deep."""
    listed = package.namelist()
    if len(listed) > 20_000 or len(set(listed)) != len(listed):
        raise _damaged(name)
    if not any(_MAIN.fullmatch(one) for one in listed):
        raise TemplateRefused(
            _("« {name} » is no Word document: save it as .docx, or give a text, an HTML page or a message.").format(
                name=name
            )
        )
    parts: dict[str, bytes] = {}
    left, elements, fields = LARGEST_PART, LARGEST_TREE, MOST_FIELDS
    for one in listed:
        if _READ.fullmatch(one) and not _PASSED_OVER.match(one):
            with package.open(one) as stream:
                content = stream.read(left + 1)
            left -= len(content)
            counted = _looked_through(content)
            elements -= counted.count
            fields -= counted.fields
            if min(left, elements, fields) < 0:
                raise _too_large(name)
            parts[one] = content
    return parts


def _small(package: ZipFile, part: str) -> bytes:
    with package.open(part) as stream:
        return stream.read(200_000)


def _said(content: bytes) -> bool:
    return re.search(rb"<w:t[ >][^<]{0,2000}\w", content) is not None


def _looked_through(content: bytes) -> _Counter:
    """Count the elements and fields of a part; raises ``ValueError`` for a DOCTYPE or elements too deep in others."""
    counter = _Counter()
    counter.parser.Parse(content, True)
    return counter


class _Counter:
    def __init__(self) -> None:
        self.count = self.depth = self.fields = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.count += 1
        self.fields += tag.endswith("fldSimple") or (tag.endswith("fldChar") and "begin" in attributes.values())
        self.depth += 1
        if self.depth > DEEPEST:
            raise ValueError(self.depth)

    def _end(self, _tag: str) -> None:
        self.depth -= 1

    def _refuse(self, *_declared: object) -> None:
        raise ValueError("DOCTYPE")  # no Word writes one; what it declares could unfold without end


def _about_package(names: list[str]) -> Iterator[Note]:
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        yield Note(what=Loss.MACRO, message=_("The macros of the document stay behind; none was run."))
    if any(name.startswith("word/embeddings/") for name in names):
        yield Note(what=Loss.ATTACHED, message=_("The files embedded in the document stay behind."))


def _media(package: ZipFile) -> dict[str, bytes]:
    """Return the pictures of a document that mail programs show, as far as they are neither many nor large."""
    media: dict[str, bytes] = {}
    for name in package.namelist():
        if _MEDIA.fullmatch(name) and len(media) < MOST_PICTURES and package.getinfo(name).file_size <= LARGEST_PICTURE:
            with package.open(name) as stream:
                media[name] = stream.read(LARGEST_PICTURE)
    return media


def _html(parts: dict[str, bytes], name: str) -> tuple[str, dict[str, bytes], list[str], bool]:
    """Return the HTML that mammoth makes, its pictures, the names of those left behind, and whether it was laid out."""
    import mammoth  # it loads much, and few commands read a Word document

    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_STORED) as package:
        for part, content in parts.items():
            package.writestr(ZipInfo(part), content)
    packed.seek(0)
    pictures: dict[str, bytes] = {}
    left: list[str] = []

    def shown(image: Any) -> list[Any]:
        try:
            with image.open() as stream:
                content = stream.read()
        except (KeyError, OSError, ValueError):
            content = b""  # on another computer, or on the web: nothing there is ever read
        if not content or image.content_type not in PICTURE_ENDINGS:
            left.append(str(image.alt_text or _("without a name"))[:100])
            return []
        file = picture_name(name, len(pictures) + 1, image.content_type)
        pictures[file] = content
        return list(mammoth.images.img_element(lambda _image: {"src": file})(image))

    made = mammoth.convert_to_html(
        packed,
        convert_image=shown,
        style_map="u => u\nstrike => s",
        include_embedded_style_map=False,
        external_file_access=False,
    )
    laid_out = re.compile(rb"<w:(?:color|rFonts|jc|shd|highlight)[ />]")
    return str(made.value), pictures, left, any(laid_out.search(parts[one]) for one in parts if _MAIN.fullmatch(one))


# --- its fields -------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Open:
    """A field whose end was not reached yet."""

    begins: ElementTree.Element
    run: ElementTree.Element
    said: list[str] = field(default_factory=list)
    shown: list[tuple[ElementTree.Element, ElementTree.Element]] = field(default_factory=list)
    machinery: list[tuple[ElementTree.Element, ElementTree.Element]] = field(default_factory=list)
    in_result: bool = False


def _mark_fields(root: ElementTree.Element, fields: list[WordField]) -> list[Note]:
    """Put a mark in the place of each field of a part, and list the fields in the order of their marks."""
    notes: list[Note] = []
    _unfold_simple(root, fields, notes)
    stack: list[_Open] = []
    gone: set[int] = set()
    runs = [one for one in root.iter() if _local(one) == "r"]
    for run in runs:
        for child in list(run):
            _step(stack, run, child, fields, notes, gone)
    gone |= {id(left.begins) for left in stack}
    for run in runs:
        if any(id(child) in gone for child in run):
            run[:] = [child for child in run if id(child) not in gone]
    if stack:
        notes.append(Note(what=Loss.FORMAT, message=_("A field of the document never ends; read what stands there.")))
    return notes


def _step(
    stack: list[_Open],
    run: ElementTree.Element,
    child: ElementTree.Element,
    fields: list[WordField],
    notes: list[Note],
    gone: set[int],
) -> None:
    """Take one element of a run into account; `gone` are those that a mark stands for, by identity."""
    name = _local(child)
    kind = next((value for key, value in child.attrib.items() if key.rpartition("}")[2] == "fldCharType"), "")
    if name == "fldChar" and kind == "begin":
        if len(stack) >= DEEPEST_FIELD:
            raise ValueError(len(stack))
        stack.append(_Open(child, run))
    if not stack:
        return
    top = stack[-1]
    if name == "fldChar":
        top.machinery.append((run, child))
        if kind == "separate":
            top.in_result = True
        elif kind == "end":
            stack.pop()
            _end(top, stack[-1] if stack else None, child, fields, notes, gone)
    elif name == "instrText" and not top.in_result:
        top.said.append(child.text or "")
        top.machinery.append((run, child))
    elif name in ("t", "tab", "br", "drawing", "pict", "object", "sym", "noBreakHyphen"):
        if top.in_result:
            top.shown.append((run, child))
        else:  # a simple field in the instruction of another one
            top.said.append(_spelled(child.text or "", fields))
            top.machinery.append((run, child))


def _end(
    ended: _Open,
    outer: _Open | None,
    last: ElementTree.Element,
    fields: list[WordField],
    notes: list[Note],
    gone: set[int],
) -> None:
    said = " ".join("".join(ended.said).split())
    read = word_field(said)
    if outer is not None and not outer.in_result:
        outer.said.append(f" {{ {said} }} ")
        outer.machinery += [*ended.machinery, *ended.shown]
        return
    if read is None:
        if outer is not None:
            outer.shown += ended.shown
        notes += _about_other(said)
        return
    run = ended.machinery[-1][0]
    gone |= {id(child) for _run, child in [*ended.machinery, *ended.shown]} - {id(last)}
    # What ended the field becomes its mark.
    last.tag = last.tag.replace("fldChar", "t")
    last.attrib.clear()
    last.text = f"{MARK_START}{len(fields)}{MARK_END}"
    fields.append(read)
    _look_alike(run, ended.shown[0][0] if ended.shown else ended.run)
    if outer is not None:
        outer.shown.append((run, last))


def _look_alike(run: ElementTree.Element, shown: ElementTree.Element) -> None:
    """Give a mark's run the bold or italics of what it stands for."""
    look = next((one for one in shown if _local(one) == "rPr"), None)
    if look is not None and shown is not run and not any(_local(one) == "rPr" for one in run):
        run.insert(0, look)


def _unfold_simple(root: ElementTree.Element, fields: list[WordField], notes: list[Note]) -> None:
    """Put a mark in the place of each field that is one element; what another one shows stays."""
    for parent in list(root.iter()):
        for child in list(parent):
            if _local(child) != "fldSimple":
                continue
            said = next((value for key, value in child.attrib.items() if key.rpartition("}")[2] == "instr"), "")
            read = word_field(" ".join(said.split()))
            place = list(parent).index(child)
            parent.remove(child)
            runs = list(child)
            if read is not None:
                run = ElementTree.Element(child.tag.replace("fldSimple", "r"))
                mark = ElementTree.SubElement(run, child.tag.replace("fldSimple", "t"))
                mark.text = f"{MARK_START}{len(fields)}{MARK_END}"
                fields.append(read)
                if runs:
                    _look_alike(run, runs[0])
                runs = [run]
            else:
                notes += _about_other(" ".join(said.split()))
            for one in reversed(runs):
                parent.insert(place, one)


def _spelled(text: str, fields: list[WordField]) -> str:
    """Return the text of an instruction, the marks in it as the fields that they stand for."""
    spelled: Callable[[re.Match[str]], str] = lambda found: f"{{ {fields[int(found[1])].written} }}"  # noqa: E731
    return re.sub(f"{MARK_START}([0-9]{{1,5}}){MARK_END}", spelled, text)


def word_field(said: str) -> WordField | None:
    """Return what an instruction says, when something of ours can stand in its place.

    Examples
    --------
    >>> word_field('MERGEFIELD "Date RDV"').name
    'Date RDV'
    """
    kind, _blank, rest = said.strip().partition(" ")
    kind = kind.upper()
    written = said[:300]
    if kind == "MERGEFIELD":
        found = _NAME.match(rest)
        if found is None:
            return None
        name = next(part for part in found.groups()[:3] if part)
        return WordField(kind=kind, name=name, extra=_USUAL_SWITCHES.sub("", found[4]).strip(), written=written)
    if kind in _DATES or kind in _BLOCKS:
        return WordField(kind=kind, name=_DATES.get(kind, kind), written=written)
    if kind in _CONDITIONS or said.startswith("="):
        return WordField(kind="IF", written=written)
    return None


def _about_other(said: str) -> Iterator[Note]:
    kind = said.partition(" ")[0].upper()
    if kind in _OUTSIDE:
        yield Note(
            what=Loss.FORMAT,
            message=_(
                "The field {kind} fetches something elsewhere and is left out; what it showed last stays as text."
            ).format(kind=kind),
        )


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _damaged(name: str) -> TemplateRefused:
    return TemplateRefused(
        _("The document « {name} » is damaged and cannot be read: open it in Word and save it again.").format(name=name)
    )


def _too_large(name: str) -> TemplateRefused:
    return TemplateRefused(
        _("The document « {name} » is too large to be an email type; copy its text into a new one.").format(name=name)
    )
