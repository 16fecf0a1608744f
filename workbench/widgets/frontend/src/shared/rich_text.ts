/**
 * A text with merge fields, as a person writes it: a letter's body, or one line (a subject).
 *
 * What goes in and out is the text that an email type holds (`@CODE`, Jinja2, HTML); in between a field is a chip with
 * its label. As long as nobody changes anything, `text()` is what was loaded, to the byte. A body is for this editor
 * only where `lossOf` says nothing.
 */
import { Editor, Extension } from "@tiptap/core";
import { closeHistory } from "@tiptap/pm/history";
import { DOMParser as PmParser, Slice, type Node as PmNode } from "@tiptap/pm/model";
import { EditorState, NodeSelection, Plugin, Selection, TextSelection } from "@tiptap/pm/state";
import { Decoration, DecorationSet } from "@tiptap/pm/view";
import { element } from "./widget";
import type { Field, Fields } from "./rich_text/fields";
import type { FieldList } from "./rich_text/field_list";
import { piecesOf, tagOf } from "./rich_text/field_syntax";
import { withKept, type Kept } from "./rich_text/kept";
import { lossOf, prepared, readHtml, type Loss } from "./rich_text/mail_html";
import { lineParts, passageParts, richParts, type Shown } from "./rich_text/nodes";
import { chipped, cleaned, picturesAlone, picturesLeftOut, withChips } from "./rich_text/pasting";
import { drawTag } from "./rich_text/tag_words";
import { htmlOf, lineOf, passageOf } from "./rich_text/writing";

export { Fields, type Field } from "./rich_text/fields";
export { FieldList } from "./rich_text/field_list";
export type { Loss } from "./rich_text/mail_html";

/** What a dragged field is known by, beside its text `@CODE`. */
export const DRAGGED = "application/x-publipostage-field";

/** Something to be looked at: about a field, or about the text as a whole. */
export interface FindingShown {
  severity: string;
  message: string;
}

export interface RichTextOptions {
  /** What the text is called. */
  label: string;
  fields: Fields;
  list: FieldList;
  word: (name: string, values?: Record<string, string | number>) => string;
  /** One line of text, not HTML. */
  line?: boolean;
  /** The words within one element of a designed page. */
  passage?: boolean;
  onchange?: () => void;
  onfocus?: () => void;
  /** The caret or what is selected moved, or the text changed. */
  onstate?: () => void;
  /** Images were dropped or pasted; tells whether they are taken, which without it they are not. */
  onpictures?: (files: File[]) => boolean;
  /** Somebody wants to change a tag of Jinja2: call `write` with it as it shall be, empty to take it out. */
  ontag?: (source: string, write: (source: string) => void) => void;
  /** The image of an address as something a page can show, or nothing. */
  picture?: (src: string) => Promise<string | null>;
}

