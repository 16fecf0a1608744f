/** Clean what is pasted from Word, Outlook or a page: its words and plain looks come in, its clutter stays out. */
import { Fragment, Slice, type Node as PmNode, type Schema } from "@tiptap/pm/model";
import { piecesOf } from "./field_syntax";
import { declarations, written } from "./styles";

const CLUTTER = "script, style, meta, link, title, xml, iframe, object, embed, form, input, button, select, textarea, svg, video, audio, img";
const ATTRIBUTES = new Set(["href", "colspan", "rowspan"]);

/** Whether the editor itself has put it on the clipboard. */
const ours = (body: HTMLElement): boolean => body.querySelector("[data-pm-slice]") !== null;

/** Return pasted HTML without its clutter. */
export function cleaned(html: string): string {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  if (ours(body)) return html;
  for (const el of body.querySelectorAll(CLUTTER)) el.remove();
  const comments = body.ownerDocument.createTreeWalker(body, 128);
  const gone: Comment[] = [];
  while (comments.nextNode()) gone.push(comments.currentNode as Comment);
  for (const comment of gone) comment.remove();
  listsOf(body);
  for (const el of [...body.querySelectorAll<HTMLElement>("*")]) {
    const style = declarations(el.getAttribute("style") ?? "");
    for (const { name } of [...el.attributes]) if (!ATTRIBUTES.has(name)) el.removeAttribute(name);
    // A link that leads somewhere else than a letter's links do is its text.
    const strange = el.tagName === "A" && !/^(https?:|mailto:|tel:)/i.test(el.getAttribute("href") ?? "");
    // Google's whole page stands in one <b> of ordinary weight; names with a colon are Office's own.
    const plainBold = /^(B|STRONG)$/.test(el.tagName) && /^(normal|[1-4]00)$/.test(style.get("font-weight") ?? "");
    if (strange || plainBold || el.tagName.includes(":") || /^(FONT|SECTION|ARTICLE|MAIN|CENTER)$/.test(el.tagName)) {
      el.replaceWith(...el.childNodes);
    } else if (el.tagName === "SPAN") {
      el.replaceWith(looked(el, style));
    } else if (el.tagName === "P" || /^H\d$/.test(el.tagName)) {
      const align = style.get("text-align");
      if (align && /^(center|right|justify)$/.test(align)) el.setAttribute("style", `text-align: ${align}`);
    }
  }
  return body.innerHTML;
}

/** Count the images of what is pasted that do not come in with it: they stand on a page, not in a file of the practice. */
export function picturesLeftOut(html: string): number {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  return ours(body) ? 0 : body.querySelectorAll("img").length;
}

/** Whether what is pasted is an image of a page and nothing else. */
export function picturesAlone(html: string): boolean {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  return !ours(body) && body.querySelector("img") !== null && (body.textContent ?? "").trim() === "";
}

/** Give the content of a span within what its style says and a letter keeps. */
function looked(span: HTMLElement, style: Map<string, string>): Node {
  let inner: Node = span.ownerDocument.createDocumentFragment();
  (inner as DocumentFragment).append(...span.childNodes);
  const within = (tag: string, css = ""): void => {
    const outer = span.ownerDocument.createElement(tag);
    if (css) outer.setAttribute("style", css);
    outer.append(inner);
    inner = outer;
  };
  const color = style.get("color") ?? "";
  if (color && !/windowtext|^(black|#000|#000000|inherit|rgb\(0, ?0, ?0\))$|var\(/i.test(color)) within("span", written(new Map([["color", color]])));
  if (/^(bold|bolder|[6-9]00)$/.test(style.get("font-weight") ?? "")) within("strong");
  if (style.get("font-style") === "italic") within("em");
  if (/underline/.test(style.get("text-decoration") ?? "")) within("u");
  return inner;
}

/** Word's lists are paragraphs that begin with a sign. */
function listsOf(body: HTMLElement): void {
  let list: HTMLElement | null = null;
  for (const paragraph of [...body.querySelectorAll<HTMLElement>("p")]) {
    const style = paragraph.getAttribute("style") ?? "";
    if (!/mso-list\s*:\s*l\d+/i.test(style)) {
      list = null;
      continue;
    }
    const sign = [...paragraph.querySelectorAll<HTMLElement>("span")].find((span) => /mso-list\s*:\s*ignore/i.test(span.getAttribute("style") ?? ""));
    const numbered = /^\s*\w{1,3}[.)]/.test(sign?.textContent ?? "");
    sign?.remove();
    const tag = numbered ? "OL" : "UL";
    if (list === null || list.tagName !== tag || list.nextElementSibling !== paragraph) {
      list = body.ownerDocument.createElement(tag);
      paragraph.before(list);
    }
    const item = body.ownerDocument.createElement("li");
    item.append(...paragraph.childNodes);
    list.append(item);
    paragraph.remove();
  }
}

/** Make the texts of a slice into texts and chips. */
export function withChips(slice: Slice, schema: Schema, known: (code: string) => boolean): Slice {
  const content = (fragment: Fragment): Fragment => {
    const nodes: PmNode[] = [];
    fragment.forEach((node) => {
      if (node.isText) nodes.push(...chipped(node.text ?? "", schema, known).map((one) => one.mark(node.marks)));
      else nodes.push(node.copy(content(node.content)));
    });
    return Fragment.fromArray(nodes);
  };
  return new Slice(content(slice.content), slice.openStart, slice.openEnd);
}

/** A text as nodes: texts, fields and tags. */
export function chipped(text: string, schema: Schema, known: (code: string) => boolean): PmNode[] {
  return piecesOf(text, known).map((piece) => {
    if (piece.kind === "text") return schema.text(piece.text);
    if (piece.kind === "field") return (schema.nodes["field"] as PmNode["type"]).create({ code: piece.code, source: piece.source });
    return (schema.nodes["tag"] as PmNode["type"]).create({ source: piece.source });
  });
}
