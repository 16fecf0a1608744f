"""The page of a mailing, step by step: who, what, each message as it arrives, and what became of it."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd
from ipywidgets import DOMWidget, HBox, Layout, Stack, VBox

from workbench.displays.drafts import beside_words, draft_words
from workbench.domain.drafts import Draft, Step
from workbench.domain.templates import Template
from workbench.errors import UsageError, WorkbenchError
from workbench.language import _
from workbench.practice.beginning import says_nothing
from workbench.practice.left_over import TO_CORRECT
from workbench.practice.once import changed_once, left_unchanged, trial_of
from workbench.practice.situation import Doing
from workbench.widgets.inbox import CaughtLetters
from workbench.widgets.publipostage_draft import DraftKeeper
from workbench.widgets.publipostage_new import NewMessages
from workbench.widgets.publipostage_opening import NOTHING_SAID, Opening
from workbench.widgets.publipostage_options import PublipostageOptions
from workbench.widgets.publipostage_rows import accounts, email_types
from workbench.widgets.publipostage_scheduling import Scheduling
from workbench.widgets.publipostage_steps import PublipostageSteps
from workbench.widgets.publipostage_words import bar_of, foot_of, list_acts_of
from workbench.widgets.template_editing import TemplateEditing

if TYPE_CHECKING:
    from workbench.practice import Practice
    from workbench.widgets.page import Go

STEPS = tuple(Step)


class Publipostage(Opening):
    """All screens of a mailing, joined: ``search``, ``recipients``, ``template``, ``messages``, ``sending``.

    Made by ``practice.publipostage(...)``, and a page of the desk; each screen can be shown in a cell of its own too.
    As a page it leads from step to step, and what is done on it is kept as a draft while it is done.

    Attributes
    ----------
    step
        The step that is shown now.
    """

    def __init__(self, practice: Practice, letters: CaughtLetters, **what: Any) -> None:
        self.step = Step.SEARCH
        self.bar = PublipostageSteps("bar")
        self.foot = PublipostageSteps("foot")
        self.foot.add_class("pw-steps-foot-place")
        self.options = PublipostageOptions(practice)
        self.keeper = DraftKeeper(practice, self._described, self._told_beside)
        self._beside: list[Draft] = []
        self._resumable: list[Draft] = []
        self._code = ""
        self._asking = ""
        self._met_template = ""  # what the list was met with last
        self._met_values: dict[str, str] = {}
        self._wanted = ""  # the email type that somebody chose, and is asked about
        self._written_over = {}
        self._showing = threading.RLock()
        self._text_of, self._text_moved = "", False  # whose text is shown; whether the list is behind it
        self._trial: threading.Thread | None = None  # what sends a message to oneself
        self.scheduling = Scheduling()
        self.new = NewMessages(practice)
        self.left_unchanged: dict[str, int] = {}
        """How many read the email type in which other language, where the text was not changed with this one."""
        super().__init__(practice, letters, **what)
        self.bar.on_gesture(self._gesture)
        self.foot.on_gesture(self._gesture)
        self.template.on_new(self._write_new, lambda: self.new.folder(self._frame))
        self.bar.on_first(self._look_for_drafts)
        self.options.on_change(self._options_changed)
        self.messages.on_position(lambda _position: self._moved())
        self.messages.on_act(self._gesture)
        self.sending.dispatcher.on_change(self._sending_moved)
        practice.ending.append(self.wait_for_trial)
        self._moved()

    def __repr__(self) -> str:
        return f"<Publipostage {self.practice.name}: {len(self._frame)}>"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.view)  # type: ignore[no-untyped-call]

    def lead(self, go: Go) -> None:
        """Lead to the other pages of the desk from here; alone in a cell nothing leads elsewhere."""
        self.scheduling.lead = lambda settings: go("scheduler", settings=settings)
        self._moved()
        self.recipients.on_patient(lambda patient: go("patient", patient_id=patient))
        self.sending.on_patient(lambda patient: go("patient", patient_id=patient, tab="file"))

    # --- what is laid out ----------------------------------------------------------------------------------

    @cached_property
    def view(self) -> DOMWidget:
        """The bar of the steps, the screens of the one shown, and the foot."""
        page = VBox([self.bar, self._stack, self.foot], layout=Layout(width="100%"))
        page.add_class("pw-publipostage")
        return page

    @cached_property
    def _stack(self) -> Stack:
        side = VBox([self.search], layout=Layout(flex="1 1 270px", max_width="340px", min_width="0"))
        table = VBox([self.recipients], layout=Layout(flex="6 1 600px", min_width="0"))
        beside = Layout(width="100%", flex_flow="row wrap", align_items="stretch", grid_gap="0 18px")
        wide = Layout(width="100%")
        return Stack(
            [
                HBox([side, table], layout=beside),
                VBox([self.template, self.options], layout=wide),
                VBox([self.messages, self.sending], layout=wide),
                VBox([self.sending], layout=wide),
            ],
            layout=wide,
            selected_index=STEPS.index(self.step),
        )

    # --- steps ---------------------------------------------------------------------------------------------

    def obstacle(self, step: Step) -> str:
        """Say why a step cannot be gone to yet; nothing when it can."""
        if step is Step.SEARCH or (step is Step.RESULT and self._sent):
            return ""
        if step is Step.RESULT:
            return _("Nothing was sent yet.")
        if not len(self._frame):
            return _("There is nobody in the list yet.")
        if not self.recipients.any_ticked:
            return _("Nobody is ticked.")
        if step is Step.CHECK and not self.template.chosen:
            return _("Choose an email type first.")
        if step is Step.CHECK and self._is_unwritten:
            return _("Write the message first.")
        return ""

    @property
    def _is_unwritten(self) -> bool:
        text = self._written or self.practice.templates.get(self.template.chosen)
        return text is not None and says_nothing(text)

    @property
    def _sent(self) -> bool:
        return self.sending.dispatcher.situation.standing is not None

    def go_to(self, step: Step, *, focus: bool = True, kept: bool = True) -> None:
        """Show a step; it is `kept` as something done, unless a mailing of before is looked at.

        Raises
        ------
        UsageError
            When it cannot be gone to yet; the sentence says why.
        """
        if sentence := self.obstacle(step):
            raise UsageError(sentence)
        if step is Step.CHECK and self._is_to_keep:
            self._keep_text()
        if self._text_moved:
            self._text_moved = False
            self._list_changed()
        self.step, self._asking, self._code = step, "", ""
        if step is Step.MESSAGE:
            self._show_text()
        elif step is Step.CHECK and self._sent:
            self._work_out(addresses=False)  # who has the message since is ready no more
        self._stack.selected_index = STEPS.index(step)
        self._moved(focus=focus)
        if kept and not self.is_found_again:
            self.keeper.touch()

    def _moved(self, *, focus: bool = False) -> None:
        """Show in the bar and at the foot where the mailing stands."""
        if hasattr(self, "sending"):
            with self._showing:  # the latest state is also the last one shown, whichever thread tells it
                self._show_where(focus=focus)

    def _show_where(self, *, focus: bool) -> None:
        self.messages.offer(list_acts_of(self))
        self.foot.show(foot_of(self, code=self._code, asking=self._asking))
        self.bar.show(bar_of(self, beside=self._beside, resumable=self._resumable, said=self._said), focus=focus)

    # --- gestures ------------------------------------------------------------------------------------------

    def _gesture(self, name: str, message: Mapping[str, Any]) -> None:
        self._said = NOTHING_SAID
        known: dict[str, Callable[[], object]] = {
            "back": lambda: self.go_to(STEPS[STEPS.index(self.step) - 1]),
            "main": self._main,
            "send": self.sending.ask,
            "trial": self._send_to_myself,
            "take_out": lambda: self._take_out(str(message.get("key", ""))),
            "put_back": self._put_back,
            "schedule": self._ask_to_schedule,
            "notebook": lambda: self._schedule(notebook=True),
            "add": lambda: self.go_to(Step.SEARCH),
            "default": lambda: self._use_by_default(on=bool(message.get("on"))),
            "keep_text": self._keep_text,
            "keep_failed": self._keep_failed,
            "code": self._show_code,
            "yes": self._yes,
            "no": lambda: self._ask(""),
            "resume": lambda: self.open(draft=str(message.get("key"))),
            "forget": lambda: self._forget(str(message.get("key"))),
            "go": lambda: self.go_to(Step(str(message.get("step")))),
        }
        if name in known:
            known[name]()
            self._moved()

    def _main(self) -> None:
        if self.step in (Step.SEARCH, Step.MESSAGE):
            self.go_to(STEPS[STEPS.index(self.step) + 1])
        elif self.step is Step.CHECK:
            self.sending.ask()
        elif self.sending.dispatcher.situation.doing is Doing.NOTHING:
            self._begin_anew()
        else:
            self._ask("anew")

    def _ask(self, what: str) -> None:
        self._asking = what
        self._moved()

    def _yes(self) -> None:
        asked, self._asking = self._asking, ""
        if asked == "anew":
            self._begin_anew()
        elif asked == "schedule":
            self._schedule(notebook=bool(self.scheduling.by_notebook_alone))
        elif asked == "template" and self._wanted:
            self.template.choose(self._wanted)
            self._met_template = self._wanted
            self._template_chosen()

    def _ask_to_schedule(self) -> None:
        if self._trouble:
            raise UsageError(self._trouble)
        self.scheduling.ask(self.mailing)
        self._ask("schedule")

    def _schedule(self, *, notebook: bool) -> None:
        self.scheduling.begin(self.mailing, notebook=notebook)
        self._asking = ""

    def _keep_failed(self) -> None:
        situation = self.sending.dispatcher.situation
        if situation.standing is not None:
            self.open(mailing=situation.standing.record.id, states=("failed", TO_CORRECT))

    def _show_code(self) -> None:
        standing = self.sending.dispatcher.situation.standing
        if standing is not None:
            self._code = f"results = practice.results({standing.record.id})"

    @property
    def is_found_again(self) -> bool:
        """Whether a mailing of before is shown, as it was confirmed."""
        return self._found_again is not None

    def _send_to_myself(self) -> None:
        if self.messages.position < 0:
            raise UsageError(_("There is no message to send yet."))
        if self._trial is not None and self._trial.is_alive():
            raise UsageError(_("The test before is still being sent."))
        position = self.messages.position
        trial = trial_of(self.mailing, position, recipient_id=str(self._overview["recipient_id"].iloc[position]))
        self._said = (_("Sending the test…"), "info")

        def send() -> None:
            try:
                trial.send(confirmed=True)
                said = trial.outcome, {True: "good", False: "bad", None: "doubt"}[trial.arrived]
            except WorkbenchError as refused:
                said = refused.sentence, "bad"
            except Exception as unforeseen:
                # Only the kind of error is named: its text could hold a patient's data (P12).
                kind = type(unforeseen).__name__
                said = _("Something unforeseen went wrong ({kind}).").format(kind=kind), "bad"
            if not self.practice.closed:
                self._said = said
                self._moved()

        self._trial = threading.Thread(target=send, name="workbench-trial", daemon=True)
        self._trial.start()

    def wait_for_trial(self, timeout: float | None = None) -> bool:
        """Wait until the message to oneself has left, or could not; tell whether it has in time."""
        if self._trial is None:
            return True
        self._trial.join(timeout)
        return not self._trial.is_alive()

    def _take_out(self, recipient_id: str) -> None:
        """Take the rows out that the message of a recipient tells of."""
        if self._whole is None or not self.messages.holds(recipient_id):
            raise UsageError(_("The list has changed since: search again to read it."))
        told = self._whole.subjects
        shown = [str(key) for key in told["subject_key"][told["recipient_id"] == recipient_id]]
        if len(shown) >= self.recipients.counts["ticked"]:
            raise UsageError(_("This is the last message of the list: go back to the search instead."))
        self.recipients.tick(shown, False)
        self.taken_out = tuple(dict.fromkeys((*self.taken_out, *shown)))
        self._ticks_changed()

    def _put_back(self) -> None:
        self.recipients.tick(self.taken_out, True)
        self.taken_out = ()
        self._ticks_changed()

    def _use_by_default(self, *, on: bool) -> None:
        search = self._search_meant
        if on:
            self.practice.templates.use_for(self.template.chosen, search)
        else:
            self.practice.templates.not_for(self.template.chosen, search)

    @property
    def _search_meant(self) -> str:
        asked = self._frame.attrs.get("workbench") or {}
        return str(asked.get("saved_as") or asked.get("search") or self.search.name)

    @property
    def is_default(self) -> bool:
        """Whether the search proposes the email type chosen."""
        proposed = self.practice.templates.default_for(self._frame)
        return proposed is not None and proposed.path == self.template.chosen

    # --- the text, changed for this mailing alone -----------------------------------------------------------

    @property
    def text_is_changed(self) -> bool:
        """Whether the text is another one than the email type's."""
        return self._written is not None

    @cached_property
    def editing(self) -> TemplateEditing:
        """The text of the message, its fields and its preview; made when the step is first gone to."""
        made = TemplateEditing(self.practice)
        made.on_change(self._text_changed)
        self.practice.ending += [made.wait, self._leave_new]
        return made

    def _show_text(self) -> None:
        """Show the text of the email type chosen, as it was changed for this mailing alone if it was."""
        message = self._stack.children[STEPS.index(Step.MESSAGE)]
        if not self.template.chosen:
            message.children = (self.template, self.options)
            return
        text = self._written or self.practice.templates[self.template.chosen]
        draft = self.editing.draft
        if (draft.subject, draft.html) != (text.subject, text.html) or self._text_of != self.template.chosen:
            self._text_of = self.template.chosen
            self.editing.edit(text, self._whole)
        if len(message.children) == 2:
            message.children = (self.template, self.options, self.editing.view)

    def _text_changed(self) -> None:
        """Take the text as it is written now; what it means for the list is worked out when the step is left."""
        if self._text_of != self.template.chosen:
            return
        kept, before = self.practice.templates[self.template.chosen], self._written
        changed = changed_once(kept, self.editing.draft)
        if before is None:
            self._written_over[kept.path] = self.editing.draft.revision or kept.revision
        self._written = None if changed is kept else changed
        self.new.met(kept.path, written=self._written is not None)
        if self._written == before:
            return
        self._text_moved = True
        with self._making:
            self._mailing = self._whole = None
        self.sending.dispatcher.withdraw()
        self.keeper.touch()
        if self.step is not Step.MESSAGE:  # the last words came after the click that left the step
            self._text_moved = False
            if self._is_to_keep:
                self._keep_text()
            else:
                self._list_changed()
        self._moved()

    def _write_new(self, label: str, folder: str) -> None:
        """Begin a new email type for who is listed, and show its text to be written.

        Raises
        ------
        UsageError
            When the text that is shown was changed and is not kept; nothing was begun.
        """
        if self._would_leave_text(""):
            sentence = _(
                "The text of « {template} » was changed: save it in the email type, or undo the change, first."
            )
            raise UsageError(sentence.format(template=self.text_at_stake))
        made = self.new.begin(label, folder, self._frame)
        self.template.offer(email_types(self.practice), accounts(self.practice))
        self.template.choose(made.path)
        self._template_chosen()
        self.editing.editor.begin()

    def _leave_new(self) -> None:
        """Put the new email type away that the page is leaving, when nothing was written in it."""
        with contextlib.suppress(WorkbenchError):  # it is left all the same: the email type stays in its folder
            if self.new.leave(self._met_template) and not self.practice.closed:
                self.template.offer(email_types(self.practice), accounts(self.practice))

    @property
    def _is_to_keep(self) -> bool:
        """Whether the text is a new email type's: nobody else has read it, and it has its name already."""
        return self.template.chosen in self.new and self._written is not None

    def write(self, draft: Template) -> None:
        """Take a text in the place of the email type's, for this mailing alone."""
        kept = self.practice.templates[self.template.chosen]
        changed = changed_once(kept, draft)
        if self._written is None:
            self._written_over[kept.path] = draft.revision or kept.revision
        self._written = None if changed is kept else changed
        self.new.met(kept.path, written=self._written is not None)
        self.keeper.touch()
        self._list_changed()

    def _keep_text(self) -> None:
        if self._written is None:
            return
        kept, written = self.practice.templates[self.template.chosen], self._written
        saved = self.practice.templates.save(
            dataclasses.replace(
                kept, subject=written.subject, html=written.html, text=written.text, pictures=written.pictures
            ),
            # Nobody's words are written over unread: a text begun on another version, or on an unknown one, is refused.
            over=self._written_over.get(kept.path, 0),
        )
        self._written, self._text_moved = None, False
        if self._text_of == kept.path:  # what is typed next is begun on what was just saved
            self.editing.kept(saved, written)
        self._list_changed()
        if self.step is Step.MESSAGE:
            self._show_text()
        self._said = (
            _("✓ Saved in the email type « {template} », version {number}.").format(
                template=saved.label, number=saved.revision
            ),
            "good",
        )

    def _chosen(self) -> dict[str, Any]:
        return self.options.chosen

    def _mailing_of(self, frame: pd.DataFrame) -> Any:
        mailing = super()._mailing_of(frame)
        if self.options.files and not mailing.choices.attachments:
            mailing.choices = dataclasses.replace(mailing.choices, attachments=self.options.files)
        return mailing

    def _meet_list(self) -> None:
        if self.template.chosen != self._met_template:
            self._leave_new()
        self._met_template, self._met_values = self.template.chosen, dict(self.template.values)
        super()._meet_list()
        self._was_checked()

    def _was_checked(self) -> None:
        whole, mailing = self._whole, self._mailing
        if whole is None:
            self.options.meet(None, None)
        else:
            found = mailing.found_codes if mailing is not None and self._found_again is None else ()
            asks = "health_data_on_plain_mail" in found
            self.options.meet(whole.template, whole.account, asks_health=asks)
        known = mailing is not None and not mailing.frozen and self._found_again is None and self._written is not None
        self.left_unchanged = left_unchanged(mailing) if known and mailing is not None else {}

    # --- what changed --------------------------------------------------------------------------------------

    def _search_asked(self) -> None:
        self._said = NOTHING_SAID
        self._meet_others()
        self.taken_out = ()
        super()._search_asked()
        self.keeper.touch()

    @property
    def text_at_stake(self) -> str:
        """The label of the email type whose changed text does not leave if another one is chosen."""
        return self._met_template.rpartition("/")[2]

    def _would_leave_text(self, wanted: str) -> bool:
        """Whether a text that was changed stays behind when another email type is chosen."""
        former = self._met_template
        at_stake = former in self._texts and former in self.practice.templates
        return at_stake and former != wanted and not self._confirmed

    def _asked_about_text(self) -> bool:
        """Ask before another email type takes the place of a text that was changed, and tell whether it is asked."""
        former, wanted = self._met_template, self.template.chosen
        if not self._would_leave_text(wanted):
            return False
        self._wanted = wanted
        self.template.choose(former, values=self._met_values)
        if self._whole is not None:
            self.template.ask(self._whole.questions())
        self._ask("template")
        return True

    def _template_chosen(self) -> None:
        self._said = NOTHING_SAID
        if self._asked_about_text():
            return
        if self._confirmed:
            self._texts.clear()
        self._text_moved = False
        self._meet_others()
        super()._template_chosen()
        if self.step is Step.MESSAGE:
            self._show_text()
        self.keeper.touch()

    def _meet_others(self) -> None:
        """Take nothing along that was chosen for other people, another text, or a mailing that was confirmed."""
        if self._confirmed:
            self.options.clear()
            self._texts = {path: text for path, text in self._texts.items() if path == self.template.chosen}
            self._confirmed = False
        self.options.meet_others()

    def _ticks_changed(self) -> None:
        super()._ticks_changed()
        self.keeper.touch()

    def _options_changed(self) -> None:
        self._list_changed()
        self.keeper.touch()

    def _worked_out(self) -> Any:
        return self._found_again or super()._worked_out()

    def _sending_moved(self) -> None:
        """Follow the sending: whoever confirmed is led to what becomes of it."""
        situation = self.sending.dispatcher.situation
        # Another mailing, confirmed here before, may be leaving while the next one is prepared.
        if situation.doing is Doing.SENDING and self.step is Step.CHECK and self.is_sent_here:
            self._confirmed, self._said = True, NOTHING_SAID
            self.go_to(Step.RESULT)
        else:
            self._moved()

    @property
    def is_sent_here(self) -> bool:
        """Whether the mailing that is sent, or was, is the one of what is ticked and chosen now."""
        return self._mailing is not None and self.sending.mailing is self._mailing

    # --- drafts --------------------------------------------------------------------------------------------

    def _look_for_drafts(self) -> None:
        try:
            self._resumable = [one for one in self.practice.drafts.mine() if one.key != self.keeper.key][:3]
        except WorkbenchError as refused:
            self._said = (refused.sentence, "bad")
        self._moved()

    def _forget(self, key: str) -> None:
        self.practice.drafts.forget(key)
        self._resumable = [one for one in self._resumable if one.key != key]

    def _told_beside(self, beside: list[Draft], sentence: str) -> None:
        self._beside = beside
        if sentence:
            self._said = (sentence, "bad")
        self._moved()

    def told_of(self, draft: Draft) -> str:
        """Say what a draft is about."""
        known = self.practice.searches().get(draft.search)
        return draft_words(draft, search=_(known.label) if known is not None else draft.search)

    def told_beside(self, draft: Draft) -> str:
        """Say who prepares the same."""
        return beside_words(draft, zone=self.practice.calendar.zone)
