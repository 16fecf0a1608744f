// @vitest-environment happy-dom
import type { Editor } from "@tiptap/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { assembled, piecesOf } from "../src/shared/rich_text/field_syntax";
import { FieldList } from "../src/shared/rich_text/field_list";
import { Fields } from "../src/shared/rich_text/fields";
import { linkAddress } from "../src/shared/rich_text/marks";
import { cleaned } from "../src/shared/rich_text/pasting";
import { declarations, shownStyle, withProperty } from "../src/shared/rich_text/styles";
import { tagWords } from "../src/shared/rich_text/tag_words";
import { byField } from "../src/template_editor/findings";
import { passagesOf } from "../src/template_editor/passages";
import editor from "../src/template_editor";
import { FakeModel, settled, show } from "./scene";

const known = (code: string): boolean => ["PNOM", "PPRENOM", "RDVDATE", "A_B"].includes(code);
const codes = (text: string) => piecesOf(text, known).map((piece) => (piece.kind === "field" ? piece.code : piece.kind === "tag" ? piece.source : `“${piece.text}”`));

test("fields are read as Python reads them", () => {
  expect(codes("@PNOM@PPRENOM")).toEqual(["PNOM", "PPRENOM"]);
  expect(codes("@PNOMs, @PNOMS")).toEqual(["PNOM", "“s, @PNOMS”"]);
  expect(codes("contact@PNOM.fr Bonjour@PNOM.")).toEqual(["“contact@PNOM.fr Bonjour”", "PNOM", "“.”"]);
  expect(codes("{{ PNOM }}{{PNOM|upper}}{% if A > '}}' %}@PNOM{# @PNOM #}")).toEqual(["PNOM", "{{PNOM|upper}}", "{% if A > '}}' %}", "PNOM", "{# @PNOM #}"]);
});

test("a text taken apart and put together is the same text", () => {
  for (const text of ["", "@PNOM@PPRENOM", "a@PNOM b {{ PNOM }}X {% if A > 0 %}@PNOM{% endif %}", "{@PNOM} {{{ PNOM }}}", "x@PNOM.fr", "@@PNOM", "{{ 'a' }}{@RDVDATE"]) {
    expect(assembled(piecesOf(text, known))).toBe(text);
  }
});

test("a field is written so that it is read again, whatever stands beside it", () => {
  const field = { kind: "field", code: "PNOM", source: "" } as const;
  const text = (said: string) => ({ kind: "text", text: said }) as const;
  for (const pieces of [[field, text("S")], [field, text("_x")], [text("Bonjour"), field, text(".Merci")], [text("{"), field], [field, field], [text("é"), field, text(".fr")]]) {
    const read = piecesOf(assembled(pieces), known).filter((piece) => piece.kind === "field");
    expect(read.length, assembled(pieces)).toBe(pieces.filter((piece) => piece.kind === "field").length);
  }
  expect(assembled([field, text("S")])).toBe("{{ PNOM }}S");
});

test("fields are found without accents or case, the best first", () => {
  const fields = new Fields();
  const one = (code: string, label: string, aliases: string[] = []) => ({ code, label, category: "", example: "", aliases });
  fields.offer([one("PRTITRE", "Praticien"), one("PPRENOM", "Prénom du patient", ["PRENOM"]), one("RDVDATE", "Date du rendez-vous"), one("RCPRENOM", "Prénom du responsable")]);
  expect(fields.matching("PRENOM").map((found) => found.code)).toEqual(["PPRENOM", "RCPRENOM"]);
  expect(fields.matching("pr").map((found) => found.code)).toEqual(["PRTITRE", "PPRENOM", "RCPRENOM"]);
  expect(fields.matching("rendez").map((found) => found.code)).toEqual(["RDVDATE"]);
  expect(fields.known("PRENOM")).toBe(true);
  expect(fields.labelOf("RDVDATE")).toBe("Date du rendez-vous");
  fields.showCodes = true;
  expect(fields.labelOf("RDVDATE")).toBe("@RDVDATE");
});

test("words with blanks go on as long as they begin a label; the fields of what the rows are come first", () => {
  const fields = new Fields();
  const one = (code: string, label: string, own = false) => ({ code, label, category: "", example: "", own });
  fields.offer([one("PNAIS", "Date de naissance"), one("RDVDATE", "Date du rendez-vous", true), one("DATE", "Date du jour"), one("DATEL", "Date du jour en lettres"), one("ENT", "Demande d’entente", true)]);
  expect(fields.matching("date").map((found) => found.code)).toEqual(["RDVDATE", "DATE", "DATEL", "PNAIS"]);
  expect(fields.matching("DATE")[0]?.code).toBe("DATE");
  expect(fields.matching("date du rend").map((found) => found.code)).toEqual(["RDVDATE"]);
  for (const words of ["date ", "date du", "Date\u00a0du rendez-v", "demande d'ent", "du rendez"]) expect(fields.goesOn(words), words).toBe(true);
  for (const words of ["date et", "nom du", "ate du"]) expect(fields.goesOn(words), words).toBe(false);
});

