/**
 * Read the HTML of an email type for the visual editor, and tell whether the editor would give back the same letter.
 *
 * Each tag of Jinja2 is one private-use sign while the browser parses; what is parsed belongs to no page: nothing of it
 * runs and nothing is fetched.
 */
import { fieldsOf, jinja, piecesOf, tagOf, type Piece } from "./field_syntax";
import { declarations, written } from "./styles";

const FIRST_SIGN = 0xf0000;
const SIGN = /[\u{F0000}-\u{FFFFD}]/u;
const SIGNS = /[\u{F0000}-\u{FFFFD}]/gu;
const ONLY_SIGNS = /^[ \u{F0000}-\u{FFFFD}]*$/u;
const SPLIT = /([\u{F0000}-\u{FFFFD}])/u;
const INLINE = new Set(["A", "ABBR", "B", "BIG", "BR", "CODE", "DEL", "EM", "FONT", "I", "IMG", "INS", "LABEL", "S", "SMALL", "SPAN", "STRIKE", "STRONG", "SUB", "SUP", "U"]);
const HOLDERS = new Set(["BLOCKQUOTE", "BODY", "DIV", "LI", "TD", "TH"]);
const SAME: Record<string, string> = { B: "STRONG", I: "EM", STRIKE: "S", DEL: "S" };

export interface ReadHtml {
  body: HTMLElement;
  /** The tags of Jinja2 behind the signs. */
  tags: string[];
  /** Whether every tag stands where a letter may hold it: in a text, or in the value of an attribute. */
  inPlace: boolean;
}

const signOf = (number: number): string => String.fromCodePoint(FIRST_SIGN + number);
const numberOf = (sign: string): number => (sign.codePointAt(0) as number) - FIRST_SIGN;

/** Parse HTML with a sign in the place of each tag of Jinja2. */
export function readHtml(source: string): ReadHtml {
  const tags: string[] = [];
  const body = new DOMParser().parseFromString(
    // A document's own beginning would swallow the spaces at the start.
    `<!DOCTYPE html><body>${source.replace(jinja(), (tag) => signOf(tags.push(tag) - 1))}`,
    "text/html",
  ).body;
  const seen: number[] = [];
  let named = false;
  const note = (text: string | null): void => {
    for (const [sign] of (text ?? "").matchAll(SIGNS)) seen.push(numberOf(sign));
  };
  const walk = (node: Node): void => {
    if (node.nodeType === 1) {
      const el = node as Element;
      for (const { name, value } of el.attributes) {
        named ||= SIGN.test(name);
        note(value);
      }
      named ||= SIGN.test(el.tagName);
    } else if (node.nodeType === 3) note(node.nodeValue);
    node.childNodes.forEach(walk);
  };
  walk(body);
  const inPlace = !SIGN.test(source) && !named && seen.length === tags.length && seen.every((number, place) => number === place);
  return { body, tags, inPlace };
}

interface Look {
  tags: readonly string[];
  style: ReadonlyMap<string, string>;
}

const attributesOf = (el: Element): string =>
  [...el.attributes]
    .map(({ name, value }) => `${name}=${name === "style" ? written(declarations(value)) : value}`)
    .sort()
    .join("\u0001");

const isInline = (node: Node): boolean => node.nodeType === 3 || (node.nodeType === 1 && INLINE.has((node as Element).tagName));

