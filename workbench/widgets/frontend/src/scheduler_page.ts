/**
 * « Programmeur »: the jobs at left, the form of one beside them, with its next runs, its last ones and what waits.
 *
 * Asks Python for the list (`open`), whether a scheduler is running (`attended`), a job (`job`), a new one (`new`), what the settings in the form mean (`look`, at each
 * change), and says what is wanted: `save`, `remove`, `check`, `replay`, `run`, `messages`, `approve`, `refuse`, `explain`. What takes
 * its time is answered with a number at once, and told of with `worked`. Hears `opened` and `changed`: ask anew; `return`:
 * go back from the messages to the job.
 */
import { askedOnce } from "./shared/asking";
import { button, chips, type Choice } from "./shared/controls";
import { download } from "./shared/files";
import { openNotebook } from "./shared/lab";
import { element, hear, questionsWithAlert, rootOf, sentenceOf, words, type Scene } from "./shared/widget";
import { chip, lastRuns, nextRuns, replayedPart, waitingParts } from "./scheduler_page/below";
import { Form } from "./scheduler_page/form";
import { goTo, goToMessages, isAtMessages } from "./scheduler_page/reaching";
import { Why } from "./scheduler_page/why";
import type { Choices, Line, Looked, Replayed, Run, Settings } from "./scheduler_page/kinds";

interface State {
  jobs: Line[];
  choices: Choices;
  wanted: string;
  draft: { key: string; values: Settings } | null;
  /** A new job that another page proposes. */
  proposed?: Settings | null;
  /** Whether notebooks open beside the page. */
  opens?: boolean;
}

/** Milliseconds of rest after which what is typed is asked about. */
export const SETTLED_MS = 250;
/** Milliseconds after which it is asked again whether a scheduler is running, as long as none is: one may just begin. */
export const ATTENDED_MS = 10_000;

