/** The HTML source of a letter, with its line numbers; `@` offers the same fields, and nothing is changed by itself. */
import { autocompletion, closeCompletion, completionKeymap, type Completion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, LRLanguage, syntaxHighlighting } from "@codemirror/language";
import { EditorState, StateEffect } from "@codemirror/state";
import { Decoration, drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, MatchDecorator, tooltips, ViewPlugin, type DecorationSet, type ViewUpdate } from "@codemirror/view";
import { parser as css } from "@lezer/css";
import { tags } from "@lezer/highlight";
import { configureNesting, parser as html } from "@lezer/html";
import { element } from "../shared/widget";
import { DRAGGED, type Fields, type FindingShown } from "../shared/rich_text";

export interface SourceOptions {
  label: string;
  fields: Fields;
  word: (name: string, values?: Record<string, string | number>) => string;
  root: HTMLElement;
  onchange: () => void;
  onfocus: () => void;
}

/** HTML with its style sheets; scripts are only text, as no letter runs any. */
const language = LRLanguage.define({
  name: "html",
  parser: html.configure({ wrap: configureNesting([{ tag: "style", parser: css }]) }),
});

const colours = HighlightStyle.define([
  { tag: [tags.tagName, tags.angleBracket], color: "var(--pw-source-tag)" },
  { tag: tags.attributeName, color: "var(--pw-source-name)" },
  { tag: [tags.attributeValue, tags.string], color: "var(--pw-source-value)" },
  { tag: [tags.comment, tags.documentMeta, tags.processingInstruction], color: "var(--pw-ink-soft)" },
  { tag: [tags.propertyName, tags.keyword], color: "var(--pw-source-name)" },
]);

const redrawn = StateEffect.define<null>();

export class Source {
  readonly box = element("div", { class: "pw-source" });
  private readonly view: EditorView;
  private loaded = "";
  private shown: unknown = null;
  private findings: ReadonlyMap<string, FindingShown> = new Map();
  private quiet = false;

  constructor(private readonly options: SourceOptions) {
    this.view = new EditorView({ parent: this.box, state: this.stateOf("") });
    this.box.addEventListener("focusin", () => options.onfocus());
  }

  /** Show a text; undoing goes back to here and no further. */
  load(text: string): void {
    this.quiet = true;
    this.view.setState(this.stateOf(text));
    this.quiet = false;
    this.loaded = text;
    const { doc } = this.view.state;
    this.shown = doc;
    // A page begins with its styles: what is read comes after them, and a field goes to its last words.
    const shown = doc.toString();
    const words = /[\s\S]*(?=<\/p>)/i.exec(shown)?.[0].length ?? shown.length;
    const start = Math.max(0, shown.search(/<body\b/i));
    this.view.dispatch({ selection: { anchor: words }, effects: EditorView.scrollIntoView(start, { y: "start", yMargin: 0 }) });
  }

  replace(text: string): void {
    if (text === this.text()) return;
    const at = Math.min(this.view.state.selection.main.head, text.length);
    this.load(text);
    this.view.dispatch({ selection: { anchor: Math.min(at, this.view.state.doc.length) } });
  }

  text(): string {
    const { doc } = this.view.state;
    return this.shown !== null && doc.eq(this.shown as typeof doc) ? this.loaded : this.view.state.sliceDoc();
  }

  focus(): void {
    this.view.focus();
  }

  insertField(code: string): void {
    this.insert(`@${code}`);
  }

  private insert(text: string): void {
    const { main } = this.view.state.selection;
    // A code right after it would be read as part of the field.
    const next = this.view.state.sliceDoc(main.to, main.to + 1);
    const code = /^@[A-Z]/.test(text) && /[A-Z0-9_]/.test(next) ? `{{ ${text.slice(1)} }}` : text;
    this.view.dispatch({ changes: { from: main.from, to: main.to, insert: code }, selection: { anchor: main.from + code.length }, scrollIntoView: true, userEvent: "input.complete" });
    this.view.focus();
  }

  mark(findings: ReadonlyMap<string, FindingShown>): void {
    this.findings = findings;
    this.redraw();
  }

