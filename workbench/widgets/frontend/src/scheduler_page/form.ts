/** The form of one job; what is wrong stands beside the field that it is about. */
import { chips, field, fold, pickList, type Choice } from "../shared/controls";
import { Parameters } from "../shared/parameters";
import { element } from "../shared/widget";
import { Day } from "./days";
import type { Choices, Looked, Settings, Word } from "./kinds";
import { Recurrence, select } from "./recurrence";

type Control = HTMLInputElement | HTMLSelectElement;

export class Form {
  readonly element: HTMLElement;
  private readonly controls = new Map<string, Control>();
  private readonly problems = new Map<string, HTMLElement>();
  private readonly recurrence: Recurrence;
  private readonly days: Day[];
  private readonly mode: HTMLSelectElement;
  private readonly datesPart: HTMLElement;
  private readonly timeField: HTMLElement;
  private readonly untilField: HTMLElement;
  private readonly realDays = element("p", { class: "pw-note pw-job-real", role: "status", "aria-live": "polite" });
  private readonly also = element("p", { class: "pw-note" });
  private readonly revision: HTMLSelectElement;
  private readonly practitioner: HTMLElement;
  private readonly exclusions = element("div", { class: "pw-job-ticks" });
  private readonly approveBy: HTMLElement;
  private readonly lateUntil: HTMLElement;
  /** The parameters of its notebook, and what that says itself of each; nothing while it is not known. */
  private readonly parameters: Parameters;
  private own: Record<string, string> | null = null;
  private practitioners: string[];
  private missed: string;
  private asked: string[] = [];
  /** The email type that the chosen version is one of. */
  private versioned: string;

  constructor(
    private readonly given: Settings,
    choices: Choices,
    private readonly word: Word,
    private readonly onchange: () => void,
  ) {
    const changed = (): void => (this.fit(), onchange());
    this.practitioners = (given.parameters["practitioner"] ?? "").split(",").filter(Boolean);
    this.missed = given.missed;
    this.versioned = given.template;
    this.recurrence = new Recurrence(given.every, given.on, word, changed);
    this.timeField = this.text("time", "time", { type: "time" });
    this.untilField = this.text("until", "until", { type: "date" });
    this.days = ["start", "end"].map((name) => new Day(name, given.parameters[name] ?? "", word, changed));
    const fixed = this.days.some((one) => one.isOnDate);
    this.mode = select("mode", [["count", word("mode_count")], ["fixed", word("mode_fixed")]], fixed ? "fixed" : "count", () => {
      for (const one of this.days) one.fix(this.mode.value === "fixed");
      changed();
    });
    for (const one of this.days) one.fix(fixed);
    this.datesPart = element(
      "div",
      { role: "group", "aria-label": word("dates") },
      element("div", { class: "pw-job-line" }, field(word("mode"), this.mode), ...this.days.map((one) => one.element)),
      this.problem("days"),
      this.realDays,
    );
    this.practitioner = pickList(word("practitioner"), choices.practitioners, this.practitioners, { all: word("everybody"), some: (first, count) => word("some", { first, count }) }, (chosen) => {
      this.practitioners = chosen;
      changed();
    });
    this.parameters = new Parameters({ all: word("everybody"), some: (first, count) => word("some", { first, count }) }, changed);
    this.parameters.element.setAttribute("role", "group");
    this.parameters.element.setAttribute("aria-label", word("parameters"));
    const missed = chips(word("missed"), ["each", "latest", "skip"].map((one): Choice => [one, word(`missed_${one}`)]), [this.missed], (value, group) => {
      this.missed = value;
      group.press([value]);
      changed();
    });
    this.lateUntil = this.text("late_until", "late_until", { placeholder: "20:00", hint: word("late_until_hint") });
    this.approveBy = this.text("approve_by", "approve_by", { type: "time", hint: word("approve_by_hint") });
    const people = element("datalist", { id: `pw-people-${Math.random().toString(36).slice(2)}` }, ...choices.people.map((one) => element("option", { value: one })));
    const notebooks = element("datalist", { id: `pw-notebooks-${Math.random().toString(36).slice(2)}` }, ...choices.notebooks.map((one) => element("option", { value: one })));
    this.revision = select("revision", [[String(given.revision), ""]], String(given.revision), () => onchange());
    const roles = choices.roles.some(([role]) => role === given.role) ? choices.roles : [...choices.roles, [given.role, given.role] as Choice];
    const own = given.treatment === "search";
    const notebook = given.treatment === "notebook";
    // The planning of the day has a text of its own.
    const noTemplate: Choice[] = given.treatment === "day_schedule" ? [["", word("own_text")]] : given.template ? [] : [["", word("choose_template")]];
    this.element = element(
      "div",
      { class: "pw-job-form" },
      element("div", { class: "pw-job-line pw-job-first" }, this.text("title", "job_title", { required: true }), this.tick("active", "active")),
      own && this.choice("search", "search", given.search ? choices.searches : [["", word("choose_search")], ...choices.searches]),
      notebook && this.text("notebook", "notebook", { placeholder: "notebooks/…ipynb", list: notebooks.id }),
      notebook && notebooks,
      notebook && this.parameters.element,
      element("div", { class: "pw-job-line" }, this.text("start", "start", { type: "date" }), this.recurrence.every, this.timeField, this.untilField, this.choice("host", "host", choices.hosts)),
      this.recurrence.details,
      this.problem("on"),
      !notebook && this.datesPart,
      !notebook &&
        element(
          "div",
          { class: "pw-job-line" },
          this.choice("template", "template", [...noTemplate, ...choices.templates]),
          this.practitioner,
          this.choice("account", "account", choices.accounts),
        ),
      !notebook && this.exclusions,
      !notebook && this.also,
      !notebook && element("div", { class: "pw-job-line" }, this.text("approvers", "approvers", { list: people.id, hint: word("approvers_hint") }), this.approveBy),
      people,
      element("div", { class: "pw-job-line" }, missed, this.lateUntil),
      fold(word("more"), "", false, () => undefined, () => [notebook ? null : this.choice("role", "role", roles), notebook ? null : this.put("revision", this.revision, "revision"), notebook ? null : this.tick("within_hours", "within_hours"), this.tick("not_on_closed_days", "not_on_closed_days"), this.text("told", "told", { type: "email" })]),
    );
    this.fit();
  }

