/**
 * The toolbar of a letter's body: one stop of the Tab key, arrows from tool to tool. What a tool asks (an address, a
 * colour, an image) opens in a row under it, never over the text.
 */
import { element } from "../widget";
import type { RichText } from "../rich_text";
import { alignment, setAlignment } from "./alignment";
import { icon } from "./icons";
import { colours, linkPanel, picturePanel, shownPicturePanel, tagPanel, type Panel } from "./panels";
import { lookAt, setLook } from "./marks";

type Word = (name: string, values?: Record<string, string | number>) => string;

export interface ToolbarOptions {
  word: Word;
  /** Keep an image and give its address; without it images are not offered. */
  keep?: (file: File) => Promise<string>;
  /** What stands at the end of the toolbar. */
  end?: HTMLElement[];
}

const FONTS: [string, string][] = [
  ["Arial", "Arial, Helvetica, sans-serif"],
  ["Georgia", "Georgia, 'Times New Roman', serif"],
  ["Tahoma", "Tahoma, Geneva, sans-serif"],
  ["Times", "'Times New Roman', Times, serif"],
  ["Trebuchet", "'Trebuchet MS', Helvetica, sans-serif"],
  ["Verdana", "Verdana, Geneva, sans-serif"],
];
const SIZES = ["12px", "14px", "16px", "18px", "22px", "28px"];
const TABLE = [
  "addRowBefore", "addRowAfter", "deleteRow", "addColumnBefore", "addColumnAfter", "deleteColumn", "mergeOrSplit", "toggleHeaderRow", "deleteTable",
] as const;

export class Toolbar {
  readonly bar = element("div", { class: "pw-rich-tools", role: "toolbar" });
  readonly panel = element("div", { class: "pw-rich-panel", hidden: true });
  private readonly tables: HTMLElement;
  private readonly states: (() => void)[] = [];
  private tools: HTMLElement[] = [];
  private open: { name: string; button: HTMLElement | null } | null = null;

