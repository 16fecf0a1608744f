/** The states of the messages of a mailing: how each one looks, and all of them as one bar. */
import { element } from "./widget";

export interface State {
  state: string;
  words: string;
  count: number;
}

const LOOKS: Record<string, string> = { ready: "good", sent: "good", failed: "bad", to_correct: "bad", in_doubt: "doubt", returned: "bad" };

/** Return how a state looks: good, bad, doubt or none. */
export const lookOf = (state: string | undefined): string => LOOKS[state ?? ""] ?? "none";

/** The slices of a bar, each as long as its number; of a state without messages there is none. */
export function slicesOf(states: State[]): HTMLElement[] {
  return states.filter(({ count }) => count > 0).map(({ state, count }) => {
    const slice = element("span", { class: `pw-states-slice pw-states-of-${state}` });
    slice.style.flexGrow = String(count);
    return slice;
  });
}

/** Say the numbers in one line, for whoever does not see the bar. */
export const statesAsWords = (states: State[]): string => states.map(({ words, count }) => `${words} ${count}`).join(", ");
