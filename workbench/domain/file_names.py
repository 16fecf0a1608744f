"""What a file that goes with a message may be called, and which kinds of files mail does not carry (P9, F99)."""

from __future__ import annotations

import io
import re
import unicodedata
from zipfile import ZipFile

from workbench.domain.fields import folded

LONGEST_NAME = 150
"""Bytes of a file's name at most: it stands in a header, and on the disks of two computers."""

_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|\Z)")
_SPACES = re.compile(r"\s+")
_PLAIN = re.compile(r"[^a-z0-9]+")

_BLOCKED = """
    ade adp apk app application appref-ms appx appxbundle asp aspx asx bas bat bgi cab cer chm cmd cnt com cpl crt csh
    der desktop diagcab diagcfg diagpkg dll dmg docm dotm ex ex_ exe fxp gadget grp hlp hpj hta htc htm html img inf ins
    inx iso isp isu its jar jnlp job js jse ksh lib library-ms lnk mad maf mag mam maq mar mas mat mau mav maw mcf mda
    mdb mde mdt mdw mdz mht mhtml mjs msc msh msh1 msh1xml msh2 msh2xml mshxml msi msix msixbundle msp mst msu nsh ops
    osd pcd pif pkg pl plg potm ppam ppsm pptm prf prg printerexport ps1 ps1xml ps2 ps2xml psc1 psc2 psd1 psdm1 pst py
    pyc pyo pyw pyz pyzw reg scf scr sct search-ms settingcontent-ms shb shs shtml sldm svg svgz swf sys theme tmp udl
    url vb vbe vbp vbs vhd vhdx vsmacros vsw vxd webpnp website ws wsb wsc wsf wsh xbap xht xhtml xlam xll xlsb xlsm
    xltm xnk xps
"""
BLOCKED_ENDINGS = frozenset(_BLOCKED.split())
"""Endings that Gmail or Outlook refuse to take, and those of pages and documents that run something when opened.

From the lists of Google (« File types blocked in Gmail ») and Microsoft (« Blocked attachments in Outlook »), as they
stood in November 2026, with the kinds of Office files that hold macros and the pages that hold scripts.
"""

_MEDIA_TYPES = {
    "bmp": "image/bmp",
    "csv": "text/csv",
    "dcm": "application/dicom",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "gif": "image/gif",
    "heic": "image/heic",
    "ics": "text/calendar",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "pdf": "application/pdf",
    "png": "image/png",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "rtf": "application/rtf",
    "stl": "model/stl",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "txt": "text/plain",
    "vcf": "text/vcard",
    "webp": "image/webp",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
"""Ours, and not the computer's: a message is built alike on every one, today and when it is shown again (8.6)."""

_PROGRAMS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"#!")
"""How a program's bytes begin, whatever its file is called."""


def harmless_name(name: str) -> str:
    """Return a file name that is safe on every computer and in a header, as like the one given as may be.

    What cannot be seen, what turns the direction of writing, separators and reserved names go. An empty one becomes
    ``fichier``.

    Examples
    --------
    >>> harmless_name("../plan d’accès?.pdf")
    'plan d’accès_.pdf'
    >>> harmless_name("con.txt")
    '_con.txt'
    """
    blank = "".join(" " if unicodedata.category(sign)[0] == "Z" else sign for sign in name)
    seen = "".join(sign for sign in blank if unicodedata.category(sign)[0] != "C")
    safe = _SPACES.sub(" ", _FORBIDDEN.sub("_", unicodedata.normalize("NFC", seen))).strip(" ._-")
    return _shortened(f"_{safe}" if _RESERVED.match(safe) else safe) or "fichier"


def _shortened(name: str) -> str:
    """Cut a name to what a disk and a header have room for; its ending stays."""
    if len(name.encode()) <= LONGEST_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    tail = f".{ending}" if dot and len(ending.encode()) <= 20 else ""
    head = (stem if tail else name).encode()[: LONGEST_NAME - len(tail.encode())]
    return head.decode(errors="ignore").rstrip(" .") + tail


def plain_stem(*words: str) -> str:
    """Return words as the beginning of a file name, in plain letters and digits.

    Examples
    --------
    >>> plain_stem("Téléradiographie", "profil", "", "2026-05-12")
    'teleradiographie-profil-2026-05-12'
    """
    parts = (_PLAIN.sub("-", folded(word)).strip("-") for word in words)
    return "-".join(part for part in parts if part)[:80].strip("-")


def ending_of(name: str) -> str:
    """Return the ending of a file name, without its dot and in small letters; ``""`` when it has none."""
    return name.rpartition(".")[2].lower().strip() if "." in name else ""


def media_type_of(name: str) -> str:
    """Return what a file is by the ending of its name, as a message says it.

    Examples
    --------
    >>> media_type_of("plan.PDF"), media_type_of("plan.xyz")
    ('application/pdf', 'application/octet-stream')
    """
    return _MEDIA_TYPES.get(ending_of(name), "application/octet-stream")


def is_blocked(name: str) -> bool:
    """Tell whether the mail services refuse files called so, or open them as something that runs."""
    return ending_of(name) in BLOCKED_ENDINGS


def is_program(data: bytes) -> bool:
    """Tell whether bytes begin like a program's, whatever the file is called."""
    return data.startswith(_PROGRAMS)


def packs_what_runs(data: bytes) -> bool:
    """Tell whether an archive holds a file that mail services refuse, or a document of Office macros."""
    if not data.startswith(b"PK"):
        return False
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except Exception:  # what is no archive packs nothing, however it fails to be one
        return False
    if "[Content_Types].xml" in names:  # a document of Office; the drawings in it may be of any kind
        return any(name.lower().endswith("vbaproject.bin") for name in names)
    return "mimetype" not in names and any(is_blocked(harmless_name(name.rpartition("/")[2])) for name in names)
