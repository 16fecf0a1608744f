/** The numbers of a mailing: before it is confirmed, while it is sent, and what became of it. */
import { element } from "../shared/widget";
import { lookOf, slicesOf, statesAsWords } from "../shared/states";
import type { Offer, Progress, Reason, Result, Say } from "./state";

const SIGNS: Record<string, string> = { to_correct: "✕", failed: "✕", in_doubt: "?", excluded: "–", skipped: "–", cancelled: "–" };

/** Show what may be confirmed; where results are shown that still hold (`resting`), they tell who was left out. */
export function offered(offer: Offer, resting: boolean, say: Say): HTMLElement {
  return element(
    "div",
    { class: "pw-send-offer" },
    element("div", { class: "pw-row" }, element("strong", {}, offer.total), ...offer.numbers.map((number) => badge(number.state, number.words))),
    !resting && offer.left_out.length > 0 && reasons(say("left_out"), offer.left_out),
  );
}

/** Show how far a sending is; `move` shows it further on without making it anew. */
export function progressed(progress: Progress, say: Say): HTMLElement {
  const shown = element(
    "div",
    { class: "pw-send-progress" },
    element("div", { class: "pw-states-bar pw-send-bar", role: "progressbar", "aria-label": say("progress"), "aria-valuemin": 0 }),
    element("div", { class: "pw-row pw-send-counts" }),
  );
  move(shown, progress);
  return shown;
}

export function move(shown: HTMLElement, progress: Progress): void {
  const [bar, counts] = [...shown.children] as HTMLElement[];
  if (bar === undefined || counts === undefined) return;
  bar.setAttribute("aria-valuemax", String(progress.total));
  bar.setAttribute("aria-valuenow", String(progress.done));
  bar.setAttribute("aria-valuetext", progress.words);
  bar.replaceChildren(...slicesOf(progress.states));
  counts.replaceChildren(
    element("strong", { class: "pw-send-done" }, progress.words),
    ...progress.states.filter((state) => state.count > 0 && state.state !== "pending").map((state) => badge(state.state, `${state.words} ${state.count}`)),
    element("span", { class: "pw-grow" }),
    element("span", { class: "pw-note" }, progress.left),
  );
}

/** Show what became of everyone, with the `rows` that tell who. */
export function resulted(result: Result, rows: HTMLElement | null, say: Say): HTMLElement {
  return element(
    "div",
    { class: "pw-send-result" },
    element("div", { class: "pw-states-bar pw-send-bar", role: "img", "aria-label": statesAsWords(result.states) }, ...slicesOf(result.states)),
    element(
      "div",
      { class: "pw-send-cards" },
      ...result.states.map((state) =>
        element("div", { class: "pw-send-card", "data-state": state.state }, badge(state.state, state.words), element("b", {}, String(state.count))),
      ),
    ),
    result.groups.length > 0 && reasons(say("reasons"), result.groups),
    rows,
  );
}

function reasons(title: string, found: Reason[]): HTMLElement {
  return element(
    "div",
    { class: "pw-send-reasons" },
    element("span", { class: "pw-label" }, title),
    element(
      "ul",
      {},
      ...found.map((reason) =>
        element("li", {}, element("b", {}, String(reason.count)), element("span", { class: `pw-send-sign pw-send-${lookOf(reason.state)}`, "aria-hidden": "true" }, SIGNS[reason.state] ?? "–"), reason.sentence),
      ),
    ),
  );
}

function badge(state: string, words: string): HTMLElement {
  return element("span", { class: `pw-state pw-state-${lookOf(state)}` }, words);
}
