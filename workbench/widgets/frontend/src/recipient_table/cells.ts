/** The cells of the table: each shows values of a row as text, and reports gestures. */
import type { ICellRendererComp, ICellRendererParams, IHeaderComp, IHeaderParams } from "ag-grid-community";
import { element } from "../shared/widget";
import type { Row } from "./rows";

/** An address as it is being typed; it outlives its cell, which goes when it is scrolled out of sight. */
export interface Edit {
  text: string;
  error: string;
  saving: boolean;
  /** Whether Python has taken it; the field goes when the row comes back. */
  saved: boolean;
  /** Whether the field wants the focus when it is drawn. */
  focus: boolean;
}

/** What the cells need of the table around them. */
export interface Around {
  word: (name: string, values?: Record<string, string | number>) => string;
  ticked: (row: number) => boolean;
  /** All, some or none of the rows shown are ticked. */
  tickedShown: () => "all" | "some" | "none";
  tick: (row: Row, on: boolean, range: boolean) => void;
  tickShown: (on: boolean) => void;
  /** Tells how to draw the box above the boxes alone: a redrawn header would take the focus from whoever types in a filter. */
  drawsTickShown: (draw: () => void) => void;
  who: (row: Row) => string;
  edits: Map<number, Edit>;
  canCorrect: () => boolean;
  /** Whether the row can be put right: by an address, or in its patient's file. */
  canMend: (row: Row) => boolean;
  canOptOut: () => boolean;
  edit: (row: Row, place: number) => void;
  save: (row: Row, place: number) => Promise<void>;
  giveUp: (row: Row, place: number) => void;
  optOut: (row: Row, on: boolean) => Promise<void>;
  /** Write the address that was meant in the place of the one there is. */
  putRight: (row: Row, place: number) => Promise<void>;
  canComplete: () => boolean;
  /** Open the file of the row's patient under the rows. */
  open: (row: Row) => void;
}

type Params = ICellRendererParams<Row> & { around: Around };

/** A cell that is drawn anew from its row whenever something about it has changed. */
abstract class Cell implements ICellRendererComp<Row> {
  protected readonly gui: HTMLElement = element("div", { class: "pw-cell" });
  protected params!: Params;

  init(params: Params): void {
    this.refresh(params);
  }
  getGui(): HTMLElement {
    return this.gui;
  }
  refresh(params: Params): boolean {
    this.params = params;
    if (params.data) this.draw(params.data);
    else this.gui.replaceChildren();
    return true;
  }
  protected get around(): Around {
    return this.params.around;
  }
  protected get place(): number {
    return this.params.node.rowIndex ?? 0;
  }
  protected abstract draw(row: Row): void;
}

/** The box that takes a row into the mailing or leaves it out. */
export class TickCell extends Cell {
  private box: HTMLInputElement | undefined;

  protected override draw(row: Row): void {
    if (!this.box) {
      this.box = element("input", { type: "checkbox", tabindex: "-1" });
      this.box.addEventListener("click", (event) => {
        event.stopPropagation();
        const shown = this.params.data;
        if (shown) this.around.tick(shown, this.box!.checked, event.shiftKey);
      });
    }
    if (!this.box.isConnected) this.gui.replaceChildren(this.box);
    this.box.checked = this.around.ticked(row.row);
    this.box.setAttribute("aria-label", this.around.word("tick", { who: this.around.who(row) }));
  }
}

/** The box above the boxes: it ticks the rows that the search and the filters show, or unticks them. */
export class TickHeader implements IHeaderComp {
  private readonly box = element("input", { type: "checkbox", class: "pw-tick-shown" });
  private around!: Around;

  init(params: IHeaderParams & { around: Around }): void {
    this.around = params.around;
    this.box.addEventListener("click", () => this.around.tickShown(this.box.checked));
    this.around.drawsTickShown(() => this.refresh());
    this.refresh();
  }
  getGui(): HTMLElement {
    return this.box;
  }
  refresh(): boolean {
    const shown = this.around.tickedShown();
    this.box.checked = shown === "all";
    this.box.indeterminate = shown === "some";
    this.box.title = this.around.word("tick_shown");
    this.box.setAttribute("aria-label", this.around.word("tick_shown"));
    return true;
  }
}