test("the list of fields stands under the caret where there is room in sight, else above it, and off the tools", () => {
  const output = document.createElement("div");
  const root = document.createElement("div");
  const tools = document.createElement("div");
  output.style.overflowY = "auto";
  tools.className = "pw-rich-tools";
  output.append(root);
  root.append(tools);
  document.body.append(output);
  const rect = (top: number, bottom: number) => () => ({ top, bottom, left: 0, right: 500, width: 500, height: bottom - top }) as DOMRect;
  root.getBoundingClientRect = rect(100, 300);
  tools.getBoundingClientRect = rect(140, 190);
  const fields = new Fields();
  fields.offer([{ code: "PNOM", label: "Nom", category: "", example: "" }]);
  const list = new FieldList(root, fields, (name) => name);
  Object.defineProperty(list.box, "offsetHeight", { value: 200 });
  const placed = (output_end: number, caret: number) => {
    output.getBoundingClientRect = rect(0, output_end);
    list.show(tools, "", { left: 10, top: caret, bottom: caret + 20 }, () => undefined);
    return [list.box.style.top, list.box.style.maxHeight];
  };
  // The editor ends at 300, and what is round it is in sight to 600: the list goes over what stands below.
  expect(placed(600, 220)).toEqual(["144px", ""]);
  // Little room below and less between the tools and the caret: it is made lower.
  expect(placed(400, 220)).toEqual(["144px", "156px"]);
  // Room above alone.
  expect(placed(480, 450)).toEqual([`${450 - 100 - 200 - 4}px`, ""]);
  output.remove();
});

test("of a style only what neither fetches nor hides is shown", () => {
  expect(shownStyle("color: red; background: url(https://example.org/x); position: fixed; display: none; opacity: 0")).toBe("color: red");
  expect(shownStyle("margin: -99px; font-size: 0; padding: 3px; width: calc(1px); color: var(--x)")).toBe("padding: 3px; width: calc(1px)");
  expect([...declarations("background: url('a;b'); COLOR:Red; font-family: \"A;B\", x")]).toEqual([["background", "url('a;b')"], ["color", "Red"], ["font-family", '"A;B", x']]);
  expect(withProperty("color: red; margin: 0", "color", "")).toBe("margin: 0");
});

test("a link leads to a page, an address or a telephone, and nowhere else", () => {
  expect(linkAddress("www.exemple.fr/a")).toBe("https://www.exemple.fr/a");
  expect(linkAddress("a@exemple.fr")).toBe("mailto:a@exemple.fr");
  expect(linkAddress("01 99 00 12 34")).toBe("tel:0199001234");
  expect(linkAddress("@CABRDVURL")).toBe("@CABRDVURL");
  for (const bad of ["javascript:alert(1)", "data:text/html,x", "http://exemple.fr", "file:///etc", "", "bonjour"]) expect(linkAddress(bad), bad).toBeNull();
});

test("what is pasted from Word comes without its clutter", () => {
  const made = cleaned("<p class=MsoNormal style='mso-x:1'><!--x--><b>Bon</b><span style='color:#C00000;mso-y:1'>jour</span><o:p></o:p><script>x</script></p>");
  expect(made).toContain("<b>Bon</b>");
  expect(made).toContain("color: #C00000");
  for (const gone of ["mso", "Mso", "<!--", "script", "o:p"]) expect(made).not.toContain(gone);
});

test("of several findings about a field the gravest is shown on it", () => {
  const one = (severity: string, field = "PNOM", zone = "body") => ({ zone, severity, field, code: "", message: severity });
  expect(byField([one("warning"), one("error"), one("warning"), one("error", "", "body"), one("error", "X", "subject")], "body")).toEqual(new Map([["PNOM", one("error")]]));
});

