/** A long list of which only what is in sight exists: any number of rows, each one as high as the next. */
import { element } from "./widget";

export interface RowsOptions {
  label: string;
  height: number;
  /** What a row shows; nothing while the row is not known yet. */
  draw: (place: number) => (Node | string)[] | null;
  /** Somebody chose a row, with the mouse or the keyboard. */
  onchoose: (place: number) => void;
  /** Rows came into sight: from the first to before the last. */
  onsight: (start: number, end: number) => void;
}

const BEYOND = 8;
let made = 0;

export class Rows {
  readonly box: HTMLElement;
  private readonly all = element("div", { class: "pw-rows-all", role: "presentation" });
  private readonly id = `pw-rows-${(made += 1)}-${Math.random().toString(36).slice(2, 8)}`;
  private readonly watching: ResizeObserver;
  private count = 0;
  private chosen = -1;
  private room = 0;

  constructor(private readonly options: RowsOptions) {
    this.box = element("div", { class: "pw-rows", role: "listbox", tabindex: "0", "aria-label": options.label }, this.all);
    this.box.addEventListener("scroll", () => this.draw());
    this.box.addEventListener("keydown", (event) => this.walk(event));
    // Out of sight a list has no height and does not scroll: it finds its place again when it comes into sight.
    this.watching = new ResizeObserver(() => {
      const room = this.box.clientHeight;
      if (room === this.room) return;
      const hidden = this.room === 0;
      this.room = room;
      if (hidden) this.choose(this.chosen);
      else this.draw();
    });
    this.watching.observe(this.box);
  }

  close(): void {
    this.watching.disconnect();
  }

  /** Have so many rows, none of them known. */
  resize(count: number): void {
    this.count = count;
    this.chosen = Math.min(this.chosen, count - 1);
    this.all.style.height = `${count * this.options.height}px`;
    this.draw();
  }

  /** Show a row as the chosen one, and bring it into sight. */
  choose(place: number): void {
    this.chosen = place;
    if (place >= 0) {
      const { height } = this.options;
      const top = place * height;
      const room = this.box.clientHeight;
      if (top < this.box.scrollTop) this.box.scrollTop = top;
      else if (top + height > this.box.scrollTop + room) this.box.scrollTop = top + height - room;
    }
    this.draw();
  }

  /** Draw what is in sight again. */
  draw(): void {
    const { height } = this.options;
    const room = this.box.clientHeight || 12 * height;
    const start = Math.max(0, Math.floor(this.box.scrollTop / height) - BEYOND);
    const end = Math.min(this.count, Math.ceil((this.box.scrollTop + room) / height) + BEYOND);
    this.options.onsight(start, end);
    const rows: HTMLElement[] = [];
    for (let place = start; place < end; place += 1) {
      const content = this.options.draw(place);
      const row = element(
        "div",
        {
          class: "pw-rows-one", role: "option", id: `${this.id}-${place}`, "aria-setsize": this.count, "aria-posinset": place + 1,
          "aria-selected": String(place === this.chosen), "aria-busy": content === null ? "true" : null,
          onclick: () => this.options.onchoose(place),
        },
        ...(content ?? []),
      );
      row.style.top = `${place * height}px`;
      row.style.height = `${height}px`;
      rows.push(row);
    }
    this.all.replaceChildren(...rows);
    if (this.chosen >= start && this.chosen < end) this.box.setAttribute("aria-activedescendant", `${this.id}-${this.chosen}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  private walk(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.box.clientHeight / this.options.height) - 1);
    const to: Record<string, number> = {
      ArrowDown: this.chosen + 1, ArrowUp: this.chosen - 1, PageDown: this.chosen + page, PageUp: this.chosen - page,
      Home: 0, End: this.count - 1,
    };
    const wanted = to[event.key];
    if (wanted === undefined || this.count === 0) return;
    event.preventDefault();
    this.options.onchoose(Math.min(Math.max(wanted, 0), this.count - 1));
  }
}
