/** What a letter is made of in the editor: paragraphs that keep their look, chips for fields and tags, images, tables. */
import { Extension, Node } from "@tiptap/core";
import { TableCell, TableHeader, TableRow, Table } from "@tiptap/extension-table";
import Blockquote from "@tiptap/extension-blockquote";
import Document from "@tiptap/extension-document";
import HardBreak from "@tiptap/extension-hard-break";
import Heading from "@tiptap/extension-heading";
import HorizontalRule from "@tiptap/extension-horizontal-rule";
import { BulletList, ListItem, ListKeymap, OrderedList } from "@tiptap/extension-list";
import Paragraph from "@tiptap/extension-paragraph";
import Text from "@tiptap/extension-text";
import { Dropcursor, Gapcursor, UndoRedo } from "@tiptap/extensions";
import type { Node as PmNode } from "@tiptap/pm/model";
import { keptOf, shownAs, type Kept } from "./kept";
import { element } from "../widget";
import { richMarks } from "./marks";
import { brief } from "./tag_words";

/** What the chips are shown by. */
export interface Shown {
  /** Show a field's chip, now and whenever what it says changes; the returned function stops it. */
  field(dom: HTMLElement, code: string): () => void;
  /** Show a tag of Jinja2 on its chip, now and whenever what it says changes; the returned function stops it. */
  tag(dom: HTMLElement, source: string): () => void;
  /** Somebody wants to change a tag of Jinja2. */
  edit(source: string, at: () => number | undefined): void;
  /** The image of an address, or nothing where it is not at hand. */
  picture(src: string): Promise<string | null>;
  word(name: string, values?: Record<string, string | number>): string;
}

const said = (el: HTMLElement, name: string): string => el.getAttribute(name) ?? "";

const field = (shown: Shown): Node =>
  Node.create({
    name: "field",
    group: "inline",
    inline: true,
    atom: true,
    draggable: true,
    addAttributes: () => ({
      code: { default: "", parseHTML: (el: HTMLElement) => said(el, "data-field") },
      source: { default: "", parseHTML: (el: HTMLElement) => said(el, "data-source") },
    }),
    parseHTML: () => [{ tag: "span[data-field]", priority: 100 }],
    renderHTML: ({ node }) => ["span", { "data-field": node.attrs["code"], "data-source": node.attrs["source"] || null }, `@${node.attrs["code"]}`],
    addNodeView: () => ({ node }) => {
      const dom = element("span", { class: "pw-rich-chip", contenteditable: "false" });
      const stop = shown.field(dom, String(node.attrs["code"]));
      return { dom, destroy: stop, ignoreMutation: () => true };
    },
  });

const tagView = (shown: Shown, name: "span" | "div") => ({ node, getPos }: { node: PmNode; getPos: () => number | undefined }) => {
  const source = String(node.attrs["source"]);
  const chip = element("span", { class: "pw-rich-tag" });
  const stop = shown.tag(chip, source);
  const dom = name === "span" ? chip : element("div", { class: "pw-rich-block-tag" }, chip);
  dom.contentEditable = "false";
  dom.addEventListener("dblclick", () => shown.edit(source, getPos));
  return { dom, destroy: stop, ignoreMutation: () => true };
};

const tag = (shown: Shown): Node =>
  Node.create({
    name: "tag",
    group: "inline",
    inline: true,
    atom: true,
    draggable: true,
    addAttributes: () => ({ source: { default: "", parseHTML: (el: HTMLElement) => said(el, "data-tag") } }),
    parseHTML: () => [{ tag: "span[data-tag]", priority: 100 }],
    renderHTML: ({ node }) => ["span", { "data-tag": node.attrs["source"] }, String(node.attrs["source"])],
    addNodeView: () => tagView(shown, "span"),
  });

const blockTag = (shown: Shown): Node =>
  Node.create({
    name: "blockTag",
    group: "block",
    atom: true,
    draggable: true,
    addAttributes: () => ({ source: { default: "", parseHTML: (el: HTMLElement) => said(el, "data-block-tag") } }),
    parseHTML: () => [{ tag: "div[data-block-tag]", priority: 100 }],
    renderHTML: ({ node }) => ["div", { "data-block-tag": node.attrs["source"] }, String(node.attrs["source"])],
    addNodeView: () => tagView(shown, "div"),
  });

