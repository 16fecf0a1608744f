// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import inbox, { LOOK_EVERY_MS } from "../src/inbox";
import { LOST_AFTER_MS } from "../src/shared/widget";
import { FakeModel, settled, show, type Message } from "./scene";

const letter = (key: string, recipient = `Zoé <${key}>`) => ({ key, at: "22/11/2026 09:05", recipient, address: `${key}@x.example`, subject: `Rappel ${key} <b>`, size: "2 KB" });

let box: ReturnType<typeof letter>[];
let opened: Awaited<ReturnType<typeof show>>;
let model: FakeModel;
let trouble = "";

function answer(message: Message): Record<string, unknown> {
  if (trouble) return { error: trouble };
  if (message.kind === "letters") {
    const known = box.findIndex((one) => one.key === message["known"]);
    if (message["total"] === box.length && (known === 0 || box.length === 0)) return { same: true };
    const whole = known < 0 || Number(message["total"]) + known !== box.length;
    return { whole, total: box.length, letters: whole ? box : box.slice(0, known), count: `${box.length} messages`, limit: "" };
  }
  if (message.kind === "source") return { headers: [], source: `source of ${String(message["key"])}` };
  if (message["key"] === "gone") return { error: "It is gone." };
  return {
    message: {
      subject: `Rappel ${String(message["key"])}`, sender: "a", recipient: "b", attachments: [], screen: "<p>x", text: [["x", false]], marked: false,
      notes: [], links: null,
    },
  };
}

const wait = async (): Promise<void> => {
  for (let turn = 0; turn < 4; turn += 1) await settled();
};
const asked = (kind: string): Message[] => model.sent.filter((message) => message.kind === kind);
const names = (): (string | null | undefined)[] =>
  [...opened.el.querySelectorAll('[role="option"]')].map((row) => row.querySelector(".pw-rows-name")?.textContent);
const find = <T extends HTMLElement>(selector: string): T => {
  const found = opened.el.querySelector<T>(selector);
  if (!found) throw new Error(`nothing is ${selector}`);
  return found;
};
const seen = (yes: boolean): void => {
  Object.defineProperty(HTMLElement.prototype, "offsetParent", { configurable: true, get: () => (yes ? document.body : null) });
};

async function open(): Promise<void> {
  model = new FakeModel({ words: {}, language: "fr" }, answer);
  opened = await show(inbox, model);
  await wait();
}

beforeEach(() => {
  vi.useFakeTimers();
  box = [letter("b"), letter("a")];
  trouble = "";
  seen(true);
});
afterEach(() => {
  opened.close();
  expect(model.listening()).toBe(0);
  vi.useRealTimers();
});

test("letters are listed newest first as text, with their number in sight", async () => {
  await open();
  expect(names()).toEqual(["Zoé <b>", "Zoé <a>"]);
  expect(find('[role="option"]').textContent).toContain("Rappel b <b>");
  expect(find(".pw-inbox-count").textContent).toBe("2 messages");
  expect(find(".pw-inbox-bar").textContent).toContain("nobody");
});

test("new letters come by themselves, above the others, while somebody looks", async () => {
  await open();
  box = [letter("c"), ...box];
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS);
  await wait();
  expect(names()).toEqual(["Zoé <c>", "Zoé <b>", "Zoé <a>"]);
  expect(asked("letters")[1]).toMatchObject({ known: "b", total: 2 });
  box = [letter("z")];
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS);
  await wait();
  expect(names()).toEqual(["Zoé <z>"]);
});

test("out of sight nothing is asked, but the button asks", async () => {
  await open();
  seen(false);
  await vi.advanceTimersByTimeAsync(3 * LOOK_EVERY_MS);
  expect(asked("letters")).toHaveLength(1);
  find<HTMLButtonElement>("button").click();
  await wait();
  expect(asked("letters")).toHaveLength(2);
});

test("a letter is read on a click, stays open while others arrive, and its source can be read", async () => {
  await open();
  opened.el.querySelectorAll<HTMLElement>('[role="option"]')[1]!.click();
  await wait();
  expect(find(".pw-letter-subject").textContent).toBe("Rappel a");
  box = [letter("c"), ...box];
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS);
  await wait();
  expect(find(".pw-letter-subject").textContent).toBe("Rappel a");
  expect(find('[aria-selected="true"][role="option"]').textContent).toContain("Rappel a");
  opened.el.querySelectorAll<HTMLElement>('[role="tab"]')[3]!.click();
  await wait();
  expect(find("pre").textContent).toBe("source of a");
});

test("a letter that is gone says so", async () => {
  box = [letter("gone")];
  await open();
  find('[role="option"]').click();
  await wait();
  expect(find('.pw-letter [role="alert"]').textContent).toBe("It is gone.");
});

test("the search hears no accents, and nothing found is said", async () => {
  await open();
  const search = find<HTMLInputElement>("input");
  search.value = "ZOE b@";
  search.dispatchEvent(new Event("input"));
  expect(names()).toEqual(["Zoé <b>"]);
  search.value = "nobody";
  search.dispatchEvent(new Event("input"));
  expect(names()).toEqual([]);
  expect(opened.el.textContent).toContain("none_found");
});

test("what went wrong is said while it lasts, and the letters stay", async () => {
  await open();
  trouble = "The mailbox cannot be read.";
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS);
  await wait();
  expect(find('[role="alert"]').textContent).toBe("✕ The mailbox cannot be read.");
  expect(find(".pw-inbox-count").textContent).toBe("2 messages");
  trouble = "";
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS);
  await wait();
  expect(find<HTMLElement>('[role="alert"]').hidden).toBe(true);
});

test("an answer that is lost does not stop the mailbox for good, and one that comes late changes nothing", async () => {
  await open();
  const send = vi.spyOn(model, "send").mockImplementation((content) => void model.sent.push(content as Message));
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS);
  const lost = asked("letters").at(-1) as Message;
  send.mockRestore();
  box = [letter("c"), ...box];
  await vi.advanceTimersByTimeAsync(LOST_AFTER_MS + LOOK_EVERY_MS);
  await wait();
  expect(names()).toEqual(["Zoé <c>", "Zoé <b>", "Zoé <a>"]);
  model.say({ kind: "answer", request: lost["request"], view: lost["view"], whole: true, total: 0, letters: [], count: "0", limit: "" });
  await wait();
  expect(names()).toHaveLength(3);
});

test("an empty mailbox says what it is for, and shows neither a search nor the views of a message", async () => {
  box = [];
  await open();
  expect(opened.el.textContent).toContain("empty");
  expect(find(".pw-inbox").className).toContain("pw-inbox-empty");
  box = [letter("a")];
  await vi.advanceTimersByTimeAsync(LOOK_EVERY_MS);
  await wait();
  expect(find(".pw-inbox").className).not.toContain("pw-inbox-empty");
  expect(find(".pw-inbox").className).toContain("pw-inbox-closed");
  find('[role="option"]').click();
  await wait();
  expect(find(".pw-inbox").className).not.toContain("pw-inbox-closed");
});
