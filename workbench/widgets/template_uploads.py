"""Files that a person brings to the library: piece by piece from the page, looked at, then kept."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from workbench.displays.showing import shown, told_size
from workbench.displays.words import shown as shown_word
from workbench.domain.file_names import harmless_name
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.language import _, n_
from workbench.practice.template_archives import holds_email_types
from workbench.widgets.reading import message_content

if TYPE_CHECKING:
    from workbench.practice.foreign import Conversion
    from workbench.practice.practice import Practice

LARGEST = 30_000_000
"""Bytes of a file that is brought."""

_MOST = 20
"""Files that wait to be decided about; the oldest one goes."""


class Uploads:
    """The files that were brought and not decided about yet, in the kernel's memory alone."""

    def __init__(self, practice: Practice) -> None:
        self._practice = practice
        self._coming: dict[str, tuple[str, bytearray]] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._attached: dict[str, Path] = {}

    def receive(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Take a piece of a file; after the last one, say what the file holds, or how an attachment is kept."""
        number, name = str(asked["id"]), str(asked["name"])
        if number not in self._coming:
            while len(self._coming) >= _MOST:
                self._coming.pop(next(iter(self._coming)))
            self._coming[number] = (name, bytearray())
        content = self._coming[number][1]
        content += base64.b64decode(str(asked["piece"]))
        if len(content) > LARGEST:
            del self._coming[number]
            raise TemplateRefused(
                _("« {file} » is larger than {size}: no email type is.").format(file=name, size=told_size(LARGEST))
            )
        if not asked["last"]:
            return {}
        if asked.get("attachment"):
            return self._attach(number)
        if holds_email_types(bytes(content)):
            return self._planned(name, bytes(content))
        return self.converted(number, {})

    def attached(self, name: str) -> str:
        """Return the file that ``kept`` of its answer names, else the name: of one that the email type has."""
        return str(self._attached.get(name, name))

    def taken_in(self, number: str, *, reason: str) -> list[Template]:
        """Keep the email types of a file."""
        name, content = self._file(number)
        kept = self._practice.templates.take_in(name, content, reason=reason)
        self._coming.pop(number, None)
        return kept

    def kept(self, number: str, path: str, mapping: Mapping[str, str], keep_unknown: bool) -> Template:
        """Keep what became of an old text as an email type that nobody has yet."""
        wanted = path.removeprefix("/")
        if wanted in self._practice.templates:
            raise TemplateRefused(
                _("« {path} » is the name of another email type; nothing was changed.").format(path=wanted)
            )
        kept = self._conversion(number, mapping).save(wanted, keep_unknown=keep_unknown)
        self._coming.pop(number, None)
        return kept

    def converted(self, number: str, mapping: Mapping[str, str]) -> dict[str, Any]:
        """Say what became of an old text, and which of its codes nobody knows."""
        conversion = self._conversion(number, mapping)
        report = conversion.report
        codes = report[report["what"] == "code"]
        answer: dict[str, Any] = {
            "holds": "text",
            "label": conversion.template.label,
            "family": conversion.family,
            "codes": [
                {
                    "code": str(one.code),
                    "times": int(str(one.times)),
                    "field": str(one.field),
                    "how": shown_word("how", one.how) or str(one.how),
                    "unknown": str(one.code) in conversion.unknown,
                    "near": str(one.suggestions).split(),
                }
                for one in codes.itertuples()
            ],
            "lost": [str(message) for message in report.loc[report["what"] != "code", "message"]],
            "open": conversion.open_questions,
            "fields": [[f"@{code}", field.label] for code, field in self._practice.catalogue.items()],
        }
        try:
            return answer | {"message": message_content(shown(self._practice.templates.tried(conversion.template)))}
        except TemplateRefused as refused:
            return answer | {"broken": refused.sentence}

    # --- steps ----------------------------------------------------------------------------------------------

    def _planned(self, name: str, content: bytes) -> dict[str, Any]:
        planned = self._practice.templates.planned(name, content)
        counts = {becomes: int((planned["becomes"] == becomes).sum()) for becomes in ("new", "changed", "same")}
        told = [
            n_("{count} new", "{count} new", counts["new"]).format(count=counts["new"]),
            n_("{count} changed: a new version", "{count} changed: new versions", counts["changed"]).format(
                count=counts["changed"]
            ),
            n_("{count} the same as here", "{count} the same as here", counts["same"]).format(count=counts["same"]),
        ]
        words = {"new": _("new"), "changed": _("changed"), "same": _("the same")}
        return {
            "holds": "types",
            "rows": [
                [str(path), str(subject), str(becomes), words[str(becomes)]]
                for path, subject, becomes in planned.itertuples(index=False)
            ],
            "told": [sentence for sentence, count in zip(told, counts.values(), strict=True) if count],
            "count": counts["new"] + counts["changed"],
        }

    def _attach(self, number: str) -> dict[str, Any]:
        name, content = self._file(number)
        safe = harmless_name(PurePosixPath(name).name)
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory()
        place = Path(self._folder.name) / number
        place.mkdir(exist_ok=True)
        (place / safe).write_bytes(content)
        # Its name alone may be that of a file of this email type, or of one that was brought for another.
        kept = f"{number}/{safe}"
        self._attached[kept] = place / safe
        self._coming.pop(number, None)
        return {"name": safe, "kept": kept, "size": told_size(len(content))}

    def _conversion(self, number: str, mapping: Mapping[str, str]) -> Conversion:
        name, content = self._file(number)
        given = {code: meaning.removeprefix("@") for code, meaning in mapping.items()}
        return self._practice.templates.convert(content, mapping=given, name=PurePosixPath(name).stem)

    def _file(self, number: str) -> tuple[str, bytes]:
        if number not in self._coming:
            raise TemplateRefused(_("This file is not here any more: choose it once more."))
        name, content = self._coming[number]
        return name, bytes(content)
