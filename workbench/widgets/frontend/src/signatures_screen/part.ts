/** One part of a signature, as it is written: by the visual editor, or as HTML where that one would lose something. */
import { FieldList, RichText, type Fields } from "../shared/rich_text";
import { Toolbar } from "../shared/rich_text/toolbar";
import { button } from "../shared/controls";
import { element } from "../shared/widget";
import { Source } from "../template_editor/source";

export interface Around {
  root: HTMLElement;
  fields: Fields;
  list: FieldList;
  word: (name: string, values?: Record<string, string | number>) => string;
  picture: (src: string) => Promise<string | null>;
  keep: (file: File) => Promise<string>;
  onchange: () => void;
}

export class Part {
  readonly element: HTMLElement;
  private kind: "visual" | "source" = "visual";
  private quiet = false;
  private readonly rich: RichText;
  private readonly source: Source;
  private readonly toolbar: Toolbar;
  private readonly visual: HTMLElement;
  private readonly html: HTMLElement;
  private readonly why = element("p", { class: "pw-note pw-editor-why" });
  private readonly back: HTMLButtonElement;

  constructor(
    label: string,
    private readonly around: Around,
  ) {
    const { word, fields, list, root } = around;
    const changed = (): void => {
      if (!this.quiet) around.onchange();
    };
    this.rich = new RichText({
      label, fields, list, word, picture: around.picture,
      onchange: changed,
      onstate: () => this.toolbar?.refresh(),
      onpictures: (files) => (this.toolbar.addPicture(files), true),
      ontag: (tag, write) => this.toolbar.editTag(tag, write),
    });
    this.source = new Source({ label: `${label} – ${word("source")}`, fields, word, root, onchange: changed, onfocus: () => undefined });
    const toSource = element("button", { type: "button", class: "pw-rich-tool pw-editor-word", title: word("to_source") }, "HTML");
    toSource.addEventListener("click", () => {
      this.become("source", this.rich.text());
      this.source.focus();
    });
    this.toolbar = new Toolbar(this.rich, { word, keep: around.keep, end: [toSource] });
    this.back = button(word("to_visual"), () => {
      const text = this.source.text();
      if (this.rich.loss(text) !== null) this.why.textContent = word("would_lose");
      else {
        this.become("visual", text);
        this.rich.focus();
      }
    });
    this.visual = element("div", {}, ...this.toolbar.parts, this.rich.box);
    this.html = element("div", { hidden: true }, element("div", { class: "pw-rich-tools pw-editor-source-bar", role: "group", "aria-label": word("source") }, this.why, this.back), this.source.box);
    this.element = element("div", { class: "pw-signature-part" }, element("span", { class: "pw-label", "aria-hidden": "true" }, label), this.visual, this.html);
  }

  /** Show a text, as HTML where the visual editor would lose something of it. */
  load(text: string): void {
    const lossy = this.rich.loss(text) !== null;
    this.become(lossy ? "source" : "visual", text);
    if (lossy) this.why.textContent = this.around.word("would_lose");
  }

  text(): string {
    return this.kind === "visual" ? this.rich.text() : this.source.text();
  }

  focus(): void {
    (this.kind === "visual" ? this.rich : this.source).focus();
  }

  /** Draw the fields again: others are offered now. */
  redraw(): void {
    this.source.redraw();
  }

  close(): void {
    this.rich.close();
    this.source.close();
  }

  private become(kind: "visual" | "source", text: string): void {
    this.toolbar.shut();
    this.kind = kind;
    this.visual.hidden = kind !== "visual";
    this.html.hidden = kind !== "source";
    this.why.textContent = "";
    this.quiet = true;
    (kind === "visual" ? this.rich : this.source).load(text);
    this.quiet = false;
  }
}

const MARKER = /@CORPS(?![A-Z0-9_])/;
const MARKED = /<(div|p)(\s[^>]*)?>\s*@CORPS\s*<\/\1>|@CORPS(?![A-Z0-9_])/i;

/** What stands before the body marker, the marker in its tags, and what stands after; nothing where that cannot be told. */
export function partsOf(html: string): { before: string; marker: string; after: string } | null {
  const found = MARKED.exec(html);
  if (found === null || html.split(new RegExp(MARKER, "g")).length !== 2) return null;
  const { body } = new DOMParser().parseFromString(`<!DOCTYPE html><body>${html}`, "text/html");
  const texts = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  let at: Node | null = null;
  while (texts.nextNode()) if (MARKER.test(texts.currentNode.nodeValue ?? "")) at = texts.currentNode;
  // In a cell or a box of its own it belongs to what is round it: such a signature is one text.
  const holder = at?.parentNode ?? null;
  const alone = holder === body || (holder?.parentNode === body && found[1] !== undefined);
  if (!alone) return null;
  return { before: html.slice(0, found.index), marker: found[0], after: html.slice(found.index + found[0].length) };
}
