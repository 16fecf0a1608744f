/**
 * The words of a designed page: each passage of it as a text with chips, and everything between them as it stands.
 *
 * Nothing but the words that somebody changes is written anew: the page itself never passes through the editor.
 */
import { RichText, type FieldList, type Fields, type FindingShown } from "../shared/rich_text";
import { jinja } from "../shared/rich_text/field_syntax";
import { drawTag } from "../shared/rich_text/tag_words";
import { element } from "../shared/widget";

/** Where the words of one element stand in a source. */
export interface Passage {
  start: number;
  end: number;
  tag: string;
  /** The element is not seen in the letter: mail programs show its words beside the subject. */
  hidden: boolean;
  /** The statements of Jinja2 between the words before and these. */
  conditions: string[];
}

const BLOCKS = "p|h[1-6]|li|td|th|div|table|thead|tbody|tr|ul|ol|body|html|head|blockquote|center|hr|section|caption|pre|iframe|form|svg|object|script|style";
const ATTRIBUTES = `(?:"[^"]*"|'[^']*'|[^>"'])*`;
const LEAF = new RegExp(`<(p|h[1-6]|li|td|th|div)\\b(${ATTRIBUTES})>((?:(?!</?(?:${BLOCKS})\\b)[\\s\\S])*?)</\\1\\s*>`, "gi");
const masked = (found: string): string => "\u0001".repeat(found.length);

/** Find the passages of a page: the innermost elements that hold words. */
export function passagesOf(source: string): Passage[] {
  const bare = source
    .replace(jinja(), masked)
    .replace(/<!--[\s\S]*?-->/g, masked)
    .replace(/<(style|script|head|title)\b[\s\S]*?<\/\1\s*>/gi, masked);
  const found: Passage[] = [];
  let last = 0;
  for (const match of bare.matchAll(LEAF)) {
    const [whole, tag, attributes, inner] = match as unknown as [string, string, string, string];
    const end = match.index + whole.lastIndexOf("</");
    const start = end - inner.length;
    const said = source.slice(start, end).replace(/\{[%#][\s\S]*?[%#]\}/g, "").replace(/<[^>]*>/g, "").replace(/&#?\w+;/g, "");
    if (!/[\p{L}\p{N}]/u.test(said)) continue;
    const conditions = [...source.slice(last, start).matchAll(jinja())].map(([one]) => one).filter((one) => one.startsWith("{%"));
    found.push({ start, end, tag: tag.toLowerCase(), hidden: /display\s*:\s*none/i.test(attributes), conditions });
    last = end;
  }
  return found;
}

export interface PassagesOptions {
  fields: Fields;
  list: FieldList;
  word: (name: string, values?: Record<string, string | number>) => string;
  onchange: () => void;
  onfocus: () => void;
  picture: (src: string) => Promise<string | null>;
}

export class Passages {
  readonly box = element("div", { class: "pw-editor-passages" });
  private source = "";
  private shown: { passage: Passage; text: RichText }[] = [];
  private conditions: [HTMLElement, string][] = [];
  private stop: () => void = () => undefined;
  private current = 0;
  private findings: ReadonlyMap<string, FindingShown> = new Map();

  constructor(private readonly options: PassagesOptions) {}

  /** Show the words of a page; tell whether there are any that can be written here. */
  load(source: string): boolean {
    this.close();
    this.source = source;
    const parts: HTMLElement[] = [];
    const { fields, list, word, onchange, onfocus, picture } = this.options;
    for (const passage of passagesOf(source)) {
      const words = source.slice(passage.start, passage.end);
      const number = this.shown.length;
      const label = passage.hidden ? word("preheader") : word("passage", { number: number + 1 });
      const text = new RichText({
        label, fields, list, word, onchange, picture, passage: true,
        onfocus: () => {
          this.current = number;
          onfocus();
        },
      });
      if (text.loss(words) !== null) {
        text.close();
        continue;
      }
      text.load(words);
      text.mark(this.findings);
      this.shown.push({ passage, text });
      if (passage.conditions.length > 0) {
        parts.push(element("div", { class: "pw-editor-conditions" }, ...passage.conditions.map((one) => this.condition(one))));
      }
      const note = passage.hidden ? element("p", { class: "pw-note", "aria-hidden": "true" }, label) : null;
      parts.push(element("div", { class: `pw-editor-passage pw-editor-${passage.tag}` }, note, text.box));
    }
    this.stop = fields.watch(() => this.drawConditions());
    this.current = Math.max(0, this.shown.findIndex(({ passage }) => passage.tag === "p"));
    this.box.replaceChildren(...parts);
    return this.shown.length > 0;
  }

  /** Show what was written elsewhere. */
  replace(source: string): void {
    if (source === this.text()) return;
    const { scrollTop } = this.box;
    this.load(source);
    this.box.scrollTop = scrollTop;
  }

  text(): string {
    let whole = "";
    let end = 0;
    for (const { passage, text } of this.shown) {
      whole += this.source.slice(end, passage.start) + text.text();
      end = passage.end;
    }
    return whole + this.source.slice(end);
  }

  focus(): void {
    this.shown[this.current]?.text.focus();
  }

  insertField(code: string): void {
    this.shown[this.current]?.text.insertField(code);
  }

  mark(findings: ReadonlyMap<string, FindingShown>): void {
    this.findings = findings;
    for (const { text } of this.shown) text.mark(findings);
  }

  point(code: string, _line = 0): void {
    const found = this.shown.find(({ text }) => code !== "" && new RegExp(`\\b${code}\\b`).test(text.text())) ?? this.shown[this.current];
    found?.text.point(code);
  }

  private condition(source: string): HTMLElement {
    const chip = element("span", { class: "pw-rich-tag" });
    this.conditions.push([chip, source]);
    drawTag(chip, source, this.options.fields, this.options.word);
    return chip;
  }

  private drawConditions(): void {
    for (const [chip, source] of this.conditions) drawTag(chip, source, this.options.fields, this.options.word);
  }

  close(): void {
    this.stop();
    this.conditions = [];
    for (const { text } of this.shown) text.close();
    this.shown = [];
    this.box.replaceChildren();
  }
}