  constructor(
    private readonly text: RichText,
    private readonly options: ToolbarOptions,
  ) {
    const { word } = options;
    const { editor } = text;
    this.bar.setAttribute("aria-label", word("tools"));
    this.panel.setAttribute("role", "group");
    const run = (command: string, given?: unknown) => () => {
      (editor.commands as unknown as Record<string, (given?: unknown) => boolean>)[command]?.(given);
      editor.view.focus();
    };
    const block = this.select(word("style"), [["p", word("paragraph")], ...[1, 2, 3].map((level): [string, string] => [`h${level}`, word("heading", { level })])], (value) => {
      if (value === "p") editor.chain().focus().setNode("paragraph").run();
      else editor.chain().focus().setNode("heading", { level: Number(value.slice(1)) }).run();
    }, () => (editor.isActive("heading") ? `h${editor.getAttributes("heading")["level"]}` : "p"));
    const font = this.select(word("font"), [["", word("font")], ...FONTS.map(([label, value]): [string, string] => [value, label])], (value) => setLook(editor, "font-family", value), () => lookAt(editor, "font-family"));
    const size = this.select(word("size"), [["", word("size")], ...SIZES.map((one): [string, string] => [one, one.replace("px", "")])], (value) => setLook(editor, "font-size", value), () => lookAt(editor, "font-size"));
    const align = (way: string) => this.tool(way, word(way), () => setAlignment(editor, way), () => alignment(editor) === way);
    const list = (name: string, type: string, command: string) =>
      this.tool(name, word(name), () => {
        (editor.chain().focus() as unknown as Record<string, () => { updateAttributes(type: string, given: object): { run(): void } }>)[command]?.().updateAttributes("paragraph", { bare: null }).run();
      }, () => editor.isActive(type));
    const groups: (HTMLElement | undefined)[][] = [
      [this.tool("undo", word("undo"), run("undo")), this.tool("redo", word("redo"), run("redo"))],
      [block, font, size],
      ["bold", "italic", "underline"].map((name) => this.tool(name, word(name), run("toggleMark", name), () => editor.isActive(name))),
      [this.opener("colour", () => colours(word, lookAt(editor, "color"), (value) => { this.shut(); setLook(editor, "color", value); }))],
      [align("left"), align("center"), align("right")],
      [list("bullets", "bulletList", "toggleBulletList"), list("numbers", "orderedList", "toggleOrderedList")],
      [
        this.opener("link", () => linkPanel(word, text, () => this.shut(true)), () => editor.isActive("link")),
        options.keep === undefined ? undefined : this.opener("picture", () => this.pictures(), () => text.picture !== null),
        this.tool("table", word("table"), () => editor.chain().focus().insertTable({ rows: 3, cols: 2, withHeaderRow: true }).command(({ tr, state }) => {
          const { $from } = tr.selection;
          for (let depth = $from.depth; depth > 0; depth -= 1) {
            if ($from.node(depth).type !== state.schema.nodes["table"]) continue;
            const kept = { border: "1", cellpadding: "6", cellspacing: "0", width: "100%", style: "border-collapse: collapse; border-color: #c9d0da" };
            tr.setNodeMarkup($from.before(depth), null, { ...$from.node(depth).attrs, kept });
          }
          return true;
        }).run(), () => editor.isActive("table")),
        this.tool("rule", word("rule"), run("setHorizontalRule")),
      ],
      [this.tool("", `@ ${word("field")}`, () => {
        // The list opens as if somebody had typed it.
        const { $from } = editor.state.selection;
        const before = $from.parent.textBetween(Math.max(0, $from.parentOffset - 1), $from.parentOffset);
        editor.view.focus();
        editor.view.dispatch(editor.state.tr.insertText(/[\p{L}\p{N}_@]/u.test(before) ? " @" : "@"));
      }, undefined, word("insert"))],
    ];
    for (const group of groups) {
      const shown = group.filter((one) => one !== undefined);
      this.tools.push(...shown);
      this.bar.append(element("span", { class: "pw-rich-group", role: "presentation" }, ...shown));
    }
    if (options.end) {
      this.tools.push(...options.end);
      this.bar.append(element("span", { class: "pw-rich-group pw-rich-end", role: "presentation" }, ...options.end));
    }
    this.tables = element("div", { class: "pw-rich-tables", role: "group", "aria-label": word("table"), hidden: true }, ...TABLE.map((command) =>
      element("button", { type: "button", class: "pw-button pw-rich-word", onclick: run(command) }, word(command))));
    this.tools.forEach((tool, place) => (tool.tabIndex = place === 0 ? 0 : -1));
    this.bar.addEventListener("keydown", (event) => this.walk(event));
    this.bar.addEventListener("focusin", (event) => this.rove(event.target as HTMLElement));
    this.panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        this.shut(true);
        event.preventDefault();
      }
    });
    this.refresh();
  }

  /** What stands above the text. */
  get parts(): HTMLElement[] {
    return [this.bar, this.tables, this.panel];
  }

  /** Show what holds at the caret. */
  refresh(): void {
    for (const state of this.states) state();
    this.tables.hidden = !this.text.editor.isActive("table");
  }

  /** Offer images, or not. */
  offerPictures(offered: boolean): void {
    const tool = this.bar.querySelector<HTMLElement>("[data-tool=picture]");
    if (tool) tool.hidden = !offered;
  }

  /** Ask for a tag of Jinja2 as it shall be. */
  editTag(source: string, write: (source: string) => void): void {
    this.show("tag", tagPanel(this.options.word, source, (other) => { this.shut(); write(other); }, () => this.shut(true)), null);
  }

  /** Ask what an image is called, keep it, and put it at the caret. */
  addPicture(files: File[]): void {
    const button = this.bar.querySelector<HTMLElement>("[data-tool=picture]");
    if (this.options.keep) this.show("picture", this.pictures(files[0]), button);
  }

  private pictures(file?: File): Panel {
    const there = file ? null : this.text.picture;
    if (there) return shownPicturePanel(this.options.word, this.text, there, () => this.shut(true));
    return picturePanel(this.options.word, this.text, this.options.keep as (file: File) => Promise<string>, () => this.shut(true), file);
  }

  private tool(name: string, label: string, press: () => void, pressed?: () => boolean, title = label): HTMLButtonElement {
    const button = element("button", { type: "button", class: "pw-rich-tool", title, "aria-label": title, "data-tool": name || "field", onclick: press }, name ? icon(name) : label);
    // The text keeps its selection while a mouse presses a tool.
    button.addEventListener("mousedown", (event) => event.preventDefault());
    if (pressed) this.states.push(() => button.setAttribute("aria-pressed", String(pressed())));
    return button;
  }

  private opener(name: string, panel: () => Panel, pressed?: () => boolean): HTMLButtonElement {
    const button: HTMLButtonElement = this.tool(name, this.options.word(name), () => {
      if (this.open?.name === name) this.shut(true);
      else this.show(name, panel(), button);
    }, pressed);
    button.setAttribute("aria-expanded", "false");
    return button;
  }

  private select(label: string, choices: [string, string][], choose: (value: string) => void, state: () => string): HTMLSelectElement {
    const list = element("select", { class: "pw-rich-select", "aria-label": label, title: label }, ...choices.map(([value, text]) => element("option", { value }, text)));
    list.addEventListener("change", () => choose(list.value));
    this.states.push(() => {
      list.value = state();
      // A font or a size of the letter's own, that is not among those offered.
      if (list.selectedIndex < 0) list.selectedIndex = 0;
    });
    return list;
  }

  private show(name: string, panel: Panel, button: HTMLElement | null): void {
    this.shut();
    this.open = { name, button };
    button?.setAttribute("aria-expanded", "true");
    this.panel.setAttribute("aria-label", panel.label);
    this.panel.replaceChildren(...panel.parts);
    this.panel.hidden = false;
    panel.first.focus();
  }

  /** Close what is open under the toolbar. */
  shut(back = false): void {
    if (this.open === null) return;
    this.open.button?.setAttribute("aria-expanded", "false");
    this.open = null;
    this.panel.hidden = true;
    this.panel.replaceChildren();
    if (back) this.text.focus();
  }

  private walk(event: KeyboardEvent): void {
    const at = this.tools.indexOf(event.target as HTMLElement);
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: 1, End: -1 }[event.key];
    if (at < 0 || step === undefined) return;
    event.preventDefault();
    const count = this.tools.length;
    let to = event.key === "Home" ? 0 : event.key === "End" ? count - 1 : at + step;
    while (this.tools[(to + count) % count]?.hidden) to += step;
    this.tools[(to + count) % count]?.focus();
  }

  private rove(target: HTMLElement): void {
    if (!this.tools.includes(target)) return;
    for (const tool of this.tools) tool.tabIndex = tool === target ? 0 : -1;
  }
}