test("the passages of a page are its innermost elements that hold words, wherever its tags stand", () => {
  const page = `<head><title>Non</title><style>p > b {}</style></head><body><!-- <p>non</p> --><div style="display: none">Avant</div>
    <table><tr><td class="a > b"><p>Bonjour <b>@PNOM</b></p></td></tr>{% if A > 1 %}<tr><td>&nbsp;</td><td>{{ PNOM|upper }} {% if "</td>" %}x{% endif %}</td></tr>{% endif %}</table><p>{% if B %}{% endif %}</p>`;
  expect(passagesOf(page).map(({ start, end, tag, hidden, conditions }) => [tag, page.slice(start, end), hidden, conditions])).toEqual([
    ["div", "Avant", true, []],
    ["p", "Bonjour <b>@PNOM</b>", false, []],
    ["td", '{{ PNOM|upper }} {% if "</td>" %}x{% endif %}', false, ["{% if A > 1 %}"]],
  ]);
});

const offered = [{ code: "PNOM", label: "Nom du patient", category: "", example: "LEFÈVRE" }];
let opened: Awaited<ReturnType<typeof show>> | undefined;
let model: FakeModel;
let refused = "";

async function open(body: string, subject = "Le @PNOM"): Promise<HTMLElement> {
  model = new FakeModel({ words: {}, language: "fr" }, (message) =>
    message.kind === "open" ? { number: 1, subject, body, fields: offered, findings: [], taken: false } : message.kind === "changed" && refused ? { error: refused } : {});
  opened = await show(editor, model);
  await settled();
  return opened.el;
}
const changes = () => model.sent.filter((message) => message.kind === "changed");

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  opened?.close();
  opened = undefined;
});

test("fields are chips with their labels, in the subject and in the body", async () => {
  const el = await open("<p>Bonjour @PNOM, {% if A > 0 %}oui{% endif %}</p>");
  expect([...el.querySelectorAll(".pw-rich-chip")].map((chip) => chip.textContent)).toEqual(["Nom du patient", "Nom du patient"]);
  expect([...el.querySelectorAll(".pw-rich-tag")].map((chip) => chip.textContent)).toEqual(["{% if A > 0 %}", "tag_endif"]);
  expect(el.querySelector<HTMLElement>(".pw-editor-source")?.hidden).toBe(true);
});

test("a tag says what it means, and its code once the codes are wanted", () => {
  const fields = new Fields();
  fields.offer([{ code: "PPRENOM", label: "Prénom du patient", category: "", example: "" }, { code: "DLIEN", label: "Lien", category: "", example: "" }]);
  const word = (name: string, values?: Record<string, string>) => `${name}:${values?.["what"] ?? ""}`;
  const told = (source: string) => tagWords(source, fields, word);
  expect(told("{% if PPRENOM %}")).toBe("tag_if:Prénom du patient");
  expect(told('{% if DLIEN != "PPRENOM" and PPRENOM %}')).toBe("tag_depending:Lien, Prénom du patient");
  expect(told("{%- elif DLIEN -%}")).toBe("tag_elif:Lien");
  expect(told("{% else %}")).toBe("tag_else:");
  expect(told("{% endif %}")).toBe("tag_endif:");
  expect(told(`{{ PSEXE|accord("Un patient", "Une patiente", 'Un patient') }}`)).toBe("Un patient / Une patiente");
  expect(told('{{ CFORME|tuvous("ta", X) }}')).toBe('{{ CFORME|tuvous("ta", X) }}');
  expect(told("{% for a in b %}")).toBe("{% for a in b %}");
  fields.showCodes = true;
  expect(told("{% if PPRENOM %}")).toBe("{% if PPRENOM %}");
});

test("opening and closing tells nothing", async () => {
  await open("<p>Bonjour  @PNOM</p>\r\n<p>&eacute;</p>");
  vi.advanceTimersByTime(1000);
  opened?.close();
  opened = undefined;
  expect(changes()).toEqual([]);
  expect(model.sent.at(-1)?.kind).toBe("closed");
});

test("a field that Python inserts goes into the body, and is told a moment later", async () => {
  await open("<p>bonjour</p>");
  const { view } = model.sent.find((message) => message.kind === "open")!;
  model.say({ kind: "insert", code: "PNOM", view });
  expect(changes()).toEqual([]);
  vi.advanceTimersByTime(300);
  expect(changes().map((message) => [message["subject"], message["body"]])).toEqual([["Le @PNOM", "<p>bonjour@PNOM</p>"]]);
});

test("what was typed a moment ago stays when another view has written, and is told", async () => {
  const el = await open("<p>bonjour</p>");
  const { view } = model.sent.find((message) => message.kind === "open")!;
  const theirs = { kind: "written", view: "another", number: 1, subject: "Le @PNOM" };
  model.say({ kind: "insert", code: "PNOM", view });
  model.say({ ...theirs, body: "<p>bonsoir</p>" });
  expect(changes().map((message) => message["body"])).toEqual(["<p>bonjour@PNOM</p>"]);
  expect(el.querySelector(".pw-editor-visual")?.textContent).toContain("bonjour");
  await settled();
  model.say({ ...theirs, body: "<p>bonne nuit</p>" });
  expect(el.querySelector(".pw-editor-visual")?.textContent).toContain("bonne nuit");
});

