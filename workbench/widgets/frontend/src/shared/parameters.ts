/** The parameters of a notebook, a control each, with what is wrong beside it and the real day of one that counts. */
import { field, pickList, type Choice } from "./controls";
import { element } from "./widget";

export interface Parameter {
  name: string;
  kind: "tick" | "day" | "choice" | "choices" | "number" | "text" | "fixed";
  label: string;
  value: string;
  choices: Choice[];
}

interface Line {
  control: HTMLElement;
  problem: HTMLElement;
  day: HTMLElement;
}

const DAYS = ["today", "tomorrow", "yesterday", "J+2", "J+1 open"];

export class Parameters {
  readonly element = element("div", { class: "pw-parameters" });
  /** What stands in the controls, by parameter; what is fixed has none. */
  readonly values: Record<string, string> = {};
  private readonly lines = new Map<string, Line>();

  constructor(
    private readonly say: { all: string; some: (first: string, count: number) => string },
    private readonly onchange: () => void,
  ) {}

  /** Show these parameters in the place of those before. */
  show(parameters: Parameter[]): void {
    this.lines.clear();
    for (const name of Object.keys(this.values)) delete this.values[name];
    this.element.replaceChildren(...parameters.map((one) => this.line(one)));
  }

  /** Say beside each what is wrong with it, and which real day it means; tells whether all is right. */
  tell(problems: Record<string, string>, days: Record<string, string>): boolean {
    let right = true;
    for (const [name, { control, problem, day }] of this.lines) {
      const sentence = problems[name] ?? "";
      problem.textContent = sentence && `✕ ${sentence}`;
      problem.hidden = sentence === "";
      day.textContent = days[name] ?? "";
      if (sentence) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
      if (sentence) right = false;
    }
    return right;
  }

  private set(name: string, value: string): void {
    this.values[name] = value;
    this.onchange();
  }

  private line(one: Parameter): HTMLElement {
    const problem = element("p", { class: "pw-parameter-problem", id: `pw-parameter-${one.name}-${Math.random().toString(36).slice(2, 8)}`, "aria-live": "polite", hidden: true });
    const day = element("p", { class: "pw-note" });
    if (one.kind !== "fixed") this.values[one.name] = one.value;
    const { whole, control } = this.made(one);
    control.setAttribute("data-parameter", one.name);
    control.setAttribute("aria-describedby", problem.id);
    this.lines.set(one.name, { control, problem, day });
    return element("div", { class: "pw-parameter" }, whole, day, problem);
  }

  private made(one: Parameter): { whole: HTMLElement; control: HTMLElement } {
    const { name, value, choices } = one;
    if (one.kind === "tick") {
      const box = element("input", { type: "checkbox", onchange: () => this.set(name, box.checked ? "yes" : "no") });
      box.checked = value === "yes";
      return { whole: element("label", { class: "pw-parameter-tick" }, box, one.label), control: box };
    }
    if (one.kind === "choice") {
      const offered: Choice[] = choices.some(([known]) => known === value) ? choices : [...choices, [value, value]];
      const list = element("select", { class: "pw-input", onchange: () => this.set(name, list.value) }, ...offered.map(([known, label]) => element("option", { value: known }, label)));
      list.value = value;
      return { whole: field(one.label, list), control: list };
    }
    if (one.kind === "choices") {
      const chosen = value.split(",").filter(Boolean);
      const unknown = chosen.filter((some) => !choices.some(([known]) => known === some)).map((some): Choice => [some, some]);
      const whole = pickList(one.label, [...choices, ...unknown], chosen, this.say, (some) => this.set(name, some.join(",")));
      return { whole, control: whole.querySelector<HTMLElement>(".pw-pick-head") ?? whole };
    }
    const days = one.kind === "day" ? element("datalist", { id: `pw-days-${name}-${Math.random().toString(36).slice(2, 8)}` }, ...DAYS.map((known) => element("option", { value: known }))) : null;
    const text = element("input", {
      type: "text", class: "pw-input", autocomplete: "off", disabled: one.kind === "fixed", list: days?.id ?? null,
      inputmode: one.kind === "number" ? "decimal" : null, oninput: () => this.set(name, text.value),
    });
    text.value = value;
    const whole = field(one.label, text);
    if (days) whole.append(days);
    return { whole, control: text };
  }
}
