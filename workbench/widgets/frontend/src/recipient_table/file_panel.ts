/**
 * The file of a row's patient, under the rows: whom to call how, and where. What was typed and not saved stays with the
 * patient, whatever row is opened meanwhile.
 */
import { field } from "../shared/controls";
import { element } from "../shared/widget";

export interface Person {
  /** The person's key; nothing for the patient. */
  key: string;
  title: string;
  name: string;
  values: Record<string, string>;
}

export interface PatientFile {
  name: string;
  number: string;
  people: Person[];
  /** A child for whom nobody is written down. */
  alone: boolean;
  /** Somebody who answers for the patient and is not written down yet, where that is possible. */
  new?: Person;
  languages: [code: string, label: string][];
}

export interface FilePanelOptions {
  word: (name: string, values?: Record<string, string | number>) => string;
  canGo: () => boolean;
  /** Save what was changed; gives what was refused, or nothing. */
  save: (patientId: string, changed: Record<string, Record<string, string>>) => Promise<string>;
  go: (patientId: string) => void;
  /** The panel was closed: the keyboard goes back to the row. */
  closed: () => void;
}

const KINDS: Record<string, Record<string, string>> = {
  civility: { autocomplete: "off" },
  phone: { type: "tel", autocomplete: "off" },
  mobile: { type: "tel", autocomplete: "off" },
  email: { inputmode: "email", autocomplete: "off", spellcheck: "false" },
};

export class FilePanel {
  readonly root = element("section", { class: "pw-file", hidden: true });
  private readonly typed = new Map<string, Record<string, string>>();
  /** The patients whose file is being saved. */
  private readonly saving = new Set<string>();
  private readonly said = element("p", { class: "pw-file-said", role: "status", "aria-live": "polite" });
  private patientId = "";
  private file: PatientFile | undefined;