  /** What the form says now; what it does not offer stays as it was. */
  get values(): Settings {
    const values: Settings = { ...this.given, ...this.recurrence.value, missed: this.missed, parameters: { ...this.given.parameters } };
    for (const [key, control] of this.controls) values[key] = control instanceof HTMLInputElement && control.type === "checkbox" ? control.checked : control.value;
    values.revision = Number(this.revision.value);
    const { own } = this;
    // What the notebook says itself is left to it, so that it may say something else one day.
    if (own !== null) values.parameters = Object.fromEntries(Object.entries(this.parameters.values).filter(([name, value]) => value !== own[name]));
    const { parameters } = values;
    for (const name of ["exclude_upcoming", "exclude_returned"]) {
      const kept = values[name];
      delete values[name];
      if (this.asked.includes(name) && kept !== undefined) parameters[name] = kept ? "yes" : "no";
    }
    for (const day of this.days) if (this.asked.includes(day.name)) parameters[day.name] = day.value;
    if (this.asked.includes("practitioner")) parameters["practitioner"] = this.practitioners.join(",");
    return values;
  }

  /** Show what the settings mean: what the search can be asked, the real days, and what is wrong beside its field. */
  tell(looked: Looked): void {
    if (looked.asks !== null) this.offer(looked.asks);
    this.also.textContent = looked.also ?? "";
    if (looked.revisions?.length) this.offerRevisions(looked.revisions);
    if (looked.parameters && this.given.treatment === "notebook") this.offerParameters(looked.parameters);
    const wrong = Object.entries(looked.problems).flatMap(([name, sentence]) => (name.startsWith("parameters.") ? [[name.slice("parameters.".length), sentence] as const] : []));
    this.parameters.tell(Object.fromEntries(wrong), Object.fromEntries((looked.parameters ?? []).map(({ name, day }) => [name, day])));
    const { days = "", when = "" } = looked.next[0] ?? {};
    this.realDays.textContent = days && this.word("real_days", { days, when });
    for (const [name, line] of this.problems) {
      const sentence = looked.problems[name] ?? "";
      line.textContent = sentence && `✕ ${sentence}`;
      line.hidden = sentence === "";
      const control = this.controls.get(name);
      if (sentence) control?.setAttribute("aria-invalid", "true");
      else control?.removeAttribute("aria-invalid");
    }
  }

