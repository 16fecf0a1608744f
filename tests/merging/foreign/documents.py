"""Word documents made by hand, part by part, as Word and those who mean harm write them."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>'


def paragraph(*runs: str) -> str:
    return f"<w:p>{''.join(runs)}</w:p>"


def run(text: str, *, look: str = "") -> str:
    return f'<w:r>{f"<w:rPr>{look}</w:rPr>" if look else ""}<w:t xml:space="preserve">{text}</w:t></w:r>'


def sign(kind: str) -> str:
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


def said(text: str) -> str:
    return f'<w:r><w:instrText xml:space="preserve">{text}</w:instrText></w:r>'


def field(instruction: str, shown: str = "«x»", *, look: str = "", pieces: int = 1) -> str:
    """A field of many runs, its instruction cut in `pieces` as Word cuts it."""
    size = -(-len(instruction) // pieces)
    parts = [instruction[at : at + size] for at in range(0, len(instruction), size)]
    return "".join([sign("begin"), *map(said, parts), sign("separate"), run(shown, look=look), sign("end")])


def simple(instruction: str, shown: str = "«x»", *, look: str = "") -> str:
    return f'<w:fldSimple w:instr="{instruction}">{run(shown, look=look)}</w:fldSimple>'


def document(*body: str, relations: str = "", more: dict[str, str | bytes] | None = None) -> bytes:
    """A whole document: its body, and further parts by their names."""
    spaces = f'xmlns:w="{W}" xmlns:r="{_OFFICE}"'
    return package(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": _RELATIONS.format(_MAIN),
            "word/_rels/document.xml.rels": _RELATIONS.format(relations),
            "word/document.xml": f'<?xml version="1.0" encoding="UTF-8"?><w:document {spaces}><w:body>{"".join(body)}'
            "</w:body></w:document>",
            **(more or {}),
        }
    )


def package(parts: dict[str, str | bytes]) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(ZipInfo(name, (2026, 11, 22, 9, 0, 0)), content, ZIP_DEFLATED)
    return out.getvalue()
