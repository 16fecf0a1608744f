import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SRC = fileURLToPath(new URL("../src/", import.meta.url));
const read = (file: string): string => readFileSync(file, "utf8");
const sheets = readdirSync(SRC).filter((name) => name.endsWith(".css")).map((name) => basename(name, ".css"));

/** The files of one widget, and what all of them share. */
function scripts(widget: string): string[] {
  const own = join(SRC, widget);
  const within = existsSync(own) ? readdirSync(own, { recursive: true, encoding: "utf8" }).map((name) => join(own, name)) : [];
  return [`${own}.ts`, ...within.filter((name) => name.endsWith(".ts"))];
}
const made = (file: string): string[] => [...read(file).matchAll(/class: ["`]([^"`]*)/g)].flatMap((found) => found[1]!.split(" "));
const shared = readdirSync(join(SRC, "shared"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"))
  .map((name) => join(SRC, "shared", name));
const common = new Set(shared.flatMap(made));
const classes = new Map(sheets.map((widget) => [widget, new Set(scripts(widget).flatMap(made))]));

/** The selectors of a sheet: all of them stay in the page once its widget was shown. */
function selectors(widget: string): string[] {
  const rules = read(join(SRC, `${widget}.css`)).replace(/\/\*[^]*?\*\//g, "").matchAll(/([^{};]+)\{/g);
  return [...rules].map((rule) => rule[1]!.trim()).filter((one) => !one.startsWith("@")).flatMap((one) => one.split(","));
}

test.each(sheets)("the look of %s stays its own", (widget) => {
  // A sheet that takes this one in means to look like it.
  const others = sheets.filter((other) => other !== widget && !read(join(SRC, `${other}.css`)).includes(`@import "./${widget}.css"`));
  const leaks = selectors(widget).filter((selector) => {
    const named = [...selector.matchAll(/\.(pw-[\w-]+)/g)].map((found) => found[1]!);
    const everywhere = named.length > 0 && named.every((name) => common.has(name));
    const elsewhere = others.some((other) => named.length > 0 && named.every((name) => classes.get(other)!.has(name) || common.has(name)));
    return everywhere || elsewhere;
  });
  expect(leaks).toEqual([]);
});
