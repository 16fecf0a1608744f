"""The page of the email types: the library, and under it the text of one while somebody writes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ipywidgets import DOMWidget, VBox

from workbench.domain.templates import Template
from workbench.errors import TemplateChanged, TemplateRefused, UnknownTemplate
from workbench.language import _
from workbench.widgets.template_library import TemplateLibrary, comparison

if TYPE_CHECKING:
    from workbench.practice.practice import Practice
    from workbench.widgets.page import Go
    from workbench.widgets.template_editing import TemplateEditing


class TemplatesPage:
    """The email types of a practice, to be looked at, kept in order and written.

    Parameters
    ----------
    practice
        Whose email types they are.
    go
        The way to the other pages; none when it stands alone.
    """

    def __init__(self, practice: Practice, go: Go | None = None) -> None:
        self.library = TemplateLibrary(practice)
        self.writing = Writing(practice, self.library, self._put_under)
        self.library.edited_with(self.writing)
        if go is not None:
            self.library.used_by(lambda path: go("publipostage", template=path))
        self.view = VBox([self.library])

    def __repr__(self) -> str:
        return "<TemplatesPage>"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.view)  # type: ignore[no-untyped-call]

    def open(self, *, path: str = "", **_what: Any) -> None:
        """Show the library as it stands now; with `path`, that email type."""
        if path:
            self.library.show(path)
        else:
            self.library.look_again()

    def _put_under(self, shown: DOMWidget | None) -> None:
        self.view.children = (self.library,) if shown is None else (self.library, shown)


class Writing:
    """An email type whose text is being written: what was read, what stands there now, and how it is kept.

    Parameters
    ----------
    practice
        Whose email type it is.
    library
        Told what becomes of it.
    put
        Shows the editor, or takes it away.
    """

    def __init__(self, practice: Practice, library: TemplateLibrary, put: Callable[[DOMWidget | None], None]) -> None:
        self._templates = practice.templates
        self._practice = practice
        self._library = library
        self._put = put
        self._resumed = ""
        self._others: list[str] = []
        self._kept: tuple[str, str, str | None] | None = None  # what the ledger keeps of what is written
        self._editing: TemplateEditing | None = None
        self._base: Template | None = None
        self._compared = 0  # the revision of somebody else that was shown beside what is written

    @property
    def draft(self) -> Template | None:
        """The email type as it is written now; nothing when nobody writes."""
        return None if self._base is None or self._editing is None else self._editing.draft

    @property
    def dirty(self) -> bool:
        """Whether something was written that is not kept."""
        draft, base = self.draft, self._base
        return draft is not None and base is not None and _words(draft) != _words(base)

    def state(self) -> dict[str, Any]:
        """Return what is being written: ``path label revision dirty``; nothing when nobody writes."""
        base = self._base
        if base is None:
            return {}
        return {
            "path": base.path,
            "label": base.label,
            "revision": base.revision,
            "dirty": self.dirty,
            "resumed": self._resumed,
            "others": self._others,
        }

    def begin(self, path: str) -> dict[str, Any]:
        """Show the text of an email type to be written; what is being written and not kept stays.

        What was written of it before and not saved, because the program ended, is there again.
        """
        if self.dirty:
            raise TemplateRefused(
                _("« {path} » is being written and is not saved yet: save it or leave it first.").format(
                    path=self.state()["path"]
                )
            )
        template = self._templates[path]
        if self._editing is None:
            from workbench.widgets.template_editing import TemplateEditing

            self._editing = TemplateEditing(self._practice)
            self._editing.on_change(self._tell)
        unsaved = self._templates.unsaved_texts().get(template.path)
        self._others = [
            _("{who} has been writing this text, too, since {when}.").format(who=who, when=self._library.told(since))
            for who, since in self._templates.also_writing(template.path).items()
        ]
        if unsaved is None:
            self._read(template)
        else:
            self._read(unsaved.base, unsaved.template)
            self._resumed = _("Taken up again as you left it, {when}; it is not saved yet.").format(
                when=self._library.told(unsaved.saved_at)
            )
        self._put(self._editing.view)
        return self.state()

    def save(
        self, reason: str = "", how: str = "", label: str = "", folder: str = "", theirs: int = 0
    ) -> dict[str, Any]:
        """Keep what is written as a new revision, unless somebody else kept one meanwhile.

        Parameters
        ----------
        reason
            Why it was changed.
        how
            ``over`` keeps it after what somebody else saved, ``copy`` under another name (`folder`, `label`).
        theirs
            The revision of somebody else that was read before it is kept after it; the one compared last without.
        """
        base, draft = self._base, self.draft
        if base is None or draft is None:
            raise TemplateRefused(_("No text is being written."))
        over = base.revision
        if how == "over":
            now = self._templates[base.path]
            draft, over = replace(draft, folder=now.folder, label=now.label), theirs or self._compared
        elif how == "copy":
            purpose = base.occasion_purpose
            draft, over = replace(draft, folder=folder.strip(), label=label.strip(), purpose=purpose, variant_of=""), 0
        try:
            saved = self._templates.save(draft, reason=reason, over=over)
        except TemplateChanged as changed:
            return {"overtaken": changed.sentence} | self.theirs()
        self._templates.forget_text(base.path)
        if how:
            self._read(saved)
        else:
            assert self._editing is not None  # noqa: S101 - a text is being written
            self._base, self._resumed, self._kept = saved, "", None
            self._editing.kept(saved, draft)
        self._library.show(saved.path)
        said = _("« {path} »: version {revision} is kept.").format(path=saved.path, revision=saved.revision)
        self._library.say(**self.state())
        return {"said": said} | self.state()

    def theirs(self) -> dict[str, Any]:
        """Return what is written here and says otherwise than what somebody else kept meanwhile."""
        base, draft = self._base, self.draft
        if base is None or draft is None:
            return {}
        try:
            now = self._templates[base.path]
        except UnknownTemplate:
            return {"gone": True, "changes": []}
        self._compared = now.revision
        kept = self._templates.revisions(now.path)
        newest = kept[kept["revision"] == now.revision].iloc[0]
        reason = str(newest["reason"])
        saved = _("{who} saved version {revision}: « {reason} »") if reason else _("{who} saved version {revision}")
        about = saved.format(who=newest["saved_by"], revision=now.revision, reason=reason)
        return {
            "gone": False,
            "theirs": now.revision,
            "about": about,
        } | comparison(self._practice, now, draft)

    def leave(self, discard: bool = False) -> dict[str, Any]:
        """Go back to the library; what is not kept is asked about first, unless it is to be given up."""
        base, draft = self._base, self.draft
        if base is not None and draft is not None and self.dirty and not discard:
            return {"asks": True} | comparison(self._practice, base, draft)
        if base is not None:
            self._templates.forget_text(base.path)
        self._base = None
        self._put(None)
        self._library.say()
        return {}

    def take_theirs(self) -> dict[str, Any]:
        """Show the text that somebody else kept; what was written here is given up."""
        if self._base is not None:
            self._templates.forget_text(self._base.path)
            self._read(self._templates[self._base.path])
            self._library.say(**self.state())
        return self.state()

    def _read(self, template: Template, written: Template | None = None) -> None:
        assert self._editing is not None  # noqa: S101 - it was made before
        self._base, self._resumed = template, ""
        self._kept = None if written is None else _words(written)
        self._editing.edit(written or template)

    def _tell(self) -> None:
        base, draft = self._base, self.draft
        if base is None or draft is None:
            return
        words = _words(draft)
        if self.dirty and words != self._kept:
            self._templates.keep_text(draft, over=base.revision)
            self._kept = words
        elif not self.dirty and self._kept is not None:
            self._templates.forget_text(base.path)
            self._kept = None
        self._library.say(**self.state())


def _words(template: Template) -> tuple[str, str, str | None]:
    return template.subject, template.html, template.text
