/** The days that a job searches, counted from the day of its run (J−1) or fixed; Python reads them as it reads any day. */
import { field } from "../shared/controls";
import { element } from "../shared/widget";
import type { Word } from "./kinds";

/** « J-1 », « J+1 open », « J »; anything else is a fixed day. */
const COUNTED = /^\s*[jd]?\s*([+-]\s*\d{1,4})?\s*(open|ouvrés?)?\s*$/i;

interface Counted {
  offset: number;
  open: boolean;
}

/** Read a day that counts from the run; nothing when it is a fixed one. */
export function counted(text: string): Counted | null {
  const found = COUNTED.exec(text);
  if (found === null || text.trim() === "") return null;
  return { offset: Number((found[1] ?? "0").replace(/\s/g, "")), open: found[2] !== undefined };
}

/** Write it as Python reads it. */
export const told = ({ offset, open }: Counted): string => `J${offset === 0 ? "" : offset > 0 ? `+${offset}` : String(offset)}${open ? " open" : ""}`;

/** One bound of the days. */
export class Day {
  readonly element: HTMLElement;
  private readonly number: HTMLInputElement;
  private readonly unit: HTMLSelectElement;
  private readonly fixed: HTMLInputElement;
  private readonly count: HTMLElement;
  private readonly day: HTMLElement;
  private isFixed: boolean;

  constructor(
    readonly name: string,
    value: string,
    word: Word,
    changed: () => void,
  ) {
    const which = name === "start" ? "from" : "to";
    const read = counted(value);
    this.isFixed = read === null && value !== "";
    this.number = element("input", { type: "number", class: "pw-input pw-job-number", min: -999, max: 999, step: 1, "data-key": `${name}_days`, "aria-label": word(`${which}_days`), oninput: changed });
    // Empty: the search is asked for no such day.
    this.number.value = value === "" ? "" : String(read?.offset ?? 0);
    this.unit = element("select", { class: "pw-input", "data-key": `${name}_unit`, "aria-label": word(`${which}_unit`), onchange: changed }, ...["days", "open_days"].map((one) => element("option", { value: one }, word(one))));
    this.unit.value = read?.open ? "open_days" : "days";
    this.fixed = element("input", { type: "date", class: "pw-input", "data-key": `${name}_fixed`, oninput: changed });
    if (this.isFixed) this.fixed.value = value;
    this.count = element("div", { class: "pw-field", role: "group", "aria-label": word(which) }, element("span", { class: "pw-label" }, word(which)), element("div", { class: "pw-row pw-job-day" }, element("span", { "aria-hidden": "true" }, word("day_zero")), this.number, this.unit));
    this.day = field(word(which), this.fixed);
    this.element = element("div", {}, this.count, this.day);
    this.fix(this.isFixed);
  }

  /** Whether the day is a fixed one. */
  get isOnDate(): boolean {
    return this.isFixed;
  }

  /** Show it as a fixed day, or as one that counts from the run. */
  fix(fixed: boolean): void {
    this.isFixed = fixed;
    this.count.hidden = fixed;
    this.day.hidden = !fixed;
  }

  get value(): string {
    if (this.isFixed) return this.fixed.value;
    if (this.number.value === "") return "";
    return told({ offset: Math.trunc(Number(this.number.value)) || 0, open: this.unit.value === "open_days" });
  }
}
