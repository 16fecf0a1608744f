"""The email types on their shelf: listed in their folders, saved, copied, renamed, put away and taken out again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, ValuesView
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.domain.options import OPTION_NAMES
from workbench.domain.templates import Revision, Template
from workbench.errors import AccountError, TemplateRefused, UnknownTemplate
from workbench.language import _
from workbench.merging.render import compile_template
from workbench.merging.template_file import sound, with_settings
from workbench.practice.attaching import kept_files
from workbench.practice.letterheads import options_of, signature_name
from workbench.practice.picturing import taken_in

if TYPE_CHECKING:
    from workbench.practice.practice import Practice

_COLUMNS = {
    "path": "string", "label": "string", "folder": "string", "subject": "string", "account": "string",
    "signature": "string", "role": "string", "channel": "string", "language": "string", "purpose": "string",
    "revision": "int64", "saved_at": "", "saved_by": "string", "variant_of": "string", "variants": "object",
    "searches": "object",
}  # fmt: skip
"""The columns of a list of email types; `saved_at` is a moment of the practice's zone."""


class Shelf(Mapping[str, Template]):
    """The email types by path (``Folder/Label``); a path that one had before leads to it too.

    ``in`` tells which paths are taken: those that the email types of the lists have now.
    """

    def __init__(self, practice: Practice, shipped: Callable[[], Iterable[Path]] = tuple) -> None:
        self._practice = practice
        self._shipped = shipped

    def __getitem__(self, path: str) -> Template:
        return self._practice.ledger.library.template(path)

    def __iter__(self) -> Iterator[str]:
        return iter([template.path for template in self._practice.ledger.library.templates()])

    def __len__(self) -> int:
        return len(self._practice.ledger.library.templates())

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and path != "" and self.called_now(path) == path

    def called_now(self, path: str) -> str:
        """Return the path of an email type of the lists, by the one that it has now or one that it had before.

        What was kept with a path finds its email type again so, however it is called by now; ``""`` where there is
        none of that path any more.
        """
        return self._practice.ledger.library.called_now(path)

    def values(self) -> ValuesView[Template]:
        """Return the email types as they stand now, all read at once."""
        return {template.path: template for template in self._practice.ledger.library.templates()}.values()

    # --- looked at --------------------------------------------------------------------------------------

    def to_frame(self, *, folder: str | None = None, archived: bool = False) -> pd.DataFrame:
        """Return the email types, one row each, by path.

        Parameters
        ----------
        folder
            Those of one folder alone; ``""`` are those in none.
        archived
            Those that were put away, in the place of those in use.

        Returns
        -------
        DataFrame
            Key ``path``; ``label folder subject account signature role channel language purpose saved_by variant_of``
            as texts, ``revision`` ``int64``, ``saved_at`` a moment of the practice's zone, ``variants`` (the paths of
            its variants in other languages) and ``searches`` (those that propose it) lists.

        Examples
        --------
        >>> practice.templates.to_frame(folder="Confrères")["label"].tolist()
        ['Adressage', 'Compte rendu à un confrère', 'Remerciement d’adressage']
        """
        library = self._practice.ledger.library
        shelved = library.shelf(archived=archived)
        everyone = shelved if not archived else [*library.shelf(), *shelved]
        proposed = self._practice.ledger.search_templates.all()
        rows = []
        for revision in shelved:
            template = revision.template
            if folder is not None and template.folder != folder:
                continue
            plain = {name: value for name, value in template.to_dict().items() if name in _COLUMNS}
            rows.append(
                {
                    **dict.fromkeys(("account", "signature"), ""),
                    **{name: "" if value is None else value for name, value in plain.items()},
                    "path": template.path,
                    "variant_of": template.variant_of,
                    "revision": template.revision,
                    "saved_at": revision.saved_at,
                    "saved_by": revision.saved_by,
                    "variants": [one.template.path for one in everyone if one.template.variant_of == template.path],
                    "searches": [search for search, path in proposed.items() if path == template.path],
                }
            )
        frame = pd.DataFrame(rows, columns=list(_COLUMNS))
        zone = pd.DatetimeTZDtype("us", self._practice.calendar.zone)
        frame["saved_at"] = pd.to_datetime(frame["saved_at"], utc=True).astype(zone)
        return frame.astype({name: dtype for name, dtype in _COLUMNS.items() if dtype})

    def folders(self) -> list[str]:
        """Return the folders that hold email types, by name; an email type's folder is made by naming it.

        Examples
        --------
        >>> practice.templates.folders()
        ['Confrères', 'Finances', 'Rendez-vous', 'Vie du cabinet']
        """
        return sorted({template.folder for template in self.values() if template.folder})

    def effective(self, path: str | Template) -> pd.DataFrame:
        """Return what counts when an email type is sent, and who says so (F119): the mailing may still say otherwise.

        Parameters
        ----------
        path
            An email type or its path.

        Returns
        -------
        DataFrame
            Key ``setting`` (``role account signature reply_to`` and the options); ``value`` and ``said_by``
            (``template account practice usual``) as texts.

        Examples
        --------
        >>> told = practice.templates.effective("Rendez-vous/Rappel de rendez-vous").set_index("setting")
        >>> told.loc["confirm"].tolist()
        ['yes', 'usual']
        """
        template = self[path] if isinstance(path, str) else path
        main = self.as_it_leaves(template)
        roles = ", ".join(main.roles)
        rows: list[tuple[str, str, str]] = [("role", roles, "template")]
        try:
            account = self._practice.accounts[main.account] if main.account else self._practice.accounts.default()
        except AccountError:  # there is none yet, or several
            rows.append(("account", main.account or "", "template" if main.account else "usual"))
            rows.append(("signature", main.signature or "", "template" if main.signature else "usual"))
            rows.append(("reply_to", main.reply_to or "", "template" if main.reply_to else "usual"))
            said = main.options.to_dict()
            rows += [(name, _word(said[name]), "template") for name in OPTION_NAMES if name in said]
        else:
            rows.append(("account", account.name, "template" if main.account else "practice"))
            rows.append(("signature", *signature_name(main, account)))
            answers = next(
                (pair for pair in ((main.reply_to, "template"), (account.reply_to, "account")) if pair[0]),
                (account.email, "account"),
            )
            rows.append(("reply_to", str(answers[0]), answers[1]))
            counting = options_of(main, account)
            rows += [(name, _word(one.value), one.said_by) for name, one in counting.items()]
        return pd.DataFrame(rows, columns=["setting", "value", "said_by"]).astype("string")

    def variants(self, path: str) -> dict[str, Template]:
        """Return an email type in each language it is written in (F69), its own first; by language.

        Each stands as it leaves: a variant has its own words, files and revision, and everything else of its main email
        type (``Template.dressed_as``).

        Raises
        ------
        UnknownTemplate
            When there is no such email type.

        Examples
        --------
        >>> list(practice.templates.variants("Rendez-vous/Rappel de rendez-vous"))
        ['fr']
        """
        main = self[path]
        found = {main.language: main}
        for template in self._practice.ledger.library.templates():
            if template.variant_of == main.path:
                found.setdefault(template.language, template.dressed_as(main))
        return found

    def as_it_leaves(self, template: Template) -> Template:
        """Return an email type as it leaves: a variant dressed as its main one says, when that is there."""
        try:
            return template.dressed_as(self[template.variant_of]) if template.variant_of else template
        except UnknownTemplate:
            return template

    def sharing_purpose(self, path: str) -> list[str]:
        """Return the other email types that are for the same as this one: whoever one told, no other tells anew.

        Examples
        --------
        >>> practice.templates.sharing_purpose("Rendez-vous/Rappel de rendez-vous")
        ['Rendez-vous/Appointment reminder']
        """
        template = self.as_it_leaves(self[path])
        return [
            one.path
            for one in self.values()
            if one.path != template.path
            and not one.variant_of
            and one.path != template.variant_of
            and one.occasion_purpose == template.occasion_purpose
        ]

    # --- written ----------------------------------------------------------------------------------------

    def save(self, template: Template, *, reason: str = "", over: int | None = None) -> Template:
        """Keep an email type under its path, as a new revision when there is one already; journalled.

        Parameters
        ----------
        template
            Images that its HTML shows from files of the workspace's folder are taken in.
        reason
            Why it was changed, for whoever looks at its revisions later.
        over
            The number of the revision that it was made from, 0 for a new one: nothing that somebody else saved
            meanwhile is written over.

        Raises
        ------
        TemplateRefused
            When it cannot be compiled, its path could not be one, or it is a variant of none or of a variant.
        TemplateChanged
            When it stands at another revision than `over`; nothing was changed.

        Examples
        --------
        >>> from dataclasses import replace
        >>> template = practice.templates["Rendez-vous/Rappel de rendez-vous"]
        >>> practice.templates.save(replace(template, subject="Rendez-vous du @RDVDATE"), reason="plus court").revision
        2
        """
        return self._save(self._whole(template), reason=reason, over=over)

    def change(self, path: str, /, *, reason: str = "", over: int | None = None, **settings: object) -> Template:
        """Change settings of an email type, and return its new revision; a new label or folder renames it.

        Parameters
        ----------
        path
            The email type.
        reason, over
            As for `save`.
        **settings
            As they stand in a template file, and ``html``; ``""`` or ``None`` for what is usual. ``attachments`` are
            files of this computer, or names of those it has.

        Raises
        ------
        TemplateRefused
            For a setting that does not exist or a value that cannot be; nothing was changed.
        UnknownAccount, UnknownSignature
            When there is no such account or signature.
        TemplateChanged
            As `save`.

        Examples
        --------
        >>> changed = practice.templates.change("Rendez-vous/Rappel de rendez-vous", read_receipt=True, role="payer")
        >>> changed.options.read_receipt, str(changed.role), changed.revision
        (True, 'payer', 2)
        """
        old = self[path]
        if "pictures" in settings:
            raise TemplateRefused(_("The images of a text are those that its HTML shows; they are not set apart."))
        if "attachments" in settings:
            settings["attachments"] = self._kept(old, settings["attachments"])
        new = with_settings(old, settings)
        if "account" in settings and new.account:
            self._practice.accounts[new.account]  # which says so when there is none
        if "signature" in settings and new.signature not in (None, "", "-"):
            self._practice.signatures[str(new.signature)]
        return self._rewrite({old.path: new}, reason=reason, over=over)[0]

    def duplicate(self, path: str, new: str, *, reason: str = "") -> Template:
        """Keep a copy of an email type under another path, and return it; a copy of a variant stands for itself.

        A label alone stays in the same folder.

        Raises
        ------
        TemplateRefused
            When the path is another email type's, or could not be one.

        Examples
        --------
        >>> practice.templates.duplicate("Rendez-vous/Rappel de rendez-vous", "Rappel J-7").path
        'Rendez-vous/Rappel J-7'
        """
        old = self[path]
        main = self.as_it_leaves(old)
        copy = replace(main, purpose=self[old.variant_of].purpose, variant_of="") if old.variant_of else main
        folder, label = path_parts(new, folder=old.folder)
        copy = sound(replace(copy, folder=folder, label=label, revision=0))
        library = self._practice.ledger.library
        if copy.path in {one.template.path for one in [*library.shelf(), *library.shelf(archived=True)]}:
            raise TemplateRefused(
                _("« {path} » is the name of another email type; nothing was changed.").format(path=copy.path)
            )
        return self._save(self._whole(copy), reason=reason or _("copy of « {path} »").format(path=old.path))

    def rename(self, path: str, new: str, *, reason: str = "") -> Template:
        """Call an email type otherwise, and return it; what was sent with it stays what it is.

        Its revisions, its searches, its variants and its mailings go with it. Its purpose stays what it was, so that
        nobody is told twice of one thing. A label alone stays in the same folder; `move` takes it to another one.

        Raises
        ------
        TemplateRefused
            When the path is another email type's, or could not be one; nothing was changed.

        Examples
        --------
        >>> practice.templates.rename("Confrères/Adressage", "Courrier d’adressage").path
        'Confrères/Courrier d’adressage'
        >>> practice.templates["Confrères/Adressage"].label
        'Courrier d’adressage'
        """
        old = self[path]
        folder, label = path_parts(new, folder=old.folder)
        return self._rewrite({old.path: replace(old, folder=folder, label=label)}, reason=reason)[0]

    def move(self, path: str, folder: str, *, reason: str = "") -> Template:
        """Put an email type into another folder, ``""`` for none, and return it; otherwise as `rename`."""
        old = self[path]
        return self._rewrite({old.path: replace(old, folder=folder)}, reason=reason)[0]

    def rename_folder(self, folder: str, new: str, *, reason: str = "") -> list[Template]:
        """Call a folder otherwise: all its email types are renamed, as by `rename`, or none of them.

        Raises
        ------
        UnknownTemplate
            When no email type is in this folder.

        Examples
        --------
        >>> len(practice.templates.rename_folder("Confrères", "Correspondants"))
        3
        """
        inside = [template for template in self.values() if template.folder == folder]
        if not inside or not folder:
            raise UnknownTemplate(
                _("There is no folder « {folder} ». There is: {known}.").format(
                    folder=folder, known=", ".join(f"« {name} »" for name in self.folders()) or "–"
                )
            )
        return self._rewrite({one.path: replace(one, folder=new) for one in inside}, reason=reason)

    def archive(self, path: str, *, reason: str = "") -> list[str]:
        """Take an email type and its variants out of the lists, and return their paths; their revisions stay."""
        practice, main = self._practice, self[path]
        paths = [main.path, *(one.path for one in self.values() if one.variant_of == main.path)]
        now = practice.now()
        for one in paths:
            practice.ledger.library.archive_template(one, by=practice.user, now=now, reason=reason)
        practice.changes += 1
        return paths

    def unarchive(self, path: str, *, reason: str = "") -> list[str]:
        """Bring an archived email type back, with the variants that were put away with it; return their paths.

        Raises
        ------
        UnknownTemplate
            When no archived email type is called so.
        """
        practice = self._practice
        archived = {one.template.path: one for one in practice.ledger.library.shelf(archived=True)}
        paths = [path, *(name for name, one in archived.items() if _went_with(one, archived.get(path)))]
        for one in paths:
            practice.ledger.library.unarchive_template(one, by=practice.user, now=practice.now(), reason=reason)
        practice.changes += 1
        return paths

    # --- steps ------------------------------------------------------------------------------------------

    def _whole(self, template: Template, *, beside: Path | None = None) -> Template:
        """Return an email type as it is kept, the images that it shows taken in; raise when it cannot be used."""
        template = sound(template)
        html, pictures = taken_in(self._practice, template.html, beside or self._practice.path)
        template = replace(template, html=html, pictures=pictures)
        compile_template(template, self._practice.catalogue, columns=None)
        return template

    def _save(self, template: Template, *, reason: str, over: int | None = None) -> Template:
        practice, template = self._practice, self._with_main(template)
        self._check_variant(template)
        saved = practice.ledger.library.save_template(
            template, by=practice.user, now=practice.now(), reason=reason, over=over
        )
        practice.changes += 1
        return saved

    def _rewrite(self, changes: Mapping[str, Template], *, reason: str, over: int | None = None) -> list[Template]:
        """Keep changed email types at once, by the path each one has now, with all that their names stand in."""
        sealed = {} if over is None else dict.fromkeys(changes, over)
        written: dict[str, Template] = {}
        for path, template in changes.items():
            whole = self._with_main(self._whole(template))
            if whole.path != path:
                # Its purpose is its path where it says none: under a new one, people would be told twice.
                whole = replace(whole, purpose=whole.purpose or self[path].occasion_purpose)
            written[path] = whole
        called = {path: template.path for path, template in written.items() if template.path != path}
        for template in self.values():
            now = written.get(template.path, template)
            if now.variant_of in called:
                written[template.path] = replace(now, variant_of=called[now.variant_of])
        for path in changes:
            self._check_variant(written[path], known=written)
        practice = self._practice
        saved = practice.ledger.library.rewrite_templates(
            written, by=practice.user, now=practice.now(), reason=reason, over=sealed
        )
        practice.changes += 1
        return saved

    def _check_variant(self, template: Template, *, known: Mapping[str, Template] | None = None) -> None:
        """Raise unless a variant has a main email type in another language, and the only one in its own (F69)."""
        there = {one.path: one for one in self.values()}
        for path, new in (known or {}).items():
            there.pop(path, None)
            there[new.path] = new
        others = [one for one in there.values() if one.path != template.path]
        if not template.variant_of:
            alike = [one for one in others if one.variant_of == template.path and one.language == template.language]
            if alike:
                raise TemplateRefused(
                    _(
                        "« {path} » is written in the language of its variant « {variant} »; nothing was changed."
                    ).format(path=template.path, variant=alike[0].path)
                )
            return
        main = there.get(template.variant_of)
        if main is None or main.path == template.path:
            raise TemplateRefused(
                _("« {path} » is to be a variant of « {main} », which does not exist. Import that one first.").format(
                    path=template.path, main=template.variant_of
                )
            )
        if main.variant_of or any(one.variant_of == template.path for one in others):
            raise TemplateRefused(
                _("« {path} »: a variant of a variant is nobody's. Make it one of the main email type.").format(
                    path=template.path
                )
            )
        family = [main, *(one for one in others if one.variant_of == main.path)]
        twin = [one.path for one in family if one.language == template.language]
        if twin:
            raise TemplateRefused(
                _("« {path} »: « {twin} » is in the same language already. Say the variant's own: language.").format(
                    path=template.path, twin=twin[0]
                )
            )

    def _with_main(self, template: Template) -> Template:
        """Return a variant that names its main email type as it is called now."""
        try:
            return replace(template, variant_of=self[template.variant_of].path) if template.variant_of else template
        except UnknownTemplate:
            return template

    def _kept(self, template: Template, files: object) -> tuple[str, ...]:
        """Return the names under which files are kept: those that an email type has by their name, others copied in."""
        had = {kept.rpartition("/")[2]: kept for kept in template.attachments}
        names: Sequence[Any] = [files] if isinstance(files, (str, Path)) else list(files or ())  # type: ignore[call-overload]
        return tuple(
            had.get(str(name)) or (str(name) if name in template.attachments else kept_files(self._practice, [name])[0])
            for name in names
            if str(name)
        )


def _went_with(one: Revision, main: Revision | None) -> bool:
    if main is None:
        return False
    return one.template.variant_of == main.template.path and one.archived_at == main.archived_at


def path_parts(path: str, *, folder: str) -> tuple[str, str]:
    """Return folder and label of a path; of a label alone, in this folder."""
    before, slash, label = path.rpartition("/")
    return (before if slash else folder), label


def _word(value: bool) -> str:
    return "yes" if value else "no"
