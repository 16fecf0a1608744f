// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import library, { FIND_AFTER_MS } from "../src/templates_page";
import { FakeModel, settled, show, type Message } from "./scene";

const row = (path: string, more: Record<string, unknown> = {}) => {
  const [folder, label] = path.includes("/") ? path.split("/") : ["", path];
  return { path, folder, label, subject: `Objet <b>${label}</b>`, language: "fr", variant_of: "", variants: [], searches: [], revision: 1, saved_at: "22/11/2026", saved_by: "claire", ...more };
};
const message = { subject: "Bonjour", sender: "a", recipient: "b", attachments: [], screen: "<p>x", text: [["x", false]], marked: false, notes: [], links: null };

let rows: ReturnType<typeof row>[];
let archived: ReturnType<typeof row>[];
let refusal = "";
let answers: Record<string, (message: Message) => Record<string, unknown>>;
let opened: Awaited<ReturnType<typeof show>>;
let model: FakeModel;

const shelf = (chosen = "") => ({ templates: rows, archived, chosen, said: "Fait." });
const wait = async (): Promise<void> => {
  for (let turn = 0; turn < 8; turn += 1) await settled();
};

async function open(): Promise<HTMLElement> {
  model = new FakeModel({ words: { copy_of: "{label} (copie)", errors: "✕ {count}", in_order: "✓" }, language: "fr" }, (asked) => {
    const answer = answers[asked.kind];
    return answer ? answer(asked) : {};
  });
  opened = await show(library, model);
  await wait();
  return opened.el;
}

beforeEach(() => {
  vi.useFakeTimers();
  refusal = "";
  rows = [row("Rendez-vous/Rappel", { variants: ["Rendez-vous/Reminder"] }), row("Rendez-vous/Reminder", { language: "en", variant_of: "Rendez-vous/Rappel" }), row("Rendez-vous/Manqué"), row("Vœux")];
  archived = [row("Vieux/Ancien")];
  const write = (asked: Message) => (refusal ? { error: refusal } : shelf(String(asked["path"] ?? "")));
  answers = {
    open: () => ({ ...shelf(), samples: [["woman", "une femme"]], languages: [["fr", "français"], ["en", "anglais"]], writes: true, editing: {} }),
    find: () => ({ paths: ["Vœux"] }),
    count: (asked) => ({ error: asked["path"] === "Vœux" ? 2 : 0, warning: 0 }),
    read: (asked) => ({ path: asked["path"], main: asked["path"], languages: [["fr", "Rendez-vous/Rappel"], ["en", "Rendez-vous/Reminder"]], summary: [], purpose: "x", sharing: [], subject: "" }),
    preview: () => ({ message }),
    revisions: () => ({ revisions: [{ revision: 2, saved_at: "hier", saved_by: "paul", changes: "objet", reason: "<i>court</i>", path: "Vœux" }, { revision: 1, saved_at: "avant", saved_by: "claire", changes: "", reason: "", path: "Vœux" }] }),
    compare: () => ({ changes: [{ called: "objet", pieces: [["", "Un "], ["-", "vieux"], ["+", "<b>neuf</b>"]] }, { called: "texte", pieces: [] }], lines: ["-a", "+b"] }),
    findings: () => ({ findings: [{ state: "bad", word: "✕ Erreur", message: "Le champ <b>@X</b>", where: "ligne 3", who: "" }], counts: { error: 1, warning: 0 } }),
    settings: () => ({ revision: 1, groups: [{ title: "Qui", note: "", fields: [{ name: "account", label: "Compte", kind: "choice", value: "", choices: [["", "usuel"], ["a", "A"]] }, { name: "health", label: "Santé", kind: "tick", value: false }] }] }),
    starters: () => ({ starters: [{ path: "Rendez-vous/Rappel", subject: "x" }] }),
    begin: write, duplicate: write, rename: write, move: write, archive: write, rename_folder: write, restore: write, change: write, keep: write, take_in: write,
    edit: () => ({ path: "Vœux", label: "Vœux", revision: 1, dirty: false }),
  };
});
afterEach(() => {
  opened.close();
  expect(model.listening()).toBe(0);
  vi.useRealTimers();
});

