// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import screen from "../src/accounts_screen";
import { FakeModel, settled, show, type Message } from "./scene";

const row = (name: string, more: Record<string, unknown> = {}) => ({
  name, email: `${name}@cabinet.example`, display_name: "Cabinet", kind: "smtp", host: "smtp.cabinet.example", port: null, usual_port: 465,
  security: "tls", user: "rdv", auth: "password", client_id: "", tenant: "", reply_to: "", timeout: 30, connections: 4, letters_per_connection: 100,
  dsn: false, folder: "", hours: "", signature: "", per_minute: null, per_hour: null, per_day: 100, confirm: true, read_receipt: false,
  keep_messages: true, keep_attachments: true, password_env: "", kept: "gardé", default: false, state: { state: "none", text: "– Pas essayé" },
  stages: ["dns", "tcp", "login"], used_by: [], advice: ["<b>Conseil</b>"], server: "smtp.cabinet.example:465", ...more,
});
const proposals: Record<string, Record<string, unknown>> = {
  "a@laposte.net": { state: "good", sentence: "La Poste", known: true, host: "smtp.laposte.net", port: 465, security: "tls", user: "a", auth: "password" },
  "a@outlook.fr": { state: "good", sentence: "Outlook", known: true, host: "smtp-mail.outlook.com", port: 587, security: "starttls", user: "a@outlook.fr", auth: "microsoft" },
  "a@tiscali.fr": { state: "bad", sentence: "Boîtes fermées", known: false, closed: true },
};

let opened: Awaited<ReturnType<typeof show>>;
let model: FakeModel;
let saved: Message | undefined;

async function open(accounts = [row("cabinet", { default: true }), row("ortho")], more: Record<string, unknown> = {}): Promise<HTMLElement> {
  const state = { accounts, signatures: ["Cabinet"], providers: [["ovh", "OVH"]], own: { email: "", display_name: "" }, hours: "", keeper: "", drafts: {}, ...more };
  saved = undefined;
  model = new FakeModel({ words: { saved: "{name} enregistré", one_failed: "Échec : {stage}" }, language: "fr" }, (message) => {
    if (message.kind === "open") return state;
    if (message.kind === "propose") return proposals[message["email"] as string] ?? { state: "doubt", sentence: "Inconnu", known: false };
    if (message.kind === "test") return { trial: 7, stages: ["dns", "tcp", "login"] };
    if (message.kind === "remove") return { ...state, accounts: accounts.slice(1) };
    if (message.kind === "save") {
      saved = message;
      return { ...state, name: message["name"], accounts: [...accounts.filter((one) => one.name !== message["name"]), row(message["name"] as string)] };
    }
    return {};
  });
  opened = await show(screen, model);
  await settled();
  return opened.el;
}

/** A control of the form; what is folded is opened to find it. */
const control = (el: HTMLElement, key: string): HTMLInputElement => {
  for (const head of el.querySelectorAll<HTMLElement>(".pw-fold-head[aria-expanded=false]")) head.click();
  return el.querySelector(`[data-key=${key}]`) as HTMLInputElement;
};
const fill = async (el: HTMLElement, key: string, value: string): Promise<void> => {
  control(el, key).value = value;
  control(el, key).dispatchEvent(new Event("input"));
  control(el, key).dispatchEvent(new Event("change"));
  await settled();
};
const press = async (el: HTMLElement, label: string): Promise<void> => {
  [...el.querySelectorAll("button")].find((one) => one.textContent?.includes(label))!.click();
  await settled();
};

afterEach(() => opened.close());

test("the default account is shown first, and its texts are text", async () => {
  const el = await open();
  expect(el.querySelector("[aria-current=true]")?.textContent).toContain("cabinet");
  expect(control(el, "host").value).toBe("smtp.cabinet.example");
  expect(el.querySelector(".pw-account-advice b")).toBeNull();
});

test("a new account needs an address and a password; the provider tells the rest", async () => {
  const el = await open();
  await press(el, "add");
  await fill(el, "email", "a@laposte.net");
  expect(control(el, "host").placeholder).toBe("smtp.laposte.net");
  await fill(el, "name", "poste");
  await fill(el, "password", "s3cret");
  await press(el, "save");
  expect(saved).toMatchObject({ name: "poste", new: true, values: { email: "a@laposte.net", password: "s3cret" } });
  expect(Object.keys(saved!["values"] as object)).toEqual(["email", "password"]);
});