/** What a letter says and how it looks, as a list of its parts: two letters with the same list are the same one. */
export function partsOf(body: HTMLElement): string[] {
  const parts: string[] = [];
  let line: { text: string; look: string; atom: boolean }[] = [];
  const flush = (): void => {
    const shown: typeof line = [];
    let space = true;
    for (const run of line) {
      const text: string = run.atom ? run.text : run.text.replace(/[ \t\r\n\f]+/g, " ").replace(/^ /, space ? "" : " ");
      if (text === "") continue;
      space = run.atom ? text.startsWith("<BR") : text.endsWith(" ");
      const last = shown.at(-1);
      if (run.atom && text.startsWith("<BR") && last && !last.atom) last.text = last.text.replace(/ $/, "");
      if (last && !run.atom && !last.atom && last.look === run.look) last.text += text;
      else shown.push({ ...run, text });
    }
    const end = shown.at(-1);
    if (end && !end.atom) end.text = end.text.replace(/ $/, "");
    const said = shown.filter(({ text }) => text !== "");
    // Between tags alone no space is seen.
    if (said.every(({ text, atom }) => !atom && ONLY_SIGNS.test(text))) for (const one of said) one.text = one.text.replaceAll(" ", "");
    // A line of one hard space is an empty line.
    if (!(said.length === 1 && said[0]?.text === "\u00a0" && !said[0].atom)) parts.push(...said.map(({ text, look }) => `${look}\u0002${text}`));
    line = [];
  };
  const walk = (node: Node, look: Look): void => {
    if (node.nodeType === 3) {
      const how = [...look.tags, ...[...look.style].map(([name, value]) => `${name}: ${value}`)];
      line.push({ text: node.nodeValue ?? "", look: how.sort().join("\u0001"), atom: false });
    } else if (node.nodeType === 8) {
      flush();
      parts.push("<!-- -->");
    } else if (node.nodeType === 1) {
      const el = node as Element;
      const name = SAME[el.tagName] ?? el.tagName;
      if (el.tagName === "BR" || el.tagName === "IMG") {
        line.push({ text: `<${name} ${attributesOf(el)}>`, look: look.tags.filter((tag) => tag.startsWith("A ")).join(), atom: true });
      } else if (INLINE.has(el.tagName)) {
        const onlyStyle = el.tagName === "SPAN" && el.attributes.length === 1 && el.hasAttribute("style");
        const own: Look = onlyStyle
          ? { tags: look.tags, style: new Map([...look.style, ...declarations(el.getAttribute("style") as string)]) }
          : { tags: [...new Set([...look.tags, `${name} ${attributesOf(el)}`])], style: look.style };
        el.childNodes.forEach((child) => walk(child, own));
      } else if (el.tagName === "TBODY" && el.attributes.length === 0) {
        el.childNodes.forEach((child) => walk(child, look));
      } else {
        flush();
        parts.push(`<${name} ${attributesOf(el)}>`);
        el.childNodes.forEach((child) => walk(child, look));
        flush();
        parts.push(`</${name}>`);
      }
    }
  };
  body.childNodes.forEach((child) => walk(child, { tags: [], style: new Map() }));
  flush();
  return parts;
}

const pieceElement = (piece: Piece): Node => {
  if (piece.kind === "text") return document.createTextNode(piece.text);
  const span = document.createElement("span");
  if (piece.kind === "field") {
    span.setAttribute("data-field", piece.code);
    if (piece.source) span.setAttribute("data-source", piece.source);
  } else span.setAttribute("data-tag", piece.source);
  return span;
};

/** Make what was parsed ready for the editor: chips for fields and tags, and a paragraph round each bare text. */
export function prepared({ body, tags }: ReadHtml, known: (code: string) => boolean): HTMLElement {
  const back = (text: string): string => text.replace(SIGNS, (sign) => tags[numberOf(sign)] ?? "");
  for (const el of body.querySelectorAll("*")) {
    for (const { name, value } of [...el.attributes]) if (SIGN.test(value)) el.setAttribute(name, back(value));
    const outer = el.parentElement?.closest("span[style]");
    if (el.tagName === "SPAN" && el.hasAttribute("style") && outer && body.contains(outer)) {
      el.setAttribute("style", written(new Map([...declarations(outer.getAttribute("style") as string), ...declarations(el.getAttribute("style") as string)])));
    }
    if (el.tagName === "P" && el.childNodes.length === 1 && el.textContent === "\u00a0") el.replaceChildren();
  }
  for (const holder of [body, ...body.querySelectorAll("*")]) if (HOLDERS.has(holder.tagName)) holdParagraphs(holder, tags);
  const texts: Text[] = [];
  const walker = body.ownerDocument.createTreeWalker(body, 4);
  while (walker.nextNode()) texts.push(walker.currentNode as Text);
  for (const text of texts) {
    const pieces = text.data.split(SPLIT).flatMap((part): Piece[] => {
      if (part === "") return [];
      return SIGN.test(part) ? [tagOf(tags[numberOf(part)] ?? "", known)] : [...fieldsOf(part, known)];
    });
    if (pieces.some((piece) => piece.kind !== "text")) text.replaceWith(...pieces.map(pieceElement));
  }
  return body;
}