test("what is on its way to Python, or was refused by it, stays when another view has written", async () => {
  const el = await open("<p>bonjour</p>");
  const { view } = model.sent.find((message) => message.kind === "open")!;
  const theirs = { kind: "written", view: "another", number: 1, subject: "Le @PNOM" };
  const shown = () => el.querySelector(".pw-editor-visual .pw-rich-text")?.textContent;
  model.say({ kind: "insert", code: "PNOM", view });
  vi.advanceTimersByTime(300); // told, and not answered yet: Python hears of theirs first
  model.say({ ...theirs, body: "<p>bonsoir</p>" });
  expect(shown()).toContain("bonjour");
  await settled();
  model.say({ ...theirs, body: "<p>bonne nuit</p>" });
  expect(shown()).toContain("bonne nuit");

  refused = "La base est occupée.";
  model.say({ kind: "insert", code: "PNOM", view });
  vi.advanceTimersByTime(300);
  await settled();
  refused = "";
  model.say({ ...theirs, body: "<p>bonsoir</p>" });
  expect(shown()).toContain("bonne nu");
  await settled();
  expect(changes().at(-1)?.["body"]).toBe("<p>bonne nu@PNOMit</p>");
});

test("an image copied from a page is taken by its bytes, and where none can stand that is told", async () => {
  const el = await open("<p>bonjour</p>");
  const { editor } = el.querySelector<HTMLElement & { editor: Editor }>(".pw-editor-visual .pw-rich-text")!;
  const said = el.querySelector(".pw-editor-visual .pw-rich-said");
  const paste = (html: string): void => {
    const data = { files: [new File(["x"], "logo.png", { type: "image/png" })], items: [], types: ["text/html", "Files"], getData: (type: string) => (type === "text/html" ? html : "") };
    const event = Object.assign(new Event("paste", { bubbles: true, cancelable: true }), { clipboardData: data });
    editor.view.dom.dispatchEvent(event);
  };
  paste("<meta><img src='https://exemple.fr/logo.png'>");
  expect(said?.textContent).toBe("? no_picture_here");
  model.say({ kind: "pictures", taken: true });
  paste("<meta><img src='https://exemple.fr/logo.png'>");
  expect(said?.textContent).toBe("");
  expect(el.querySelector(".pw-rich-panel:not([hidden])")?.textContent).toContain("logo.png");
  expect(editor.getHTML()).not.toContain("exemple.fr");
});

test("an image that does not come in with what is pasted is told of", async () => {
  const el = await open("<p>bonjour</p>");
  const { editor } = el.querySelector<HTMLElement & { editor: Editor }>(".pw-editor-visual .pw-rich-text")!;
  const said = el.querySelector(".pw-editor-visual .pw-rich-said");
  editor.view.pasteHTML("<p>le logo <img src='https://exemple.fr/logo.png'></p>");
  expect(editor.getText()).toContain("le logo");
  expect(said?.textContent).toBe("? pasted_picture");
  editor.view.pasteHTML("<p>seul</p>");
  expect(said?.textContent).toBe("");
});

test("whoever begins a new text has the caret in the message, and nobody on another page has it taken away", async () => {
  const el = await open("<p>Madame,</p>");
  model.say({ kind: "begin" });
  const text = el.querySelector(".pw-editor-visual .pw-rich-text");
  expect(document.activeElement === text).toBe(true);
  const [page, elsewhere] = [document.createElement("div"), document.createElement("input")];
  page.className = "pw-publipostage";
  el.replaceWith(page);
  page.append(el);
  document.body.append(elsewhere);
  elsewhere.focus();
  model.say({ kind: "begin" });
  expect(document.activeElement === elsewhere).toBe(true);
  elsewhere.remove();
});

test("a finding is told on its chip and in the list", async () => {
  const el = await open("<p>Bonjour @PNOM</p>");
  model.say({ kind: "said", findings: [{ zone: "body", code: "missing", severity: "warning", message: "<b>Sans</b> valeur", field: "PNOM" }] });
  expect(el.querySelectorAll(".pw-rich-doubt")).toHaveLength(1);
  expect(el.querySelector(".pw-editor-finding")?.textContent).toContain("<b>Sans</b> valeur");
  expect(el.querySelector(".pw-editor-finding b")).toBeNull();
});
