/**
 * A message as it is read: its headers, and its body in four views (screen, phone, text, source).
 *
 * The document comes made safe by Python; here it only ever goes into a frame that may do nothing at all. Which view is
 * chosen stays with the reader from one message to the next.
 */
import { element, sentenceOf } from "./widget";

/** A message as Python gives it (`reading.py`). */
export interface Message {
  subject: string;
  sender: string;
  recipient: string;
  attachments: string[];
  /** A whole HTML document, for a frame without rights and for nothing else. */
  screen: string;
  /** The text in pieces, each with whether it is a merged value. */
  text: [piece: string, merged: boolean][];
  marked: boolean;
  notes: string[];
  links: { label: string; addresses: string[] } | null;
}

export interface Source {
  headers: [name: string, value: string][];
  source: string;
}

type Word = (name: string, values?: Record<string, string | number>) => string;
type AskSource = () => Promise<Source>;
/** Hands a file that goes with the message to the person, by its place among the attachments. */
type OpenFile = (place: number) => void;

const VIEWS = ["screen", "phone", "text", "source"] as const;
type ViewName = (typeof VIEWS)[number];

let made = 0;

export class Reading {
  /** The four views as tabs, to be put where there is room for them. */
  readonly tabs: HTMLElement;
  /** The message, or a sentence in its place. */
  readonly panel: HTMLElement;

  private view: ViewName = "screen";
  private message: Message | null = null;
  private askSource: AskSource = () => Promise.resolve({ headers: [], source: "" });
  private readonly buttons: HTMLButtonElement[];
  private readonly head = element("header", { class: "pw-letter-head" });
  private readonly body = element("div", { class: "pw-letter-body" });
  private readonly foot = element("div", { class: "pw-letter-foot" });

  constructor(private readonly word: Word) {
    const id = `pw-letter-${(made += 1)}-${Math.random().toString(36).slice(2, 8)}`;
    this.buttons = VIEWS.map((view) =>
      element(
        "button",
        { type: "button", class: "pw-chip", role: "tab", id: `${id}-${view}`, "aria-controls": id, onclick: () => this.choose(view) },
        word(view),
      ),
    );
    this.tabs = element("div", { class: "pw-letter-tabs", role: "tablist", "aria-label": word("view") }, ...this.buttons);
    this.tabs.addEventListener("keydown", (event) => this.walk(event));
    this.body.id = id;
    this.body.setAttribute("role", "tabpanel");
    this.panel = element("article", { class: "pw-letter" }, this.head, this.body, this.foot);
    this.press();
  }

  /** Show a message; its source is asked for only when somebody looks at it, and a file where it can be opened. */
  show(message: Message, askSource: AskSource, openFile?: OpenFile): void {
    this.message = message;
    this.askSource = askSource;
    const line = (name: string, ...values: (string | Node)[]) =>
      element("div", { class: "pw-letter-line" }, element("span", { class: "pw-letter-name" }, this.word(name)), " ", ...values);
    const files = openFile
      ? message.attachments.map((name, place) =>
          element("button", { type: "button", class: "pw-letter-file", "aria-label": this.word("open_file", { name }), onclick: () => openFile(place) }, name),
        )
      : [message.attachments.join(", ")];
    this.head.replaceChildren(
      element("h4", { class: "pw-letter-subject" }, message.subject),
      line("from", message.sender),
      line("to", message.recipient),
      ...(message.attachments.length > 0 ? [line("attachments", ...files)] : []),
    );
    this.head.hidden = false;
    this.draw();
  }

  /** Put a sentence where the message would be. */
  say(sentence: string, bad = false): void {
    this.message = null;
    this.head.hidden = true;
    this.foot.replaceChildren();
    this.body.replaceChildren(element("p", { class: bad ? "pw-alert" : "pw-letter-said", role: bad ? "alert" : null }, sentence));
  }

  private choose(view: ViewName): void {
    this.view = view;
    this.press();
    if (this.message) this.draw();
  }

  private press(): void {
    this.buttons.forEach((button, place) => {
      const chosen = VIEWS[place] === this.view;
      button.setAttribute("aria-selected", String(chosen));
      button.tabIndex = chosen ? 0 : -1;
      if (chosen) this.body.setAttribute("aria-labelledby", button.id);
    });
  }

  private walk(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const place = (VIEWS.indexOf(this.view) + step + VIEWS.length) % VIEWS.length;
    this.choose(VIEWS[place] ?? "screen");
    this.buttons[place]?.focus();
  }

  private draw(): void {
    const message = this.message;
    if (!message) return;
    this.body.dataset["view"] = this.view;
    if (this.view === "text") {
      const pieces = message.text.map(([piece, merged]) => (merged ? element("mark", { class: "pw-merged" }, piece) : piece));
      this.body.replaceChildren(element("div", { class: "pw-letter-text", tabindex: "0" }, ...pieces));
    } else if (this.view === "source") {
      this.drawSource(message);
    } else {
      this.body.replaceChildren(frameOf(message, this.word("frame", { subject: message.subject })));
    }
    const told = message.notes.map((note) => element("span", { class: "pw-letter-note" }, note));
    if (message.marked && this.view !== "source") told.push(element("span", {}, this.word("marked")));
    const links = this.view === "screen" || this.view === "phone" ? message.links : null;
    this.foot.replaceChildren(
      element("div", { class: "pw-note pw-row" }, ...told),
      ...(links
        ? [
            element(
              "details",
              { class: "pw-note" },
              element("summary", {}, links.label),
              element("ul", {}, ...links.addresses.map((address) => element("li", {}, address))),
            ),
          ]
        : []),
    );
  }

  private drawSource(message: Message): void {
    this.body.replaceChildren(element("p", { class: "pw-letter-said" }, this.word("loading")));
    const asked = (): boolean => this.message === message && this.view === "source";
    const drawAnswer = (answer: Source): void => {
      if (!asked()) return;
      const headers = answer.headers.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]);
      this.body.replaceChildren(
        element(
          "div",
          { class: "pw-letter-source", tabindex: "0" },
          element("dl", { "aria-label": this.word("headers") }, ...headers),
          element("pre", {}, answer.source),
        ),
      );
    };
    void this.askSource().then(drawAnswer, (refusal: unknown) => {
      const sentence = sentenceOf(refusal);
      if (asked()) this.body.replaceChildren(element("p", { class: "pw-alert", role: "alert" }, sentence));
    });
  }
}

/** A frame of its own for each message: a frame that is filled anew would leave its former content in the browser's history. */
function frameOf(message: Message, title: string): HTMLIFrameElement {
  const frame = element("iframe", { class: "pw-letter-frame", sandbox: "", referrerpolicy: "no-referrer", title });
  frame.srcdoc = message.screen;
  return frame;
}
