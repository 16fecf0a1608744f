/** The menus under the rows that take the ticked ones out: a list on paper, a table for a spreadsheet. */
import { element } from "../shared/widget";

export interface TakeOutOptions {
  word: (name: string) => string;
  /** Have a file made: csv, xlsx or list, with the remark or without. */
  hand: (what: string, remark: boolean) => Promise<void>;
}

/** A menu that opens under its own word, and closes with Escape or when the keyboard leaves it. */
export function menu(label: string, ...parts: HTMLElement[]): HTMLDetailsElement {
  const box = element("div", { class: "pw-menu-box" }, ...parts);
  const head = element("summary", { class: "pw-button pw-quiet" }, label);
  const whole = element("details", { class: "pw-menu" }, head, box);
  whole.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !whole.open) return;
    whole.open = false;
    head.focus();
    event.stopPropagation();
  });
  whole.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !whole.contains(relatedTarget)) whole.open = false;
  });
  return whole;
}

export class TakeOut {
  readonly parts: HTMLElement[];
  private readonly menus: HTMLDetailsElement[];

  constructor({ word, hand }: TakeOutOptions) {
    const remark = element("input", { type: "checkbox" });
    const item = (label: string, what: string): HTMLElement =>
      element(
        "button",
        {
          type: "button", class: "pw-button pw-quiet pw-menu-item",
          onclick: () => {
            for (const one of this.menus) one.open = false;
            void hand(what, remark.checked);
          },
        },
        word(label),
      );
    this.menus = [
      menu(word("export"), item("export_csv", "csv"), item("export_xlsx", "xlsx")),
      menu(word("print"), element("label", { class: "pw-column-choice" }, remark, word("with_remark")), item("print_list", "list")),
    ];
    this.parts = this.menus;
  }

  offer(can: boolean): void {
    for (const one of this.menus) one.hidden = !can;
  }
}
