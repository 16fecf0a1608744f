/** How often a job comes round: the choice, and what belongs to a week, a month or a line of cron. */
import { chips, field, type Choice } from "../shared/controls";
import { element } from "../shared/widget";
import type { Word } from "./kinds";

const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const RANKS = ["1", "2", "3", "4", "last"];

export const select = (key: string, choices: Choice[], value: string, changed: () => void): HTMLSelectElement => {
  // A value that is offered no more is shown all the same: what is saved is not changed by being looked at.
  const all: Choice[] = choices.some(([one]) => one === value) ? choices : [...choices, [value, value]];
  const made = element("select", { class: "pw-input", "data-key": key, onchange: changed }, ...all.map(([one, label]) => element("option", { value: one }, label)));
  made.value = value;
  return made;
};

export class Recurrence {
  readonly every: HTMLElement;
  readonly details: HTMLElement;
  private readonly choice: HTMLSelectElement;
  private weekdays: string[];
  private readonly kind: HTMLSelectElement;
  private readonly which: HTMLSelectElement;
  private readonly cron: HTMLInputElement;
  private readonly parts: Record<string, HTMLElement>;

  constructor(every: string, on: string, word: Word, changed: () => void) {
    this.choice = select("every", ["once", "daily", "open_days", "weekly", "monthly", "cron"].map((one): Choice => [one, word(`every_${one}`)]), every, () => (this.fit(), changed()));
    this.every = field(word("every"), this.choice);
    this.weekdays = every === "weekly" ? on.split(",").filter(Boolean) : ["mon"];
    const week = chips(word("on_weekly"), WEEKDAYS.map((one): Choice => [one, word(`weekday_${one}`)]), this.weekdays, (value, group) => {
      this.weekdays = WEEKDAYS.filter((one) => (one === value ? !this.weekdays.includes(one) : this.weekdays.includes(one)));
      group.press(this.weekdays);
      changed();
    });
    const [rank = "", weekday = ""] = every === "monthly" ? on.split(" ") : ["1", "mon"];
    const ofWeek = weekday !== "";
    const days: Choice[] = [...Array.from({ length: 31 }, (_one, place): Choice => [String(place + 1), String(place + 1)]), ["last", word("last_day")]];
    this.kind = select("on_kind", [["day", word("the_day")], ...RANKS.map((one): Choice => [one, word(`rank_${one}`)])], ofWeek ? rank : "day", () => (fill(), changed()));
    this.which = select("on_which", [], "", changed);
    const fill = (value = ""): void => {
      const offered = this.kind.value === "day" ? days : WEEKDAYS.map((one): Choice => [one, word(`weekday_${one}`)]);
      this.which.replaceChildren(...offered.map(([one, label]) => element("option", { value: one }, label)));
      if (value) this.which.value = value;
    };
    fill(ofWeek ? weekday : rank);
    this.which.setAttribute("aria-label", word("on_monthly_which"));
    const month = field(word("on_monthly"), element("div", { class: "pw-row" }, this.kind, this.which), this.kind);
    this.cron = element("input", { class: "pw-input", "data-key": "on_cron", spellcheck: "false", placeholder: "0 12 * * 1-5", oninput: changed });
    this.cron.value = every === "cron" ? on : "";
    this.parts = { weekly: week, monthly: month, cron: field(word("on_cron"), this.cron) };
    this.details = element("div", {}, ...Object.values(this.parts));
    this.fit();
  }

  private fit(): void {
    for (const [name, part] of Object.entries(this.parts)) part.hidden = name !== this.choice.value;
  }

  get value(): { every: string; on: string } {
    const every = this.choice.value;
    if (every === "weekly") return { every, on: this.weekdays.join(",") };
    if (every === "monthly") return { every, on: this.kind.value === "day" ? this.which.value : `${this.kind.value} ${this.which.value}` };
    return { every, on: every === "cron" ? this.cron.value : "" };
  }
}
