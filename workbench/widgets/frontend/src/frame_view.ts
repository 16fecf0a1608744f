/** A read-only table whose rows are asked for a page at a time and live only here. */
import { element, Questions, rootOf, sentenceOf, words, type Scene } from "./shared/widget";

interface Page { headings: string[]; rows: string[][]; start: number; page: number; total: number; count: string }

export default {
  render(scene: Scene): () => void {
    const say = words(scene.model);
    const silence = element("p", { class: "pw-alert pw-waits", role: "alert", hidden: true }, say("silent"));
    const questions = new Questions(scene.model, (silent) => (silence.hidden = !silent));
    const root = rootOf(scene, "frame");
    const table = element("table", { "aria-label": say("rows") });
    const place = element("span", { class: "pw-note", role: "status", "aria-live": "polite" });
    let shown: Page | null = null;

    const ask = async (start: number): Promise<void> => {
      try {
        show((await questions.ask("rows", { start })).message as unknown as Page);
      } catch (refusal) {
        place.textContent = sentenceOf(refusal);
      }
    };
    const step = (name: string, by: number): HTMLButtonElement =>
      element("button", { class: "pw-button", type: "button", "data-name": name, onclick: () => shown !== null && void ask(shown.start + by * shown.page) }, say(name));
    const before = step("before", -1);
    const after = step("after", 1);

    function show(page: Page): void {
      shown = page;
      const last = page.start + page.rows.length;
      table.replaceChildren(
        element("thead", {}, element("tr", {}, ...page.headings.map((name) => element("th", { scope: "col" }, name)))),
        element("tbody", {}, ...page.rows.map((row) => element("tr", {}, ...row.map((cell) => element("td", {}, cell))))),
      );
      place.textContent = page.total > page.page ? say("place", { first: page.start + 1, last, total: page.total }) : page.count;
      before.disabled = page.start === 0;
      after.disabled = last >= page.total;
      before.hidden = after.hidden = page.total <= page.page;
    }

    root.append(
      silence,
      element("div", { class: "pw-frame-rows", tabindex: 0 }, table),
      element("div", { class: "pw-row" }, before, after, place, element("span", { class: "pw-grow" }), element("span", { class: "pw-note" }, say("kept"))),
    );
    void ask(0);
    return () => questions.close();
  },
};