/** A text, alone or with the person who receives the message in the patient's place. */
export class TextCell extends Cell {
  protected override draw(row: Row): void {
    const { place, receives } = this.params as Params & { place: number; receives: boolean };
    const text = row.cells[place] ?? "";
    // A text of its own direction: a mark inside it must not turn its neighbours around.
    const shown: (Node | string)[] = [element("bdi", {}, text)];
    if (receives && row.receiver) shown.push(" ", element("span", { class: "pw-note" }, "(", element("bdi", {}, row.receiver), ")"));
    this.gui.title = receives && row.receiver ? `${text} (${row.receiver})` : text;
    if (!receives || !this.around.canComplete()) return this.gui.replaceChildren(...shown);
    const title = this.around.word("file_of", { who: text });
    const open = element("button", { type: "button", class: "pw-button pw-quiet pw-open-file", tabindex: "-1", title, "aria-label": title, onclick: () => this.around.open(row) }, pencil());
    this.gui.classList.add("pw-name-cell");
    this.gui.replaceChildren(element("span", { class: "pw-name-text" }, ...shown), open);
  }
}

/** A small pencil, drawn: no icon font, no outside request. */
function pencil(): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const sign = document.createElementNS(space, "svg");
  for (const [name, value] of Object.entries({ viewBox: "0 0 16 16", width: "13", height: "13", "aria-hidden": "true" })) sign.setAttribute(name, value);
  const lines = document.createElementNS(space, "path");
  lines.setAttribute("d", "M2.5 13.5l.7-3.2 7.6-7.6 2.5 2.5-7.6 7.6zM9.4 4.1l2.5 2.5");
  lines.setAttribute("fill", "none");
  lines.setAttribute("stroke", "currentColor");
  lines.setAttribute("stroke-linejoin", "round");
  sign.append(lines);
  return sign;
}

const COLOURS: Record<string, string> = { "✓": "good", "✕": "bad", "?": "doubt" };

/** A state: its text begins with its sign, and the sign has a colour. */
export class StateCell extends Cell {
  protected override draw(row: Row): void {
    const text = row.cells[(this.params as Params & { place: number }).place] ?? "";
    this.gui.replaceChildren(text && element("span", { class: `pw-state pw-state-${COLOURS[text[0] ?? ""] ?? "none"}` }, text));
  }
}

/** Where the row is written to, what is wrong with it, and the field that corrects it in place. */
export class AddressCell extends Cell {
  private field: HTMLInputElement | undefined;
  private readonly note = element("span", { class: "pw-edit-note" });

  protected override draw(row: Row): void {
    const edit = this.around.edits.get(row.row);
    if (edit) this.drawField(row, edit);
    else {
      this.field = undefined;
      this.gui.replaceChildren(...this.shown(row));
    }
  }

  private shown(row: Row): (Node | string)[] {
    const { word } = this.around;
    if (!row.known) return [element("span", { class: "pw-note" }, "…")];
    if (row.problem) {
      const problem = row.problem.replace(/\.$/, "");
      const can = this.around.canMend(row);
      const text = can ? word(row.address ? "correct" : "complete", { problem }) : problem;
      return [this.mark("bad", `✕ ${text}`, row, row.detail || row.problem)];
    }
    if (row.hint) return [row.suggestion && this.around.canCorrect() ? this.doubt(row) : this.mark("doubt", `? ${row.hint}`, row, row.hint)];
    const address = element("bdi", row.opted_out || row.excluded ? { class: "pw-note" } : {}, row.address);
    this.gui.title = this.around.canCorrect() ? word("edit") : "";
    if (!row.opted_out && !row.excluded) return [address];
    const stays = row.opted_out ? word("opted_out") : row.excluded;
    return [element("span", { class: "pw-state pw-state-none", title: row.detail }, `– ${stays}`), " ", address];
  }