const items = () => [...opened.el.querySelectorAll<HTMLElement>('[role="treeitem"]')];
const labels = () => items().map((item) => item.querySelector(".pw-tree-label")?.textContent);
const focused = () => items().find((item) => item.tabIndex === 0)?.querySelector(".pw-tree-label")?.textContent;
const press = (key: string) => items().find((item) => item.tabIndex === 0)!.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const find = <T extends HTMLElement>(selector: string): T => {
  const found = opened.el.querySelector<T>(selector);
  if (!found) throw new Error(`nothing is ${selector}`);
  return found;
};
const asked = (kind: string) => model.sent.filter((one) => one.kind === kind);
const leaf = (path: string) => items().find((item) => item.dataset["path"] === path)!;
const choose = async (path: string) => {
  leaf(path).click();
  await wait();
};
const tab = async (place: number) => {
  opened.el.querySelectorAll<HTMLElement>(".pw-tab")[place]!.click();
  await wait();
};
const submit = async (form: HTMLElement) => {
  form.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  await wait();
};

test("folders hold their email types, a variant stands with its main one, and texts are texts", async () => {
  await open();
  expect(labels()).toEqual(["no_folder", "Vœux", "Rendez-vous", "Manqué", "Rappel", "archived"]);
  expect(leaf("Rendez-vous/Rappel").textContent).toContain("fr · en");
  expect(opened.el.querySelector(".pw-tree b")).toBeNull();
  expect(leaf("Vœux").getAttribute("aria-level")).toBe("2");
});

test("the tree is walked, folded and opened by keyboard", async () => {
  await open();
  press("ArrowDown");
  expect(focused()).toBe("Vœux");
  press("ArrowLeft");
  press("ArrowLeft");
  expect(labels()).toEqual(["no_folder", "Rendez-vous", "Manqué", "Rappel", "archived"]);
  expect(items()[0]!.getAttribute("aria-expanded")).toBe("false");
  press("ArrowRight");
  press("End");
  expect(focused()).toBe("archived");
  press("r");
  expect(focused()).toBe("Rendez-vous");
  press("r");
  expect(focused()).toBe("Rappel");
  press("Enter");
  await wait();
  expect(asked("read").at(-1)).toMatchObject({ path: "Rendez-vous/Rappel" });
  expect(find(".pw-pane h3").textContent).toBe("Rappel");
});

test("words are found in folder, label and subject at once, and in texts a moment later", async () => {
  await open();
  const box = find<HTMLInputElement>("input[type=search]");
  box.value = "MANQUE";
  box.dispatchEvent(new Event("input"));
  expect(labels()).toEqual(["Rendez-vous", "Manqué"]);
  await vi.advanceTimersByTimeAsync(FIND_AFTER_MS + 1);
  await wait();
  expect(labels()).toEqual(["no_folder", "Vœux", "Rendez-vous", "Manqué"]);
  expect(asked("find")).toHaveLength(1);
});

test("F2 renames in a form in place; a refusal is said there and nothing typed is lost", async () => {
  await open();
  press("ArrowDown");
  press("F2");
  const form = find<HTMLFormElement>(".pw-small-form");
  const name = form.querySelector("input")!;
  expect(name.value).toBe("Vœux");
  name.value = "Vœux 2027";
  refusal = "Ce nom est pris.";
  await submit(form);
  expect(form.querySelector('[role="alert"]')?.textContent).toBe("✕ Ce nom est pris.");
  expect(name.value).toBe("Vœux 2027");
  refusal = "";
  await submit(form);
  expect(asked("rename").at(-1)).toMatchObject({ path: "Vœux", label: "Vœux 2027" });
  expect(opened.el.querySelector(".pw-small-form")).toBeNull();
  expect(find(".pw-said").textContent).toBe("✓ Fait.");
});

