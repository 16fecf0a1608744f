/** What stands under the form: the next runs, the last ones, what waits to be released, last month without sending. */
import { askedOnce } from "../shared/asking";
import { button, field } from "../shared/controls";
import { element } from "../shared/widget";
import type { Look, Looked, Replayed, Run, Waiting, Word } from "./kinds";

export const chip = ([kind, sign, words]: Look): HTMLElement => element("span", { class: `pw-state pw-state-${kind}` }, `${sign} ${words}`);

const heads = (...words: string[]): HTMLElement => element("thead", {}, element("tr", {}, ...words.map((one) => element("th", { scope: "col" }, one))));
const number = (value: number | null): string => (value === null ? "—" : String(value));
const section = (title: string, ...parts: (HTMLElement | false)[]): HTMLElement => element("section", { class: "pw-job-part", "aria-label": title }, element("h4", {}, title), ...parts);

/** The next runs with the real dates that each searches. */
export function nextRuns(looked: Looked, active: boolean, word: Word): HTMLElement {
  if (looked.next.length === 0) return section(word("next"), element("p", { class: "pw-note" }, word(looked.ends ? "next_none" : "next_unknown")));
  // What a notebook searches stands in the notebook: a column in which nothing stands is left out.
  const [hasDays, hasNotes] = [looked.next.some(({ days }) => days !== ""), looked.next.some(({ note }) => note !== "")];
  const rows = looked.next.map(({ when, days, note }) => element("tr", {}, element("td", {}, when), hasDays && element("td", {}, days), hasNotes && element("td", { class: "pw-note" }, note)));
  return section(
    word("next"),
    !active && element("p", { class: "pw-note" }, word("next_paused")),
    element("table", { class: "pw-job-table pw-job-next" }, heads(word("next_when"), ...(hasDays ? [word("next_days")] : []), ...(hasNotes ? [word("next_note")] : [])), element("tbody", {}, ...rows)),
  );
}

/** The last runs: what each found, sent and left, and how it ended in a sentence. */
export function lastRuns(runs: Run[], word: Word, gestures: { open: ((path: string) => void) | null; report(run: string): void }): HTMLElement {
  if (runs.length === 0) return section(word("last"), element("p", { class: "pw-note" }, word("last_none")));
  const executed = (run: Run): HTMLElement | null => {
    if (run.copy === "") return null;
    const open = gestures.open && button(word("open_run"), () => gestures.open?.(run.copy), { class: "pw-button pw-quiet", "aria-label": word("open_run_of", { when: run.when }) });
    return element("span", { class: "pw-row pw-job-copy" }, open, button(word("report"), () => gestures.report(run.run), { class: "pw-button pw-quiet", "aria-label": word("report_of", { when: run.when }) }));
  };
  const rows = runs.map((run) =>
    element(
      "tr",
      {},
      element("td", {}, run.when),
      ...[run.found, run.sent, run.not_sent].map((one) => element("td", { class: "pw-job-count" }, number(one))),
      element("td", {}, chip(run.state), run.sentence && element("span", { class: "pw-note pw-job-why" }, run.sentence), executed(run)),
    ),
  );
  return section(word("last"), element("table", { class: "pw-job-table pw-job-last" }, heads(word("next_when"), word("found"), word("sent"), word("not_sent"), word("state")), element("tbody", {}, ...rows)));
}

/** What waits to be released: the messages to read, and the two ways out. */
export function waitingParts(
  waiting: Waiting[],
  word: Word,
  gestures: { look(mailing: number): void; approve(mailing: number): void; refuse(mailing: number, reason: string): void },
): HTMLElement | null {
  if (waiting.length === 0) return null;
  const rows = waiting.map((one) => {
    const why = element("input", { type: "text", class: "pw-input" });
    return element(
      "li",
      { class: "pw-job-waiting" },
      element("p", {}, element("b", {}, one.when), ` – ${one.told}`, one.until && element("span", { class: "pw-note" }, ` · ${one.until}`)),
      one.note && element("p", { class: "pw-note" }, one.note),
      element(
        "div",
        { class: "pw-row" },
        button(word("look"), () => gestures.look(one.mailing)),
        one.may && askedOnce(word("approve"), () => one.question, word("approve_yes"), word("back"), () => gestures.approve(one.mailing)),
        one.may && field(word("refuse_why"), why),
        one.may && askedOnce(word("refuse"), () => word("refuse_question"), word("refuse_yes"), word("back"), () => gestures.refuse(one.mailing, why.value)),
      ),
    );
  });
  return section(word("waiting"), element("ul", { class: "pw-job-plain" }, ...rows));
}

/** What last month would have sent; numbers, no names. */
export function replayedPart(told: Replayed, word: Word, close: () => void): HTMLElement {
  const rows = told.rows.map((one) => element("tr", {}, element("td", {}, one.when), element("td", {}, one.days), ...[one.leave, one.again, one.left].map((count) => element("td", { class: "pw-job-count" }, String(count)))));
  return section(
    word("replayed"),
    element("p", {}, told.sentence),
    rows.length > 0 && element("table", { class: "pw-job-table" }, heads(word("next_when"), word("next_days"), word("leaving"), word("again"), word("left_out")), element("tbody", {}, ...rows)),
    element("p", { class: "pw-note" }, told.note),
    button(word("close"), close, { class: "pw-button pw-quiet" }),
  );
}
