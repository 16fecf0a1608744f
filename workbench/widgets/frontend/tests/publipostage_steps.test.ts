// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import steps from "../src/publipostage_steps";
import { FakeModel, settled, show } from "./scene";

const bar = {
  steps: [
    { name: "search", label: "Recherche", mark: "⌕", state: "done", title: "" },
    { name: "message", label: "Message", mark: "1", state: "here", title: "" },
    { name: "check", label: "Vérification <b>", mark: "2", state: "closed", title: "Choisissez un email type." },
  ],
  notices: [{ key: "a1", text: "Reprendre : Rappel", look: "info", actions: [{ name: "resume", label: "Reprendre" }] }],
};
const foot = {
  back: { name: "back", label: "← Recherche" }, quiet: [], check: { name: "default", label: "Par défaut", on: false }, note: "44 cochés",
  main: { name: "main", label: "Suivant →" }, shortcut: "", ask: null, code: "",
};

let opened: Awaited<ReturnType<typeof show>>;
let model: FakeModel;

async function open(part: string, state: Record<string, unknown>): Promise<HTMLElement> {
  model = new FakeModel({ words: { done: "faite", steps: "Étapes" }, language: "fr", part }, (message) => (message.kind === "open" ? state : {}));
  opened = await show(steps, model);
  return opened.el;
}

const done = () => model.sent.filter((message) => message.kind === "do").map(({ name, step, key, on }) => ({ name, step, key, on }));

afterEach(() => {
  opened.close();
  vi.useRealTimers();
});

test("the step somebody is at is a heading, the ones before can be gone to, the closed ones not", async () => {
  const el = await open("bar", bar);
  expect(el.querySelector("h2")?.textContent).toContain("Message");
  const [search, check] = [...el.querySelectorAll<HTMLButtonElement>("ol button")];
  expect(check?.disabled).toBe(true);
  expect(check?.title).toBe("Choisissez un email type.");
  expect(el.querySelector("b")).toBeNull();
  search?.click();
  expect(done()).toEqual([{ name: "go", step: "search", key: undefined, on: undefined }]);
});

test("a notice says what it is about, and its button which one", async () => {
  const el = await open("bar", bar);
  el.querySelector<HTMLButtonElement>(".pw-steps-notice button")?.click();
  expect(done()).toEqual([{ name: "resume", step: undefined, key: "a1", on: undefined }]);
});

test("a step that is gone to has the focus", async () => {
  const el = await open("bar", bar);
  model.say({ kind: "state", ...bar, focus: true });
  expect(el.contains(document.activeElement)).toBe(document.hasFocus());
});

test("a page that is shown a moment later gets the focus then, and takes it from nobody at work elsewhere", async () => {
  vi.useFakeTimers();
  const el = await open("bar", bar);
  const elsewhere = document.createElement("input");
  elsewhere.getClientRects = () => [{}] as unknown as DOMRectList;
  document.body.append(elsewhere);
  elsewhere.focus();
  model.say({ kind: "state", ...bar, focus: true });
  expect(document.activeElement).toBe(elsewhere);
  elsewhere.remove();
  const focus = vi.spyOn(HTMLElement.prototype, "focus").mockImplementationOnce(() => undefined); // it is not in sight yet
  model.say({ kind: "state", ...bar, focus: true });
  expect(document.activeElement).toBe(document.body);
  await vi.advanceTimersByTimeAsync(100);
  expect(document.activeElement).toBe(el.querySelector("h2"));
  focus.mockRestore();
});

test("a page gone to by a button of another page turns to its step once that button is out of sight", async () => {
  vi.useFakeTimers();
  const el = await open("bar", { ...bar, focus: true });
  expect(document.activeElement).toBe(el.querySelector("h2"));
  const button = document.createElement("button");
  let shown = true;
  button.getClientRects = () => (shown ? [{}] : []) as unknown as DOMRectList;
  document.body.append(button);
  button.focus();
  model.say({ kind: "state", ...bar, focus: true });
  await vi.advanceTimersByTimeAsync(200);
  expect(document.activeElement).toBe(button);
  shown = false;
  await vi.advanceTimersByTimeAsync(100);
  expect(document.activeElement).toBe(el.querySelector("h2"));
  button.remove();
});