/** An image; one that is not at hand is told by its address and fetched from nowhere. */
const picture = (shown: Shown): Node =>
  Node.create({
    name: "picture",
    group: "inline",
    inline: true,
    atom: true,
    draggable: true,
    addAttributes: () => ({
      src: { default: "", parseHTML: (el: HTMLElement) => el.getAttribute("data-picture") ?? said(el, "src") },
      alt: { default: null, parseHTML: (el: HTMLElement) => el.getAttribute("data-alt") ?? el.getAttribute("alt") },
      kept: { default: null, parseHTML: keptOf },
    }),
    parseHTML: () => [{ tag: "span[data-picture]", priority: 100 }, { tag: "img[src]" }],
    renderHTML: ({ node }) => ["span", { "data-picture": node.attrs["src"], "data-alt": node.attrs["alt"], ...shownAs(node.attrs["kept"] as Kept | null), style: null }],
    addNodeView: () => ({ node }) => {
      const { src, alt, kept } = node.attrs as { src: string; alt: string | null; kept: Kept | null };
      const told = element("span", { class: "pw-rich-no-picture" }, shown.word("picture_of", { src: brief(src), alt: alt || "–" }));
      const dom = element("span", { class: "pw-rich-picture", contenteditable: "false" }, told);
      void shown.picture(src).then((at) => {
        if (at === null) return;
        const width = /^\d{1,4}/.exec(kept?.["width"] ?? "")?.[0];
        dom.replaceChildren(element("img", { src: at, alt: alt ?? "", draggable: "false", ...(width ? { width } : {}) }));
      });
      return { dom, ignoreMutation: () => true };
    },
  });

const Div = Node.create({
  name: "div",
  group: "block",
  content: "block*",
  parseHTML: () => [{ tag: "div", priority: 10 }],
  renderHTML: ({ HTMLAttributes }) => ["div", HTMLAttributes, 0],
});

const KEEPING = ["paragraph", "heading", "div", "blockquote", "bulletList", "orderedList", "listItem", "horizontalRule", "table", "tableRow", "tableCell", "tableHeader"];

/** What elements say of their look is kept; and whether a paragraph stood there without an element of its own. */
const Keeping = Extension.create({
  name: "keeping",
  addGlobalAttributes: () => [
    {
      types: KEEPING,
      attributes: { kept: { default: null, parseHTML: keptOf, renderHTML: (attrs) => shownAs(attrs["kept"] as Kept | null) } },
    },
    {
      types: ["paragraph"],
      attributes: {
        // true: a bare text; false: an element <p>; null: made here, written as its place asks.
        bare: {
          default: null,
          keepOnSplit: false,
          parseHTML: (el) => (el.hasAttribute("data-bare") ? true : el.hasAttribute("data-made") ? null : false),
          renderHTML: (attrs) => (attrs["bare"] === true ? { "data-bare": "" } : attrs["bare"] === null ? { "data-made": "" } : {}),
        },
      },
    },
  ],
});

// Whole kits bring what a letter does not have: code blocks, links that are made of every text that looks like one.
const common = [Paragraph, Text, UndoRedo, Dropcursor.configure({ color: false, class: "pw-rich-drop" })];

/** The parts of a letter's body. */
export const richParts = (shown: Shown) => [
  Document, ...common, Heading, Blockquote, BulletList, OrderedList, ListItem, ListKeymap, HardBreak, HorizontalRule, Gapcursor,
  ...richMarks,
  Table.configure({ resizable: false }),
  TableRow,
  TableCell,
  TableHeader,
  Div,
  field(shown),
  tag(shown),
  blockTag(shown),
  picture(shown),
  Keeping,
];

const Line = Node.create({ name: "doc", topNode: true, content: "paragraph" });

/** The parts of a subject: one line of text and chips. */
export const lineParts = (shown: Shown) => [
  ...common,
  Line,
  field(shown),
  tag(shown),
];

/** The parts of one passage of a designed page: its words and their looks; Enter begins a line. */
export const passageParts = (shown: Shown) => [
  Line, ...common, ...richMarks,
  HardBreak.extend({ addKeyboardShortcuts() { return { Enter: () => this.editor.commands.setHardBreak(), "Shift-Enter": () => this.editor.commands.setHardBreak() }; } }),
  field(shown), tag(shown), picture(shown), Keeping,
];