function holdParagraphs(holder: Element, tags: string[]): void {
  const groups: Node[][] = [];
  let group: Node[] | null = null;
  for (const child of [...holder.childNodes]) {
    if (!isInline(child)) group = null;
    else if (group) group.push(child);
    else groups.push((group = [child]));
  }
  for (const nodes of groups) {
    const text = nodes.map((node) => node.textContent ?? "").join("");
    const bare = nodes.every((node) => node.nodeType === 3);
    if (bare && /^[ \t\r\n\f]*$/.test(text)) continue;
    const first = nodes[0] as Node;
    const signs = text.replace(/\s+/g, "");
    const statements = [...signs].every((sign) => SIGN.test(sign) && !tags[numberOf(sign)]?.startsWith("{{"));
    const beside = first.previousSibling !== null || (nodes.at(-1) as Node).nextSibling !== null;
    const made: HTMLElement[] = [];
    if (bare && statements && beside) {
      for (const sign of signs) {
        const block = document.createElement("div");
        block.setAttribute("data-block-tag", tags[numberOf(sign)] ?? "");
        made.push(block);
      }
    } else {
      const paragraph = document.createElement("p");
      paragraph.setAttribute("data-bare", "");
      made.push(paragraph);
    }
    (first as ChildNode).before(...made);
    if (made[0]?.tagName === "P") made[0].append(...nodes);
    else for (const node of nodes) (node as ChildNode).remove();
  }
}

/** Why a letter is not for the visual editor, and what of it the editor would lose; nothing where it is. */
export interface Loss {
  /** `page`: a whole page with styles of its own; `code`: conditions or loops round parts of it; `look`: other looks. */
  why: "page" | "code" | "look";
  /** What would be lost, as it is written: `<style>`, `class`. */
  lost: string[];
}

/** What nobody sees in a letter. */
const UNSEEN = new Set(["<tbody>", "<!doctype>", "<html>", "<head>", "<body>", "<meta>", "<title>", "lang", "charset", "name", "content"]);

/** Compare a letter with what the editor makes of it. */
export function lossOf(source: string, given: string): Loss | null {
  if (/^(\s|&nbsp;|<\/?p>)*$/.test(source)) return null;
  const before = readHtml(source);
  const after = readHtml(given);
  const page = /<(!doctype|html|head|body|style|meta|title|link|script)\b/i.test(source);
  const codes = (html: string): string => piecesOf(html, (code) => code.length > 1).map((piece) => (piece.kind === "field" ? piece.code : "")).filter(Boolean).join();
  const sameTags = before.tags.join("\u0001") === after.tags.join("\u0001") && codes(source) === codes(given);
  const parts = [partsOf(before.body), partsOf(after.body)] as const;
  const same = parts[0].join("\u0003") === parts[1].join("\u0003");
  if (!page && before.inPlace && sameTags && same) return null;
  const count = (html: string): Map<string, number> => {
    const all = new Map<string, number>();
    const add = (name: string): void => void all.set(name, (all.get(name) ?? 0) + 1);
    const bare = html.replace(jinja(), "");
    for (const [, name, attributes] of bare.matchAll(/<([a-z][a-z0-9]*|!--|!doctype)((?:"[^"]*"|'[^']*'|[^>"'])*)/gi)) {
      const tag = (name as string).toLowerCase();
      add(tag === "!--" ? "<!-- -->" : `<${tag === "b" ? "strong" : tag === "i" ? "em" : tag}>`);
      if (tag !== "!--") for (const [, one] of (attributes as string).replace(/"[^"]*"|'[^']*'/g, "").matchAll(/([a-z-]+)\s*=/gi)) add((one as string).toLowerCase());
    }
    for (const [tag] of html.matchAll(jinja())) add(tag);
    return all;
  };
  const left = count(given);
  const lost = [...count(source)].filter(([name, times]) => (left.get(name) ?? 0) < times && !UNSEEN.has(name)).map(([name]) => name);
  return { why: page ? "page" : !before.inPlace || !sameTags ? "code" : "look", lost };
}