  private mark(colour: string, text: string, row: Row, reason: string): HTMLElement {
    const title = row.address ? `${row.address}\n${reason}` : reason;
    this.gui.title = title;
    const state = `pw-state pw-state-${colour}`;
    if (!this.around.canMend(row)) return element("span", { class: state }, text);
    return element("button", { type: "button", class: state, tabindex: "-1", title, onclick: () => this.around.edit(row, this.place) }, text);
  }

  /** An address that looks mistyped: one click writes the one that was meant; F2 writes another one. */
  private doubt(row: Row): HTMLElement {
    const { word, who } = this.around;
    const domain = (address: string): string => address.slice(address.lastIndexOf("@") + 1);
    const title = `${row.address}\n${row.hint}\n${word("put_right", { address: row.suggestion })}`;
    this.gui.title = title;
    const button = element(
      "button",
      { type: "button", class: "pw-state pw-state-doubt", tabindex: "-1", title, "aria-label": word("put_right_of", { who: who(row), address: row.suggestion }) },
      `? ${word("meant", { written: domain(row.address), suggestion: domain(row.suggestion) })}`,
    );
    button.addEventListener("click", async () => {
      button.disabled = true;
      await this.around.putRight(row, this.place);
      button.disabled = false;
    });
    return button;
  }

  private drawField(row: Row, edit: Edit): void {
    if (!this.field) {
      const field = element("input", { type: "text", inputmode: "email", autocomplete: "off", spellcheck: "false", class: "pw-edit" });
      field.value = edit.text;
      field.setAttribute("aria-label", this.around.word("address_of", { who: this.around.who(row) }));
      this.note.id = `pw-note-${Math.random().toString(36).slice(2)}`;
      field.setAttribute("aria-describedby", this.note.id);
      field.addEventListener("input", () => {
        const typed = this.around.edits.get(row.row);
        if (typed) typed.text = field.value;
      });
      field.addEventListener("keydown", (event) => {
        if (event.key === "Enter") void this.around.save(row, this.place);
        else if (event.key === "Escape") this.around.giveUp(row, this.place);
        else return;
        event.preventDefault();
        event.stopPropagation();
      });
      this.field = field;
      this.gui.title = "";
      this.gui.replaceChildren(field, this.note);
    }
    this.field.readOnly = edit.saving;
    this.field.setAttribute("aria-invalid", String(edit.error !== ""));
    this.note.className = edit.error ? "pw-edit-note pw-edit-error" : "pw-edit-note";
    // Under the field in the first rows, above it elsewhere: the last row has nothing below it.
    this.note.classList.toggle("pw-edit-above", this.place > 1);
    const said = edit.saving ? this.around.word("saving") : edit.error && `✕ ${edit.error}`;
    if (this.note.textContent !== said) this.note.textContent = said;
    this.note.setAttribute("role", edit.error ? "alert" : "status");
    if (edit.focus) {
      edit.focus = false;
      // The grid gives the focus to the cell after this; the field takes it back.
      const field = this.field;
      setTimeout(() => {
        field.focus();
        field.select();
      });
    }
  }
}

/** The button that records an opt-out, or takes it back. */
export class OptOutCell extends Cell {
  protected override draw(row: Row): void {
    const { word, who } = this.around;
    if (!row.known) return this.gui.replaceChildren();
    const [label, title] = row.opted_out ? ["opt_in", "opt_in_of"] : ["opt_out", "opt_out_of"];
    const button = element(
      "button",
      { type: "button", class: "pw-button pw-quiet pw-opt-out", tabindex: "-1", title: word(title, { who: who(row) }) },
      word(label),
    );
    button.setAttribute("aria-label", word(title, { who: who(row) }));
    button.addEventListener("click", async () => {
      button.disabled = true;
      await this.around.optOut(row, !row.opted_out);
      button.disabled = false;
    });
    this.gui.replaceChildren(button);
  }
}