// A text that may be a field, just before the caret.
const TYPED = /(?:^|[\s(«“"'’.,;:/\u00a0\u202f\ufffc>-])@([\p{L}\p{N}_]{0,40})$/u;
// The same with the blanks of a label: « @date du rendez-vous ».
const PHRASE = /(?:^|[\s(«“"'’.,;:/\u00a0\u202f\ufffc>-])@([\p{L}\p{N}_][\p{L}\p{N}_ '’\u00a0-]{0,60})$/u;
const COMPLETED = /@([A-Z][A-Z0-9_]+)[^A-Z0-9_]$/;

export class RichText {
  readonly box = element("div", { class: "pw-rich-box" });
  readonly editor: Editor;
  /** What did not come in with what was pasted. */
  private readonly said = element("p", { class: "pw-note pw-rich-said", role: "status", "aria-live": "polite" });
  private loaded = "";
  private untouched: PmNode | null = null;
  private findings: ReadonlyMap<string, FindingShown> = new Map();
  private readonly chips = new Map<HTMLElement, string>();
  private readonly tags = new Map<HTMLElement, string>();
  private readonly stop: () => void;
  private dismissed = -1;

  constructor(private readonly options: RichTextOptions) {
    const { line, label, fields, word } = options;
    this.box.classList.toggle("pw-rich-line", Boolean(line || options.passage));
    const shown: Shown = {
      field: (dom, code) => {
        this.chips.set(dom, code);
        this.drawChip(dom, code);
        return () => this.chips.delete(dom);
      },
      tag: (dom, source) => {
        this.tags.set(dom, source);
        drawTag(dom, source, fields, word);
        return () => this.tags.delete(dom);
      },
      edit: (source, at) => options.ontag?.(source, (other) => this.rewriteTag(at(), other)),
      picture: options.picture ?? (() => Promise.resolve(null)),
      word,
    };
    this.editor = new Editor({
      element: this.box,
      extensions: [...(line ? lineParts(shown) : options.passage ? passageParts(shown) : richParts(shown)), Extension.create({ name: "typing", priority: 2000, addProseMirrorPlugins: () => [this.typing()] })],
      enableInputRules: ["bulletList", "orderedList"],
      enablePasteRules: false,
      editorProps: {
        attributes: {
          role: "textbox", "aria-label": label, "aria-multiline": String(!line), "aria-autocomplete": "list", "aria-haspopup": "listbox",
          class: "pw-rich-text", spellcheck: "true",
        },
      },
      onUpdate: () => options.onchange?.(),
      onTransaction: () => options.onstate?.(),
      onFocus: () => options.onfocus?.(),
      onBlur: () => options.list.close(this.editor.view.dom),
    });
    if (!line) this.box.append(this.said);
    this.stop = fields.watch(() => this.reoffered());
  }

  /** Show a text; undoing goes back to here and no further. */
  load(text: string): void {
    const { state, view } = this.editor;
    const doc = this.read(text);
    this.said.textContent = "";
    this.options.list.close(view.dom);
    const end = Selection.atEnd(doc);
    const selection = end instanceof TextSelection ? end : Selection.atStart(doc);
    view.updateState(EditorState.create({ schema: state.schema, doc, selection, plugins: state.plugins }));
    this.loaded = text;
    this.untouched = doc;
    this.options.onstate?.();
  }

  /** Show a text that was written elsewhere; the caret stays about where it was. */
  replace(text: string): void {
    if (text === this.text()) return;
    const { state, view } = this.editor;
    const doc = this.read(text);
    const at = Math.min(state.selection.head, doc.content.size);
    const tr = state.tr.replaceWith(0, state.doc.content.size, doc.content).setMeta("addToHistory", false).setMeta("preventUpdate", true);
    view.dispatch(tr.setSelection(TextSelection.near(tr.doc.resolve(Math.min(at, tr.doc.content.size)))));
    this.loaded = text;
    this.untouched = view.state.doc;
  }

  /** The text as written now. */
  text(): string {
    const { doc } = this.editor.state;
    return this.untouched?.eq(doc) ? this.loaded : this.written(doc);
  }

  /** What the visual editor would lose of a body, if anything. */
  loss(text: string): Loss | null {
    return lossOf(text, this.written(this.read(text)));
  }

  get empty(): boolean {
    return this.editor.isEmpty;
  }

  focus(): void {
    this.editor.view.focus();
  }

  /** Put a field at the caret; one step of undoing. */
  insertField(code: string, at?: number): void {
    const { view, state } = this.editor;
    const node = (state.schema.nodes["field"] as PmNode["type"]).create({ code, source: "" });
    const tr = closeHistory(state.tr);
    if (at !== undefined) tr.setSelection(TextSelection.near(tr.doc.resolve(at)));
    const marks = tr.storedMarks ?? tr.selection.$from.marks();
    tr.replaceSelectionWith(node.mark(marks), false);
    view.dispatch(tr.scrollIntoView());
    view.focus();
  }

  /** Put an image at the caret. */
  insertPicture(src: string, alt: string, width?: number): void {
    const { view, state } = this.editor;
    const kept = { ...(width ? { width: String(width) } : {}), style: "max-width: 100%" };
    const node = (state.schema.nodes["picture"] as PmNode["type"]).create({ src, alt, kept });
    view.dispatch(closeHistory(state.tr).replaceSelectionWith(node, false).scrollIntoView());
    view.focus();
  }

  /** The image that is selected, with what is said of it. */
  get picture(): { alt: string; width: string } | null {
    const { selection } = this.editor.state;
    if (!(selection instanceof NodeSelection) || selection.node.type.name !== "picture") return null;
    const { alt, kept } = selection.node.attrs as { alt: string | null; kept: Kept | null };
    return { alt: alt ?? "", width: kept?.["width"] ?? "" };
  }

  /** Say something else of the image that is selected. */
  changePicture(alt: string, width: string): void {
    const { state, view } = this.editor;
    const { selection } = state;
    if (!(selection instanceof NodeSelection) || selection.node.type.name !== "picture") return;
    const { attrs } = selection.node;
    const kept = withKept(attrs["kept"] as Kept | null, "width", width);
    view.dispatch(closeHistory(state.tr).setNodeMarkup(selection.from, null, { ...attrs, alt, kept }));
    view.focus();
  }

  /** Show what is to be looked at on the fields it is about. */
  mark(findings: ReadonlyMap<string, FindingShown>): void {
    this.findings = findings;
    for (const [dom, code] of this.chips) this.drawChip(dom, code);
    this.editor.view.dispatch(this.editor.state.tr.setMeta("addToHistory", false));
  }

  /** Go to a field; without one, or where it is not, to the beginning. */
  point(code: string, _line = 0): void {
    const { view, state } = this.editor;
    let found: { at: number; end: number } | null = null;
    state.doc.descendants((node, at) => {
      if (found) return false;
      if (code && node.type.name === "field" && node.attrs["code"] === code) found = { at, end: -1 };
      else if (code && node.type.name === "tag" && String(node.attrs["source"]).match(new RegExp(`\\b${code}\\b`))) found = { at, end: -1 };
      else if (code && node.isText && node.text?.includes(`@${code}`)) {
        const start = at + node.text.indexOf(`@${code}`);
        found = { at: start, end: start + code.length + 1 };
      }
      return true;
    });
    const where = found as { at: number; end: number } | null;
    const selection = where === null ? TextSelection.near(state.doc.resolve(0)) : where.end < 0 ? NodeSelection.create(state.doc, where.at) : TextSelection.create(state.doc, where.at, where.end);
    view.dispatch(state.tr.setSelection(selection).scrollIntoView());
    view.focus();
  }

  close(): void {
    this.stop();
    this.options.list.close(this.editor.view.dom);
    this.editor.destroy();
  }

  private written(doc: PmNode): string {
    return this.options.line ? lineOf(doc) : this.options.passage ? passageOf(doc) : htmlOf(doc);
  }

  private read(text: string): PmNode {
    const { schema } = this.editor;
    const { known } = this.options.fields;
    if (this.options.line) {
      const nodes = chipped(text.replace(/[\r\n]+/g, " "), schema, known);
      return schema.node("doc", null, schema.node("paragraph", null, nodes));
    }
    return PmParser.fromSchema(schema).parse(prepared(readHtml(text), known));
  }

  /** Other fields are known now: what was text becomes a chip. */
  private reoffered(): void {
    for (const [dom, code] of this.chips) this.drawChip(dom, code);
    for (const [dom, source] of this.tags) drawTag(dom, source, this.options.fields, this.options.word);
    const { state, view } = this.editor;
    const { fields } = this.options;
    const tr = state.tr;
    state.doc.descendants((node, at) => {
      const as = (nodes: PmNode[]): void => {
        tr.replaceWith(tr.mapping.map(at), tr.mapping.map(at + node.nodeSize), nodes.map((one) => one.mark(node.marks)));
      };
      if (node.isText && piecesOf(node.text ?? "", fields.known).some((piece) => piece.kind === "field")) as(chipped(node.text ?? "", state.schema, fields.known));
      else if (node.type.name === "tag" && tagOf(String(node.attrs["source"]), fields.known).kind === "field") as(chipped(String(node.attrs["source"]), state.schema, fields.known));
    });
    if (!tr.docChanged) return;
    const untouched = this.untouched?.eq(state.doc) ?? false;
    view.dispatch(tr.setMeta("addToHistory", false).setMeta("preventUpdate", true));
    if (untouched) this.untouched = view.state.doc;
  }

  private drawChip(dom: HTMLElement, code: string): void {
    const { fields, word } = this.options;
    const field = fields.of(code);
    const finding = this.findings.get(code);
    const sign = finding ? (finding.severity === "error" ? "✕ " : "⚠ ") : "";
    dom.textContent = `${sign}${fields.labelOf(code)}`;
    dom.className = `pw-rich-chip${finding ? (finding.severity === "error" ? " pw-rich-bad" : " pw-rich-doubt") : ""}`;
    const about = [field ? `@${code} · ${field.label}` : `@${code}`, field?.example ? word("example", { value: field.example }) : "", finding?.message ?? ""];
    dom.title = about.filter(Boolean).join("\n");
  }

  private rewriteTag(at: number | undefined, source: string): void {
    const { state, view } = this.editor;
    const node = at === undefined ? null : state.doc.nodeAt(at);
    if (at === undefined || !node) return;
    const tr = closeHistory(state.tr);
    if (source.trim() === "") tr.delete(at, at + node.nodeSize);
    else if (node.type.name === "tag") tr.replaceWith(at, at + node.nodeSize, chipped(source, state.schema, this.options.fields.known));
    else tr.setNodeMarkup(at, null, { ...node.attrs, source });
    view.dispatch(tr);
    view.focus();
  }

  /** Take images that were dropped or pasted; where none can stand, say so. */
  private takePictures(files: File[]): void {
    const { onpictures, word } = this.options;
    const left = files.length - 1; // one after the other: each is described in words
    const taken = onpictures?.(files) ?? false;
    this.said.textContent = !taken ? `? ${word("no_picture_here")}` : left > 0 ? `? ${word("pasted_picture", { count: left })}` : "";
  }

  private take(field: Field, from: number): void {
    const { view, state } = this.editor;
    const node = (state.schema.nodes["field"] as PmNode["type"]).create({ code: field.code, source: "" });
    const marks = state.storedMarks ?? state.selection.$from.marks();
    this.options.list.close();
    view.dispatch(closeHistory(state.tr).replaceWith(from, state.selection.from, node.mark(marks)).scrollIntoView());
    view.focus();
  }

  /** What is typed of a field before the caret; a blank belongs to it as long as the words so far begin a label. */
  private typedOf(before: string): string | undefined {
    const typed = TYPED.exec(before)?.[1];
    if (typed !== undefined) return typed;
    const words = PHRASE.exec(before)?.[1];
    return words !== undefined && this.options.fields.goesOn(words) ? words : undefined;
  }

  /** What typing, pasting and dropping mean here. */
  private typing(): Plugin {
    const { options } = this;
    const { list, fields } = options;
    return new Plugin({
      view: () => ({
        update: (view, former) => {
          if (former.doc.eq(view.state.doc) && former.selection.eq(view.state.selection)) return;
          const { selection } = view.state;
          const { $from } = selection;
          const before = $from.parent.isTextblock ? $from.parent.textBetween(Math.max(0, $from.parentOffset - 80), $from.parentOffset, "\n", "\ufffc") : "";
          const typed = selection.empty && view.hasFocus() ? this.typedOf(before) : undefined;
          const from = typed === undefined ? -1 : selection.from - typed.length - 1;
          if (typed === undefined) this.dismissed = -1;
          if (typed === undefined || from === this.dismissed) list.close(view.dom);
          else list.show(view.dom, typed, view.coordsAtPos(from), (field) => this.take(field, from));
        },
      }),
      props: {
        handleKeyDown: (view, event) => {
          const { selection } = view.state;
          if (event.key === "Escape" && list.open) {
            const before = selection.$from.parent.textBetween(0, selection.$from.parentOffset, "\n", "\ufffc");
            this.dismissed = selection.from - (this.typedOf(before)?.length ?? 0) - 1;
          }
          if (list.key(event)) return true;
          if (event.key === "Enter" && selection instanceof NodeSelection && selection.node.type.name.toLowerCase().endsWith("tag")) {
            const at = selection.from;
            options.ontag?.(String(selection.node.attrs["source"]), (other) => this.rewriteTag(at, other));
            return true;
          }
          if (event.key === "Backspace" && selection.empty && !event.altKey) {
            // A chip goes whole, as one step of its own, which undoing takes back alone.
            const chip = selection.$from.nodeBefore;
            if (chip && chip.isInline && chip.isAtom && !chip.isText && chip.type.name !== "hardBreak") {
              view.dispatch(closeHistory(view.state.tr).delete(selection.from - chip.nodeSize, selection.from).scrollIntoView());
              return true;
            }
          }
          return Boolean(options.line) && event.key === "Enter" && !event.ctrlKey && !event.metaKey;
        },
        handleTextInput: (view, from, to, text) => {
          this.said.textContent = "";
          if (from !== to) return false;
          const $from = view.state.doc.resolve(from);
          const before = $from.parent.textBetween(Math.max(0, $from.parentOffset - 300), $from.parentOffset, "\n", "\ufffc") + text;
          const code = COMPLETED.exec(before)?.[1];
          const tag = /(\{\{[^\n\ufffc]*?\}\}|\{%[^\n\ufffc]*?%\}|\{#[^\n\ufffc]*?#\})$/.exec(before)?.[1];
          const source = tag ?? (code === undefined ? undefined : `@${code}`);
          if (source === undefined || (tag === undefined && !fields.known(code as string))) return false;
          const start = tag === undefined ? from - source.length : from - source.length + text.length;
          const whole = tag === undefined ? source + text : source;
          const nodes = chipped(whole, view.state.schema, fields.known).map((node) => node.mark($from.marks()));
          list.close();
          // What was typed is there first: undoing gives it back as it was typed.
          view.dispatch(view.state.tr.insertText(text, from, to));
          view.dispatch(closeHistory(view.state.tr).replaceWith(start, from + text.length, nodes));
          return true;
        },
        transformPastedHTML: (html) => {
          if (options.line) return html;
          const count = picturesLeftOut(html);
          this.said.textContent = count > 0 ? `? ${options.word("pasted_picture", { count })}` : "";
          return cleaned(html);
        },
        transformPasted: (slice) => withChips(slice, this.editor.schema, fields.known),
        clipboardTextSerializer: (slice) => plain(slice),
        handlePaste: (view, event) => {
          const data = event.clipboardData;
          const files = imagesOf(data);
          const html = data?.getData("text/html") ?? "";
          // An image copied from a page comes with its bytes: those are taken, and its address is left alone.
          if (files.length > 0 && (html === "" || picturesAlone(html))) {
            this.takePictures(files);
            return true;
          }
          if (!options.line) return false;
          const text = (data?.getData("text/plain") ?? "").replace(/\s*[\r\n]+\s*/g, " ").trim();
          const nodes = chipped(text, view.state.schema, fields.known);
          view.dispatch(view.state.tr.replaceSelection(new Slice(view.state.schema.node("paragraph", null, nodes).content, 0, 0)).scrollIntoView());
          return true;
        },
        handleDrop: (view, event) => {
          const data = event.dataTransfer;
          const at = view.posAtCoords({ left: event.clientX, top: event.clientY })?.pos;
          const code = data?.getData(DRAGGED);
          const files = imagesOf(data);
          if (!code && files.length === 0) return false;
          event.preventDefault();
          if (code) this.insertField(code, at);
          else {
            if (at !== undefined) view.dispatch(view.state.tr.setSelection(TextSelection.near(view.state.doc.resolve(at))));
            this.takePictures(files);
          }
          return true;
        },
        decorations: (state) => {
          if (this.findings.size === 0) return null;
          const found: Decoration[] = [];
          state.doc.descendants((node, at) => {
            if (!node.isText) return;
            for (const match of (node.text ?? "").matchAll(/@([A-Za-z][A-Za-z0-9_]*)/g)) {
              const finding = this.findings.get(match[1] as string);
              if (!finding) continue;
              const kind = finding.severity === "error" ? "pw-rich-bad" : "pw-rich-doubt";
              found.push(Decoration.inline(at + match.index, at + match.index + match[0].length, { class: `pw-rich-text-finding ${kind}`, title: finding.message }));
            }
          });
          return DecorationSet.create(state.doc, found);
        },
      },
    });
  }
}

const imagesOf = (data: DataTransfer | null): File[] => [...(data?.files ?? [])].filter((file) => file.type.startsWith("image/"));

/** What is copied, as text: fields as `@CODE`. */
function plain(slice: Slice): string {
  const lines: string[] = [];
  const walk = (node: PmNode): string => {
    if (node.isText) return node.text ?? "";
    if (node.type.name === "field") return String(node.attrs["source"] || `@${node.attrs["code"]}`);
    if (node.type.name === "tag" || node.type.name === "blockTag") return String(node.attrs["source"]);
    if (node.type.name === "hardBreak") return "\n";
    let text = "";
    node.forEach((child) => (text += walk(child) + (child.isBlock ? "\n" : "")));
    return text.replace(/\n$/, "");
  };
  slice.content.forEach((node) => (node.isInline ? (lines[Math.max(0, lines.length - 1)] = (lines.at(-1) ?? "") + walk(node)) : lines.push(walk(node))));
  return lines.join("\n");
}
