"""« Programmeur »: the jobs of the practice, when they come round next, what they did, what waits to be released."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
from ipywidgets import VBox

from workbench.displays.outcomes import outcome_told
from workbench.displays.showing import ShownMessage, shown
from workbench.domain.calendar import parse_day
from workbench.domain.deliveries import Standing, standing_of, word_of_reason
from workbench.errors import UsageError, WorkbenchError
from workbench.language import _
from workbench.practice.job_copies import report_of_run
from workbench.practice.job_drafting import drafted, new_settings, only_switched_off, settings_told
from workbench.practice.job_frames import next_frame
from workbench.practice.rehearsing import checked, explained, replayed
from workbench.widgets import scheduler_page_rows as told
from workbench.widgets.message_preview import MessagePreview
from workbench.widgets.page import ShownPage
from workbench.widgets.patient_view import found_rows, name_of
from workbench.widgets.publipostage_rows import shown_of
from workbench.widgets.scheduler_page_words import labels
from workbench.widgets.view import STATIC, Answer, View

if TYPE_CHECKING:
    from workbench.domain.jobs import Job
    from workbench.practice import Practice
    from workbench.widgets.page import Go

Work = Callable[[], Mapping[str, Any]]


class SchedulerPage(ShownPage):
    """The page of the scheduler: the jobs, and under them the messages that are looked at.

    Parameters
    ----------
    practice
        The practice whose jobs they are.
    go
        The way to other pages; the page leads nowhere else.
    """

    view: VBox

    def __init__(self, practice: Practice, go: Go | None = None) -> None:
        del go
        self.messages = MessagePreview()
        self.messages.layout.display = "none"
        self.jobs = SchedulerView(practice, self.messages)
        self.view = VBox([self.jobs, self.messages], layout={"width": "100%"})
        self.view.add_class("pw-scheduler-page")

    def open(self, job: str = "", settings: Mapping[str, Any] | None = None, **_what: object) -> None:
        """Be shown, counted anew, with a job opened when one is named by its key, or a new one with these settings."""
        self.jobs.meet(job, settings)


class SchedulerView(View):
    """The list of the jobs, and the form of one of them with what it will do and what it did.

    Parameters
    ----------
    practice
        The practice whose jobs they are.
    messages
        Shows who would get what; names stand there alone, and on the screen only.
    """

    _esm = STATIC / "scheduler_page.js"
    _css = STATIC / "scheduler_page.css"

    def __init__(self, practice: Practice, messages: MessagePreview) -> None:
        super().__init__(layout={"width": "100%"})
        self._practice = practice
        self._messages = messages
        messages.on_act(lambda _name, _asked: self.send({"kind": "return"}))
        self._wanted = ""
        self._proposed: Mapping[str, Any] | None = None
        """The settings of a job that another page proposes, until a page in the browser shows them."""
        self._draft: dict[str, Any] = {}
        """What is typed and not saved yet: the job's key and its settings."""
        self._works = 0
        self._opened = 0  # what was opened last: what is worked out for another one is not shown under it
        self._showing = threading.Lock()
        self.answers.update(
            open=self._open,
            job=self._job,
            new=self._new,
            look=self._look,
            attended=lambda _asked: {"attended": self._practice.jobs.attended},
            discard=self._discard,
            save=self._save,
            remove=self._remove,
            check=self._check,
            replay=self._replay,
            run=self._run,
            messages=self._show_waiting,
            hide=lambda _asked: self._hide(),
            approve=self._approve,
            refuse=self._refuse,
            explain=self._explain,
            report=self._report,
        )

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Return the words of the page."""
        return labels()

    def meet(self, job: str, settings: Mapping[str, Any] | None = None) -> None:
        """Have the page ask anew, and open a job when one is named, or a new one when it is proposed."""
        self._wanted, self._proposed = job, settings or self._proposed
        self.send({"kind": "opened"})

    # --- what the page asks ---------------------------------------------------------------------------------

    def _open(self, _asked: Mapping[str, Any]) -> dict[str, Any]:
        wanted, self._wanted = self._wanted, ""
        proposed, self._proposed = self._proposed, None
        draft = self._draft
        if draft and draft["key"] and draft["key"] not in self._practice.jobs:
            draft = self._draft = {}
        return {
            "jobs": told.jobs_told(self._practice),
            "choices": told.choices(self._practice),
            "wanted": wanted,
            "draft": draft or None,
            "opens": told.opens_notebooks(self._practice),
            "proposed": dict(proposed) if proposed else None,
        }

    def _job(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        job = self._practice.jobs[str(asked["key"])]
        self._turn()
        return {"key": job.key, "values": settings_told(job), **self._looked(job.key, settings_told(job))}

    def _new(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        values = new_settings(self._practice, str(asked["treatment"]))
        self._turn()
        return {"key": "", "values": values, **self._looked("", values)}

    def _look(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Say what the settings in the form mean; they are kept until they are saved or given up."""
        key, values = str(asked["key"]), dict(asked["values"])
        self._draft = {"key": key, "values": values} if asked.get("changed") else {}
        return self._looked(key, values)

    def _looked(self, key: str, values: Mapping[str, Any]) -> dict[str, Any]:
        practice = self._practice
        draft = drafted(practice, key, values)
        answer: dict[str, Any] = {"problems": dict(draft.problems), "next": [], "asks": None, "ends": False}
        answer["revisions"] = told.revisions(practice, draft.settings)
        if draft.job is not None:
            frame = next_frame(practice, draft.job, told.NEXT)
            answer["asks"] = told.asks(practice, draft.job)
            answer["also"] = told.also_asked(practice, draft.job)
            answer["next"] = told.next_told(practice, frame)
            answer["ends"] = frame.empty
            day = practice.today if frame.empty else frame["at"].iloc[0].astimezone(practice.calendar.zone).date()
            answer["parameters"] = told.parameters(practice, draft.job, day)
        if key:
            waiting = [one for one in practice.jobs.waiting() if one.key == key]
            answer["waiting"] = told.waiting_told(practice, waiting)
            answer["log"] = told.log_told(practice, practice.jobs.log(key, limit=told.LAST))
        return answer

    def _discard(self, _asked: Mapping[str, Any]) -> None:
        self._draft = {}

    # --- what a person does ---------------------------------------------------------------------------------

    def _save(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        key, jobs = str(asked["key"]), self._practice.jobs
        draft = drafted(self._practice, key, asked["values"])
        settings = dict(draft.settings)
        if not draft.problems:
            job = jobs.change(key, **settings) if key else jobs.add(settings.pop("title"), **settings)
        elif key and only_switched_off(self._practice, key, draft):
            job = jobs.disable(key)
        else:
            return {"problems": dict(draft.problems)}
        self._draft = {}
        self._changed(asked)
        return {"saved": job.key, **self._open({})}

    def _remove(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        self._practice.jobs.remove(str(asked["key"]))
        self._draft = {}
        self._turn()
        self._changed(asked)
        return self._open({})

    def _changed(self, asked: Mapping[str, Any]) -> None:
        self.send({"kind": "changed", "view": asked.get("view")})

    def _check(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        job = self._ready(asked)
        mine = self._turn()

        def work() -> Mapping[str, Any]:
            check = checked(self._practice, job, day=self._practice.today)
            answer = told.check_told(self._practice, check)
            mailing = check.mailing
            if answer["people"] and mailing is not None:
                rows = check.recipients.rename(columns={"recipient": "name", "standing": "state"})
                keys = check.recipients["recipient_id"].tolist()
                with self._showing:
                    if mine == self._opened:
                        self._show(rows, lambda number: shown_of(mailing, number, keys[number]))
            return answer

        return self._begin("check", work)

    def _replay(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        job, practice = self._ready(asked), self._practice
        first, last = (parse_day(day, today=practice.today, calendar=practice.calendar) for day in ("J-30", "J-1"))
        return self._begin(
            "replay", lambda: told.replay_told(replayed(practice, job, start=first, end=last), practice.today)
        )

    def _run(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        key = str(asked["key"])

        def work() -> Mapping[str, Any]:
            done = self._practice.jobs.run(key)
            frame = self._practice.jobs.log(key, limit=told.LAST)
            [row] = told.log_told(self._practice, frame[frame["occurrence"] == done.occurrence])
            return {"run": row}

        return self._begin("run", work)

    def _approve(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        number, mine = int(asked["mailing"]), self._opened

        def work() -> Mapping[str, Any]:
            done = self._practice.jobs.approve(number)
            with self._showing:
                if mine == self._opened:
                    self._hide()
            return {"sentence": told.released_told(self._practice, number, done)}

        return self._begin("approve", work)

    def _refuse(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        self._practice.jobs.refuse(int(asked["mailing"]), reason=" ".join(str(asked.get("reason", "")).split()))
        self._hide()
        self._changed({})
        return {}

    def _report(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Hand the report of a run's executed notebook to the page, which hands it to the person."""
        name, page = report_of_run(self._practice, str(asked["run"]))
        return {"name": name, "report": page}

    def _explain(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Say why the job in the form would write to a patient today or not, or whom the words may mean."""
        job, words = self._ready(asked), str(asked["words"]).strip()
        numbered = self._practice.store.people([words])
        if numbered.empty:
            people = found_rows(self._practice, words)
            if not people:
                raise UsageError(_("No patient is found by these words."))
            if len(people) > 1 or words.isdecimal():  # a number that is no file's is part of another one's
                return {"people": people}
            patient, who = people[0]["patient"], people[0]["name"]
        else:
            patient, who = words, name_of({str(name): value for name, value in numbered.iloc[0].dropna().items()})
        frame = explained(self._practice, job, patient, day=self._practice.today)
        return {"who": who, **told.explained_told(frame, self._practice.today)}

    def _ready(self, asked: Mapping[str, Any]) -> Job:
        """Return the job as the form has it, saved or not."""
        draft = drafted(self._practice, str(asked["key"]), asked["values"])
        if draft.job is None or "template" in draft.problems or "account" in draft.problems:
            raise UsageError(next(iter(draft.problems.values())))
        return draft.job

    def _begin(self, kind: str, work: Work) -> dict[str, Any]:
        """Do what takes its time beside the page, which hears of its end."""
        self._works += 1
        number = self._works

        def turn() -> None:
            answer: dict[str, Any] = {"kind": "worked", "work": number, "what": kind, "error": ""}
            try:
                answer.update(work())
            except WorkbenchError as error:
                answer["error"] = error.sentence
            except Exception as error:
                # Only its kind is told: its text could hold a patient's data (P12).
                sentence = _("Something unforeseen went wrong ({kind}).").format(kind=type(error).__name__)
                answer["error"] = sentence
            self.send(answer)

        threading.Thread(target=turn, name=f"workbench-job-{kind}", daemon=True).start()
        return {"work": number}

    # --- who gets what --------------------------------------------------------------------------------------

    def _show_waiting(self, asked: Mapping[str, Any]) -> None:
        """Show the messages of a mailing that waits, as they were prepared."""
        results = self._practice.results(int(asked["mailing"]), identities=True)
        rows = pd.DataFrame(
            {
                "name": results["recipient"].astype(str),
                "state": [_state(row) for row in results[["status", "reason"]].to_dict("records")],
                "note": [word_of_reason(str(one)) if one else "" for one in results["reason"].fillna("")],
                "detail": [
                    outcome_told(row) for row in results[["reason", "smtp_reply", "address"]].to_dict("records")
                ],
            }
        )
        deliveries = results["delivery_id"].tolist()
        self._turn()
        self._show(rows, lambda number: self._sent(int(deliveries[number])))

    def _sent(self, delivery: int) -> ShownMessage:
        sent = self._practice.sent(delivery)
        if sent.message is None:
            raise UsageError(sent.why_not)
        return shown(sent.message)

    def _show(self, rows: pd.DataFrame, shown_by: Callable[[int], ShownMessage]) -> None:
        self._messages.offer([{"name": "job", "label": _("Back to the job"), "title": ""}])
        self._messages.show(rows[["name", "state", "note", "detail"]], shown_by)
        self._messages.layout.display = ""

    def _turn(self) -> int:
        """Show no messages of what was looked at before, nor what is still worked out for it; give a new number."""
        with self._showing:
            self._opened += 1
            self._hide()
            return self._opened

    def _hide(self) -> Answer:
        self._messages.layout.display = "none"
        return None


def _state(row: Mapping[Any, Any]) -> str:
    if str(row["status"]) != "skipped":
        return str(Standing.READY)
    return str(standing_of(str(row["reason"] or "")))
