/**
 * Files that become email types: they go to Python in pieces, which says what they hold; nothing is kept before a person
 * says so. Texts of other programs show their codes, and each one that nobody knows is asked about once.
 */
import { button, field } from "../shared/controls";
import { base64 } from "../shared/files";
import { Reading, type Message } from "../shared/message";
import { element } from "../shared/widget";
import { folderField, sentenceOf, textInput, type Desk } from "./desk";

const PIECE = 600_000;

let sent = 0;

/** Send a file, and return what Python says of it; its number is added as `id`. */
export async function sendFile(desk: Desk, file: File, attachment = false): Promise<Record<string, unknown>> {
  const id = `${(sent += 1)}-${Math.random().toString(36).slice(2, 10)}`;
  for (let at = 0; ; at += PIECE) {
    const last = at + PIECE >= file.size;
    const piece = await base64(file.slice(at, at + PIECE));
    const answer = await desk.ask("upload", { id, name: file.name, piece, last, attachment });
    if (last) return { ...answer, id };
  }
}

interface Code {
  code: string;
  times: number;
  field: string;
  how: string;
  unknown: boolean;
  near: string[];
}

interface Text {
  id: string;
  label: string;
  family: string;
  codes: Code[];
  lost: string[];
  open: string;
  fields: [code: string, label: string][];
  message?: Message;
  broken?: string;
}

interface Types {
  id: string;
  rows: [path: string, subject: string, becomes: string, word: string][];
  told: string[];
  count: number;
}

const LEFT_OUT = "-";
const AS_TEXT = "=";

export class Importing {
  readonly whole: HTMLElement;
  private readonly files = element("div", { class: "pw-import-files" });
  private readonly chooser: HTMLInputElement;
  private readonly choose: HTMLButtonElement;

  constructor(
    private readonly desk: Desk,
    onclose: () => void,
  ) {
    const { word } = desk;
    this.chooser = element("input", { type: "file", multiple: true, hidden: true, accept: ".html,.htm,.zip,.docx,.dotx,.docm,.eml,.txt", "aria-label": word("choose_files") });
    this.chooser.addEventListener("change", () => {
      this.take([...(this.chooser.files ?? [])]);
      this.chooser.value = "";
    });
    this.choose = button(word("choose_files"), () => this.chooser.click(), { class: "pw-button pw-main" });
    const drop = element("div", { class: "pw-drop" }, element("p", {}, word("drop")), this.chooser, this.choose);
    this.whole = element(
      "section",
      { class: "pw-card pw-import", "aria-label": word("import_title") },
      element("div", { class: "pw-row" }, element("h4", { class: "pw-card-title" }, word("import_title")), element("span", { class: "pw-grow" }), button(word("close"), onclose)),
      drop,
      this.files,
    );
    this.whole.addEventListener("dragover", (event) => {
      if (event.dataTransfer?.types.includes("Files") !== true) return;
      event.preventDefault();
      drop.classList.add("pw-drop-over");
    });
    this.whole.addEventListener("dragleave", () => drop.classList.remove("pw-drop-over"));
    this.whole.addEventListener("drop", (event) => {
      drop.classList.remove("pw-drop-over");
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      event.stopPropagation();
      this.take(files);
    });
  }

  focus(): void {
    this.choose.focus();
  }

  /** Read files one after the other; each gets a card of its own. */
  take(files: File[]): void {
    for (const file of files) {
      const card = element("section", { class: "pw-import-file", "aria-label": file.name }, element("p", { role: "status" }, this.desk.word("sending_file", { file: file.name })));
      this.files.prepend(card);
      void sendFile(this.desk, file).then(
        (answer) => (answer["holds"] === "types" ? this.drawTypes(card, file.name, answer as unknown as Types) : this.drawText(card, file.name, answer as unknown as Text, {})),
        (refusal: unknown) => card.replaceChildren(element("p", { class: "pw-alert", role: "alert" }, `✕ ${this.desk.word("not_read", { file: file.name, reason: sentenceOf(refusal) })}`)),
      );
    }
  }

  private drawTypes(card: HTMLElement, name: string, held: Types): void {
    const { word } = this.desk;
    const keep = button(word("take_in", { count: held.count }), () => void this.keep(card, keep, "take_in", { id: held.id, reason: name }), { class: "pw-button pw-main" });
    card.replaceChildren(
      element("h5", { class: "pw-import-name" }, name),
      element("p", {}, held.told.join(" · ")),
      element(
        "ul",
        { class: "pw-import-rows", tabindex: "0", "aria-label": name },
        ...held.rows.map(([path, subject, becomes, called]) =>
          element("li", {}, element("span", { class: `pw-state ${becomes === "same" ? "pw-state-none" : becomes === "new" ? "pw-state-good" : "pw-state-doubt"}` }, `${becomes === "same" ? "=" : becomes === "new" ? "+" : "±"} ${called}`), " ", element("strong", {}, path), " ", element("span", { class: "pw-note" }, subject)),
        ),
      ),
      held.count > 0 ? element("div", { class: "pw-row pw-form-foot" }, element("span", { class: "pw-grow" }), keep) : element("p", { class: "pw-note" }, word("nothing_new")),
    );
  }

