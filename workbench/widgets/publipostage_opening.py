"""What the page of a mailing opens on: a search, rows of another page, a mailing of before, or a draft."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from typing import Any

import pandas as pd

from workbench.domain.drafts import Draft, Step
from workbench.domain.templates import Template
from workbench.errors import UnknownTemplate, UsageError
from workbench.language import _
from workbench.practice.left_over import left_over
from workbench.practice.once import changed_once
from workbench.practice.searching import Searching
from workbench.widgets.publipostage_draft import DraftKeeper
from workbench.widgets.publipostage_list import ListScreens
from workbench.widgets.publipostage_options import PublipostageOptions
from workbench.widgets.publipostage_rows import accounts, email_types

NOTHING_SAID = ("", "info")

_TEXT = ("subject", "html", "text")


class Opening(ListScreens, ABC):
    """How the page opens, and how what stands on it becomes a draft and comes back from one."""

    step: Step
    options: PublipostageOptions
    keeper: DraftKeeper
    _confirmed = False
    """Whether the mailing that stands here was confirmed: what comes next is another one."""
    taken_out: tuple[str, ...] = ()
    """The rows of the list that were taken out while the messages were read."""
    _said: tuple[str, str] = NOTHING_SAID
    """A sentence of the page's own about the mailing that stands here, and how it looks."""
    _written_over: dict[str, int]
    """The version that each text written for this mailing alone was begun on, by the path of its email type."""

    @abstractmethod
    def go_to(self, step: Step, *, focus: bool = True, kept: bool = True) -> None:
        """Show a step, which is `kept` as something done."""

    @property
    @abstractmethod
    def is_sent_here(self) -> bool:
        """Whether the mailing that is sent, or was, is the one of what is ticked and chosen now."""

    @abstractmethod
    def obstacle(self, step: Step) -> str:
        """Say why a step cannot be gone to yet."""

    def open(
        self,
        *,
        search: str | None = None,
        template: str | None = None,
        mailing: int | None = None,
        states: Collection[str] = (),
        recipients: pd.DataFrame | None = None,
        draft: str = "",
        **parameters: object,
    ) -> None:
        """Be shown; without anything said, as it was left.

        Parameters
        ----------
        search, parameters
            What is searched for, as for ``practice.search``.
        template
            The path of the email type; by default the one that the search proposes.
        mailing
            The number of a mailing of before, whose result is shown.
        states
            With `mailing`: begin anew with its rows in these states (``failed``, ``to_correct`` …) as the list; with
            ``in_doubt`` alone its result is shown, where they are settled.
        recipients
            The rows of another page, in the place of a search.
        draft
            The key of a draft to go on with.
        """
        if draft or template or mailing is not None or search is not None or recipients is not None:
            self._said = NOTHING_SAID
        self._meet_what_there_is()
        if draft:
            self._resume(draft)
        elif mailing is not None and set(states) - {"in_doubt"}:
            self.keeper.leave()
            self._keep_rows(mailing, states)
        elif mailing is not None:
            self.keeper.leave()
            self._find_again(mailing)
        elif search is not None or recipients is not None:
            self.keeper.leave()
            self._begin(search, parameters, template=template, rows=recipients)
            ready = not self.obstacle(Step.CHECK) and not self._trouble
            self.go_to(Step.CHECK if ready else Step.SEARCH, kept=False)
        elif template:
            self.template.choose(self.practice.templates.called_now(template))
            self._template_chosen()
        elif self._met_changes != self.practice.changes and self._stands_open:
            self._search_again(keep=True)  # a file was corrected elsewhere: what is asked next is about the list of now

    def _meet_what_there_is(self) -> None:
        """Offer the email types and the accounts that there are by now; what changed of those chosen is met."""
        before, whole = (self.template.chosen, self.template.account), self._whole
        self.template.offer(email_types(self.practice), accounts(self.practice))
        kept = self.practice.templates.get(self.template.chosen)
        written_anew = kept is not None and whole is not None and whole.template.revision not in (0, kept.revision)
        moved = before != (self.template.chosen, self.template.account) or written_anew
        if moved and self.step is not Step.RESULT:  # what was confirmed stands as it was confirmed
            self._list_changed()

    @property
    def _stands_open(self) -> bool:
        """Whether a list is prepared here, and not what was confirmed looked at."""
        return self.step is not Step.RESULT and self._found_again is None

    def _begin(
        self,
        search: str | None,
        parameters: Mapping[str, object],
        *,
        template: str | None = None,
        rows: pd.DataFrame | None = None,
        key: str = "",
        choose: Callable[[], None] | None = None,
    ) -> None:
        """Begin a mailing to what is searched for, or to these rows; `choose` says first what else is chosen."""
        self._given, self._key, self._found_again = rows, key, None
        self._texts.clear()
        self._written_over = {}
        self._confirmed, self.taken_out = False, ()
        self.options.clear()
        asked = (rows.attrs.get("workbench") or {}) if rows is not None else {}
        name = search or str(asked.get("search", "")) or self.search.name
        meant, values = Searching(self.practice).meant(name, parameters or asked.get("parameters", {}))
        self.search.ask(meant, {name: str(value) for name, value in values.items()})
        known = self.practice.templates.called_now(template) if template else ""
        self._proposed = "" if known else self.template.chosen
        self.template.choose(known)
        if choose is not None:
            choose()
        self._search_again()

    def _begin_anew(self) -> None:
        self.keeper.leave()
        self._begin(self.search.name, self.search.values)
        self.go_to(Step.SEARCH, kept=False)

    def _complete_recipient(self, recipient_id: str) -> None:
        """Complete the file of whom nobody answers for where files are completed: under the table."""
        row = self._row_about(recipient_id)
        self.go_to(Step.SEARCH, focus=False)
        self.recipients.open_file(row)

    # --- a mailing of before -------------------------------------------------------------------------------

    def _find_again(self, number: int) -> None:
        """Show what became of a mailing, and what waits for a person."""
        self._found_again = self.practice.mailing_by_id(number)
        self.sending.renew()
        self.sending.dispatcher.settled(10)
        self.go_to(Step.RESULT)

    def _keep_rows(self, number: int, states: Collection[str]) -> None:
        """Begin anew with those rows of a mailing that stand so as the list."""
        left = left_over(self.practice, number, states)
        kept: dict[str, Any] = {"signature": left.choices.signature or "", "options": left.choices.options.to_dict()}
        standing = self.sending.dispatcher.situation.standing
        sent_here = self.step is Step.RESULT and self.is_sent_here
        over: dict[str, int] = {}
        if sent_here and standing is not None and standing.record.id == number:
            kept, over = self.options.kept(), self._written_over  # with the files that went with it

        def choose() -> None:
            self.options.take(kept | {"role": left.role})
            self.template.choose(self.template.chosen, left.account)
            if left.written is not None:
                self._written, self._written_over = left.written, over

        self._begin(None, left.record.parameters, template=left.template, rows=left.rows, key=left.key, choose=choose)
        self.go_to(Step.SEARCH)

    # --- drafts --------------------------------------------------------------------------------------------

    def _described(self, draft: Draft) -> Draft:
        """Fill a draft with what stands on the page now."""
        asked = self._frame.attrs.get("workbench") or {}
        # A first search that was refused leaves no rows, nor what names them.
        ticked, keys = self.recipients.ticked, self._frame.get("subject_key", pd.Series(dtype=str)).astype(str)
        out = keys[~keys.isin(set(ticked))].tolist()
        standing, chosen = self.sending.dispatcher.situation.standing, self.template.chosen
        texts = {
            path: _words_of(text) | {"over": self._written_over.get(path, 0)} for path, text in self._texts.items()
        }
        content: dict[str, Any] = {
            **self.options.kept(),
            **({"out": out} if len(out) <= len(ticked) else {"in": ticked}),
            "account": self.template.account_chosen,
            "values": dict(self.template.values),
            "key": self._key,
        }
        if self._given is not None:
            content["only"] = keys.tolist()
        if chosen in texts:
            content["written"] = texts.pop(chosen)
        if texts:
            content["texts"] = texts
        kept = self.practice.templates.get(chosen)
        return dataclasses.replace(
            draft,
            search=str(asked.get("search", self.search.name)),
            parameters={name: str(value) for name, value in dict(asked.get("resolved", self.search.values)).items()},
            template=chosen,
            purpose=kept.occasion_purpose if kept is not None else "",
            step=self.step,
            content=content,
            mailing_id=standing.record.id if standing and self.step is Step.RESULT and self.is_sent_here else None,
            saved_at=self.practice.now(),
        )

    def _resume(self, key: str) -> None:
        """Go on with a draft where it was left."""
        draft = self.practice.drafts.draft(key)
        if draft is None:
            raise UsageError(_("This draft is not there any more."))
        content = draft.content
        self._confirmed, self.taken_out = False, ()
        self.keeper.take(draft)
        rows = None
        if "only" in content:
            rows = self.practice.search(draft.search, **dict(draft.parameters))
            rows = rows[rows["subject_key"].isin(set(content["only"]))]
        self._given, self._key = rows, str(content.get("key", ""))
        self.search.ask(draft.search, draft.parameters)
        self.options.take(content)
        called_now = self.practice.templates.called_now
        known = called_now(draft.template)
        account = str(content.get("account", ""))
        self.template.choose(
            known, account if account in self.practice.accounts else "", values=dict(content.get("values", {}))
        )
        self._proposed = ""
        kept = {called_now(path): words for path, words in dict(content.get("texts", {})).items()}
        texts = {**kept, known: content.get("written")}
        before = {path: self._written_before(path, words) for path, words in texts.items()}
        self._texts = {path: text for path, text in before.items() if text is not None}
        self._written_over = {path: int(texts[path].get("over", 0)) for path in self._texts}
        self._search_again()
        self._tick_again(content)
        if draft.mailing_id is not None:
            self._find_again(draft.mailing_id)
            return
        step = Step.CHECK if draft.step is Step.RESULT else draft.step
        self.go_to(step if not self.obstacle(step) else Step.SEARCH)

    def _tick_again(self, content: Mapping[str, Any]) -> None:
        if "in" in content:
            self.recipients.tick(self._frame["subject_key"].astype(str).tolist(), False)
            self.recipients.tick(content["in"], True)
        elif content.get("out"):
            self.recipients.tick(content["out"], False)
        else:
            return
        self._ticks_changed()

    def _written_before(self, path: str, written: Any) -> Template | None:
        """Return the email type with the text that was written for this mailing alone."""
        if not path or not written:
            return None
        try:
            kept = self.practice.templates[path]
        except UnknownTemplate:
            return None
        text = {name: written.get(name) for name in _TEXT} | {"pictures": tuple(written.get("pictures", ()))}
        changed = changed_once(kept, dataclasses.replace(kept, **text))
        return None if changed is kept else changed


def _words_of(text: Template) -> dict[str, Any]:
    """Return a changed text as plain values, for a draft."""
    return {name: getattr(text, name) for name in _TEXT} | {"pictures": [*text.pictures]}
