/** The attributes of an element that the editor keeps without using them, so that nothing of a letter's look is lost. */
import { shownStyle } from "./styles";

export type Kept = Record<string, string>;

const NAMES = new Set([
  "align", "bgcolor", "border", "cellpadding", "cellspacing", "class", "color", "dir", "height", "id", "lang", "nowrap", "rel", "role",
  "scope", "start", "style", "target", "title", "type", "valign", "width",
]);
const CARRIED = "data-pw-kept";

/** The attributes of an element that are kept, in their order; nothing where there is none. */
export function keptOf(el: HTMLElement): Kept | null {
  const carried = el.getAttribute(CARRIED);
  let given: [string, string][];
  try {
    // What the editor itself has put on the clipboard.
    given = carried === null ? [...el.attributes].map(({ name, value }) => [name, value]) : Object.entries(JSON.parse(carried) as Kept);
  } catch {
    given = [];
  }
  const kept = given.filter(([name, value]) => NAMES.has(name) && typeof value === "string");
  return kept.length > 0 ? Object.fromEntries(kept) : null;
}

/** How an element with these attributes is shown in the editor. */
export function shownAs(kept: Kept | null): Record<string, string> {
  if (kept === null) return {};
  const shown: Record<string, string> = { [CARRIED]: JSON.stringify(kept) };
  const style = [kept["style"] ? shownStyle(kept["style"]) : ""];
  const align = /^(left|right|center|justify)$/i.exec(kept["align"] ?? "")?.[0];
  const ground = /^(#[0-9a-f]{3,6}|[a-z]+)$/i.exec(kept["bgcolor"] ?? "")?.[0];
  const width = /^(\d{1,4})(%?)$/.exec(kept["width"] ?? "");
  if (width) style.unshift(`width: ${width[1]}${width[2] || "px"}`);
  if (align) style.unshift(`text-align: ${align}`);
  if (ground) style.unshift(`background-color: ${ground}`);
  const whole = style.filter(Boolean).join("; ");
  if (whole) shown["style"] = whole;
  for (const name of ["lang", "dir"]) if (kept[name]) shown[name] = kept[name];
  return shown;
}

/** Give attributes with one said otherwise; without a value it is left out. */
export function withKept(kept: Kept | null, name: string, value: string): Kept | null {
  const { [name]: _former, ...others } = kept ?? {};
  const all = value === "" ? others : { ...others, [name]: value };
  return Object.keys(all).length > 0 ? all : null;
}