  constructor(private readonly options: FilePanelOptions) {
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
      else if (event.key === "Enter" && !(event.target as HTMLElement).matches("button, select")) void this.save();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  /**
   * Show a patient's file; the keyboard goes to its first field that is empty, else to its first one. Where nobody can be
   * written to (`unwritten`), it goes to the address that is missing, else to the first one.
   */
  show(patientId: string, file: PatientFile, focus = true, unwritten = false): void {
    this.patientId = patientId;
    this.file = file;
    const { word } = this.options;
    const kept = this.typed.get(patientId) ?? {};
    this.root.setAttribute("aria-label", `${file.name}, ${word("number", { number: file.number })}`);
    const save = element("button", { type: "button", class: "pw-button pw-main", onclick: () => void this.save() }, word("save_file"));
    const close = element("button", { type: "button", class: "pw-button", onclick: () => this.close() }, word("close"));
    const go = this.options.canGo() && element("button", { type: "button", class: "pw-button pw-quiet", onclick: () => this.options.go(this.patientId) }, word("go_to_patient"));
    this.root.replaceChildren(
      element(
        "div",
        { class: "pw-row pw-file-head" },
        element("strong", {}, element("bdi", {}, file.name)),
        element("span", { class: "pw-note" }, word("number", { number: file.number })),
        element("span", { class: "pw-grow" }),
        go,
      ),
      ...file.people.map((person) => this.fields(person, kept)),
      file.alone ? element("p", { class: "pw-note" }, `? ${word("nobody_answers")}`) : "",
      file.new ? this.newcomer(file.new, kept, file.alone) : "",
      this.said,
      element("div", { class: "pw-row pw-file-foot" }, close, element("span", { class: "pw-grow" }), save),
    );
    this.root.hidden = false;
    this.hold();
    this.say(Object.keys(kept).length > 0 ? word("typed_before") : "");
    if (!focus) return;
    const inputs = [...this.root.querySelectorAll<HTMLInputElement>("input")];
    const missing = inputs.find((input) => input.value === "" && input.dataset["column"] !== "civility");
    // Of a child whom nobody answers for, that is what is missing.
    const newcomer = file.alone && file.new && inputs.find((input) => input.dataset["name"] === `${file.new?.key}/last_name`);
    const addresses = unwritten ? inputs.filter((input) => input.dataset["column"] === "email") : [];
    const address = addresses.find((input) => input.value === "") ?? addresses[0];
    // The page does not jump to the field: whoever opened the file sees its row still.
    (newcomer || address || missing || inputs[0])?.focus({ preventScroll: true });
  }

  /** Whether a patient's file is open. */
  get open(): boolean {
    return !this.root.hidden;
  }

  /** Go away without the keyboard: other rows are shown. */
  hide(): void {
    this.root.hidden = true;
    this.root.replaceChildren();
  }

  close(): void {
    this.typed.delete(this.patientId);
    this.hide();
    this.options.closed();
  }

  private fields(person: Person, kept: Record<string, string>): HTMLElement {
    const { word } = this.options;
    const fields = Object.entries(person.values).map(([column, value]) => {
      const name = `${person.key}/${column}`;
      const control =
        column === "language"
          ? element("select", { class: "pw-input" }, ...this.languages(value).map(([code, label]) => element("option", { value: code }, label)))
          : element("input", { type: "text", class: "pw-input", ...KINDS[column] });
      control.value = kept[name] ?? value;
      control.dataset["name"] = name;
      control.dataset["column"] = column;
      control.addEventListener("input", () => this.remember(name, control.value, value));
      const shown = field(word(column === "language" ? "written_in" : column), control);
      shown.classList.add(`pw-file-${column}`);
      return shown;
    });
    const name = person.key && person.name ? `${person.title} · ${person.name}` : person.title;
    return element("div", { class: "pw-file-person", role: "group", "aria-label": name }, element("div", { class: "pw-file-name" }, element("bdi", {}, name)), ...fields);
  }

  /** The fields of a new guardian, behind a button unless nobody is written down. */
  private newcomer(person: Person, kept: Record<string, string>, open: boolean): HTMLElement {
    const fields = this.fields(person, kept);
    if (open || Object.keys(kept).some((name) => name.startsWith(`${person.key}/`))) return fields;
    const add = element("button", { type: "button", class: "pw-button pw-quiet pw-file-add" }, `+ ${this.options.word("add_guardian")}`);
    add.addEventListener("click", () => {
      add.replaceWith(fields);
      this.hold();
      fields.querySelector<HTMLElement>("input")?.focus();
    });
    return add;
  }

  /** The languages there are; a file without one says so. */
  private languages(now: string): [string, string][] {
    const known = this.file?.languages ?? [];
    return known.some(([code]) => code === now) ? known : [[now, now || "–"], ...known];
  }

  private remember(name: string, text: string, before: string): void {
    const kept = { ...this.typed.get(this.patientId) };
    if (text === before) delete kept[name];
    else kept[name] = text;
    if (Object.keys(kept).length > 0) this.typed.set(this.patientId, kept);
    else this.typed.delete(this.patientId);
    this.say("");
  }

  private say(sentence: string, bad = false): void {
    this.said.textContent = bad && sentence ? `✕ ${sentence}` : sentence;
    this.said.className = bad && sentence ? "pw-file-said pw-alert" : "pw-file-said pw-note";
    this.said.hidden = sentence === "";
  }

  /** Let nothing be typed into a file that is being saved: nobody would know whether it was saved too. */
  private hold(): void {
    const held = this.saving.has(this.patientId);
    for (const input of this.root.querySelectorAll("input")) input.readOnly = held;
    for (const list of this.root.querySelectorAll("select")) list.disabled = held;
  }

  private async save(): Promise<void> {
    const patientId = this.patientId;
    if (this.saving.has(patientId)) return;
    const changed: Record<string, Record<string, string>> = {};
    for (const [name, text] of Object.entries(this.typed.get(patientId) ?? {})) {
      const [key, column] = [name.slice(0, name.lastIndexOf("/")), name.slice(name.lastIndexOf("/") + 1)];
      changed[key] = { ...changed[key], [column]: text };
    }
    if (Object.keys(changed).length === 0) return this.close();
    this.say(this.options.word("saving"));
    this.saving.add(patientId);
    this.hold();
    const refused = await this.options.save(patientId, changed).finally(() => this.saving.delete(patientId));
    if (refused) {
      this.hold();
      if (patientId === this.patientId && this.open) this.say(refused, true);
      return;
    }
    this.typed.delete(patientId);
    if (patientId === this.patientId && this.open) this.close();
  }
}
