/** The controls that forms are made of: a labelled field, chips, a list to tick, a part that folds. */
import { element } from "./widget";

/** A value and what it is called. */
export type Choice = [value: string, label: string];

let made = 0;
const newId = (): string => `pw-${(made += 1)}-${Math.random().toString(36).slice(2, 8)}`;

/** Make a button with a word on it. */
export function button(label: string, press: () => void, attributes: Record<string, unknown> = {}): HTMLButtonElement {
  return element("button", { type: "button", class: "pw-button", onclick: press, ...attributes }, label);
}

/** Put a label above a control, and join the two. */
export function field(label: string, shown: HTMLElement, control: HTMLElement = shown): HTMLElement {
  control.id ||= newId();
  return element("div", { class: "pw-field" }, element("label", { class: "pw-label", for: control.id }, label), shown);
}

export interface Chips extends HTMLElement {
  /** Show these values as pressed, and no other one. */
  press(values: string[]): void;
}

/** A named group of buttons that are pressed or not. What a press means is for the caller to say. */
export function chips(label: string, choices: Choice[], pressed: string[], onpress: (value: string, group: Chips) => void): Chips {
  const name = element("span", { class: "pw-label", id: newId() }, label);
  const row = element("div", { class: "pw-row pw-chips" });
  const group = element("div", { class: "pw-field", role: "group", "aria-labelledby": name.id }, name, row) as unknown as Chips;
  const buttons = choices.map(([value, text]) => {
    const chip = element("button", { type: "button", class: "pw-chip", "data-value": value }, text);
    chip.addEventListener("click", () => onpress(value, group));
    return chip;
  });
  row.append(...buttons);
  group.press = (values) => {
    for (const chip of buttons) chip.setAttribute("aria-pressed", String(values.includes(chip.dataset["value"] ?? "")));
  };
  group.press(pressed);
  return group;
}

/** A part that opens and closes under its own button; what is in it is made when it is first opened. */
export function fold(
  label: string,
  summary: string,
  open: boolean,
  ontoggle: (open: boolean) => void,
  parts: () => (HTMLElement | null)[],
): HTMLElement {
  const panel = element("div", { class: "pw-fold-panel", id: newId() });
  const note = element("p", { class: "pw-note" }, summary);
  const sign = element("span", { class: "pw-fold-sign", "aria-hidden": "true" }, "▸");
  const head = button("", () => show(!open), { class: "pw-fold-head", "aria-controls": panel.id });
  head.append(sign, label);
  const show = (now: boolean): void => {
    open = now;
    if (open && panel.childElementCount === 0) panel.append(...parts().filter((part): part is HTMLElement => part !== null));
    panel.hidden = !open;
    note.hidden = open;
    sign.textContent = open ? "▾" : "▸";
    head.setAttribute("aria-expanded", String(open));
    ontoggle(open);
  };
  show(open);
  return element("div", { class: "pw-field" }, head, note, panel);
}

/** A list of boxes to tick, folded behind a button that says what is ticked. It opens in place and covers nothing. */
export function pickList(
  label: string,
  choices: Choice[],
  chosen: string[],
  say: { all: string; some: (first: string, count: number) => string },
  onchange: (chosen: string[]) => void,
): HTMLElement {
  const panel = element("div", { class: "pw-pick-panel", id: newId(), role: "group", "aria-label": label, hidden: true });
  const text = element("span", { class: "pw-pick-text", id: newId() });
  const name = element("span", { class: "pw-label", id: newId() }, label);
  const sign = element("span", { "aria-hidden": "true" }, "▾");
  const head = button("", () => show(Boolean(panel.hidden)), {
    class: "pw-input pw-pick-head",
    "aria-expanded": "false",
    "aria-controls": panel.id,
    "aria-labelledby": `${name.id} ${text.id}`,
  });
  head.append(text, sign);
  const show = (open: boolean): void => {
    panel.hidden = !open;
    head.setAttribute("aria-expanded", String(open));
  };
  const tell = (): void => {
    const labels = choices.filter(([value]) => chosen.includes(value)).map(([, one]) => one);
    text.textContent = labels.length === 0 ? say.all : labels.length === 1 ? (labels[0] as string) : say.some(labels[0] as string, labels.length - 1);
  };
  for (const [value, one] of choices) {
    const box = element("input", { type: "checkbox", value });
    box.checked = chosen.includes(value);
    box.addEventListener("change", () => {
      chosen = choices.map(([known]) => known).filter((known) => (known === value ? box.checked : chosen.includes(known)));
      tell();
      onchange(chosen);
    });
    panel.append(element("label", { class: "pw-pick-one" }, box, one));
  }
  tell();
  const whole = element("div", { class: "pw-field" }, name, head, panel);
  whole.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || panel.hidden) return;
    show(false);
    head.focus();
    event.stopPropagation();
  });
  return whole;
}