test("on a low page, as at twice the size, the foot stands at the end and covers nothing", async () => {
  const height = window.innerHeight;
  window.innerHeight = 450;
  const el = await open("foot", foot);
  const loose = () => el.classList.contains("pw-steps-foot-loose");
  await vi.waitFor(() => expect(loose()).toBe(true));
  window.innerHeight = 900;
  window.dispatchEvent(new Event("resize"));
  await vi.waitFor(() => expect(loose()).toBe(false));
  window.innerHeight = height;
});

test("the main action is at the right, and two clicks are one", async () => {
  const el = await open("foot", foot);
  const main = el.querySelector<HTMLButtonElement>(".pw-main");
  main?.click();
  main?.click();
  expect(done()).toHaveLength(1);
  await settled();
  expect([...el.querySelectorAll("button")].at(-1)?.textContent).toBe("Suivant →");
});

test("Ctrl+Enter is the main action anywhere on the page, and nowhere else", async () => {
  const el = await open("foot", foot);
  const field = document.createElement("input");
  document.body.append(field);
  const press = () => field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true }));
  press();
  expect(done()).toEqual([]);
  el.classList.add("pw-publipostage");
  el.append(field);
  press();
  expect(done().map(({ name }) => name)).toEqual(["main"]);
});

test("a question takes the place of the foot", async () => {
  const el = await open("foot", foot);
  model.say({ kind: "state", ...foot, ask: { words: "Recommencer ?", yes: { name: "yes", label: "Oui" }, no: { name: "no", label: "Non" } } });
  expect([...el.querySelectorAll("button")].map((one) => one.textContent)).toEqual(["Non", "Oui"]);
});

test("the second click of a double click goes no step on and answers no question", async () => {
  vi.useFakeTimers();
  const el = await open("foot", foot);
  const press = async (): Promise<void> => {
    el.querySelector<HTMLButtonElement>(".pw-main")?.click();
    await settled();
  };
  await press();
  model.say({ kind: "state", ...foot, back: { name: "back", label: "← Message" }, main: { name: "main", label: "Nouveau" } });
  await press();
  expect(done()).toHaveLength(1);
  vi.advanceTimersByTime(600);
  await press();
  expect(done()).toHaveLength(2);
  model.say({ kind: "state", ...foot, ask: { words: "Recommencer ?", yes: { name: "yes", label: "Oui" }, no: { name: "no", label: "Non" } } });
  await press();
  expect(done()).toHaveLength(2);
  vi.advanceTimersByTime(600);
  await press();
  expect(done().at(-1)?.name).toBe("yes");
});

test("a count that changes at the foot stops nobody", async () => {
  const el = await open("foot", foot);
  model.say({ kind: "state", ...foot, note: "45 cochés" });
  el.querySelector<HTMLButtonElement>(".pw-main")?.click();
  expect(done()).toHaveLength(1);
});

test("what is refused is said", async () => {
  model = new FakeModel({ words: {}, part: "foot" }, (message) => (message.kind === "open" ? foot : { error: "Personne n’est coché." }));
  opened = await show(steps, model);
  opened.el.querySelector<HTMLButtonElement>(".pw-main")?.click();
  await settled();
  expect(opened.el.querySelector("[role=alert]")?.textContent).toContain("Personne n’est coché.");
});

