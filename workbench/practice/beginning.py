"""Where a new email type begins: empty, from one of the workbench's, in another language; and finding one."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from workbench.domain.fields import folded
from workbench.domain.people import Role
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused, UnknownTemplate
from workbench.language import LANGUAGES, _
from workbench.merging.plain_text import text_from_html
from workbench.merging.protected import SIGN
from workbench.merging.template_file import sound, template_from_file
from workbench.practice.template_files import TemplateFiles, read_text
from workbench.practice.template_shelf import path_parts

EMPTY_TEXT = "<p>@DAPPEL,</p>\n<p></p>\n"
"""What stands in a new email type: to whom it speaks, and room to write."""

_NO_WORDS = re.compile(r"\s|&nbsp;|</?p>|<br\s*/?>")


def says_nothing(template: Template) -> bool:
    """Whether nothing was written in an email type that was begun: it greets, and says no more."""
    return not template.attachments and _NO_WORDS.sub("", template.html) == _NO_WORDS.sub("", EMPTY_TEXT)


class Beginning(TemplateFiles):
    """New email types, and those that hold some words."""

    def starters(self) -> dict[str, Template]:
        """Return the email types that come with the workbench, by their path: what a new one may begin as.

        Examples
        --------
        >>> "Rendez-vous/Rappel de rendez-vous" in practice.templates.starters()
        True
        """
        return {template.path: template for template, _file in self._starting()}

    def begin(self, path: str, *, like: str = "", role: Role = Role.PATIENT, reason: str = "") -> Template:
        """Keep a new email type under a path that nobody has yet, and return it.

        Parameters
        ----------
        path
            ``Folder/Label``, or a label alone.
        like
            The starter that it begins as (`starters`); else it is empty but for its greeting. One of the practice's own
            is copied by `duplicate`.
        role
            Who receives an empty one.

        Raises
        ------
        UnknownTemplate
            When there is no such starter.
        TemplateRefused
            When the path is another email type's, or could not be one; nothing was kept. One that was begun and left
            with nothing written in it (`leave`) is begun anew.

        Examples
        --------
        >>> practice.templates.begin("Essais/Bonjour").subject
        'Bonjour'
        """
        folder, label = path_parts(path, folder="")
        if not like:
            empty = Template(label=label, folder=folder, subject=label.strip(), html=EMPTY_TEXT, role=role)
            if self._was_left(sound(empty).path):
                return self.save(empty, reason=reason)
        self._refuse_taken(f"{folder}/{label}" if folder else label)
        if not like:
            return self.save(empty, reason=reason, over=0)
        for template, file in self._starting():
            if template.path == like:
                whole = self._from_file(file, folder="")
                # What it is for stays: whoever was told by the one it came from is not told anew.
                new = replace(whole, label=label, folder=folder, purpose=whole.occasion_purpose)
                return self.save(new, reason=reason or _("begun from « {path} »").format(path=like), over=0)
        raise UnknownTemplate(_("No email type that comes with the workbench is called « {path} ».").format(path=like))

    def leave(self, path: str) -> bool:
        """Put an email type away that was begun and in which nothing was written, and tell whether it was put away.

        One that was saved since, or that a search proposes, stays. Its name is nobody's: it can be begun anew.

        Examples
        --------
        >>> made = practice.templates.begin("Essais/Bonjour")
        >>> practice.templates.leave(made.path), made.path in practice.templates
        (True, False)
        """
        template = self.get(path)
        proposed = self._practice.ledger.search_templates.all().values()
        if template is None or template.revision != 1 or not says_nothing(template) or template.path in proposed:
            return False
        self.archive(template.path, reason=_("nothing was written in it"))
        return True

    def translate(self, path: str, language: str, label: str, *, reason: str = "") -> Template:
        """Keep a variant of an email type in another language (F69), and return it: a copy, to be written anew.

        A variant of a variant becomes one of the same main email type.

        Raises
        ------
        TemplateRefused
            When it is written in that language already, nobody speaks it here, or the label is taken.

        Examples
        --------
        >>> new = practice.templates.translate("Confrères/Adressage", "en", "Referral")
        >>> new.path, new.variant_of
        ('Confrères/Referral', 'Confrères/Adressage')
        """
        old = self[path]
        main = self[old.variant_of] if old.variant_of else old
        if language not in LANGUAGES:
            raise TemplateRefused(
                _("There are no email types in the language « {language} ». There are: {known}.").format(
                    language=language, known=", ".join(LANGUAGES)
                )
            )
        folder, label = path_parts(label, folder=main.folder)
        new = replace(main, label=label, folder=folder, language=language, variant_of=main.path, purpose="", revision=0)
        self._refuse_taken(sound(new).path)
        return self.save(new, reason=reason or _("copy of « {path} »").format(path=main.path), over=0)

    def find(self, words: str) -> list[str]:
        """Return the paths of the email types that hold all words in folder, label, subject or text, accents apart.

        Examples
        --------
        >>> practice.templates.find("VŒUX") == practice.templates.find("vœux")
        True
        """
        wanted = _folded(words).split()
        return [template.path for template in self.values() if all(word in _read(template) for word in wanted)]

    def _starting(self) -> list[tuple[Template, Path]]:
        return [(template_from_file(read_text(file), name=file.stem), file) for file in self._shipped()]

    def _was_left(self, path: str) -> bool:
        """Whether an archived email type of this path was begun, and nothing was ever written in it."""
        archived = {one.template.path: one.template for one in self._practice.ledger.library.shelf(archived=True)}
        return path in archived and archived[path].revision == 1 and says_nothing(archived[path])

    def _refuse_taken(self, path: str) -> None:
        library = self._practice.ledger.library
        if path in {one.template.path for one in [*library.shelf(), *library.shelf(archived=True)]}:
            raise TemplateRefused(
                _("« {path} » is the name of another email type; nothing was changed.").format(path=path)
            )


_KNOWN: dict[str, str] = {}
"""The folded text of email types, by the digest of what they say."""

_MOST_KNOWN = 2_000


def _read(template: Template) -> str:
    digest = template.digest()
    if digest not in _KNOWN:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        text = template.text or text_from_html(template.html, sign=SIGN)
        _KNOWN[digest] = _folded(f"{template.path} {template.subject} {text}")
    return _KNOWN[digest]


def _folded(text: str) -> str:
    return folded(text.replace("œ", "oe").replace("Œ", "OE").replace("’", "'"))
