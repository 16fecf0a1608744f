// @vitest-environment happy-dom
import { EditorView } from "@codemirror/view";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import screen from "../src/signatures_screen";
import { partsOf } from "../src/signatures_screen/part";
import { FakeModel, settled, show } from "./scene";

test("a signature is what stands before its marker, the marker, and what stands after, to the byte", () => {
  const html = "<p>Entête</p>\n<div class=\"x\"> @CORPS </div>\r\n<p>@CABNOM</p>";
  expect(partsOf(html)).toEqual({ before: "<p>Entête</p>\n", marker: "<div class=\"x\"> @CORPS </div>", after: "\r\n<p>@CABNOM</p>" });
  expect(partsOf("@CORPS<p>x</p>")).toEqual({ before: "", marker: "@CORPS", after: "<p>x</p>" });
});

test("a marker inside something, missing or repeated leaves one text", () => {
  expect(partsOf("<table><tr><td>@CORPS</td></tr></table>")).toBeNull();
  expect(partsOf("<div><div>@CORPS</div><p>x</p></div>")).toBeNull();
  expect(partsOf("<p>x @CORPS y</p>")).toBeNull();
  expect(partsOf("<p>nothing</p>")).toBeNull();
  expect(partsOf("@CORPS @CORPS")).toBeNull();
});

test("a field whose code begins like the marker is no marker", () => {
  expect(partsOf("<p>@CORPSX</p>")).toBeNull();
  expect(partsOf("<div>@CORPS</div><p>@CORPS_2</p>")?.after).toBe("<p>@CORPS_2</p>");
});

const BOXED = "<table><tr><td>@CORPS</td></tr></table>";
let signatures: { label: string; html: string; used_by: string[] }[];
let drafts: Record<string, Record<string, unknown>>;
let refusal = "";
let smalls: Record<string, Record<string, unknown>>;
let opened: Awaited<ReturnType<typeof show>> | undefined;
let model: FakeModel;

/** Open the screen on what Python would hold, which hears of the drafts and of what is kept. */
async function open(): Promise<HTMLElement> {
  const state = () => structuredClone({ signatures, fields: [], drafts });
  model = new FakeModel({ words: {}, language: "fr" }, (asked) => {
    const key = String(asked["key"]);
    if (asked.kind === "draft") {
      if (asked["html"] === null) delete drafts[key];
      else drafts[key] = { label: asked["label"], html: asked["html"], based_on: asked["based_on"] };
    }
    if (asked.kind === "save") {
      if (refusal) return { error: refusal };
      const label = String(asked["label"]);
      signatures = [...signatures.filter((one) => one.label !== label), { label, html: String(asked["html"]), used_by: [] }];
      delete drafts[key];
      return { ...state(), saved: label };
    }
    if (asked.kind === "look") return { screen: "", findings: [] };
    if (asked.kind === "small") return smalls[String(asked["label"])] ?? { screen: "" };
    return asked.kind === "open" ? state() : {};
  });
  opened = await show(screen, model);
  await settled();
  return opened.el;
}
const source = (el: HTMLElement) => EditorView.findFromDOM(el.querySelector<HTMLElement>(".cm-editor")!)!;
const written = (el: HTMLElement) => source(el).state.sliceDoc();
const type = (el: HTMLElement, text: string) => source(el).dispatch({ changes: { from: source(el).state.doc.length, insert: text } });
const choose = (el: HTMLElement, label: string) => el.querySelector<HTMLElement>(`[data-signature="${label}"]`)?.click();
const press = (el: HTMLElement, name: string) => [...el.querySelectorAll("button")].find((one) => one.textContent === name)?.click();
const sent = (kind: string) => model.sent.filter((message) => message.kind === kind);

beforeEach(() => {
  vi.useFakeTimers();
  smalls = {};
  [signatures, drafts, refusal] = [["A", "B"].map((label) => ({ label, html: `${BOXED}<p>${label}</p>`, used_by: [] })), {}, ""];
});
afterEach(() => {
  opened?.close();
  opened = undefined;
  vi.useRealTimers();
});

test("what was typed a moment ago is there again after another signature was looked at", async () => {
  const el = await open();
  type(el, "typed");
  choose(el, "B");
  expect(drafts["A"]?.["html"]).toBe(`${BOXED}<p>A</p>typed`);
  choose(el, "A");
  expect(written(el)).toContain("typed");
});

test("what was typed a moment ago is kept when the screen is closed, or another view changes the signatures", async () => {
  const el = await open();
  type(el, "one");
  model.say({ kind: "changed", view: "another" });
  type(el, " two");
  await settled();
  expect(written(el)).toContain("one two");
  expect(drafts["A"]?.["html"]).toContain("one two");
  type(el, " three");
  opened?.close();
  opened = undefined;
  expect(drafts["A"]?.["html"]).toContain("one two three");
});

test("what is typed while a signature is being saved is a change of what was saved", async () => {
  const el = await open();
  type(el, "one");
  press(el, "save");
  type(el, " two");
  await settled();
  expect(signatures.find((one) => one.label === "A")?.html).toMatch(/one$/);
  expect(written(el)).toMatch(/one two$/);
  expect(drafts["A"]?.["html"]).toMatch(/one two$/);
  press(el, "save");
  await settled();
  expect(drafts).toEqual({});
});

test("a new signature is saved once, and what is typed meanwhile belongs to it", async () => {
  drafts["\n"] = { label: "C", html: BOXED, based_on: "" };
  const el = await open();
  press(el, "+ add");
  press(el, "save");
  press(el, "save");
  type(el, "more");
  await settled();
  expect(sent("save")).toHaveLength(1);
  expect(Object.keys(drafts)).toEqual(["C"]);
  expect(written(el)).toBe(`${BOXED}more`);
});

test("who saves goes on where one saved", async () => {
  const el = await open();
  el.querySelector<HTMLElement>(".pw-kept-foot .pw-main")!.focus();
  press(el, "save");
  await settled();
  await settled();
  expect(el.querySelector(".pw-kept-foot .pw-main")).toBe(document.activeElement);
});

test("a save that is refused leaves what is written as it is, not saved", async () => {
  refusal = "no";
  const el = await open();
  type(el, "one");
  press(el, "save");
  await settled();
  expect(written(el)).toMatch(/one$/);
  expect(drafts["A"]?.["html"]).toMatch(/one$/);
});

test("each signature has a small picture, which nothing can be done with, and which stays while others change", async () => {
  smalls = { A: { screen: "<p>Dr A</p>" }, B: { error: "Refusée." } };
  const el = await open();
  for (let turn = 0; turn < 6; turn += 1) await settled();
  const frames = () => [...el.querySelectorAll<HTMLIFrameElement>(".pw-signature-small iframe")];
  expect(frames().map((frame) => [frame.srcdoc, frame.getAttribute("sandbox"), frame.closest("[inert]") !== null])).toEqual([["<p>Dr A</p>", "", true]]);
  const [first] = frames();
  choose(el, "B");
  expect(el.querySelector("[data-signature=B]")?.getAttribute("aria-current")).toBe("true");
  expect(frames()[0]).toBe(first);
  expect(sent("small").map((asked) => asked["label"])).toEqual(["A", "B"]);

  smalls = { A: { screen: "<p>Dr A, depuis</p>" } };
  signatures = [{ ...signatures[0]!, html: `${BOXED}<p>depuis</p>` }];
  model.say({ kind: "changed", view: "another" });
  for (let turn = 0; turn < 8; turn += 1) await settled();
  expect(frames().map((frame) => frame.srcdoc)).toEqual(["<p>Dr A, depuis</p>"]);
});
