/** Parts of the results: a bar of states, their numbers, a chart that is drawn when somebody asks for it. */
import { button } from "../shared/controls";
import { lookOf, slicesOf, statesAsWords, type State } from "../shared/states";
import { element, sentenceOf, type Answer } from "../shared/widget";

export type Word = (name: string, values?: Record<string, string | number>) => string;

/** The states as one bar, told as words to whoever cannot see it. */
export function barOf(states: State[]): HTMLElement {
  const label = statesAsWords(states.filter(({ count }) => count > 0));
  return element("div", { class: "pw-states-bar pw-results-bar", role: "img", "aria-label": label || "–" }, ...slicesOf(states));
}

/** How far a mailing is that is being sent, as Python counts it. */
export interface Progress {
  total: number;
  done: number;
  words: string;
  left: string;
  states: State[];
}

/** How far a sending is: the same bar moves on; nothing while nothing is sent. */
export function progressOf(word: Word): { box: HTMLElement; show: (progress: Progress | null, note: string) => void } {
  const bar = element("div", { class: "pw-states-bar pw-results-bar", role: "progressbar", "aria-label": word("progress"), "aria-valuemin": 0 });
  const words = element("strong");
  const left = element("span", { class: "pw-note" });
  const box = element("div", { class: "pw-results-progress", hidden: true }, bar, element("div", { class: "pw-row" }, words, left));
  return {
    box,
    show: (progress, note) => {
      box.hidden = progress === null;
      if (progress === null) return;
      bar.setAttribute("aria-valuemax", String(progress.total));
      bar.setAttribute("aria-valuenow", String(progress.done));
      bar.setAttribute("aria-valuetext", progress.words);
      bar.replaceChildren(...slicesOf(progress.states));
      words.textContent = progress.words;
      left.textContent = [progress.left, note].filter(Boolean).join(" · ");
    },
  };
}

/** Draw anew, and give the focus back to what stands for what had it (`data-key`); else to `otherwise`. */
export function keepingFocus(root: HTMLElement, otherwise: HTMLElement, draw: () => void): void {
  const held = root.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
  const key = held?.dataset["key"];
  draw();
  if (held === null || root.contains(document.activeElement)) return;
  const same = key === undefined ? null : root.querySelector<HTMLElement>(`[data-key="${key}"]:not(:disabled)`);
  (same ?? otherwise).focus({ preventScroll: true });
}

/** The numbers of a row: those alone that are not nought, each with its sign and word. */
export function stateChips(states: State[]): HTMLElement {
  const told = states.filter(({ count }) => count > 0);
  return element(
    "div",
    { class: "pw-row pw-results-chips" },
    ...told.map(({ state, words, count }) => element("span", { class: `pw-results-number pw-results-ink-${lookOf(state)}` }, `${words} `, element("b", {}, String(count)))),
  );
}

/** A sentence above what it is about; bad ones are alerts. */
export function said(): { box: HTMLElement; say: (sentence: string, bad?: boolean) => void } {
  const box = element("p", { hidden: true });
  return {
    box,
    say: (sentence, bad = false) => {
      const told = bad && sentence ? `✕ ${sentence}` : sentence;
      if (box.textContent === told) return; // said already, and not read aloud again
      box.className = bad ? "pw-alert" : "pw-results-said";
      box.setAttribute("role", bad ? "alert" : "status");
      box.textContent = told;
      box.hidden = sentence === "";
    },
  };
}

interface Colours {
  ink: string;
  ground: string;
}

/** The colours that a page is in, as `#rrggbb`, whichever theme gave them. */
export function coloursOf(box: HTMLElement): Colours {
  const probe = element("span", { style: "color: var(--pw-ink); background: var(--pw-ground)" });
  box.append(probe);
  const { color, backgroundColor } = getComputedStyle(probe);
  probe.remove();
  const hex = (colour: string): string => {
    const numbers = /^rgba?\((\d+), (\d+), (\d+)/.exec(colour)?.slice(1) ?? [];
    return numbers.length === 3 ? `#${numbers.map((one) => Number(one).toString(16).padStart(2, "0")).join("")}` : "";
  };
  return { ink: hex(color), ground: hex(backgroundColor) };
}

/** A button that opens a chart; it is drawn when it is opened, and anew when it was forgotten. */
export function chartOf(
  word: Word, ask: (colours: Colours) => Promise<Answer>, closed: () => void = () => undefined,
): { button: HTMLButtonElement; box: HTMLElement; open: () => void; forget: () => void } {
  const box = element("figure", { class: "pw-results-chart", hidden: true });
  let address = "";
  const drop = (): void => {
    if (address) URL.revokeObjectURL(address);
    address = "";
  };
  const draw = async (): Promise<void> => {
    box.replaceChildren(element("p", { class: "pw-note", role: "status" }, word("drawing")));
    try {
      const { message, buffers } = await ask(coloursOf(box));
      drop();
      address = URL.createObjectURL(new Blob([buffers[0] as unknown as BlobPart], { type: "image/png" }));
      const words = String(message["words"]);
      box.replaceChildren(element("img", { src: address, alt: words }), element("figcaption", { class: "pw-note" }, words));
    } catch (refusal) {
      box.replaceChildren(element("p", { class: "pw-alert", role: "alert" }, `✕ ${sentenceOf(refusal)}`));
    }
  };
  const turn = (): void => {
    box.hidden = !box.hidden;
    toggle.setAttribute("aria-expanded", String(!box.hidden));
    if (box.hidden) closed();
    else void draw();
  };
  const toggle = button(word("chart"), turn, { "aria-expanded": "false" });
  return {
    button: toggle,
    box,
    open: () => {
      if (box.hidden) turn();
    },
    forget: () => {
      drop();
      box.hidden = true;
      box.replaceChildren();
      toggle.setAttribute("aria-expanded", "false");
    },
  };
}
