/** Who needs a person, shown at once, or may still be taken back, asked for by a click; kept in the page alone. */
import { element } from "../shared/widget";
import { lookOf } from "../shared/states";
import type { Say } from "./state";

/** One message that failed and may be sent again to another address, and what is asked before. */
export interface Again { delivery: number; question: string }
/**
 * The first rows of those that are looked for; those that can be taken back have their deliveries' numbers; of all, so many are `needing` somebody, the others were left out.
 * The seal is of how the mailing stood when they were told.
 */
export interface Rows { columns: string[]; rows: string[][]; states: string[]; more: string; total: number; numbers: number[]; patients?: string[]; again?: (Again | null)[]; seal?: string; needing?: number }

export interface Gestures {
  /** Ask for the rows that hold these words. */
  ask(find: string): Promise<Rows>;
  /** Let one message not leave. */
  takeBack(delivery: number): Promise<unknown>;
  /** Go to a patient's file, to complete it. */
  openPatient(patient: string): Promise<unknown>;
  /** Whether what failed may be tried again now. */
  maySendAgain(): boolean;
  /** Ask whether one message is sent again; nothing, and false, where the mailing does not stand any more as this seal says. */
  sendAgain(again: Again, seal: string): boolean;
  /** Draw the panel anew. */
  redraw(): void;
  /** Tell what was refused. */
  refuse(refusal: unknown): void;
}

/** Milliseconds after the last key before somebody is looked for. */
const TYPED = 250;

export class People {
  private rows: Rows | null = null;
  private searched: ReturnType<typeof setTimeout> | undefined;
  /** Whether these rows were asked for, or hidden: they do not come by themselves again. */
  private met = false;
  /** Made once: what is being typed outlives the table under it. */
  private readonly search: HTMLInputElement;

  constructor(
    private readonly say: Say,
    private readonly gestures: Gestures,
  ) {
    const found = this.say("find");
    this.search = element("input", { type: "search", class: "pw-input pw-send-find", placeholder: found, "aria-label": found, "data-name": "find", autocomplete: "off" });
    this.search.addEventListener("input", () => {
      clearTimeout(this.searched);
      this.searched = setTimeout(() => void this.ask(), TYPED);
    });
  }

  /** What the table is drawn anew for. */
  get drawn(): unknown {
    return this.rows;
  }

  /** Forget what was answered while the list was being checked: that nobody is in it was not so. */
  lookAgain(): void {
    if (this.rows?.total === 0) this.forget();
  }

  /** Forget the rows: they are not what stands any more. */
  forget(): void {
    clearTimeout(this.searched);
    this.rows = null;
    this.met = false;
    this.search.value = "";
  }

  close(): void {
    clearTimeout(this.searched);
  }

  /** Make the table of the rows, or while there is none the button (`offer`) that asks for it; `atOnce` nobody needs to. */
  draw(offer: string, atOnce = false): HTMLElement | null {
    const { rows, say } = this;
    if (rows === null && atOnce && !this.met) void this.ask();
    if (rows === null) return this.rowsButton(offer, () => void this.ask());
    if (rows.total === 0) return null;
    const shorter = rows.total > rows.rows.length || this.search.value !== "";
    return element(
      "div",
      { class: "pw-send-rows" },
      rows.numbers.length === 0 && element("p", { class: "pw-label pw-send-whom" }, this.heading(rows)),
      shorter && this.search,
      rows.rows.length > 0 ? this.table(rows) : element("p", { class: "pw-note", role: "status" }, say("none_found")),
      rows.more !== "" && element("p", { class: "pw-note" }, rows.more),
      this.rowsButton(say("hide_rows"), () => {
        this.forget();
        this.met = true;
        this.gestures.redraw();
      }),
    );
  }

  /** Say how many rows there are: those that need somebody and, told apart, those that were left out for good. */
  private heading({ total, needing = total }: Rows): string {
    const parts: [word: string, count: number][] = [["rows", needing], ["rows_excluded", total - needing]];
    return parts.filter(([, count]) => count > 0).map(([word, count]) => `${this.say(word)} (${count})`).join(" · ");
  }

  private table(rows: Rows): HTMLElement {
    const { say } = this;
    // What is scrolled without a button in it is reached by the keyboard all the same.
    const patients = rows.patients ?? [];
    const sent = this.gestures.maySendAgain() ? (rows.again ?? []) : [];
    const acts = rows.numbers.length > 0 || patients.length > 0 || sent.some(Boolean);
    const scrolled = acts ? {} : { tabindex: 0, role: "region", "aria-label": say("rows") };
    return element(
      "div",
      { class: "pw-send-table", ...scrolled },
      element(
        "table",
        { "aria-label": say("rows") },
        element("thead", {}, element("tr", {}, ...rows.columns.map((name) => element("th", { scope: "col" }, say(name))), acts && element("td", {}))),
        element(
          "tbody",
          {},
          ...rows.rows.map((cells, place) => {
            const delivery = rows.numbers[place];
            const patient = patients[place] ?? "";
            const again = sent[place];
            return element(
              "tr",
              {},
              ...cells.map((cell, column) =>
                rows.columns[column] === "status" ? element("td", {}, element("span", { class: `pw-state pw-state-${lookOf(rows.states[place])}` }, cell)) : element("td", {}, cell),
              ),
              delivery !== undefined && element("td", {}, this.takeBackButton(delivery, cells[0] ?? "")),
              delivery === undefined && acts && element("td", {}, again ? this.againButton(again, rows.seal ?? "", cells[0] ?? "") : patient !== "" && this.patientButton(patient, cells[0] ?? "")),
            );
          }),
        ),
      ),
    );
  }

  private rowsButton(label: string, press: () => void): HTMLElement {
    return element("button", { class: "pw-button pw-quiet", type: "button", "data-name": "rows", onclick: press }, label);
  }

  private takeBackButton(delivery: number, whose: string): HTMLElement {
    return element(
      "button",
      {
        class: "pw-button pw-quiet", type: "button", "data-name": `take-back-${delivery}`, "aria-label": this.say("take_back_of", { whose }),
        onclick: () => void this.gestures.takeBack(delivery).then(() => this.ask(), (refusal: unknown) => this.gestures.refuse(refusal)),
      },
      this.say("take_back"),
    );
  }

  private patientButton(patient: string, whose: string): HTMLElement {
    return element(
      "button",
      {
        class: "pw-button pw-quiet", type: "button", "data-name": `patient-${patient}`, "aria-label": this.say("open_patient_of", { whose }),
        onclick: () => void this.gestures.openPatient(patient).catch((refusal: unknown) => this.gestures.refuse(refusal)),
      },
      this.say("open_patient"),
    );
  }

  private againButton(again: Again, seal: string, whose: string): HTMLElement {
    return element(
      "button",
      {
        class: "pw-button", type: "button", "data-name": `again-${again.delivery}`, "aria-label": this.say("send_again_of", { whose }),
        onclick: () => void this.sendAgain(again, seal),
      },
      this.say("send_again"),
    );
  }

  /** Ask whether one message is sent again, in the words of how it stands now. */
  private async sendAgain(again: Again, seal: string): Promise<void> {
    if (this.gestures.sendAgain(again, seal)) return;
    await this.ask();
    const now = this.rows?.again?.find((one) => one?.delivery === again.delivery);
    if (now) this.gestures.sendAgain(now, this.rows?.seal ?? "");
  }

  private async ask(): Promise<void> {
    this.met = true;
    try {
      this.rows = await this.gestures.ask(this.search.value);
      this.gestures.redraw();
    } catch (refusal) {
      this.gestures.refuse(refusal);
    }
  }
}
