/**
 * The list of fields that opens under the caret when `@` is typed; shared by every zone of one editor.
 *
 * It stands in the editor's own box, under the caret where there is room in sight, and above it only else: an output of a
 * notebook would cut what floats over its edge. The tools above a text are never covered from below.
 */
import { element } from "../widget";
import type { Field, Fields } from "./fields";

const MOST = 60;
let made = 0;

export interface Caret {
  left: number;
  top: number;
  bottom: number;
}

/** Pixels between the caret and the list, and those that the list takes at least. */
const AWAY = 4;
const LEAST = 96;

/** The part of the window in which something in an element is seen: what scrolls or cuts round it has its own edges. */
function inSight(root: HTMLElement): { top: number; bottom: number } {
  let [top, bottom] = [0, window.innerHeight];
  for (let around = root.parentElement; around; around = around.parentElement) {
    if (around === document.documentElement || getComputedStyle(around).overflowY === "visible") continue;
    const edge = around.getBoundingClientRect();
    if (edge.height === 0) continue;
    [top, bottom] = [Math.max(top, edge.top), Math.min(bottom, edge.bottom)];
  }
  return { top, bottom };
}

export class FieldList {
  readonly box: HTMLElement;
  private readonly found = element("p", { class: "pw-visually-hidden", role: "status", "aria-live": "polite" });
  private readonly id = `pw-fields-${(made += 1)}-${Math.random().toString(36).slice(2, 8)}`;
  private all: Field[] = [];
  private active = 0;
  private owner: HTMLElement | null = null;
  private take: ((field: Field) => void) | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly fields: Fields,
    private readonly word: (name: string, values?: Record<string, string | number>) => string,
  ) {
    this.box = element("div", { class: "pw-rich-fields", role: "listbox", id: this.id, "aria-label": word("fields"), hidden: true });
    root.append(this.box, this.found);
  }

  get open(): boolean {
    return this.take !== null;
  }

  /** Show what goes with what was typed, at the caret of a zone. */
  show(owner: HTMLElement, typed: string, caret: Caret, take: (field: Field) => void): void {
    const former = this.all[this.active]?.code;
    const fresh = this.take === null;
    this.owner = owner;
    this.take = take;
    this.all = this.fields.matching(typed).slice(0, MOST);
    this.active = fresh ? 0 : Math.max(0, typed === "" ? this.all.findIndex((one) => one.code === former) : 0);
    this.draw();
    this.place(caret);
    this.found.textContent = this.all.length ? this.word("found", { count: this.all.length }) : this.word("nothing");
  }

  close(owner?: HTMLElement): void {
    if (this.take === null || (owner && owner !== this.owner)) return;
    this.take = null;
    this.box.hidden = true;
    this.found.textContent = "";
    this.owner?.removeAttribute("aria-activedescendant");
    this.owner?.removeAttribute("aria-controls");
  }

  /** Take a key of the zone; tell whether it was for the list. */
  key(event: KeyboardEvent): boolean {
    if (this.take === null || event.ctrlKey || event.metaKey || event.altKey) return false;
    const count = this.all.length;
    if (event.key === "Escape") this.close();
    else if (count === 0) return false;
    else if (event.key === "ArrowDown") this.point((this.active + 1) % count);
    else if (event.key === "ArrowUp") this.point((this.active - 1 + count) % count);
    else if (event.key === "PageDown") this.point(Math.min(this.active + 6, count - 1));
    else if (event.key === "PageUp") this.point(Math.max(this.active - 6, 0));
    else if (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) this.take(this.all[this.active] as Field);
    else return false;
    event.preventDefault();
    return true;
  }

  private draw(): void {
    const rows = this.all.map((field, number) => {
      const row = element(
        "div",
        { class: "pw-rich-option", role: "option", id: `${this.id}-${number}`, "aria-selected": "false" },
        element("span", { class: "pw-rich-code" }, `@${field.code}`),
        element("span", { class: "pw-rich-label" }, field.label),
        element("span", { class: "pw-rich-example" }, field.example.split("\n", 1)[0] ?? ""),
      );
      // A mouse that goes down must not take the focus away from the text.
      row.addEventListener("mousedown", (event) => event.preventDefault());
      row.addEventListener("click", () => this.take?.(field));
      return row;
    });
    this.box.replaceChildren(...(rows.length ? rows : [element("div", { class: "pw-note pw-rich-none", role: "option", "aria-disabled": "true" }, this.word("nothing"))]));
    this.box.hidden = false;
    this.owner?.setAttribute("aria-controls", this.id);
    this.point(this.active);
  }

  private point(number: number): void {
    this.active = number;
    this.box.querySelectorAll("[role=option]").forEach((row, at) => row.setAttribute("aria-selected", String(at === number && this.all.length > 0)));
    const row = this.all.length ? (this.box.children[number] as HTMLElement | undefined) : undefined;
    if (!row) {
      this.owner?.removeAttribute("aria-activedescendant");
      return;
    }
    this.owner?.setAttribute("aria-activedescendant", row.id);
    if (row.offsetTop < this.box.scrollTop) this.box.scrollTop = row.offsetTop;
    else if (row.offsetTop + row.offsetHeight > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = row.offsetTop + row.offsetHeight - this.box.clientHeight;
  }

  private place(caret: Caret): void {
    const room = this.root.getBoundingClientRect();
    this.box.style.maxHeight = "";
    const { offsetHeight: height, offsetWidth: width } = this.box;
    const sight = inSight(this.root);
    const below = sight.bottom - caret.bottom - AWAY;
    const above = caret.top - Math.max(sight.top, this.tools(caret)) - AWAY;
    const under = below >= height || below >= above;
    const given = Math.min(height, Math.max(under ? below : above, LEAST));
    if (given < height) this.box.style.maxHeight = `${given}px`;
    this.box.style.top = `${under ? caret.bottom - room.top + AWAY : caret.top - room.top - given - AWAY}px`;
    this.box.style.left = `${Math.max(0, Math.min(caret.left - room.left, room.width - width))}px`;
  }

  /** Where the tools of the text end, if they stand above the caret. */
  private tools(caret: Caret): number {
    const ends = [...this.root.querySelectorAll(".pw-rich-tools")].map((tools) => tools.getBoundingClientRect().bottom);
    return Math.max(-Infinity, ...ends.filter((end) => end <= caret.top));
  }
}
