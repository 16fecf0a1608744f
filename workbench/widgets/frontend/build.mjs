// Bundle each widget of src/ into one file of ../static/, and the tile of JupyterLab's launcher beside them; and write
// what mail programs show for the check of email types, ../../checking/static/.
import { readFileSync, readdirSync, writeFileSync, mkdirSync, existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(here, "../static");
const names = (end) => readdirSync(join(here, "src")).filter((name) => name.endsWith(end));

/** A widget is a file of src/ with a style sheet of the same name; what they share lives in src/shared/. */
const every = names(".css").map((name) => name.slice(0, -".css".length));

/** `node build.mjs desk_bar …` bundles these alone, while somebody works on them; the licences are those of all. */
const wanted = process.argv.slice(2);
const widgets = wanted.length === 0 ? every : every.filter((name) => wanted.includes(name));

mkdirSync(out, { recursive: true });

const common = { absWorkingDir: here, bundle: true, minify: true, target: "es2022", legalComments: "none", metafile: true, logLevel: "warning" };
const bundled = await build({
  ...common,
  entryPoints: widgets.flatMap((name) => [`src/${name}.ts`, `src/${name}.css`]),
  format: "esm",
  outdir: out,
  outbase: "src",
});

if (wanted.length > 0) process.exit(0);

if (existsSync(join(here, "src/lab_extension.ts"))) {
  const about = readFileSync(join(here, "labextension.json"), "utf8");
  // JupyterLab looks for an extension in a folder of its name.
  const extension = join(out, "labextension", JSON.parse(about).name);
  await build({ ...common, entryPoints: ["src/lab_extension.ts"], format: "iife", outfile: join(extension, "static/remoteEntry.js") });
  writeFileSync(join(extension, "package.json"), about);
}

// Of caniemail only the data are used, at their latest test: the package's own dependencies are overridden
// (package.json) by one small file that nothing runs.
const known = JSON.parse(readFileSync(join(here, "node_modules/caniemail/data/caniemail.json"), "utf8"));
const latest = (feature, [family, platform]) => Object.values(feature.stats[family]?.[platform] ?? {}).at(-1)?.[0] ?? "u";
const programs = new Map(
  known.data.flatMap(({ stats }) => Object.entries(stats).flatMap(([family, platforms]) =>
    Object.keys(platforms).map((platform) => [`${family}/${platform}`, [family, platform]]))),
);
const shows = {
  updated: known.last_update_date.slice(0, 10),
  features: known.data.map(({ slug, title, category }) => ({ slug, title, category })),
  // One letter a feature, in their order: y(es), n(o), a(lmost), u(nknown).
  programs: Object.fromEntries([...programs].sort().map(([name, where]) => [name, known.data.map((one) => latest(one, where)).join("")])),
};
const checking = resolve(here, "../../checking/static");
mkdirSync(checking, { recursive: true });
writeFileSync(join(checking, "mail_programs.json"), JSON.stringify(shows));

// Whoever receives a bundle receives the licences of what is in it.
const packages = new Set(["caniemail"]);
for (const input of Object.keys(bundled.metafile.inputs)) {
  const found = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
  if (found) packages.add(found[1]);
}
const licences = [...packages].sort().map((name) => {
  const folder = join(here, "node_modules", name);
  const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? readFileSync(join(folder, file), "utf8").trim() : `Licensed under ${about.license}.`;
  return `${about.name} ${about.version} (${about.license})\n\n${text}\n`;
});
writeFileSync(join(out, "THIRD-PARTY-LICENSES.txt"), licences.join(`\n${"-".repeat(80)}\n\n`));
