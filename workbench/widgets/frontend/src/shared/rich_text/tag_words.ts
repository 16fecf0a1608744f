/** What a tag of Jinja2 means, in a few words: whoever wants the code itself asks for the codes, or points at it. */
import type { Fields } from "./fields";

const LONGEST = 48;
export const brief = (source: string): string => (source.length > LONGEST ? `${source.slice(0, LONGEST - 2)}…` : source);

const string = (): RegExp => /"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'/g;
const CHOICE = /^\{\{[-+]?\s*[A-Z][A-Z0-9_]*\s*\|\s*(?:accord|tuvous)\s*\(([\s\S]*)\)\s*[-+]?\}\}$/;
const STATEMENT = /^\{%[-+]?\s*(if|elif|else|endif)\b([\s\S]*?)[-+]?%\}$/;
const unique = (words: string[]): string[] => [...new Set(words)];

/** The forms among which a value chooses: « Un patient / Une patiente ». */
function forms(source: string): string | null {
  const given = CHOICE.exec(source)?.[1];
  if (given === undefined || given.replace(string(), "").replace(/[\s,]/g, "") !== "") return null;
  return unique([...given.matchAll(string())].map(([, one, other]) => one ?? other ?? "")).join(" / ");
}

export function tagWords(source: string, fields: Fields, word: (name: string, values?: Record<string, string>) => string): string {
  if (fields.showCodes) return brief(source);
  const chosen = forms(source);
  if (chosen) return brief(chosen);
  const [, kind, about = ""] = STATEMENT.exec(source) ?? [];
  if (kind === "else" || kind === "endif") return word(`tag_${kind}`);
  if (kind === undefined) return brief(source);
  const codes = [...about.replace(string(), "").matchAll(/\b[A-Z][A-Z0-9_]+\b/g)].map(([code]) => code).filter(fields.known);
  const what = unique(codes.map((code) => fields.labelOf(code))).join(", ");
  if (what === "") return brief(source);
  return word(kind === "elif" ? "tag_elif" : about.trim() === codes[0] ? "tag_if" : "tag_depending", { what });
}

/** Show a tag's words on its chip; the tag itself is said when pointed at. */
export function drawTag(chip: HTMLElement, ...[source, fields, word]: Parameters<typeof tagWords>): void {
  chip.textContent = tagWords(source, fields, word);
  chip.title = source;
  chip.classList.toggle("pw-rich-tag-code", chip.textContent === brief(source));
}
