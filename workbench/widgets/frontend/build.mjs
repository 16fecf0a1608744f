// Bundle each widget of src/ into one file of ../static/, and the tile of JupyterLab's launcher beside them.
import { readFileSync, readdirSync, writeFileSync, mkdirSync, existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(here, "../static");
const names = (end) => readdirSync(join(here, "src")).filter((name) => name.endsWith(end));

/** A widget is a file of src/ with a style sheet of the same name; what they share lives in src/shared/. */
const widgets = names(".css").map((name) => name.slice(0, -".css".length));

mkdirSync(out, { recursive: true });

const common = { absWorkingDir: here, bundle: true, minify: true, target: "es2022", legalComments: "none", metafile: true, logLevel: "warning" };
const bundled = await build({
  ...common,
  entryPoints: widgets.flatMap((name) => [`src/${name}.ts`, `src/${name}.css`]),
  format: "esm",
  outdir: out,
  outbase: "src",
});

if (existsSync(join(here, "src/lab_extension.ts"))) {
  const about = readFileSync(join(here, "labextension.json"), "utf8");
  // JupyterLab looks for an extension in a folder of its name.
  const extension = join(out, "labextension", JSON.parse(about).name);
  await build({ ...common, entryPoints: ["src/lab_extension.ts"], format: "iife", outfile: join(extension, "static/remoteEntry.js") });
  writeFileSync(join(extension, "package.json"), about);
}

// Whoever receives a bundle receives the licences of what is in it.
const packages = new Set();
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