test("where the send cell's button is out of sight the foot says it again, and never what a question asks", async () => {
  const el = await open("foot", { ...foot, main: null, shortcut: "send" });
  el.classList.add("pw-publipostage");
  const send = document.createElement("div");
  send.innerHTML = '<div class="pw-send-foot"><button class="pw-main">Envoyer 37 messages…</button></div>';
  el.prepend(send);
  const own = send.querySelector("button")!;
  own.getClientRects = () => [{}] as unknown as DOMRectList;
  own.getBoundingClientRect = () => ({ top: 1000, bottom: 1034 }) as DOMRect;
  const pressed = vi.fn();
  own.addEventListener("click", pressed);
  const looked = async (): Promise<HTMLButtonElement> => {
    window.dispatchEvent(new Event("resize"));
    await new Promise((drawn) => requestAnimationFrame(() => drawn(undefined)));
    return el.querySelector<HTMLButtonElement>("[data-name=echo]")!;
  };
  const echo = await looked();
  expect([echo.hidden, echo.textContent]).toEqual([false, "Envoyer 37 messages…"]);
  echo.click();
  expect(pressed).toHaveBeenCalledOnce();
  own.getBoundingClientRect = () => ({ top: -10, bottom: 0 }) as DOMRect;
  expect((await looked()).hidden).toBe(false);
  own.getBoundingClientRect = () => ({ top: 0, bottom: 0 }) as DOMRect;
  expect((await looked()).hidden).toBe(true);
  own.getBoundingClientRect = () => ({ top: 1000, bottom: 1034 }) as DOMRect;
  send.firstElementChild!.classList.add("pw-send-asking");
  expect((await looked()).hidden).toBe(true);
});

test("a foot that would take more than a quarter of the page does not stay over it", async () => {
  const el = await open("foot", foot);
  const root = el.querySelector<HTMLElement>(".pw")!;
  for (const [height, loose] of [[60, false], [window.innerHeight / 3, true]] as const) {
    root.getBoundingClientRect = () => ({ height, top: 0 }) as DOMRect;
    window.dispatchEvent(new Event("resize"));
    await new Promise((drawn) => requestAnimationFrame(() => drawn(undefined)));
    expect(el.classList.contains("pw-steps-foot-loose")).toBe(loose);
  }
});

test("the second click of a double click sends no second test, and gives no draft up, that nobody has read", async () => {
  vi.useFakeTimers({ now: 1_000_000 });
  const quiet = [{ name: "trial", label: "Me l’envoyer" }];
  const el = await open("foot", { ...foot, quiet });
  const press = (name: string) => el.querySelector<HTMLButtonElement>(`[data-name=${name}]`)!.click();
  press("trial");
  await vi.advanceTimersByTimeAsync(100);
  model.say({ kind: "state", ...foot, note: "43 cochés", quiet: [...quiet, { name: "schedule", label: "Programmer…" }] });
  press("trial");
  await vi.advanceTimersByTimeAsync(100);
  press("schedule");
  await vi.advanceTimersByTimeAsync(600);
  press("trial");
  expect(done().map(({ name }) => name)).toEqual(["trial", "schedule", "trial"]);
  opened.close();

  const shown = await open("bar", { ...bar, notices: ["a1", "b2"].map((key) => ({ key, text: key, look: "info", actions: [{ name: "forget", label: "Abandonner" }] })) });
  const forget = () => shown.querySelector<HTMLButtonElement>(".pw-steps-notice button")!.click();
  forget();
  await vi.advanceTimersByTimeAsync(100);
  model.say({ kind: "state", ...bar, notices: [{ key: "b2", text: "b2", look: "info", actions: [{ name: "forget", label: "Abandonner" }] }] });
  forget();
  await vi.advanceTimersByTimeAsync(100);
  expect(done().map(({ key }) => key)).toEqual(["a1"]);
});

test("a question may have a second way out, pressed by its name", async () => {
  const ask = { words: "Comment ?", yes: { name: "yes", label: "Traitement" }, also: { name: "notebook", label: "Notebook" }, no: { name: "no", label: "Non" } };
  const el = await open("foot", { ...foot, ask });
  const buttons = [...el.querySelectorAll("button")];
  expect(buttons.map((one) => one.textContent)).toEqual(["Non", "Notebook", "Traitement"]);
  vi.useFakeTimers({ now: Date.now() + 1000 });
  buttons[1]!.click();
  expect(done().map(({ name }) => name)).toEqual(["notebook"]);
});