export default {
  render(scene: Scene): () => void {
    const { model } = scene;
    const word = words(model);
    const root = rootOf(scene, "scheduler");
    const { alert, say: complain, questions } = questionsWithAlert(model, word);
    const said = element("p", { class: "pw-kept-said", role: "status", "aria-live": "polite" });
    /** The same for the eyes, beside the button that was pressed. */
    const footSaid = element("p", { class: "pw-job-saved" });
    const say = (sentence: string, atFoot = false): void => {
      said.textContent = sentence;
      said.classList.toggle("pw-visually-hidden", atFoot);
      footSaid.textContent = atFoot ? sentence : "";
    };
    const unattended = element("p", { class: "pw-note", role: "status", hidden: true });
    const list = element("ul", { class: "pw-kept-list" });
    const treatments = element("ul", { class: "pw-job-plain pw-job-treatments", "aria-label": word("create_which"), hidden: true });
    const create = button(word("create"), () => openTreatments(Boolean(treatments.hidden)), { class: "pw-button pw-job-create", "aria-expanded": "false" });
    const leave = element("div", { class: "pw-job-leave", role: "group", "aria-label": word("modified"), hidden: true });
    const detail = element("div", { class: "pw-job-detail" }, element("p", { class: "pw-note" }, word("loading")));
    root.append(
      element(
        "div",
        { class: "pw-beside" },
        element(
          "div",
          { class: "pw-sides" },
          element("nav", { class: "pw-side-list", "aria-label": word("list") }, element("div", { class: "pw-row" }, element("h3", { class: "pw-job-head" }, word("list")), element("span", { class: "pw-grow" }), create), treatments, list),
          element("div", {}, said, alert, leave, detail),
        ),
      ),
    );

    const filters = element("div", { class: "pw-job-filters" });
    list.before(unattended, filters);
    /** Which jobs the list shows. */
    let shows = "all";
    const isShown: Record<string, (one: Line) => boolean> = { all: () => true, active: (one) => one.active, mine: (one) => one.mine, failed: (one) => one.trouble !== "" };
    const shown = (): Line[] => state.jobs.filter((one) => isShown[shows]?.(one));
    const drawFilters = (): void => {
      const held = filters.contains(document.activeElement);
      const offered = Object.entries(isShown).map(([name, test]): Choice => [name, `${word(`show_${name}`)} (${state.jobs.filter(test).length})`]);
      const group = chips(word("show"), offered, [shows], (value) => {
        shows = value;
        drawList();
      });
      filters.replaceChildren(...(state.jobs.length > 1 ? [group] : []));
      if (held) filters.querySelector<HTMLElement>(`[data-value="${shows}"]`)?.focus();
    };
    let state: State = { jobs: [], choices: { treatments: [], searches: [], notebooks: [], templates: [], roles: [], accounts: [], practitioners: [], hosts: [], people: [] }, wanted: "", draft: null };
    /** The job in the form: its key, "" for a new one, null for none. */
    let current: string | null = null;
    let form: Form | null = null;
    let why: Why | null = null;
    let kept = "";
    let looked: Looked | null = null;
    let parts: Record<"next" | "last" | "waiting" | "told" | "run", HTMLElement> | null = null;
    const works = new Map<number, (told: Record<string, unknown>) => void>();
    const early = new Map<number, Record<string, unknown>>();

    const ask = (kind: string, values: Record<string, unknown> = {}): Promise<Record<string, unknown> | null> =>
      questions.ask(kind, values).then(
        ({ message }) => message,
        (refusal: unknown) => (complain(sentenceOf(refusal)), null),
      );
    const isChanged = (): boolean => form !== null && JSON.stringify(form.values) !== kept;
    const titleOf = (): string => form?.values.title || word("new");

    // --- the list ---------------------------------------------------------------------------------------------

    const drawList = (): void => {
      const focused = (document.activeElement as HTMLElement | null)?.dataset["job"];
      const changed = isChanged();
      drawFilters();
      const some = shown();
      list.replaceChildren(
        ...(some.length === 0 && state.jobs.length > 0 ? [element("li", { class: "pw-note" }, word("show_none"))] : []),
        ...some.map((one) =>
          element(
            "li",
            {},
            element(
              "button",
              { type: "button", class: "pw-kept-one pw-job-one", "data-job": one.key, "aria-current": one.key === current ? "true" : null, onclick: () => leaving(() => void choose(one.key)) },
              element("span", { class: "pw-kept-name" }, one.title),
              element("span", { class: "pw-note" }, one.recurrence),
              element(
                "span",
                { class: "pw-row pw-job-marks" },
                chip(one.state),
                one.trouble && chip(["bad", "✕", one.trouble]),
                one.key === current && changed && chip(["doubt", "●", word("modified")]),
              ),
            ),
          ),
        ),
      );
      if (focused !== undefined) list.querySelector<HTMLElement>(`[data-job="${CSS.escape(focused)}"]`)?.focus();
    };

    let later: ReturnType<typeof setTimeout> | undefined;
    let closed = false;
    /** Say whether what is active has nobody who does it. */
    const lookAfter = async (): Promise<void> => {
      clearTimeout(later);
      const active = state.jobs.some((one) => one.active);
      const answer = active ? await questions.ask("attended", {}).catch(() => null) : null;
      const alone = answer?.message["attended"] === false;
      unattended.hidden = !alone;
      unattended.textContent = alone ? word("unattended") : "";
      clearTimeout(later);
      if (alone && !closed) later = setTimeout(() => void lookAfter(), ATTENDED_MS);
    };

    const openTreatments = (open: boolean): void => {
      treatments.hidden = !open;
      create.setAttribute("aria-expanded", String(open));
      if (open) treatments.querySelector("button")?.focus();
    };
    treatments.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      openTreatments(false);
      create.focus();
    });
    const drawTreatments = (): void =>
      treatments.replaceChildren(
        ...state.choices.treatments.map(([name, label]) =>
          element("li", {}, button(label, () => (openTreatments(false), leaving(() => void begin(name))), { class: "pw-button pw-quiet" })),
        ),
      );

    /** Go on, once it is known what becomes of changes that are not saved. */
    const leaving = (go: () => void): void => {
      if (!isChanged()) return go();
      const done = (): void => {
        leave.hidden = true;
        leave.replaceChildren();
      };
      leave.replaceChildren(
        element("span", { class: "pw-ask-question" }, word("leave_question", { title: titleOf() })),
        button(word("leave_back"), () => (done(), form?.begin())),
        button(word("leave_drop"), () => (done(), void ask("discard").then(go)), { class: "pw-button pw-danger" }),
        button(word("leave_save"), () => (done(), void save().then((ok) => ok && go())), { class: "pw-button pw-main" }),
      );
      leave.hidden = false;
      leave.querySelector("button")?.focus();
      leave.scrollIntoView({ block: "nearest" });
    };

    // --- the form ---------------------------------------------------------------------------------------------

    const choose = async (key: string): Promise<void> => {
      complain("");
      say("");
      const answer = await ask("job", { key });
      if (answer !== null) show(key, answer["values"] as Settings, answer as unknown as Looked);
    };
    const begin = async (treatment: string): Promise<void> => {
      complain("");
      say("");
      const answer = await ask("new", { treatment });
      if (answer === null) return;
      show("", answer["values"] as Settings, answer as unknown as Looked);
      kept = ""; // a new job is not saved yet
      drawList();
      form?.begin();
    };

    const show = (key: string, values: Settings, told: Looked): void => {
      clearTimeout(timer);
      current = key;
      form = new Form(values, state.choices, word, changed);
      parts = { next: element("div", {}), last: element("div", {}), waiting: element("div", {}), told: element("div", { class: "pw-job-told", role: "status", "aria-live": "polite" }), run: element("div", { class: "pw-row" }) };
      why = values.treatment === "notebook" || values.treatment === "day_schedule" ? null : new Why(word, (words) => (complain(""), ask("explain", { key, values: form?.values, words })));
      const heading = element("h4", {}, key === "" ? word("new") : values.title);
      const acts = element(
        "div",
        { class: "pw-row pw-job-acts" },
        key !== "" && askedOnce(word("remove"), () => word("remove_question", { title: values.title }), word("remove_yes"), word("back"), () => void remove(key, values.title)),
        values.treatment === "notebook" && state.opens && button(word("open_notebook"), () => open(form?.values.notebook ?? "")),
        values.treatment !== "notebook" && button(word("check"), () => work("check", tellCheck), { "data-work": true }),
        values.treatment !== "notebook" && button(word("replay"), () => work("replay", tellReplay), { "data-work": true, title: word("replay_title") }),
        key !== "" && parts.run,
      );
      // « Save » stands alone in its corner: whatever is drawn anew, no other button comes to stand where it was pressed.
      const foot = element("div", { class: "pw-job-foot" }, footSaid, acts, button(word("save"), () => void save(), { class: "pw-button pw-main" }));
      const whole = element("form", { class: "pw-kept-card pw-job-card", "aria-label": heading.textContent, novalidate: true }, heading, parts.waiting, form.element, parts.told, element("div", { class: "pw-job-both" }, parts.next, parts.last), why?.element ?? "", foot);
      whole.addEventListener("submit", (event) => event.preventDefault());
      whole.addEventListener("keydown", (event) => {
        const inText = event.target instanceof HTMLInputElement && event.target.type !== "checkbox" && event.target.closest(".pw-job-waiting") === null;
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey || inText)) void save();
      });
      detail.replaceChildren(whole);
      drawRun();
      tell(told);
      kept = JSON.stringify(form.values);
      drawList();
    };

    const tell = (told: Looked): void => {
      looked = told;
      if (form === null || parts === null) return;
      form.tell(told);
      parts.next.replaceChildren(nextRuns(told, form.values.active, word));
      if (told.log !== undefined) parts.last.replaceChildren(lastRuns(told.log, word, { open: state.opens ? open : null, report: (run) => void report(run) }));
      const gestures = {
        // The messages of a trial are shown no more, and it switches nothing on.
        look: (mailing: number) => (note(), drawRun(), void ask("messages", { mailing }).then((answer) => answer && readMessages())),
        approve: (mailing: number) => work("approve", (told) => void again(told["sentence"] as string), { mailing }),
        refuse: (mailing: number, reason: string) => void ask("refuse", { mailing, reason }).then((answer) => answer && again(word("refused"))),
      };
      const waits = waitingParts(told.waiting ?? [], word, gestures);
      parts.waiting.replaceChildren(...(waits === null ? [] : [waits]));
    };

    const readMessages = (): void => {
      say(word("below"));
      goToMessages(root);
    };

    let timer: ReturnType<typeof setTimeout> | undefined;
    let looks = 0;
    const look = async (): Promise<void> => {
      if (form === null) return;
      const number = (looks += 1);
      const of = form;
      const answer = await ask("look", { key: current, values: form.values, changed: isChanged() });
      if (answer !== null && number === looks && of === form) tellTyped(answer as unknown as Looked);
    };
    /** What waits and what ran is not drawn anew under somebody's hands. */
    const tellTyped = (told: Looked): void => {
      if (form === null || parts === null) return;
      looked = { ...told, log: looked?.log, waiting: looked?.waiting };
      form.tell(told);
      parts.next.replaceChildren(nextRuns(told, form.values.active, word));
    };
    const changed = (): void => {
      complain("");
      say("");
      why?.forget();
      if (!working) {
        note(); // what a trial found, and what it asks, is of the settings before
        drawRun();
      }
      drawList();
      clearTimeout(timer);
      timer = setTimeout(() => void look(), SETTLED_MS);
    };

    let saving = false;
    const save = async (): Promise<boolean> => {
      if (form === null || saving) return false;
      saving = true;
      complain("");
      clearTimeout(timer);
      looks += 1;
      const { title } = form.values;
      const answer = await ask("save", { key: current, values: form.values });
      saving = false;
      if (answer === null) return false;
      if (answer["problems"] !== undefined) {
        form.tell({ ...(looked ?? { next: [], ends: false, asks: null }), problems: answer["problems"] as Record<string, string> });
        complain(word("to_correct"));
        form.goToProblem();
        return false;
      }
      state = answer as unknown as State;
      drawTreatments();
      void lookAfter();
      await choose(answer["saved"] as string);
      say(word("saved", { title: title.trim() }), true);
      return true;
    };

    const remove = async (key: string, title: string): Promise<void> => {
      const answer = await ask("remove", { key });
      if (answer === null) return;
      state = answer as unknown as State;
      void lookAfter();
      nobody();
      const next = state.jobs[0];
      if (next !== undefined) await choose(next.key);
      say(word("removed", { title }));
      (list.querySelector("button") ?? create).focus();
    };

    const nobody = (): void => {
      current = null;
      form = null;
      parts = null;
      detail.replaceChildren(element("p", { class: "pw-note" }, word("none")));
      drawList();
    };

    // --- notebooks --------------------------------------------------------------------------------------------

    const open = (path: string): void => complain(openNotebook(path) ? "" : word("not_opened", { path }));
    const report = async (run: string): Promise<void> => {
      complain("");
      const answer = await ask("report", { run });
      if (answer !== null) download(answer["name"] as string, answer["report"] as string, "text/html");
    };

    /** Ask for the job anew where nothing typed would be lost, and say a sentence. */
    const again = async (sentence: string, atFoot = false): Promise<void> => {
      await learn();
      say(sentence, atFoot);
    };

    // --- what takes its time ----------------------------------------------------------------------------------

    /** One piece of work at a time; a button that waits keeps the focus. */
    let working = false;
    const busy = (now: boolean): void => {
      working = now;
      for (const one of root.querySelectorAll("[data-work]")) {
        if (now) one.setAttribute("aria-disabled", "true");
        else one.removeAttribute("aria-disabled");
      }
    };
    const note = (...what: (HTMLElement | string)[]): void => parts?.told.replaceChildren(...what);

    const work = (kind: "check" | "replay" | "run" | "approve", done: (told: Record<string, unknown>) => void, more: Record<string, unknown> = {}): void => {
      if (form === null || working) return;
      complain("");
      const of = form;
      const tried = JSON.stringify(of.values);
      busy(true);
      note(element("p", { class: "pw-note" }, word(`working_${kind}`)));
      void ask(kind, { key: current, values: form.values, ...more }).then((answer) => {
        if (answer === null) return busy(false), note();
        const number = answer["work"] as number;
        const ended = (told: Record<string, unknown>): void => {
          works.delete(number);
          busy(false);
          if (of !== form) return;
          note();
          if (told["error"]) complain(told["error"] as string);
          else if (kind === "check" && JSON.stringify(of.values) !== tried) note(trialOf(told)); // nobody tried what stands there now
          else if (kind === "replay" && JSON.stringify(of.values) !== tried) return; // what it tells is of other settings
          else done(told);
        };
        const told = early.get(number);
        early.delete(number);
        if (told === undefined) works.set(number, ended);
        else ended(told);
      });
    };
    const trialOf = (told: Record<string, unknown>): HTMLElement => element("p", { class: "pw-job-trial" }, told["sentence"] as string);
    const noteInSight = (...what: HTMLElement[]): void => {
      note(...what);
      parts?.told.scrollIntoView({ block: "nearest" });
    };
    /** What a trial found; whoever read it switches on what was switched off until then. */
    const tellCheck = (told: Record<string, unknown>): void => {
      const sentence = trialOf(told);
      const read = Boolean(told["people"]) && button(word("look"), readMessages);
      const on = form?.values.active === false && button(word("switch_on"), () => (form?.switchOn(), void save()));
      noteInSight(sentence, ...(read || on ? [element("div", { class: "pw-row" }, read, on)] : []));
    };
    const tellReplay = (told: Record<string, unknown>): void => noteInSight(replayedPart(told as unknown as Replayed, word, () => note()));

    /** « Run now »: who would get what is worked out first, so that the question has its numbers. */
    const drawRun = (): void => {
      parts?.run.replaceChildren(
        button(
          word("run"),
          () => {
            if (working) return;
            if (isChanged()) return complain(word("run_saved_first"));
            if (form?.values.treatment === "notebook") return confirmRun(word(form.isTrial ? "run_trial" : "run_notebook"));
            work("check", (told) => (tellCheck(told), confirmRun(told["question"] as string)));
          },
          { "data-work": true },
        ),
      );
    };
    const confirmRun = (question: string): void => {
      const asked = askedOnce(word("run"), () => question, word("run_yes"), word("back"), () => (drawRun(), work("run", tellRun)));
      parts?.run.replaceChildren(asked);
      asked.querySelector("button")?.click();
    };
    const tellRun = (told: Record<string, unknown>): void => {
      const run = told["run"] as Run;
      const [, sign, state] = run.state;
      const numbers = sign === "✓" && run.sent !== null ? word("run_done", { sent: run.sent, not_sent: run.not_sent ?? 0 }) : word("run_state", { state: `${sign} ${state}${run.sentence ? ` – ${run.sentence}` : ""}` });
      void again(numbers, true);
    };

    // --- asking anew ------------------------------------------------------------------------------------------

    /** Show a job that is in no list yet, or otherwise than it was saved. */
    const showUnsaved = async (key: string, values: Settings): Promise<void> => {
      const told = await ask("look", { key, values, changed: true });
      if (told !== null) show(key, values, told as unknown as Looked);
      kept = "";
      drawList();
    };
    const learn = async (): Promise<void> => {
      const answer = await ask("open");
      if (answer === null) return;
      state = answer as unknown as State;
      drawTreatments();
      void lookAfter();
      const { proposed } = state;
      if (proposed) {
        // What was typed here before is asked about first.
        if (form === null && state.draft !== null) await showUnsaved(state.draft.key, state.draft.values);
        drawList();
        return leaving(() => void showUnsaved("", proposed).then(() => (say(word("proposed")), form?.begin())));
      }
      if (form !== null && isChanged()) return drawList(); // what is typed stays
      if (state.draft !== null && state.wanted === "") {
        return showUnsaved(state.draft.key, state.draft.values);
      }
      const key = state.wanted || (state.jobs.some((one) => one.key === current) ? current : state.jobs[0]?.key);
      if (key) await choose(key);
      else nobody();
    };

    const stop = hear(model, (message) => {
      if (message.kind === "worked") {
        const number = message["work"] as number;
        const waits = works.get(number);
        if (waits !== undefined) waits(message);
        else early.set(number, message);
      } else if (message.kind === "return") {
        if (isAtMessages(root)) goTo(detail.querySelector("h4"));
      } else if (message.kind === "opened" || (message.kind === "changed" && message["view"] !== questions.view)) void learn();
    });
    void learn();
    return () => {
      closed = true;
      clearTimeout(later);
      clearTimeout(timer);
      stop();
      questions.close();
    };
  },
};