  /** Put the focus on the first field with a sentence beside it. */
  goToProblem(): void {
    const wrong = this.element.querySelector<HTMLElement>("[aria-invalid=true]") ?? [...this.problems.values()].find((one) => !one.hidden)?.parentElement?.querySelector<HTMLElement>("input, select, button");
    wrong?.focus();
  }

  /** Tick « Active ». */
  switchOn(): void {
    const box = this.controls.get("active") as HTMLInputElement;
    box.checked = true;
    this.onchange();
  }

  /** Whether its notebook is asked to try out what it does, so that nothing leaves. */
  get isTrial(): boolean {
    return this.parameters.values["dry_run"] === "yes";
  }

  begin(): void {
    this.controls.get("title")?.focus();
  }

  private offer(asks: { name: string; label: string }[]): void {
    const names = asks.map(({ name }) => name);
    if (names.join() === this.asked.join()) return;
    this.asked = names;
    for (const day of this.days) day.element.hidden = !names.includes(day.name);
    this.datesPart.hidden = !names.includes("start") && !names.includes("end");
    this.practitioner.hidden = !names.includes("practitioner");
    const ticks = asks.filter(({ name }) => name.startsWith("exclude_"));
    this.exclusions.replaceChildren(...ticks.map(({ name, label }) => this.tick(name, label, this.given.parameters[name] === "yes", label)));
  }

  /** Show the parameters of the notebook named now; those of another one are forgotten. */
  private offerParameters(offered: NonNullable<Looked["parameters"]>): void {
    const own = Object.fromEntries(offered.map(({ name, own: said }) => [name, said]));
    const before = this.own;
    if (before !== null && JSON.stringify(before) === JSON.stringify(own)) return;
    this.own = own;
    this.parameters.show(offered);
    if (before !== null) this.onchange();
  }

  /** Offer the versions of the email type chosen now. */
  private offerRevisions(offered: Choice[]): void {
    const { value } = this.revision;
    this.revision.replaceChildren(...offered.map(([one, label]) => element("option", { value: one }, label)));
    this.revision.value = offered.some(([one]) => one === value) ? value : "0";
  }

  private fit(): void {
    const { every } = this.recurrence.value;
    this.timeField.hidden = every === "cron";
    this.untilField.hidden = every === "once";
    this.lateUntil.hidden = this.missed === "skip";
    const approvers = this.controls.get("approvers")?.value.trim() ?? "";
    this.approveBy.hidden = approvers === "" && (this.controls.get("approve_by")?.value ?? "") === "";
    const template = this.controls.get("template")?.value ?? this.versioned;
    if (template !== this.versioned) this.revision.value = "0"; // the number of a version says nothing of another email type
    this.versioned = template;
  }

  private problem(name: string): HTMLElement {
    const line = element("p", { class: "pw-job-problem", id: `pw-problem-${name}-${Math.random().toString(36).slice(2, 8)}`, "aria-live": "polite", hidden: true });
    this.problems.set(name, line);
    return line;
  }

  private put(key: string, control: Control, label: string, hint = ""): HTMLElement {
    this.controls.set(key, control);
    const problem = this.problem(key);
    const whole = field(this.word(label), control);
    const note = hint ? element("p", { class: "pw-note", id: `${problem.id}-hint` }, hint) : null;
    control.setAttribute("aria-describedby", [note?.id, problem.id].filter(Boolean).join(" "));
    if (note) whole.append(note);
    whole.append(problem);
    return whole;
  }

  private text(key: string, label: string, { hint = "", ...attributes }: Record<string, unknown> & { hint?: string } = {}): HTMLElement {
    const given = this.given[key];
    const control = element("input", { type: "text", class: "pw-input", "data-key": key, autocomplete: "off", ...attributes, oninput: () => (this.fit(), this.onchange()) });
    control.value = Array.isArray(given) ? given.join(", ") : String(given ?? "");
    return this.put(key, control, label, hint);
  }

  private choice(key: string, label: string, choices: Choice[]): HTMLElement {
    return this.put(key, select(key, choices, String(this.given[key] ?? ""), () => (this.fit(), this.onchange())), label);
  }

  private tick(key: string, label: string, checked = Boolean(this.given[key]), text = this.word(label)): HTMLElement {
    const box = element("input", { type: "checkbox", "data-key": key, onchange: () => this.onchange() });
    box.checked = checked;
    this.controls.set(key, box);
    return element("label", { class: "pw-job-tick" }, box, text);
  }
}
