/** The rows of a mailing; what is the same as before stays where it is, with the letter that is being read. */
import { button } from "../shared/controls";
import { Reading, type Message, type Source } from "../shared/message";
import { element, sentenceOf, type Questions } from "../shared/widget";
import { lookOf } from "../shared/states";
import { placed } from "../shared/placed";
import type { Word } from "./parts";

export interface Row {
  delivery: number;
  patient: string;
  recipient: string;
  role: string;
  address: string;
  state: string;
  words: string;
  reason: string;
  attempts: number;
  time: string;
  file: "" | "open" | "complete";
  sent: boolean;
}

/** What may be done about rows now. */
export interface May {
  leads: boolean;
  as_sent: boolean;
  resend: boolean;
}

interface Around {
  word: Word;
  questions: Questions;
  /** Ask once, in place, before an uncertain message is decided about. */
  decide: (kind: "as_sent" | "resend", row: Row, from: HTMLElement) => void;
  openPatient: (patient: string) => void;
  /** Draw anew: another letter is looked at, or none. */
  again: () => Promise<void>;
}

export interface RowsShown {
  table: HTMLElement;
  draw: (rows: Row[], may: May) => void;
  /** Close the letter that is read: other rows are listed. */
  closeLetter: () => void;
}

const COLUMNS = ["recipient", "address", "result", "reason", "attempts", "time", "what"];

export function rowsShown({ word, questions, decide, openPatient, again }: Around): RowsShown {
  let looked = 0; // the message that is looked at
  let letter: HTMLElement | null = null;
  let drawn = new Map<number, { told: string; line: HTMLElement }>();
  // Its roles are said: where it is narrow, rows are laid out as cards, and stay rows to whoever hears them.
  const body = element("tbody", { role: "rowgroup" });
  const heads = COLUMNS.map((name) => element("th", { scope: "col", role: "columnheader" }, word(name)));
  const table = element("table", { class: "pw-results-rows", role: "table", "aria-label": word("filter") }, element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...heads)), body);

  const look = async (delivery: number): Promise<void> => {
    const close = looked === delivery;
    closeLetter();
    looked = close ? 0 : delivery;
    await again();
    body.querySelector<HTMLElement>(`tr[data-delivery="${delivery}"] .pw-results-acts button:last-child`)?.focus();
  };

  const closeLetter = (): void => {
    looked = 0;
    letter = null;
  };

  const letterOf = (delivery: number): HTMLElement => {
    const reading = new Reading(word);
    reading.say(word("loading"));
    const source = (): Promise<Source> => questions.ask("source", { delivery }).then(({ message }) => message as unknown as Source);
    void questions.ask("message", { delivery }).then(
      ({ message }) => reading.show(message["message"] as Message, source),
      (refusal: unknown) => reading.say(sentenceOf(refusal), true),
    );
    return element("tr", { class: "pw-results-letter", role: "row" }, element("td", { colspan: COLUMNS.length, role: "cell" }, element("div", {}, reading.tabs, reading.panel)));
  };

  const lineOf = (row: Row, may: May): HTMLElement => {
    const act = (name: string, press: (from: HTMLElement) => void): HTMLElement => {
      const made = button(word(name), () => press(made), {
        class: "pw-button pw-quiet", "aria-label": `${word(name)}, ${row.recipient}`, "data-key": `row:${row.delivery}:${name}`,
      });
      return made;
    };
    const doubtful = row.state === "in_doubt";
    const acts = element(
      "div",
      { class: "pw-row pw-results-acts" },
      doubtful && may.as_sent && act("as_sent", (from) => decide("as_sent", row, from)),
      doubtful && may.resend && act("resend", (from) => decide("resend", row, from)),
      row.file !== "" && may.leads && act(`${row.file}_file`, () => openPatient(row.patient)),
      row.sent && act(looked === row.delivery ? "hide" : "look", () => void look(row.delivery)),
    );
    const name = may.leads && row.patient
      ? element("button", { type: "button", class: "pw-results-name", "data-key": `row:${row.delivery}:name`, onclick: () => openPatient(row.patient) }, row.recipient)
      : element("span", {}, row.recipient);
    const cell = (look: string, ...shown: (Node | string | false)[]): HTMLElement => element("td", { class: look || null, role: "cell" }, ...shown);
    const attempts = cell("pw-results-count", String(row.attempts));
    attempts.dataset["label"] = word("attempts");
    return element(
      "tr",
      { "data-delivery": row.delivery, role: "row" },
      cell("", name, row.role !== "" && element("div", { class: "pw-note" }, row.role)),
      cell("pw-results-address", row.address),
      cell("", element("span", { class: `pw-state pw-state-${lookOf(row.state)}` }, row.words)),
      cell("pw-results-reason", row.reason),
      attempts,
      cell("pw-results-when", row.time),
      cell("", acts),
    );
  };

  return {
    table,
    closeLetter,
    draw: (rows, may) => {
      const before = drawn;
      drawn = new Map();
      const wanted: HTMLElement[] = [];
      for (const row of rows) {
        const told = JSON.stringify([row, may, looked === row.delivery]);
        const known = before.get(row.delivery);
        const line = known?.told === told ? known.line : lineOf(row, may);
        drawn.set(row.delivery, { told, line });
        wanted.push(line);
        if (looked === row.delivery) wanted.push((letter ??= letterOf(row.delivery)));
      }
      placed(body, wanted);
      table.hidden = rows.length === 0;
    },
  };
}