test("two clicks keep a new account once", async () => {
  const el = await open();
  await press(el, "add");
  await fill(el, "email", "a@laposte.net");
  const save = [...el.querySelectorAll("button")].find((one) => one.textContent === "save")!;
  save.click();
  save.click();
  await settled();
  expect(model.sent.filter((message) => message.kind === "save")).toHaveLength(1);
  await press(el, "save");
  expect(model.sent.filter((message) => message.kind === "save")).toHaveLength(2);
});

test("who takes no password from programs is signed in to", async () => {
  const el = await open();
  await press(el, "add");
  await fill(el, "email", "a@outlook.fr");
  expect(control(el, "auth").value).toBe("microsoft");
  expect(control(el, "password").closest<HTMLElement>(".pw-field")?.hidden).toBe(true);
  expect(control(el, "client_id").closest<HTMLElement>(".pw-field")?.hidden).toBe(false);
});

test("closed mailboxes are told of, and a domain of one's own asks who hosts it", async () => {
  const el = await open();
  await press(el, "add");
  await fill(el, "email", "a@tiscali.fr");
  expect(el.querySelector(".pw-account-told")?.textContent).toBe("✕ Boîtes fermées");
  await fill(el, "email", "a@own.example");
  expect(control(el, "preset").closest<HTMLElement>(".pw-field")?.hidden).toBe(false);
});

test("a password is in no draft, and forgotten once it is sent", async () => {
  vi.useFakeTimers();
  const el = await open();
  await fill(el, "password", "s3cret");
  await fill(el, "host", "mail.cabinet.example");
  vi.runAllTimers();
  vi.useRealTimers();
  await settled();
  const drafts = model.sent.filter((message) => message.kind === "draft");
  expect(drafts.at(-1)).toMatchObject({ name: "cabinet", values: { host: "mail.cabinet.example" } });
  expect(JSON.stringify(drafts)).not.toContain("s3cret");
  await press(el, "save");
  expect(saved!["values"]).toEqual({ password: "s3cret", host: "mail.cabinet.example" });
  expect(control(el, "password").value).toBe("");
});

test("what was typed and not saved is there again in a page opened later", async () => {
  const el = await open(undefined, { drafts: { cabinet: { host: "mail.cabinet.example" } } });
  expect(control(el, "host").value).toBe("mail.cabinet.example");
  expect(el.querySelector("[aria-current=true]")?.textContent).toContain("●");
});

test("stages are shown one by one, also those heard before the answer, and the rest was not reached", async () => {
  const el = await open();
  const stages = () => [...el.querySelectorAll<HTMLElement>(".pw-trial-stage")].map((one) => one.dataset["state"]);
  const pressed = press(el, "button_test");
  model.say({ kind: "stage", trial: 7, stage: { name: "dns", ok: true, detail: "connu" } });
  await pressed;
  expect(stages()).toEqual(["passed", "doing", "coming"]);
  model.say({ kind: "stage", trial: 6, stage: { name: "tcp", ok: true, detail: "un autre essai" } });
  model.say({ kind: "stage", trial: 7, stage: { name: "tcp", ok: false, detail: "refusé" } });
  model.say({ kind: "tested", trial: 7, account: "cabinet", ok: false, error: "", report: "rapport", state: { state: "bad", text: "✕ Échec" } });
  expect(stages()).toEqual(["passed", "failed", "untried"]);
  expect(el.querySelector(".pw-trial-verdict")?.textContent).toBe("Échec : stage_tcp");
  expect(el.querySelector(".pw-trial pre")?.textContent).toBe("rapport");
  expect(el.querySelector("[aria-current=true]")?.textContent).toContain("✕ Échec");
});

test("a removal asks once, in place, and Escape goes back", async () => {
  const el = await open();
  await press(el, "remove");
  const question = el.querySelector<HTMLElement>(".pw-ask [role=group]")!;
  question.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  expect(el.querySelector(".pw-ask [role=group]")).toBeNull();
  expect(model.sent.some((message) => message.kind === "remove")).toBe(false);
  await press(el, "remove");
  await press(el, "remove_yes");
  expect(model.sent.filter((message) => message.kind === "remove").map((message) => message["name"])).toEqual(["cabinet"]);
  expect(el.querySelectorAll(".pw-account-one")).toHaveLength(1);
});

test("an address that is no web address is no link", async () => {
  const el = await open([row("cabinet", { auth: "google" })]);
  model.say({ kind: "agree", account: "cabinet", address: "javascript:alert(1)" });
  expect(el.querySelector("a")).toBeNull();
  model.say({ kind: "agree", account: "cabinet", address: "https://accounts.example/agree" });
  expect(el.querySelector("a")?.getAttribute("href")).toBe("https://accounts.example/agree");
  opened.close();
  expect(model.listening()).toBe(0);
});
