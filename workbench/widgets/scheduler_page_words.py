"""The words of the page of the scheduler (« Programmeur »)."""

from __future__ import annotations

from workbench.domain.recurrence import WEEKDAYS
from workbench.language import _, n_
from workbench.widgets.view import by_number


def labels() -> dict[str, str]:
    """Return the words of the page by name."""
    return {**_list_words(), **_form_words(), **_time_words(), **_below_words()}


def _list_words() -> dict[str, str]:
    return {
        "title": _("Scheduler"),
        "list": _("Jobs"),
        "create": _("Create +"),
        "create_which": _("What is to be sent by itself?"),
        "loading": _("The jobs are being read…"),
        "show": _("Show"),
        "show_all": _("All"),
        "show_active": _("Active"),
        "show_mine": _("For me to release"),
        "show_failed": _("Failed"),
        "show_none": _("No job is like that."),
        "none": _("Nothing is sent by itself yet. « Create » makes a job: missed appointments, reminders, birthdays…"),
        "unattended": _(
            "No scheduler is running on this computer: nothing leaves by itself from here. One runs as long as "
            "workbench scheduler does, or workbench lab or workbench app without --no-scheduler."
        ),
        "silent": _("Still at work: the answer will come. If it does not, reload the page or run the cell again"),
        "modified": _("not saved"),
        "new": _("New job"),
        "proposed": _("A job of the mailing that you prepared. It stays switched off until you say « Active »."),
        "leave_question": _("« {title} » has changes that are not saved."),
        "leave_save": _("Save them"),
        "leave_drop": _("Give them up"),
        "leave_back": _("Go back"),
    }


def _form_words() -> dict[str, str]:
    return {
        "job_title": _("Title of the job"),
        "treatment": _("Treatment"),
        "search": _("Search"),
        "notebook": _("Notebook (inside the workspace)"),
        "parameters": _("Parameters"),
        "active": _("Active"),
        "host": _("Machine"),
        "dates": _("Dates searched"),
        "mode": _("Way of searching"),
        "mode_count": _("By counting days"),
        "mode_fixed": _("On fixed dates"),
        "from": _("From"),
        "to": _("To"),
        "day_zero": _("D"),
        "days": _("days"),
        "open_days": _("open days"),
        "from_days": _("From: days from the day of the run"),
        "to_days": _("To: days from the day of the run"),
        "from_unit": _("From: which days count"),
        "to_unit": _("To: which days count"),
        "real_days": _("Days searched at the next run, {when}: {days}"),
        "practitioner": _("Practitioner"),
        "everybody": _("All"),
        **by_number("some", lambda count: n_("{first} and {count} more", "{first} and {count} more", count)),
        "template": _("Email type"),
        "choose_template": _("Choose an email type…"),
        "own_text": _("The planning's own text (no email type)"),
        "choose_search": _("Choose a search…"),
        "account": _("Mail account"),
        "approvers": _("Approvers"),
        "approvers_hint": _("Names with commas between them; without anybody the messages leave at once."),
        "approve_by": _("Released at the latest at"),
        "approve_by_hint": _("Without a word by then, nothing leaves."),
        "missed": _("If the machine was off"),
        "missed_each": _("make up for each run"),
        "missed_latest": _("make up for the latest only"),
        "missed_skip": _("do not send"),
        "late_until": _("Made up for until"),
        "late_until_hint": _("A time of day (20:00) or a number of hours (6 h); empty: no limit."),
        "more": _("Other settings"),
        "role": _("Written to"),
        "revision": _("Version of the email type"),
        "within_hours": _("Send within the sending hours only"),
        "not_on_closed_days": _("Do nothing on days on which the practice is closed"),
        "told": _("Who is told when something goes wrong (e-mail address)"),
    }