test("a form that was opened while another one was being saved stays", async () => {
  await open();
  press("ArrowDown");
  press("F2");
  const read = answers["read"]!;
  answers["read"] = (asked) => {
    press("F2");
    return read(asked);
  };
  const first = find<HTMLFormElement>(".pw-small-form");
  first.querySelector("input")!.value = "Vœux 2027";
  await submit(first);
  expect(first.isConnected).toBe(false);
  expect(find(".pw-small-form")).not.toBe(first);
});

test("Delete asks once, in place, and Escape leaves everything as it was", async () => {
  await open();
  press("ArrowDown");
  press("Delete");
  find(".pw-ask").dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  expect(asked("archive")).toHaveLength(0);
  press("Delete");
  find<HTMLButtonElement>(".pw-ask .pw-main").click();
  await wait();
  expect(asked("archive")).toHaveLength(1);
});

test("an email type is dropped onto another folder, not onto its own", async () => {
  await open();
  const drop = (target: HTMLElement) => {
    const event = new Event("drop", { bubbles: true, cancelable: true });
    Object.defineProperty(event, "dataTransfer", { value: { types: ["application/x-publipostage-template"], getData: () => "Vœux", files: [] } });
    target.dispatchEvent(event);
  };
  drop(items()[0]!);
  expect(asked("move")).toHaveLength(0);
  drop(leaf("Rendez-vous/Rappel"));
  await wait();
  expect(asked("move")).toMatchObject([{ path: "Vœux", folder: "Rendez-vous" }]);
});

test("a new one begins empty, from a starter or from one of one's own", async () => {
  await open();
  find<HTMLButtonElement>("[data-do=new]").click();
  await wait();
  const form = find<HTMLFormElement>(".pw-small-form");
  const [label, folder] = form.querySelectorAll("input");
  label!.value = "Mien";
  folder!.value = "Essais";
  const from = form.querySelector("select")!;
  from.value = "like:Rendez-vous/Rappel";
  await submit(form);
  expect(asked("begin")).toMatchObject([{ like: "Rendez-vous/Rappel", label: "Mien", folder: "Essais" }]);
});

test("whoever makes one stands on its name", async () => {
  answers["begin"] = () => {
    rows.push(row("Essais/Mien"));
    return shelf("Essais/Mien");
  };
  await open();
  find<HTMLButtonElement>("[data-do=new]").click();
  await wait();
  const form = find<HTMLFormElement>(".pw-small-form");
  expect(form.contains(document.activeElement)).toBe(true);
  await submit(form);
  expect(document.activeElement?.tagName).toBe("H3");
  expect(document.activeElement?.textContent).toBe("Mien");
});

test("two versions are compared word by word, with signs, and as text", async () => {
  await open();
  await choose("Vœux");
  await tab(2);
  expect(find(".pw-changes del").textContent).toBe("gone_text −vieux");
  expect(find(".pw-changes ins").textContent).toBe("new_text +<b>neuf</b>");
  expect(find(".pw-changes").textContent).toContain("looks_only");
  expect(opened.el.querySelector(".pw-revisions i")).toBeNull();
  const buttons = opened.el.querySelectorAll<HTMLButtonElement>(".pw-revision-do button");
  buttons[2]!.click();
  find<HTMLInputElement>(".pw-ask input").value = "mieux";
  find<HTMLButtonElement>(".pw-ask .pw-main").click();
  await wait();
  expect(asked("restore")).toMatchObject([{ path: "Vœux", number: 1, reason: "mieux" }]);
});

