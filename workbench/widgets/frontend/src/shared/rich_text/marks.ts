/** The looks of a text: bold, italic, underlined, struck, coloured or of another size, and links. */
import { Mark } from "@tiptap/core";
import type { Editor } from "@tiptap/core";
import { keptOf } from "./kept";
import { declarations, shownStyle, withProperty } from "./styles";

/** A look that is there or not; only its elements say so, never a style, which stays a style. */
const simple = (name: string, tags: string[], key: string): Mark =>
  Mark.create({
    name,
    parseHTML: () => tags.map((tag) => ({ tag })),
    renderHTML: () => [tags[0] as string, 0],
    addKeyboardShortcuts() {
      return { [key]: () => this.editor.commands.toggleMark(name) };
    },
  });

/** Colour, family and size of a text, as its style says them. */
const Look = Mark.create({
  name: "look",
  priority: 900,
  addAttributes: () => ({
    style: { default: "", parseHTML: (el: HTMLElement) => el.getAttribute("data-look") ?? el.getAttribute("style") ?? "" },
  }),
  parseHTML: () => [{ tag: "span[data-look]" }, { tag: "span[style]" }],
  renderHTML: ({ HTMLAttributes }) => {
    const style = String(HTMLAttributes["style"] ?? "");
    return ["span", { "data-look": style, style: shownStyle(style) }, 0];
  },
});

/** A link. In the editor it leads nowhere: its address is told, and followed by nobody. */
const Link = Mark.create({
  name: "link",
  priority: 1000,
  inclusive: false,
  addAttributes: () => ({
    href: { default: "", parseHTML: (el: HTMLElement) => el.getAttribute("data-href") ?? el.getAttribute("href") ?? "" },
    kept: { default: null, parseHTML: keptOf },
  }),
  parseHTML: () => [{ tag: "a[data-href]" }, { tag: "a[href]" }],
  renderHTML: ({ HTMLAttributes }) => ["a", { class: "pw-rich-link", "data-href": HTMLAttributes["href"], title: HTMLAttributes["href"] }, 0],
});

export const marks = [
  simple("bold", ["strong", "b"], "Mod-b"),
  simple("italic", ["em", "i"], "Mod-i"),
  simple("underline", ["u"], "Mod-u"),
  simple("strike", ["s", "strike", "del"], "Mod-Shift-s"),
];

export const richMarks = [Link, Look, ...marks];

/** Say one property of the selected text; an empty value leaves it to the letter. */
export function setLook(editor: Editor, name: string, value: string): void {
  const { state, view } = editor;
  const type = state.schema.marks["look"];
  if (!type) return;
  const { tr, selection } = state;
  const styled = (style: string): string => withProperty(style, name, value);
  if (selection.empty) {
    const current = state.storedMarks ?? selection.$from.marks();
    const style = styled((type.isInSet(current)?.attrs["style"] as string | undefined) ?? "");
    const others = type.removeFromSet(current);
    tr.setStoredMarks(style ? type.create({ style }).addToSet(others) : others);
  } else {
    state.doc.nodesBetween(selection.from, selection.to, (node, at) => {
      if (!node.isInline) return;
      const from = Math.max(at, selection.from);
      const to = Math.min(at + node.nodeSize, selection.to);
      const style = styled((type.isInSet(node.marks)?.attrs["style"] as string | undefined) ?? "");
      if (style) tr.addMark(from, to, type.create({ style }));
      else tr.removeMark(from, to, type);
    });
  }
  view.dispatch(tr);
  view.focus();
}

/** What the text at the caret says of one property. */
export function lookAt(editor: Editor, name: string): string {
  return declarations(String(editor.getAttributes("look")["style"] ?? "")).get(name) ?? "";
}

/** An address that a link of a letter may have, or nothing where it is none: https, mailto and tel alone. */
export function linkAddress(typed: string): string | null {
  const said = typed.trim();
  if (/^(https:\/\/[^\s]+\.[^\s]+|mailto:[^\s@]+@[^\s@]+|tel:\+?[\d .()-]+)$/i.test(said)) return said;
  // A field or a tag of Jinja2, alone or behind one of these beginnings.
  if (/^(https:\/\/\S*|mailto:|tel:)?(@[A-Z][A-Z0-9_]+|\{\{.*\}\})\S*$/s.test(said)) return said;
  if (/^[^\s@/:]+@[^\s@/]+\.[^\s@/]+$/.test(said)) return `mailto:${said}`;
  if (/^\+?\d[\d .()-]{5,}$/.test(said)) return `tel:${said.replace(/[^\d+]/g, "")}`;
  if (/^(www\.)?[\p{L}\d-]+(\.[\p{L}\d-]+)+(\/\S*)?$/u.test(said)) return `https://${said}`;
  return null;
}