  point(code: string, line = 0): void {
    if (!code && line > 0 && line <= this.view.state.doc.lines) {
      const { from, to } = this.view.state.doc.line(line);
      this.view.dispatch({ selection: { anchor: from, head: to }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
      this.view.focus();
      return;
    }
    const text = this.view.state.doc.toString();
    const at = code ? text.search(new RegExp(`(?:@|\\b)${code}(?![A-Z0-9_])`)) : -1;
    const from = Math.max(0, at);
    this.view.dispatch({ selection: { anchor: from, head: at < 0 ? 0 : at + code.length + (text[at] === "@" ? 1 : 0) }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
    this.view.focus();
  }

  /** Draw the codes again: others are known now. */
  redraw(): void {
    this.view.dispatch({ effects: redrawn.of(null) });
  }

  close(): void {
    closeCompletion(this.view);
    this.view.destroy();
  }

  private stateOf(text: string): EditorState {
    const { label, onchange, root } = this.options;
    // A text keeps its own kind of line ends.
    const ends = /\r\n/.test(text) && !/(^|[^\r])\n/.test(text) ? [EditorState.lineSeparator.of("\r\n")] : [];
    return EditorState.create({
      doc: text,
      extensions: [
        ...ends,
        lineNumbers(), history(), drawSelection(), highlightActiveLine(), bracketMatching(), EditorView.lineWrapping,
        language,
        syntaxHighlighting(colours),
        autocompletion({ override: [(context) => this.offered(context)], icons: false, activateOnTyping: true }),
        keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap]),
        this.codes(),
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", role: "textbox", "aria-multiline": "true" }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !this.quiet) onchange();
        }),
        EditorView.domEventHandlers({
          drop: (event, view) => {
            const code = event.dataTransfer?.getData(DRAGGED);
            if (!code) return false;
            const at = view.posAtCoords({ x: event.clientX, y: event.clientY });
            if (at !== null) view.dispatch({ selection: { anchor: at } });
            event.preventDefault();
            this.insert(`@${code}`);
            return true;
          },
        }),
        // What opens stays within the editor's own box: an output of a notebook would cut it.
        EditorView.editorAttributes.of({ class: "pw-source-view" }),
        tooltips({ position: "absolute", parent: root, tooltipSpace: () => root.getBoundingClientRect() }),
        EditorState.phrases.of({ "Completions": this.options.word("fields") }),
      ],
    });
  }

  private offered(context: CompletionContext): CompletionResult | null {
    const typed = context.matchBefore(/@[\p{L}\p{N}_]*/u);
    if (!typed) return null;
    const before = context.state.sliceDoc(Math.max(0, typed.from - 1), typed.from);
    // In an address nothing is offered.
    if (/[\p{L}\p{N}_.+-]/u.test(before)) return null;
    const options = this.options.fields.matching(typed.text.slice(1)).slice(0, 60).map((field, place): Completion => ({
      label: `@${field.code}`,
      detail: field.example.split("\n", 1)[0] ?? "",
      displayLabel: `@${field.code}  ${field.label}`,
      boost: -place,
      apply: (view, _completion, from, to) => {
        view.dispatch({ changes: { from, to, insert: "" }, selection: { anchor: from } });
        this.insert(`@${field.code}`);
      },
    }));
    return options.length > 0 ? { from: typed.from, options, filter: false } : null;
  }

  private codes(): ViewPlugin<{ decorations: DecorationSet; update(update: ViewUpdate): void }> {
    const decorator = new MatchDecorator({
      regexp: /@([A-Z][A-Z0-9_]+)|\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}/g,
      decoration: (match) => {
        const code = match[1];
        if (code === undefined) return Decoration.mark({ class: "pw-source-tag" });
        const finding = this.findings.get(code);
        if (finding) return Decoration.mark({ class: finding.severity === "error" ? "pw-rich-bad pw-source-code" : "pw-rich-doubt pw-source-code", attributes: { title: finding.message } });
        const field = this.options.fields.of(code);
        return field ? Decoration.mark({ class: "pw-source-code pw-source-known", attributes: { title: field.label } }) : null;
      },
    });
    return ViewPlugin.define(
      (view) => ({
        decorations: decorator.createDeco(view),
        update(update: ViewUpdate) {
          this.decorations = update.docChanged || update.viewportChanged ? decorator.updateDeco(update, this.decorations) : decorator.createDeco(update.view);
        },
      }),
      { decorations: (plugin) => plugin.decorations },
    );
  }
}
