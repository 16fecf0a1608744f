/** What sets a row right, beside what is wrong with it: the address typed anew, or the way to the patient's file. */
import { element, sentenceOf } from "../shared/widget";

export interface Mended {
  name: string;
  key?: string;
  mend?: "" | "address" | "file";
  address?: string;
}

export interface MendingOptions {
  word: (name: string, values?: Record<string, string | number>) => string;
  /** Have Python do it; what it refuses is thrown. */
  ask: (kind: "correct" | "complete", question: Record<string, string>) => Promise<void>;
  /** The address was written, and what it was typed in goes away: the keyboard goes elsewhere. */
  done: () => void;
}

let made = 0;

/** The field is made anew with every list: what was typed and not saved stays with its row, and so does the keyboard. */
export class Mending {
  private readonly typed = new Map<string, string>();
  private held: { key: string; from: number; to: number } | undefined;
  private field: HTMLInputElement | undefined;
  private key = "";

  constructor(private readonly options: MendingOptions) {}

  /** Return what sets a row right; nothing where nothing does. */
  of(row: Mended): HTMLElement | false {
    const { word, ask } = this.options;
    const key = row.key ?? "";
    this.key = key;
    this.field = undefined;
    if (!key || !row.mend) return false;
    const said = element("p", { class: "pw-note pw-mending-said", role: "status", id: `pw-mending-${(made += 1)}`, hidden: true });
    const say = (sentence: string, bad = false): void => {
      said.textContent = bad ? `✕ ${sentence}` : sentence;
      said.className = bad ? "pw-mending-said pw-alert" : "pw-mending-said pw-note";
      said.setAttribute("role", bad ? "alert" : "status");
      said.hidden = sentence === "";
    };
    if (row.mend === "file") {
      const complete = (): void => void ask("complete", { key }).catch((refused: unknown) => say(sentenceOf(refused), true));
      return element("div", { class: "pw-mending" }, element("button", { type: "button", class: "pw-button", onclick: complete }, word("complete")), said);
    }
    const field = element("input", { type: "text", inputmode: "email", class: "pw-input", autocomplete: "off", spellcheck: "false", "aria-describedby": said.id });
    const button = element("button", { type: "submit", class: "pw-button" }, word("correct"));
    field.value = this.typed.get(key) ?? row.address ?? "";
    field.setAttribute("aria-label", word("address_of", { who: row.name }));
    field.addEventListener("input", () => {
      this.typed.set(key, field.value);
      field.removeAttribute("aria-invalid");
    });
    const write = async (): Promise<void> => {
      if (field.readOnly) return;
      field.readOnly = button.disabled = true;
      say(word("saving"));
      const refused = await ask("correct", { key, address: field.value }).then(() => "", sentenceOf);
      field.readOnly = button.disabled = false;
      say(refused, refused !== "");
      field.setAttribute("aria-invalid", String(refused !== ""));
      if (refused !== "") return field.focus();
      this.typed.delete(key);
      this.held = undefined;
      this.options.done();
    };
    const form = element("form", { class: "pw-row pw-mending" }, field, button, said);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void write();
    });
    this.field = field;
    return form;
  }

  /** What was shown goes: remember where the keyboard was. */
  leave(): void {
    const { field, key } = this;
    this.held = field && field.ownerDocument.activeElement === field ? { key, from: field.selectionStart ?? 0, to: field.selectionEnd ?? 0 } : undefined;
  }

  /** What is shown has come: the keyboard is where it was, if it is the same row. */
  come(): void {
    const { held, field } = this;
    if (!held || held.key !== this.key || !field) return;
    field.focus({ preventScroll: true });
    field.setSelectionRange(held.from, held.to);
  }
}
