/** The signatures by their names, each with a small picture of how it looks; a line that stays is not made anew. */
import { placed } from "../shared/placed";
import { element } from "../shared/widget";

export interface Signature {
  label: string;
  html: string;
  used_by: string[];
}

interface Line {
  item: HTMLElement;
  press: HTMLElement;
  used: HTMLElement;
  changed: HTMLElement;
  small: HTMLElement;
  /** The text that the picture is of; nothing before it was first asked for. */
  of: string | null;
}

type Word = (name: string, values?: Record<string, string | number>) => string;

export class SignatureList {
  readonly box = element("ul", { class: "pw-kept-list" });
  private readonly lines = new Map<string, Line>();
  private asking: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly word: Word,
    /** A signature as a whole document; empty where it cannot be shown. */
    private readonly documentOf: (label: string) => Promise<string>,
    private readonly onchoose: (label: string) => void,
  ) {}

  draw(signatures: Signature[], current: string, isChanged: (label: string) => boolean): void {
    const { word } = this;
    const names = new Set(signatures.map(({ label }) => label));
    for (const label of [...this.lines.keys()]) if (!names.has(label)) this.lines.delete(label);
    placed(
      this.box,
      signatures.map((one) => {
        const line = this.lineOf(one.label);
        line.used.textContent = one.used_by.length > 0 ? word("used_by", { users: one.used_by.join(", ") }) : word("unused");
        line.changed.hidden = !isChanged(one.label);
        if (one.label === current) line.press.setAttribute("aria-current", "true");
        else line.press.removeAttribute("aria-current");
        if (line.of !== one.html) this.picture(line, one);
        return line.item;
      }),
    );
  }

  close(): void {
    this.closed = true;
  }

  private lineOf(label: string): Line {
    const known = this.lines.get(label);
    if (known) return known;
    const used = element("span", { class: "pw-note" });
    const changed = element("span", { class: "pw-state pw-state-doubt", hidden: true }, `● ${this.word("modified")}`);
    const press = element(
      "button",
      { type: "button", class: "pw-signature-one pw-kept-one", "data-signature": label, onclick: () => this.onchoose(label) },
      element("span", { class: "pw-kept-name" }, label), used, changed,
    );
    // A picture beside the words that say the same: nothing in it is read, walked to or pressed.
    const small = element("div", { class: "pw-signature-small", inert: true, "aria-hidden": "true", hidden: true });
    const line = { item: element("li", { class: "pw-signature-line" }, press, small), press, used, changed, small, of: null };
    this.lines.set(label, line);
    return line;
  }

  /** Ask for a picture once those before it are there: the page is of use meanwhile. */
  private picture(line: Line, { label, html }: Signature): void {
    line.of = html;
    const ask = async (): Promise<void> => {
      if (this.closed || line.of !== html || this.lines.get(label) !== line) return;
      const shown = await this.documentOf(label);
      if (this.closed || line.of !== html) return;
      const frame = element("iframe", { sandbox: "", referrerpolicy: "no-referrer", tabindex: "-1", title: label });
      frame.srcdoc = shown;
      line.small.replaceChildren(...(shown ? [frame] : []));
      line.small.hidden = shown === "";
    };
    this.asking = this.asking.then(ask);
  }
}
