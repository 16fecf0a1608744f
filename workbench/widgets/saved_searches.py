"""Join a search form to the searches that a practice keeps under names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.widgets.search_form import SearchForm

if TYPE_CHECKING:
    from workbench.practice import Practice


def keep_searches(form: SearchForm, practice: Practice) -> None:
    """Let a person save the search of a form, call it otherwise and forget it; say which email type each proposes."""

    def save(name: str, search: str, values: dict[str, str]) -> str:
        kept = practice.save_search(name, search, **values).name
        show_kept(form, practice)
        return kept

    def rename(name: str, new: str) -> str:
        kept = practice.rename_search(name, new)
        show_kept(form, practice)
        return kept

    def forget(name: str) -> str:
        practice.forget_search(name)
        show_kept(form, practice)
        return name

    form.on_keep(save=save, rename=rename, forget=forget)
    show_kept(form, practice)


def show_kept(form: SearchForm, practice: Practice) -> None:
    """Show in a form what the practice keeps now."""
    kept = practice.saved_searches()
    asked = zip(kept["search"], kept["parameters"], strict=True)
    proposed = {search: path.rpartition("/")[2] for search, path in practice.templates.proposed().items()}
    form.show_saved(dict(zip(kept["name"], asked, strict=True)), proposed)
