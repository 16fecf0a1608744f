/** Who needs a person, or may still be taken back: asked for by a click, and kept in the page alone. */
import { element } from "../shared/widget";
import { lookOf, type Say } from "./state";

/** The rows as Python tells them; those that can be taken back have their deliveries' numbers. */
export interface Rows { rows: string[][]; states: string[]; more: number; numbers?: number[] }

const COLUMNS = ["recipient", "address", "status", "reason", "attempts", "decided_at"];

export interface Gestures {
  show(): void;
  hide(): void;
  takeBack(delivery: number): void;
}

/** Make the table of the rows, or while there is none the button (`offer`) that asks for it. */
export function people(rows: Rows | null, offer: string, say: Say, gestures: Gestures): HTMLElement {
  if (rows === null) return rowsButton(offer, () => gestures.show());
  const numbers = rows.numbers ?? [];
  return element(
    "div",
    { class: "pw-send-rows" },
    element(
      "table",
      { "aria-label": say("rows") },
      element("thead", {}, element("tr", {}, ...COLUMNS.map((name) => element("th", { scope: "col" }, say(name))), numbers.length > 0 && element("td", {}))),
      element(
        "tbody",
        {},
        ...rows.rows.map((cells, place) => {
          const delivery = numbers[place];
          return element(
            "tr",
            {},
            ...cells.map((cell, column) =>
              COLUMNS[column] === "status" ? element("td", {}, element("span", { class: `pw-state pw-state-${lookOf(rows.states[place])}` }, cell)) : element("td", {}, cell),
            ),
            delivery !== undefined && element("td", {}, takeBackButton(delivery, cells[0] ?? "", say, gestures)),
          );
        }),
      ),
    ),
    rows.more > 0 && element("p", { class: "pw-note" }, say("more_rows", { count: rows.more })),
    rowsButton(say("hide_rows"), () => gestures.hide()),
  );
}

function rowsButton(label: string, press: () => void): HTMLElement {
  return element("button", { class: "pw-button pw-quiet", type: "button", "data-name": "rows", onclick: press }, label);
}

function takeBackButton(delivery: number, whose: string, say: Say, gestures: Gestures): HTMLElement {
  return element(
    "button",
    {
      class: "pw-button pw-quiet", type: "button", "data-name": `take-back-${delivery}`, "aria-label": `${say("take_back")}: ${whose}`,
      onclick: () => gestures.takeBack(delivery),
    },
    say("take_back"),
  );
}
