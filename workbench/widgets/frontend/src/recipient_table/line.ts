/** The line of numbers above the rows; the numbers of problems are buttons that show only them. */
import { element } from "../shared/widget";

/** A number with its words, as Python says them. */
export interface Piece {
  part: "rows" | "shown" | "ticked" | "patients" | "problems" | "to_phone" | "excluded" | "addresses" | "note";
  text: string;
}

const SIGNS: Record<string, string> = { problems: "✕ ", to_phone: "☎ ", excluded: "– " };

export class CountLine {
  readonly root = element("div", { class: "pw-count-line", role: "status", "aria-live": "polite", "aria-atomic": "true" });
  private readonly pieces: Record<Piece["part"], HTMLElement>;

  constructor(word: (name: string) => string, onproblems: () => void, ontophone: () => void) {
    const plain = (shape: string): HTMLElement => element("span", { class: shape, hidden: true });
    this.pieces = {
      rows: element("strong", { hidden: true }),
      shown: plain(""),
      ticked: plain(""),
      patients: plain(""),
      problems: element("button", { type: "button", class: "pw-state pw-state-bad pw-only-problems", title: word("only_problems"), hidden: true, onclick: onproblems }),
      to_phone: element("button", { type: "button", class: "pw-state pw-state-doubt pw-only-to-phone", title: word("only_to_phone"), hidden: true, onclick: ontophone }),
      excluded: plain("pw-state pw-state-none"),
      addresses: plain(""),
      note: plain("pw-note"),
    };
    this.root.append(...Object.values(this.pieces));
  }

  /** Show the numbers; a screen reader hears the line when one of them has changed. */
  show(pieces: Piece[], only: { problems: boolean; to_phone: boolean }): void {
    for (const [part, shown] of Object.entries(this.pieces)) {
      const said = pieces.find((piece) => piece.part === part)?.text;
      const sign = SIGNS[part] ?? "";
      const text = said ? sign + said : "";
      shown.hidden = text === "";
      if (shown.textContent !== text) shown.textContent = text;
    }
    this.pieces.problems.setAttribute("aria-pressed", String(only.problems));
    this.pieces.to_phone.setAttribute("aria-pressed", String(only.to_phone));
  }
}