def _time_words() -> dict[str, str]:
    ranks = {
        "rank_1": _("the first"),
        "rank_2": _("the second"),
        "rank_3": _("the third"),
        "rank_4": _("the fourth"),
        "rank_last": _("the last"),
    }
    days = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
    return {
        **ranks,
        **{f"weekday_{name}": word for name, word in zip(WEEKDAYS, days, strict=True)},
        "start": _("From the"),
        "until": _("Until (included)"),
        "every": _("Recurrence"),
        "every_once": _("Once"),
        "every_daily": _("Every day"),
        "every_open_days": _("On open days"),
        "every_weekly": _("Every week"),
        "every_monthly": _("Every month"),
        "every_cron": _("By a line of cron (experts)"),
        "time": _("Time of day"),
        "on_weekly": _("Days of the week"),
        "on_monthly": _("Day of the month"),
        "on_monthly_which": _("Which one"),
        "on_cron": _("Minute hour day month weekday"),
        "the_day": _("the day number"),
        "last_day": _("last day"),
    }


def _below_words() -> dict[str, str]:
    return {
        "next": _("Next runs"),
        "next_when": _("When it runs"),
        "next_days": _("Days searched"),
        "next_note": _("Note"),
        "next_none": _("It does not come round any more."),
        "next_unknown": _("The next runs are shown once the recurrence and the dates can be read."),
        "next_paused": _("Switched off: none of these runs takes place."),
        "last": _("Last runs"),
        "last_none": _("It has not run yet."),
        "open_notebook": _("Open the notebook"),
        "open_run": _("Open the executed notebook"),
        "open_run_of": _("Open the executed notebook of {when}"),
        "report": _("Report"),
        "report_of": _("Take the report of {when}"),
        "not_opened": _("Nothing opened it here. It is the file {path} of the workspace."),
        "found": _("Rows found"),
        "sent": _("Messages sent"),
        "not_sent": _("Messages not sent"),
        "state": _("State"),
        "waiting": _("To release"),
        "look": _("Read the messages"),
        "below": _("The messages stand below, under the job."),
        "approve": _("Release…"),
        "approve_yes": _("Send"),
        "refuse": _("Refuse…"),
        "refuse_question": _("Refuse? Nothing of it leaves."),
        "refuse_yes": _("Refuse"),
        "refuse_why": _("Why (it is kept)"),
        "refused": _("✓ Refused: nothing of it leaves."),
        "check": _("Check (trial, nothing is sent)"),
        "switch_on": _("Switch it on and save"),
        "replay": _("Simulate last month"),
        "replay_title": _("What would have left over the last 30 days; nothing is sent"),
        "run": _("Run now…"),
        "run_yes": _("Run now"),
        "run_notebook": _("Run the notebook in earnest? Its messages leave."),
        "run_trial": _("Run the notebook as a trial (« dry_run »)? Nothing leaves."),
        "run_saved_first": _("Save your changes first: what runs is the job as it was saved."),
        "run_done": _("✓ Done: {sent} sent, {not_sent} not sent."),
        "run_state": _("The run has ended: {state}."),
        "working_check": _("Working out who would get what…"),
        "working_replay": _("Working out the last 30 days…"),
        "working_run": _("Under way…"),
        "working_approve": _("Sending…"),
        "leaving": _("Messages that would leave"),
        "again": _("Told before"),
        "left_out": _("Left out"),
        "replayed": _("Last month, without sending"),
        "close": _("Close"),
        "why": _("Why does a patient get this message, or not?"),
        "why_who": _("Name or file number of the patient"),
        "why_ask": _("Explain"),
        "why_which": _("Several patients are found. Which one?"),
        "why_condition": _("Condition"),
        "why_detail": _("Detail"),
        "why_met": _("met"),
        "why_not_met": _("not met"),
        "remove": _("Delete…"),
        "remove_question": _("Delete the job « {title} »? What it sent stays in the results."),
        "remove_yes": _("Delete"),
        "removed": _("✓ « {title} » is deleted."),
        "save": _("Save"),
        "saved": _("✓ « {title} » is saved."),
        "to_correct": _("Not saved: see what is said beside the fields."),
        "back": _("Go back"),
    }
