"""What the bar and the foot of a mailing say at each step, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.displays.audience import without_code
from workbench.displays.sending import keep_words
from workbench.domain.drafts import Draft, Step
from workbench.language import _, language_name, n_
from workbench.practice.situation import Doing

if TYPE_CHECKING:
    from workbench.widgets.publipostage import Publipostage

_MARKS = {Step.SEARCH: "⌕", Step.MESSAGE: "1", Step.CHECK: "2", Step.RESULT: "3"}


def bar_of(
    page: Publipostage, *, beside: Sequence[Draft], resumable: Sequence[Draft], said: tuple[str, str]
) -> dict[str, Any]:
    """Return the bar: the steps, and under it what somebody should know."""
    labels = {
        Step.SEARCH: _("Search"),
        Step.MESSAGE: _("Message"),
        Step.CHECK: _("Recipients and check"),
        Step.RESULT: _("Result"),
    }
    steps = []
    for step in Step:
        obstacle = page.obstacle(step)
        before = list(Step).index(step) < list(Step).index(page.step)
        state = "here" if step is page.step else "closed" if obstacle else "done" if before else "open"
        steps.append({"name": step, "label": labels[step], "mark": _MARKS[step], "state": state, "title": obstacle})
    notices = [
        {
            "key": draft.key,
            "text": _("Take up again: {draft}").format(draft=page.told_of(draft)),
            "look": "info",
            "actions": [{"name": "resume", "label": _("Take up again")}, {"name": "forget", "label": _("Give up")}],
        }
        for draft in (resumable if page.step is Step.SEARCH else ())
    ]
    notices += [{"key": one.key, "text": page.told_beside(one), "look": "doubt", "actions": []} for one in beside]
    sentence, look = said
    if sentence:
        notices.append({"key": "said", "text": sentence, "look": look, "actions": []})
    return {"steps": steps, "notices": notices}


def foot_of(page: Publipostage, *, code: str, asking: str) -> dict[str, Any]:
    """Return the foot: the way back, what else can be done, and the main action."""
    foot: dict[str, Any] = {
        "back": None, "quiet": [], "check": None, "note": "", "main": None, "shortcut": "", "ask": None, "code": code,
    }  # fmt: skip
    if asking:
        foot["ask"] = _asked(page, asking)
    elif page.step is Step.SEARCH:
        foot["main"] = _forward(_("Continue →"), page.obstacle(Step.MESSAGE))
        foot["note"] = page.obstacle(Step.MESSAGE)
    elif page.step is Step.MESSAGE:
        foot |= _message(page)
    elif page.step is Step.CHECK:
        foot |= _check(page)
    else:
        foot |= _result(page)
    return foot


def _forward(label: str, obstacle: str) -> dict[str, Any]:
    return {"name": "main", "label": label, "disabled": bool(obstacle), "title": obstacle}


def _message(page: Publipostage) -> dict[str, Any]:
    obstacle, changed = page.obstacle(Step.CHECK), page.text_is_changed
    said = obstacle if page.template.chosen else ""  # to choose one is asked beside the choice already
    written = _("Changed for this sending only")
    if page.template.chosen in page.new:
        written = _("Saved as « {template} » when you go on").format(template=page.template.chosen)
    return {
        "back": {"name": "back", "label": _("← Search")},
        "check": {
            "name": "default",
            "label": _("Use this email type by default for this search"),
            "on": page.is_default,
        }
        if page.template.chosen
        else None,
        "note": said or (written if changed else ""),
        "quiet": [{"name": "keep_text", "label": _("Save in the email type")}] if changed else [],
        "main": _forward(_("Next →"), obstacle),
    }


def list_acts_of(page: Publipostage) -> list[dict[str, str]]:
    """Return what can be done with the list of recipients, beside its head."""
    if page.step is not Step.CHECK:
        return []
    acts = []
    if page.messages.position >= 0:
        acts.append({"name": "take_out", "label": _("− Take out"), "title": _("Take this recipient out of the list")})
    if page.taken_out:
        count = len(page.taken_out)
        words = n_("Put the {count} row back", "Put the {count} rows back", count).format(count=count)
        acts.append({"name": "put_back", "label": words})
    acts.append({"name": "add", "label": _("+ Add"), "title": _("Back to the search, to tick somebody else")})
    return acts


def _check(page: Publipostage) -> dict[str, Any]:
    quiet = []
    if page.messages.position >= 0:
        quiet.append({"name": "trial", "label": _("Send me this message as a test")})
    if page.scheduling.lead is not None and page.messages.position >= 0:
        hint = _("Have the same search and email type sent by itself, on days of your choice")
        quiet.append({"name": "schedule", "label": _("Schedule…"), "title": hint})
    back = {"name": "back", "label": _("← Message")}
    return {"back": back, "quiet": quiet, "shortcut": "send", "note": _not_changed(page.left_unchanged)}


def _not_changed(spoken: Mapping[str, int]) -> str:
    """Say who gets a text that was not changed with the mailing's: those who read it in another language."""
    told = [
        n_(
            "{count} recipient reads it in {language}: that text was not changed.",
            "{count} recipients read it in {language}: that text was not changed.",
            count,
        ).format(count=count, language=language_name(code))
        for code, count in spoken.items()
    ]
    return " ".join(told)


def _result(page: Publipostage) -> dict[str, Any]:
    situation = page.sending.dispatcher.situation
    quiet = []
    if situation.doing is Doing.NOTHING and situation.standing and (words := keep_words(situation.standing.tally)):
        quiet.append({"name": "keep_failed", "label": words})
    if not without_code():
        quiet.append({"name": "code", "label": _("Analyse in the notebook")})
    return {
        "back": None if page.is_found_again else {"name": "back", "label": _("← Recipients")},
        "quiet": quiet,
        "main": {"name": "main", "label": _("New mailing"), "disabled": False, "title": ""},
    }


def _asked(page: Publipostage, asking: str) -> dict[str, Any]:
    if asking == "schedule":
        return _asked_to_schedule(page)
    if asking == "template":
        words = _("The text that you changed in « {template} » does not leave with another email type; it waits there.")
        return {
            "words": words.format(template=page.text_at_stake),
            "yes": {"name": "yes", "label": _("Change the email type")},
            "no": {"name": "no", "label": _("Stay with my text")},
        }
    return {
        "words": _("Messages are still leaving. Begin a new mailing? They go on leaving meanwhile."),
        "yes": {"name": "yes", "label": _("New mailing")},
        "no": {"name": "no", "label": _("Go back")},
    }


def _asked_to_schedule(page: Publipostage) -> dict[str, Any]:
    notebook, back = {"name": "notebook", "label": _("As a notebook")}, {"name": "no", "label": _("Go back")}
    if page.scheduling.by_notebook_alone:
        return {"words": page.scheduling.by_notebook_alone, "yes": notebook, "no": back}
    words = _(
        "The same search and the same email type, by itself: set the days in the scheduler. As a notebook the steps "
        "stand in a file that one can read and change. Nothing leaves before it is switched on."
    )
    return {"words": words, "yes": {"name": "yes", "label": _("As a job")}, "also": notebook, "no": back}
