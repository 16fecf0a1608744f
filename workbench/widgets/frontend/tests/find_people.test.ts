// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { findBox, type Found } from "../src/shared/find_people";
import { Refusal } from "../src/shared/widget";

const PEOPLE: Found[] = [
  { patient: "1", name: "AUBRY Nathan", about: "16/10/2014" },
  { patient: "2", name: "<b>AUBRY</b> Zoé", about: "Dossier n° 2" },
];
let asked: string[];
let chosen: string[];
let troubles: string[];
let answer: (words: string) => Promise<Found[]>;
let box: ReturnType<typeof findBox>;

beforeEach(() => {
  vi.useFakeTimers();
  [asked, chosen, troubles] = [[], [], []];
  answer = () => Promise.resolve(PEOPLE);
  box = findBox({
    label: "Trouver", placeholder: "Trouver", list: "Trouvés", none: "Personne",
    find: (words) => {
      asked.push(words);
      return answer(words);
    },
    onchoose: (one) => chosen.push(one.patient),
    ontrouble: (sentence) => troubles.push(sentence),
  });
  document.body.append(box.whole);
});
afterEach(() => {
  box.whole.remove();
  vi.useRealTimers();
});

async function type(words: string): Promise<void> {
  box.input.value = words;
  box.input.dispatchEvent(new Event("input"));
  await vi.advanceTimersByTimeAsync(200);
}
const key = (name: string) => box.input.dispatchEvent(new KeyboardEvent("keydown", { key: name, cancelable: true }));
const options = () => [...box.whole.querySelectorAll<HTMLElement>("[role=option]")];

test("somebody is found as one types, and the keyboard takes one", async () => {
  await type("a");
  expect(asked).toEqual([]);
  await type("aub");
  expect(asked).toEqual(["aub"]);
  expect(box.input.getAttribute("aria-expanded")).toBe("true");
  expect(options().map((one) => one.getAttribute("aria-selected"))).toEqual(["true", "false"]);
  expect(options()[1]?.querySelector("b")).toBeNull();
  key("ArrowDown");
  expect(box.input.getAttribute("aria-activedescendant")).toBe(options()[1]?.id);
  key("Enter");
  expect(chosen).toEqual(["2"]);
  expect(box.input.value).toBe("");
  expect(box.input.getAttribute("aria-expanded")).toBe("false");
});

test("nobody is said, and Escape begins anew", async () => {
  answer = () => Promise.resolve([]);
  await type("zzz");
  expect(box.whole.querySelector("[role=status]")?.textContent).toBe("Personne");
  key("Enter");
  expect(chosen).toEqual([]);
  key("Escape");
  expect(box.input.value).toBe("");
  expect(box.whole.querySelector("[role=status]")?.textContent).toBe("");
});

test("a late answer shows nobody whom nobody looks for any more", async () => {
  let late: (found: Found[]) => void = () => undefined;
  answer = () => new Promise((done) => (late = done));
  await type("aub");
  await type("");
  late(PEOPLE);
  await vi.advanceTimersByTimeAsync(0);
  expect(options()).toEqual([]);
});

test("what Python refuses is said", async () => {
  answer = () => Promise.reject(new Refusal("Impossible."));
  await type("aub");
  expect(troubles).toEqual(["Impossible."]);
});
