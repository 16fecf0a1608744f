/** A question asked once, in the place of the button that led to it: no window over the page. */
import { button } from "./controls";
import { element } from "./widget";

/** Milliseconds in which the second click of a double click would answer what nobody has read. */
export const UNREAD_MS = 500;

/** Make the button that opens a question in its place, which is answered by yes or by going back. */
export function askedOnce(label: string, question: () => string, yes: string, back: string, press: () => void): HTMLElement {
  const whole = element("div", { class: "pw-ask" });
  const closed = (): void => {
    const open = button(label, ask, { class: "pw-button pw-quiet" });
    whole.replaceChildren(open);
  };
  const goBack = (): void => {
    closed();
    whole.querySelector("button")?.focus();
  };
  const ask = (): void => {
    const words = question();
    const row = element(
      "div",
      { class: "pw-row", role: "group", "aria-label": words },
      element("span", { class: "pw-ask-question" }, words),
      button(back, goBack, {}),
      button(yes, press, { class: "pw-button pw-danger" }),
    );
    row.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      goBack();
    });
    whole.replaceChildren(row);
    row.querySelector("button")?.focus();
  };
  closed();
  return whole;
}
