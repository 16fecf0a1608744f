/**
 * The practice's field syntax, as Python reads it (`workbench/merging/syntax.py`): `@CODE` outside Jinja2's tags.
 *
 * A text is taken apart into texts, fields and tags of Jinja2, and put together again so that Python reads the same.
 */

export interface Text {
  kind: "text";
  text: string;
}

/** A field; `source` is how it is written where that is not `@CODE`. */
export interface FieldPiece {
  kind: "field";
  code: string;
  source: string;
}

/** A tag of Jinja2, as it was written. */
export interface Tag {
  kind: "tag";
  source: string;
}

export type Piece = Text | FieldPiece | Tag;

const STRINGS = `"(?:\\\\.|[^"\\\\])*"|'(?:\\\\.|[^'\\\\])*'`;

/** One whole tag of Jinja2; closing signs inside its strings do not end it. */
export const jinja = (): RegExp =>
  new RegExp(`\\{\\{(?:${STRINGS}|[^"'}]|\\}(?!\\}))*\\}\\}|\\{%(?:${STRINGS}|[^"'%]|%(?!\\}))*%\\}|\\{#.*?#\\}`, "gs");

/** What prints one brace that would otherwise be read as the beginning of a tag. */
const LITERAL_BRACE = "{{ '{' }}";
const DOMAIN = /^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z][A-Za-z0-9-]*/;
const BEFORE = /[\p{L}\p{N}_][.+-]*$/u;
const FIELD_TAG = /^\{\{\s*([A-Z][A-Z0-9_]+)\s*\}\}$/;

const isAddress = (text: string, at: number): boolean =>
  BEFORE.test(text.slice(Math.max(0, at - 64), at)) && DOMAIN.test(text.slice(at + 1, at + 256));

type Known = (code: string) => boolean;

/** Take a text without tags apart; addresses and unknown codes stay text. */
export function* fieldsOf(text: string, known: Known): Generator<Text | FieldPiece> {
  let end = 0;
  let afterField = -1;
  for (const match of text.matchAll(/@([A-Z0-9_]+)/g)) {
    const code = match[1] as string;
    if ((match.index !== afterField && isAddress(text, match.index)) || !known(code)) continue;
    if (match.index > end) yield { kind: "text", text: text.slice(end, match.index) };
    yield { kind: "field", code, source: "" };
    end = afterField = match.index + match[0].length;
  }
  if (end < text.length) yield { kind: "text", text: text.slice(end) };
}

/** Give a tag as the field it is (`{{ PNOM }}`), or as a tag. */
export function tagOf(source: string, known: Known): FieldPiece | Tag {
  const code = FIELD_TAG.exec(source)?.[1];
  return code !== undefined && known(code) ? { kind: "field", code, source } : { kind: "tag", source };
}

/** Take a text apart. */
export function piecesOf(text: string, known: Known): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const tag of text.matchAll(jinja())) {
    pieces.push(...fieldsOf(text.slice(end, tag.index), known), tagOf(tag[0], known));
    end = tag.index + tag[0].length;
  }
  pieces.push(...fieldsOf(text.slice(end), known));
  return pieces;
}

/** Put pieces together, each field so that it is read as that field again, whatever stands beside it. */
export function assembled(pieces: readonly Piece[]): string {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (piece.kind === "text" && last?.kind === "text") joined[joined.length - 1] = { kind: "text", text: last.text + piece.text };
    else joined.push(piece);
  }
  let whole = "";
  // What Python reads as one text: from the last tag on.
  let literal = "";
  let afterField = false;
  const tag = (source: string): void => {
    // Three braces in a row would be read otherwise.
    if (literal.endsWith("{")) whole = whole.slice(0, -1) + LITERAL_BRACE;
    whole += source;
    literal = "";
    afterField = false;
  };
  joined.forEach((piece, place) => {
    if (piece.kind === "text") {
      whole += piece.text;
      literal += piece.text;
      afterField = false;
    } else if (piece.kind === "tag" || piece.source !== "") {
      tag(piece.source);
    } else {
      const next = joined[place + 1];
      const after = next?.kind === "text" ? next.text : "";
      const there = `${literal}@${piece.code}${after.slice(0, 256)}`;
      if (/^[A-Z0-9_]/.test(after) || (!afterField && isAddress(there, literal.length))) {
        tag(`{{ ${piece.code} }}`);
        return;
      }
      whole += `@${piece.code}`;
      literal += `@${piece.code}`;
      afterField = true;
    }
  });
  return whole;
}