  private drawText(card: HTMLElement, name: string, text: Text, said: Record<string, string>): void {
    const { word } = this.desk;
    const unknown = text.codes.filter((one) => one.unknown || one.code in said);
    const known = text.codes.filter((one) => !unknown.includes(one));
    const meaning = (one: Code): HTMLSelectElement => {
      const near = text.fields.filter(([code]) => one.near.includes(code));
      const option = ([code, label]: [string, string]) => element("option", { value: code }, `${code} — ${label}`);
      const select = element(
        "select",
        { class: "pw-input" },
        element("option", { value: AS_TEXT }, word("keep_text")),
        element("option", { value: LEFT_OUT }, word("leave_out")),
        near.length > 0 ? element("optgroup", { label: "≈" }, ...near.map(option)) : null,
        element("optgroup", { label: "@" }, ...text.fields.map(option)),
      );
      select.value = said[one.code] ?? AS_TEXT;
      select.addEventListener("change", () => {
        said[one.code] = select.value;
      });
      return select;
    };
    const mapping = (): Record<string, string> =>
      Object.fromEntries(Object.entries(said).filter(([, value]) => value !== AS_TEXT).map(([code, value]) => [code, value === LEFT_OUT ? "" : value]));
    const label = textInput(text.label, { required: true, maxlength: 120 });
    const home = folderField(this.desk, "");
    const trouble = element("p", { class: "pw-alert", role: "alert", hidden: true });
    const reading = new Reading(word);
    if (text.message) reading.show(text.message, () => Promise.resolve({ headers: [], source: "" }));
    else reading.say(text.broken ?? "", true);
    const again = button(word("read_codes"), () => {
      again.disabled = true;
      void this.desk.ask("convert", { id: text.id, mapping: mapping() }).then(
        (answer) => this.drawText(card, name, { ...(answer as unknown as Text), id: text.id, label: label.value }, said),
        (refusal: unknown) => {
          again.disabled = false;
          trouble.textContent = `✕ ${sentenceOf(refusal)}`;
          trouble.hidden = false;
        },
      );
    });
    const keep = button(word("save"), () => {
      trouble.hidden = true;
      const named = { label: label.value, folder: home.input.value, mapping: mapping(), keep_unknown: true };
      void this.keep(card, keep, "keep", { id: text.id, ...named }, (sentence) => {
        trouble.textContent = `✕ ${sentence}`;
        trouble.hidden = false;
      });
    }, { class: "pw-button pw-main" });
    card.replaceChildren(
      element("h5", { class: "pw-import-name" }, name),
      ...(known.length > 0
        ? [
            element(
              "details",
              {},
              element("summary", {}, word("known_codes", { count: known.length })),
              element("ul", { class: "pw-import-rows", tabindex: "0", "aria-label": word("codes") }, ...known.map((one) => element("li", {}, element("code", {}, one.code), ` → ${one.field || "–"} `, element("span", { class: "pw-note" }, one.how)))),
            ),
          ]
        : []),
      ...(unknown.length > 0
        ? [
            element(
              "div",
              { class: "pw-import-codes", role: "group", "aria-label": word("codes") },
              element("p", {}, word("unknown_codes")),
              ...unknown.map((one) => field(word("means", { code: one.code, count: one.times }), meaning(one))),
              again,
            ),
          ]
        : []),
      text.open && unknown.length === 0 ? element("p", { class: "pw-alert" }, `? ${text.open}`) : "",
      ...(text.lost.length > 0 ? [element("details", { open: true }, element("summary", {}, word("lost")), element("ul", {}, ...text.lost.map((one) => element("li", {}, one))))] : []),
      element("div", { class: "pw-row" }, reading.tabs),
      reading.panel,
      element("div", { class: "pw-import-as", role: "group", "aria-label": word("as_type") }, field(word("label"), label), home.whole),
      trouble,
      element("div", { class: "pw-row pw-form-foot" }, element("span", { class: "pw-grow" }), keep),
    );
  }

  private async keep(card: HTMLElement, pressed: HTMLButtonElement, kind: string, question: Record<string, unknown>, complain?: (sentence: string) => void): Promise<void> {
    pressed.disabled = true;
    try {
      await this.desk.write(kind, question);
      card.remove();
    } catch (refusal) {
      pressed.disabled = false;
      if (complain) complain(sentenceOf(refusal));
      else this.desk.tell(sentenceOf(refusal), true);
    }
  }
}
