// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { element, hear, keepKeys, Questions, questionsWithAlert, Refusal, rootOf, sentenceOf, SILENT_AFTER_MS, watch, words } from "../src/shared/widget";
import { FakeModel, type Message } from "./scene";

/** A model whose kernel answers only when the test says so. */
class Mute extends FakeModel {
  override send(content: unknown): void {
    this.sent.push(content as Message);
  }
  reply(question: number, more: Record<string, unknown> = {}, buffers: DataView[] = []): void {
    const { request, view } = this.sent[question] as Message;
    this.say({ kind: "answer", request, view, ...more }, buffers);
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

test("a text is text and never markup", () => {
  const made = element("p", { title: "<b>" }, "<img src=x onerror=alert(1)>", null, false, undefined);
  expect(made.children.length).toBe(0);
  expect(made.textContent).toBe("<img src=x onerror=alert(1)>");
  expect(made.title).toBe("<b>");
});

test("attributes that are off are left out, and names with « on » are listeners", () => {
  const pressed = vi.fn();
  const made = element("button", { hidden: false, disabled: true, title: null, onclick: pressed });
  expect([...made.attributes].map(({ name }) => name)).toEqual(["disabled"]);
  made.disabled = false;
  made.click();
  expect(pressed).toHaveBeenCalledOnce();
});

test("keys typed in a widget stay there, but Ctrl+S still saves the notebook", () => {
  const heard: string[] = [];
  const page = element("div", { onkeydown: (event: KeyboardEvent) => heard.push(event.key) });
  const root = element("div");
  const button = element("button");
  keepKeys(root);
  root.append(button);
  page.append(root);
  document.body.append(page);
  for (const more of [{ key: "a" }, { key: "d" }, { key: "Enter", shiftKey: true }, { key: "s" }, { key: "s", ctrlKey: true, altKey: true }]) {
    button.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, ...more }));
  }
  expect(heard).toEqual([]);
  button.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, key: "s", ctrlKey: true }));
  button.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, key: "S", metaKey: true }));
  expect(heard).toEqual(["s", "S"]);
});

test("the root of a view says its language", () => {
  const el = element("div");
  expect(rootOf({ model: new FakeModel({ language: "fr" }), el }, "x").lang).toBe("fr");
  expect(rootOf({ model: new FakeModel({}), el }, "x").hasAttribute("lang")).toBe(false);
  expect(el.children.length).toBe(2);
});

test("a word has its blanks filled, and an unknown one shows its name", () => {
  const word = words(new FakeModel({ words: { hello: "Bonjour {who}, {who} !", odd: "{nobody}" } }));
  expect(word("hello", { who: "{who}" })).toBe("Bonjour {who}, {who} !");
  expect(word("odd")).toBe("{nobody}");
  expect(word("nothing")).toBe("nothing");
});

test("a view says in one line what was refused, and that nobody answers", () => {
  const model = new Mute({ words: { silent: "Personne" } });
  const { alert, say, questions } = questionsWithAlert(model, words(model));
  expect(alert.hidden).toBe(true);
  say("<b>Non.</b>");
  expect([alert.textContent, alert.hidden, alert.childElementCount]).toEqual(["✕ <b>Non.</b>", false, 0]);
  say("");
  expect(alert.hidden).toBe(true);
  void questions.ask("open");
  vi.advanceTimersByTime(SILENT_AFTER_MS);
  // Nothing is broken as far as anybody knows: it may only be busy.
  expect([alert.textContent, alert.classList.contains("pw-waits")]).toEqual(["Personne", true]);
  model.reply(0);
  expect(alert.hidden).toBe(true);
  say("Non.");
  expect([alert.textContent, alert.classList.contains("pw-waits")]).toEqual(["✕ Non.", false]);
});

test("a word with a number takes the form of its language", () => {
  const forms = { found: "{count} champs", "found.one": "{count} champ", left: "{count} restent" };
  const told = (language: string) => [0, 1, 2].map((count) => words(new FakeModel({ words: forms, language }))("found", { count }));
  expect(told("fr")).toEqual(["0 champ", "1 champ", "2 champs"]);
  expect(told("en")).toEqual(["0 champs", "1 champ", "2 champs"]);
  expect(words(new FakeModel({ words: forms, language: "fr" }))("left", { count: 1 })).toBe("1 restent");
});

test("traits and messages are heard until the view is gone", () => {
  const model = new FakeModel({});
  const changed = vi.fn();
  const heard = vi.fn();
  const stops = [watch(model, ["words", "language"], changed), hear(model, heard)];
  model.say({ kind: "x" });
  expect(heard).toHaveBeenCalledOnce();
  for (const stop of stops) stop();
  model.say({ kind: "x" });
  expect(heard).toHaveBeenCalledOnce();
  expect(model.listening()).toBe(0);
});

test("each question gets its own answer, whatever the order, with its buffers", async () => {
  const model = new Mute({});
  const questions = new Questions(model);
  const first = questions.ask("rows", { start: 0 });
  const second = questions.ask("rows", { start: 100 });
  const buffer = new DataView(new ArrayBuffer(1));
  model.reply(1, { total: 2 }, [buffer]);
  model.reply(0, { total: 1 });
  expect((await first).message["total"]).toBe(1);
  expect(await second).toMatchObject({ message: { total: 2 }, buffers: [buffer] });
});

test("an answer to another view of the same widget is not for this one", async () => {
  const model = new Mute({});
  const [one, other] = [new Questions(model), new Questions(model)];
  const answered = vi.fn();
  void one.ask("x").then(answered);
  void other.ask("x");
  model.reply(1);
  await vi.advanceTimersByTimeAsync(0);
  expect(answered).not.toHaveBeenCalled();
});

test("a question without an answer is told of, and so is the answer that comes late", async () => {
  const model = new Mute({});
  const silence = vi.fn();
  const questions = new Questions(model, silence);
  const asked = questions.ask("rows");
  void questions.ask("rows");
  await vi.advanceTimersByTimeAsync(SILENT_AFTER_MS - 1);
  expect(silence).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1000);
  expect(silence.mock.calls).toEqual([[true]]);
  model.reply(0);
  await asked;
  expect(silence.mock.calls).toEqual([[true], [false]]);
});

test("an answer in time is told of to nobody, nor is a view that has gone", async () => {
  const model = new Mute({});
  const silence = vi.fn();
  const questions = new Questions(model, silence);
  const asked = questions.ask("rows");
  model.reply(0);
  await asked;
  void questions.ask("rows");
  questions.close();
  await vi.advanceTimersByTimeAsync(SILENT_AFTER_MS * 2);
  expect(silence).not.toHaveBeenCalled();
  expect(model.listening()).toBe(0);
});

test("a kernel that is known to be gone is told of at once", () => {
  const model = new Mute({});
  model.send = () => {
    throw new Error("Comm is closed");
  };
  const silence = vi.fn();
  void new Questions(model, silence).ask("rows");
  expect(silence.mock.calls).toEqual([[true]]);
});

test("an answer that is only an error refuses its question; a state that tells of an error answers it", async () => {
  const model = new Mute({});
  const questions = new Questions(model);
  const [refused, told] = [questions.ask("rows"), questions.ask("state")];
  model.reply(1, { error: "550", doing: "" });
  model.reply(0, { error: "The database is busy." });
  await expect(refused).rejects.toEqual(new Refusal("The database is busy."));
  expect((await told).message["error"]).toBe("550");
  expect(sentenceOf(await refused.catch((refusal: unknown) => refusal))).toBe("The database is busy.");
  expect(() => sentenceOf(new TypeError("own mistake"))).toThrow("own mistake");
});