test("findings say where and are text; the state follows in the tree", async () => {
  await open();
  await choose("Rendez-vous/Manqué");
  await tab(3);
  expect(find(".pw-found li").textContent).toContain("Le champ <b>@X</b> · ligne 3");
  expect(leaf("Rendez-vous/Manqué").textContent).toContain("✕ 1");
});

test("settings that were changed wait while something else is looked at, and are sealed with what was read", async () => {
  await open();
  await choose("Vœux");
  await tab(1);
  const account = find<HTMLSelectElement>("[data-setting=account]");
  account.value = "a";
  account.dispatchEvent(new Event("input"));
  await choose("Rendez-vous/Rappel");
  expect(find<HTMLSelectElement>("[data-setting=account]").value).toBe("");
  await choose("Vœux");
  expect(find<HTMLSelectElement>("[data-setting=account]").value).toBe("a");
  answers["change"] = () => ({ overtaken: "Claire a enregistré la version 2." });
  await submit(find(".pw-settings"));
  expect(asked("change").at(-1)).toMatchObject({ path: "Vœux", over: 1, settings: { account: "a" } });
  expect(find(".pw-settings [role=alert]").textContent).toContain("Claire a enregistré");
  answers["settings"] = ((before) => (message: Message) => ({ ...before!(message), revision: 2 }))(answers["settings"]);
  find<HTMLButtonElement>(".pw-settings [role=alert] button").click();
  await wait();
  expect(find<HTMLSelectElement>("[data-setting=account]").value).toBe("a");
  answers["change"] = () => shelf("Vœux");
  await submit(find(".pw-settings"));
  expect(asked("change").at(-1)).toMatchObject({ over: 2 });
});

test("health data are allowed by one more act", async () => {
  await open();
  await choose("Vœux");
  await tab(1);
  const box = find<HTMLInputElement>(".pw-settings input[type=checkbox]");
  box.checked = true;
  box.dispatchEvent(new Event("change"));
  await submit(find(".pw-settings"));
  expect(asked("change")).toHaveLength(0);
  find<HTMLButtonElement>(".pw-settings .pw-ask .pw-main").click();
  await wait();
  expect(asked("change")).toMatchObject([{ settings: { health: true } }]);
});

test("while a text is written, the library waits; what somebody else saved is shown before anything is lost", async () => {
  await open();
  await choose("Vœux");
  find<HTMLButtonElement>("[data-do=edit]").click();
  await wait();
  expect(find<HTMLElement>(".pw-beside").hidden).toBe(true);
  model.say({ kind: "editing", path: "Vœux", label: "Vœux", revision: 1, dirty: true });
  expect(find(".pw-writing [role=status]").textContent).toBe("dirty");
  answers["save"] = (message) => (message["how"] === "over" ? { path: "Vœux", label: "Vœux", revision: 3, dirty: false, said: "Gardé." } : { overtaken: "Paul a enregistré la version 2.", about: "Paul", theirs: 2, changes: [{ called: "objet", pieces: [["-", "a"], ["+", "b"]] }] });
  const save = [...opened.el.querySelectorAll<HTMLButtonElement>(".pw-writing-bar button")].at(-1)!;
  save.click();
  await wait();
  expect(find(".pw-writing [role=alert]").textContent).toContain("Paul a enregistré");
  expect(find(".pw-writing del").textContent).toContain("a");
  find<HTMLButtonElement>(".pw-writing-below .pw-main").click();
  await wait();
  expect(asked("save").at(-1)).toMatchObject({ how: "over", theirs: 2 });
  expect(find(".pw-writing-below").childElementCount).toBe(0);
  answers["leave"] = (message) => (message["discard"] ? {} : { asks: true, changes: [] });
  find<HTMLButtonElement>(".pw-writing-bar button").click();
  await wait();
  expect(find(".pw-writing .pw-ask").textContent).toContain("leave_ask");
  [...opened.el.querySelectorAll<HTMLButtonElement>(".pw-writing .pw-ask button")].at(-1)!.click();
  await wait();
  expect(asked("leave").at(-1)).toMatchObject({ discard: true });
  expect(find<HTMLElement>(".pw-beside").hidden).toBe(false);
});

