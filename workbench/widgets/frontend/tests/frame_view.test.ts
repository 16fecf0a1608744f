// @vitest-environment happy-dom
import { afterEach, expect, test } from "vitest";
import view from "../src/frame_view";
import { FakeModel, settled, show } from "./scene";

const WORDS = { before: "Avant", after: "Après", place: "{first} à {last} sur {total}", kept: "Rien n’est gardé", rows: "Lignes", silent: "Muet" };
let opened: Awaited<ReturnType<typeof show>>;
let model: FakeModel;

async function open(total: number): Promise<HTMLElement> {
  model = new FakeModel({ words: WORDS }, ({ start }) => ({
    headings: ["Patient"], start, page: 50, total, count: `${total} lignes`,
    rows: Array.from({ length: Math.min(50, total - Number(start)) }, (_row, place) => [`<b>${Number(start) + place}</b>`]),
  }));
  opened = await show(view, model);
  return opened.el;
}
const button = (name: string) => opened.el.querySelector<HTMLButtonElement>(`[data-name="${name}"]`) as HTMLButtonElement;

afterEach(() => opened.close());

test("the rows are asked for and shown as text", async () => {
  const el = await open(3);
  expect([...el.querySelectorAll("td")].map((cell) => cell.textContent)).toEqual(["<b>0</b>", "<b>1</b>", "<b>2</b>"]);
  expect(el.querySelector("[role=status]")?.textContent).toBe("3 lignes");
  expect(button("after").hidden).toBe(true);
});

test("many rows come a page at a time", async () => {
  const el = await open(120);
  expect(button("before").disabled).toBe(true);
  button("after").click();
  await settled();
  button("after").click();
  await settled();
  expect(el.querySelector("[role=status]")?.textContent).toBe("101 à 120 sur 120");
  expect(button("after").disabled).toBe(true);
  expect(model.sent.map(({ start }) => start)).toEqual([0, 50, 100]);
});
