/** The `style` of an element as a list of declarations, and the part of it that may be shown in the editor. */

/** Take a style apart; quotes and brackets keep their semicolons, and the last of a name counts. */
export function declarations(style: string): Map<string, string> {
  const all = new Map<string, string>();
  for (const [one] of style.matchAll(/(?:"[^"]*"|'[^']*'|\([^)]*\)|[^;"'(])+/g)) {
    const colon = one.indexOf(":");
    if (colon < 1) continue;
    const name = one.slice(0, colon).trim().toLowerCase();
    const value = one.slice(colon + 1).trim();
    all.delete(name);
    if (value !== "") all.set(name, value);
  }
  return all;
}

export const written = (style: Map<string, string>): string => [...style].map(([name, value]) => `${name}: ${value}`).join("; ");

/** Give a style with one property said otherwise; without a value it is left out. */
export function withProperty(style: string, name: string, value: string): string {
  const all = declarations(style);
  if (value === "") all.delete(name);
  else all.set(name, value);
  return written(all);
}

const SHOWN = /^(color|background-color|background|text-align|text-decoration|font-(family|size|style|weight)|line-height|letter-spacing|white-space|text-transform|vertical-align|(margin|padding)(-(top|right|bottom|left))?|border(-(top|right|bottom|left))?(-(color|style|width|radius))?|border-collapse|border-spacing|width|max-width|height)$/;
const HOLLOW = /^(0|0?\.\d+)(px|pt|em|rem|%)?$/;

/** The part of a style that is shown: nothing that fetches, hides, or leaves its place. */
export function shownStyle(style: string): string {
  const all = declarations(style);
  for (const [name, value] of all) {
    const outside = /url|image|expression|@|\\|var\(|attr\(|\{/i.test(value);
    const away = /^-|[\s(]-/.test(value) && name.startsWith("margin");
    // A line of no height would not be found again by whoever wants to take it out.
    const hollow = /^(font-size|line-height)$/.test(name) && HOLLOW.test(value) && !/^line-height$/.test(name);
    if (!SHOWN.test(name) || outside || away || hollow) all.delete(name);
  }
  return written(all);
}