test("an old text asks for each code that nobody knows, and is kept as what is said", async () => {
  await open();
  find<HTMLButtonElement>("[data-do=import]").click();
  const text = { holds: "text", label: "ancien", family: "x", lost: [], open: "", fields: [["@PNOM", "Nom"]], message, codes: [{ code: "[Zorglub]", times: 2, field: "", how: "", unknown: true, near: ["@PNOM"] }] };
  answers["upload"] = (message) => (message["last"] ? text : {});
  answers["convert"] = () => ({ ...text, codes: [] });
  const chooser = find<HTMLInputElement>(".pw-import input[type=file]");
  const file = new File(["x".repeat(700_000)], "ancien.txt");
  Object.defineProperty(chooser, "files", { value: [file] });
  chooser.dispatchEvent(new Event("change"));
  for (let turn = 0; turn < 20; turn += 1) {
    await vi.advanceTimersByTimeAsync(5);
    await wait();
  }
  expect(asked("upload").map((one) => one["last"])).toEqual([false, true]);
  const meaning = find<HTMLSelectElement>(".pw-import-codes select");
  meaning.value = "@PNOM";
  meaning.dispatchEvent(new Event("change"));
  find<HTMLButtonElement>(".pw-import-codes button").click();
  await wait();
  expect(asked("convert")).toMatchObject([{ mapping: { "[Zorglub]": "@PNOM" } }]);
  [...opened.el.querySelectorAll<HTMLButtonElement>(".pw-import-file .pw-main")].at(-1)!.click();
  await wait();
  expect(asked("keep")).toMatchObject([{ label: "ancien", folder: "", mapping: { "[Zorglub]": "@PNOM" } }]);
  expect(opened.el.querySelector(".pw-import-file")).toBeNull();
});

test("a file that is brought takes the place of one of its name, and is told apart from it", async () => {
  answers["settings"] = () => ({ revision: 1, groups: [{ title: "Envoi", note: "", fields: [{ name: "attachments", label: "Joints", kind: "files", value: ["plan.pdf", "bilan.pdf"] }] }] });
  answers["upload"] = (message) => ({ name: message["name"], kept: `7/${String(message["name"])}`, size: "1 Ko" });
  await open();
  await choose("Vœux");
  await tab(1);
  const chooser = find<HTMLInputElement>(".pw-setting-files input[type=file]");
  Object.defineProperty(chooser, "files", { value: [new File(["x"], "plan.pdf")] });
  chooser.dispatchEvent(new Event("change"));
  for (let turn = 0; turn < 20; turn += 1) {
    await vi.advanceTimersByTimeAsync(5);
    await wait();
  }
  expect([...opened.el.querySelectorAll(".pw-setting-files .pw-rows-name")].map((one) => one.textContent)).toEqual(["bilan.pdf", "plan.pdf"]);
  await submit(find(".pw-settings"));
  expect(asked("change").at(-1)).toMatchObject({ settings: { attachments: ["bilan.pdf", "7/plan.pdf"] } });
});

test("what is archived is brought back", async () => {
  answers["unarchive"] = () => shelf("");
  await open();
  press("End");
  press("ArrowRight");
  press("ArrowDown");
  press("Enter");
  find<HTMLButtonElement>(".pw-details .pw-main").click();
  await wait();
  expect(asked("unarchive")).toMatchObject([{ path: "Vieux/Ancien" }]);
});

test("a change made elsewhere is read again, and the one somebody came for is shown", async () => {
  await open();
  model.say({ kind: "changed", chosen: "Rendez-vous/Manqué", view: "" });
  await wait();
  expect(asked("open")).toHaveLength(2);
  expect(find(".pw-pane h3").textContent).toBe("Manqué");
});
