/** What the parts of the library share: the email types as they stand, a way to ask and to write, and small forms. */
import { button, field } from "../shared/controls";
import { element, Refusal, sentenceOf, type Answer } from "../shared/widget";

export type Word = (name: string, values?: Record<string, string | number>) => string;

/** An email type as the tree and the overview show it. */
export interface Row {
  path: string;
  folder: string;
  label: string;
  subject: string;
  language: string;
  variant_of: string;
  variants: string[];
  searches: string[];
  revision: number;
  saved_at: string;
  saved_by: string;
  /** When a text of it was written that is not saved; "" when there is none. */
  unsaved?: string;
}

export interface Counts {
  error: number;
  warning: number;
}

/** What differs between two states of an email type, part by part; each piece with its sign: "", "-" or "+". */
export interface Change {
  called: string;
  pieces: [sign: string, text: string][];
}

/** What became of something that was written: it is kept, or somebody else kept another state meanwhile. */
export type Written = { kept: true } | { kept: false; overtaken: string };

export interface Desk {
  readonly word: Word;
  readonly rows: Row[];
  readonly archived: Row[];
  readonly folders: string[];
  readonly samples: [string, string][];
  readonly languages: [string, string][];
  /** Whether texts are written here, too. */
  readonly writes: boolean;
  /** Whether there is a page that sends with it. */
  readonly uses: boolean;
  ask(kind: string, question?: Record<string, unknown>): Promise<Record<string, unknown>>;
  askFile(kind: string, question?: Record<string, unknown>): Promise<Answer>;
  /** Write something, and show the library as it stands then; rejects with a `Refusal`. */
  write(kind: string, question?: Record<string, unknown>): Promise<Written>;
  tell(sentence: string, bad?: boolean): void;
  choose(path: string): void;
  /** What the check of an email type found, when it is known. */
  counts(row: Row): Counts | undefined;
  learnCounts(path: string, counts: Counts): void;
}

/** The sign, word and colour of what a check found; nothing while it is not known. */
export function stateOf(counts: Counts | undefined, word: Word): HTMLElement | null {
  if (!counts) return null;
  if (counts.error > 0) return element("span", { class: "pw-state pw-state-bad" }, word("errors", { count: counts.error }));
  if (counts.warning > 0) return element("span", { class: "pw-state pw-state-doubt" }, word("warnings", { count: counts.warning }));
  return element("span", { class: "pw-state pw-state-good" }, word("in_order"));
}

/** Run something a person asked for; what Python refuses is told. */
export function tried(desk: Desk, doing: Promise<unknown>): void {
  void doing.catch((refusal: unknown) => desk.tell(sentenceOf(refusal), true));
}

export interface FormOptions {
  title: string;
  note?: string;
  fields: HTMLElement[];
  submit: string;
  cancel: string;
  onsubmit: () => Promise<unknown>;
  onclose: () => void;
}

/** A small form in place: Enter keeps it, Escape closes it; what Python refuses is said in it, and nothing is lost. */
export function smallForm(options: FormOptions): HTMLElement {
  const trouble = element("p", { class: "pw-alert", role: "alert", hidden: true });
  const submit = element("button", { type: "submit", class: "pw-button pw-main" }, options.submit);
  const whole = element(
    "form",
    { class: "pw-card pw-small-form", "aria-label": options.title },
    element("h4", { class: "pw-card-title" }, options.title),
    options.note ? element("p", { class: "pw-note" }, options.note) : null,
    ...options.fields,
    trouble,
    element("div", { class: "pw-row pw-form-foot" }, button(options.cancel, options.onclose), element("span", { class: "pw-grow" }), submit),
  );
  whole.addEventListener("submit", (event) => {
    event.preventDefault();
    if (submit.disabled) return;
    submit.disabled = true;
    trouble.hidden = true;
    void options.onsubmit().then(
      () => (submit.disabled = false),
      (refusal: unknown) => {
        submit.disabled = false;
        trouble.textContent = `✕ ${sentenceOf(refusal)}`;
        trouble.hidden = false;
      },
    );
  });
  whole.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    options.onclose();
  });
  return whole;
}

/** A question asked once, in place, before something is done. */
export function askOnce(sentence: string, yes: string, no: string, onyes: () => void, onno: () => void): HTMLElement {
  const box = element(
    "div",
    { class: "pw-card pw-ask", role: "group", "aria-label": sentence },
    element("p", { class: "pw-ask-sentence" }, sentence),
    element("div", { class: "pw-row" }, button(no, onno), button(yes, onyes, { class: "pw-button pw-main" })),
  );
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onno();
  });
  return box;
}

export const textInput = (value = "", more: Record<string, unknown> = {}): HTMLInputElement => {
  const made = element("input", { type: "text", class: "pw-input", spellcheck: "false", autocomplete: "off", ...more });
  made.value = value;
  return made;
};

let lists = 0;

/** A folder, to be chosen among those there are or written anew. */
export function folderField(desk: Desk, value: string): { whole: HTMLElement; input: HTMLInputElement } {
  const id = `pw-folders-${(lists += 1)}-${Math.random().toString(36).slice(2, 8)}`;
  const input = textInput(value, { list: id, placeholder: desk.word("no_folder") });
  const list = element("datalist", { id }, ...desk.folders.filter(Boolean).map((folder) => element("option", { value: folder })));
  return { whole: field(desk.word("folder"), element("div", {}, input, list), input), input };
}

/** Draw what differs, each word with its sign besides its colour; long stretches that stayed are shortened. */
export function drawChanges(changes: Change[], word: Word): HTMLElement {
  if (changes.length === 0) return element("p", { class: "pw-note" }, word("same"));
  return element(
    "dl",
    { class: "pw-changes" },
    ...changes.flatMap(({ called, pieces }) => [
      element("dt", {}, called),
      element("dd", { tabindex: "0" }, ...(pieces.length === 0 ? [element("span", { class: "pw-note" }, word("looks_only"))] : pieces.map((piece, place) => drawPiece(piece, place, pieces.length, word)))),
    ]),
  );
}

const STAYS = 120;

function drawPiece([sign, text]: [string, string], place: number, count: number, word: Word): Node {
  if (sign === "") {
    if (text.length <= 2 * STAYS) return document.createTextNode(text);
    const head = place === 0 ? "" : text.slice(0, STAYS);
    const tail = place === count - 1 ? "" : text.slice(-STAYS);
    return document.createTextNode(`${head} […] ${tail}`);
  }
  const gone = sign === "-";
  const tag = gone ? "del" : "ins";
  return element(
    tag,
    { class: gone ? "pw-gone" : "pw-came" },
    element("span", { class: "pw-visually-hidden" }, `${word(gone ? "gone_text" : "new_text")} `),
    element("span", { class: "pw-sign", "aria-hidden": "true" }, gone ? "−" : "+"),
    text,
  );
}

export { Refusal, sentenceOf };
