/** Write what is in the editor as the HTML of an email type, or as a subject's text. */
import type { Mark, Node } from "@tiptap/pm/model";
import { assembled, jinja, type Piece } from "./field_syntax";
import type { Kept } from "./kept";
import { written, declarations } from "./styles";

const text = (said: string): Piece => ({ kind: "text", text: said });

const escaped = (said: string): string =>
  said
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("\u00a0", "&nbsp;")
    .replaceAll("\u202f", "&#8239;")
    .replace(/ {2,}/g, (spaces) => `${"&nbsp;".repeat(spaces.length - 1)} `);

/** An attribute's value: tags of Jinja2 in it stay as they are. */
function value(said: string): string {
  let whole = "";
  let end = 0;
  for (const tag of said.matchAll(jinja())) {
    whole += said.slice(end, tag.index).replaceAll("&", "&amp;").replaceAll('"', "&quot;") + tag[0];
    end = tag.index + tag[0].length;
  }
  return whole + said.slice(end).replaceAll("&", "&amp;").replaceAll('"', "&quot;");
}

const opening = (name: string, attributes: Record<string, unknown>): string => {
  const all = Object.entries(attributes).filter(([, said]) => said !== null && said !== undefined);
  return `<${name}${all.map(([attribute, said]) => ` ${attribute}="${value(String(said))}"`).join("")}>`;
};

const MARKS: Record<string, string> = { bold: "strong", italic: "em", underline: "u", strike: "s", look: "span", link: "a" };

function markOpening(mark: Mark): string {
  const name = MARKS[mark.type.name] as string;
  if (name === "span") return opening(name, { style: written(declarations(mark.attrs["style"] as string)) });
  return opening(name, name === "a" ? { href: mark.attrs["href"], ...(mark.attrs["kept"] as Kept | null) } : {});
}

const isBare = (node: Node, parent: Node, place: number): boolean => {
  if (node.type.name !== "paragraph" || node.attrs["kept"] !== null) return false;
  const bare = node.attrs["bare"] as boolean | null;
  if (bare === null) return parent.childCount === 1 && /^(listItem|tableCell|tableHeader)$/.test(parent.type.name);
  const beside = [place - 1, place + 1].some((at) => at >= 0 && at < parent.childCount && parent.child(at).type.name === "paragraph" && parent.child(at).attrs["bare"] === true);
  return bare && !beside;
};

class Writing {
  readonly pieces: Piece[] = [];

  inline(node: Node): void {
    const open: Mark[] = [];
    const close = (to: number): void => {
      while (open.length > to) this.pieces.push(text(`</${MARKS[(open.pop() as Mark).type.name]}>`));
    };
    node.forEach((child) => {
      const marks = child.marks.filter((mark) => mark.type.name in MARKS);
      let same = 0;
      while (same < open.length && same < marks.length && open[same]?.eq(marks[same] as Mark)) same += 1;
      close(same);
      for (const mark of marks.slice(same)) {
        open.push(mark);
        this.pieces.push(text(markOpening(mark)));
      }
      this.leaf(child);
    });
    close(0);
  }

  private leaf(node: Node): void {
    const { attrs } = node;
    if (node.isText) this.pieces.push(text(escaped(node.text ?? "")));
    else if (node.type.name === "field") this.pieces.push({ kind: "field", code: attrs["code"] as string, source: attrs["source"] as string });
    else if (node.type.name === "tag") this.pieces.push({ kind: "tag", source: attrs["source"] as string });
    else if (node.type.name === "hardBreak") this.pieces.push(text("<br>"));
    else if (node.type.name === "picture") this.pieces.push(text(opening("img", { src: attrs["src"], alt: attrs["alt"], ...(attrs["kept"] as Kept | null) })));
  }

  blocks(parent: Node): void {
    const bare = Array.from({ length: parent.childCount }, (_, place) => isBare(parent.child(place), parent, place));
    const lines = !bare.includes(true) && parent.childCount > 0;
    parent.forEach((child, _offset, place) => {
      if (lines && (place > 0 || parent.type.name !== "doc")) this.pieces.push(text("\n"));
      this.block(child, bare[place] as boolean, parent);
    });
    if (lines && parent.type.name !== "doc") this.pieces.push(text("\n"));
  }

  private block(node: Node, bare: boolean, parent: Node): void {
    const { attrs } = node;
    const kept = attrs["kept"] as Kept | null;
    const name = node.type.name;
    if (name === "blockTag") {
      this.pieces.push({ kind: "tag", source: attrs["source"] as string });
    } else if (name === "paragraph" || name === "heading") {
      const tag = name === "heading" ? `h${attrs["level"]}` : "p";
      if (!bare) this.pieces.push(text(opening(tag, kept ?? {})));
      if (node.childCount > 0) this.inline(node);
      // An empty line has no height in a letter.
      else if (!bare || parent.type.name.startsWith("table")) this.pieces.push(text("&nbsp;"));
      if (!bare) this.pieces.push(text(`</${tag}>`));
    } else if (name === "horizontalRule") {
      this.pieces.push(text(opening("hr", kept ?? {})));
    } else {
      const span = (one: string): unknown => (Number(attrs[one] ?? 1) > 1 ? attrs[one] : null);
      const spans = name.startsWith("tableCell") || name === "tableHeader" ? { colspan: span("colspan"), rowspan: span("rowspan") } : {};
      const tag = BLOCKS[name] as string;
      this.pieces.push(text(opening(tag, { ...spans, ...kept })));
      this.blocks(node);
      this.pieces.push(text(`</${tag}>`));
    }
  }
}

const BLOCKS: Record<string, string> = {
  div: "div", blockquote: "blockquote", bulletList: "ul", orderedList: "ol", listItem: "li",
  table: "table", tableRow: "tr", tableCell: "td", tableHeader: "th",
};

/** Write a letter as HTML. */
export function htmlOf(doc: Node): string {
  const only = doc.childCount === 1 ? doc.child(0) : null;
  if (only?.type.name === "paragraph" && only.childCount === 0 && only.attrs["kept"] === null) return "";
  const writing = new Writing();
  writing.blocks(doc);
  return assembled(writing.pieces);
}

/** Write one passage as the HTML within its element. */
export function passageOf(doc: Node): string {
  const writing = new Writing();
  writing.inline(doc.child(0));
  return assembled(writing.pieces);
}

/** Write one line as text: a subject. */
export function lineOf(doc: Node): string {
  const pieces: Piece[] = [];
  doc.descendants((node) => {
    if (node.isText) pieces.push(text(node.text ?? ""));
    else if (node.type.name === "field") pieces.push({ kind: "field", code: node.attrs["code"] as string, source: node.attrs["source"] as string });
    else if (node.type.name === "tag") pieces.push({ kind: "tag", source: node.attrs["source"] as string });
  });
  return assembled(pieces);
}
