/**
 * The bar over the desk: the practice's name, the pages to go to, and a box that finds anybody.
 *
 * Shows the traits `practice`, `pages` (pairs of a name and what it is called) and `current`; asks Python to `go` to the
 * page that is pressed. The page shown changes when Python says so, never before. Where the desk `finds` people, Ctrl+K
 * leads into the box from any of its pages: it asks to `find` words, and for the `patient` who is chosen.
 */
import { findBox, type Found } from "./shared/find_people";
import { element, Questions, rootOf, sentenceOf, watch, words, type Scene } from "./shared/widget";

export default {
  render(scene: Scene): () => void {
    const { model } = scene;
    const word = words(model);
    const root = rootOf(scene, "desk-bar");
    const alert = element("p", { class: "pw-alert", role: "alert", hidden: true });
    const say = (sentence: string): void => {
      alert.textContent = sentence && `✕ ${sentence}`;
      alert.hidden = sentence === "";
    };
    const questions = new Questions(model, (silent) => say(silent ? word("silent") : ""));
    const list = element("ul", {});
    const row = element(
      "div",
      { class: "pw-row pw-bar-row" },
      element("span", { class: "pw-bar-practice", title: model.get("practice") as string }, model.get("practice") as string),
      element("nav", { "aria-label": word("pages") }, list),
    );
    root.append(row, alert);

    const finder = findBox({
      label: word("find"),
      placeholder: word("find_hint"),
      list: word("found"),
      none: word("none_found"),
      find: async (typed) => (await questions.ask("find", { words: typed })).message["rows"] as Found[],
      onchoose: ({ patient }) => {
        questions.ask("patient", { patient }).then(() => say(""), (refusal: unknown) => say(sentenceOf(refusal)));
      },
      ontrouble: say,
    });
    finder.input.setAttribute("aria-keyshortcuts", "Control+K");
    const offer = (): void => {
      if (model.get("finds") === true) row.append(finder.whole);
    };
    offer();
    /** Ctrl+K from anywhere but a cell of code; before JupyterLab and whatever has the focus. */
    const called = (event: KeyboardEvent): void => {
      const asked = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k";
      if (!asked || !finder.whole.isConnected || root.getClientRects().length === 0) return;
      if (document.activeElement?.closest(".jp-InputArea")) return;
      event.preventDefault();
      event.stopPropagation();
      finder.input.focus();
      finder.input.select();
    };
    window.addEventListener("keydown", called, { capture: true });

    const go = (page: string): void => {
      questions.ask("go", { page }).then(() => say(""), (refusal: unknown) => say(sentenceOf(refusal)));
    };
    const draw = (): void => {
      const focused = (document.activeElement as HTMLElement | null)?.dataset["page"];
      const current = model.get("current");
      list.replaceChildren(
        ...(model.get("pages") as [string, string][]).map(([name, label]) => {
          const here = name === current ? "page" : null;
          const press = element("button", { type: "button", class: "pw-bar-page", "data-page": name, "aria-current": here, onclick: () => go(name) }, label);
          return element("li", {}, press);
        }),
      );
      if (focused !== undefined) list.querySelector<HTMLElement>(`[data-page="${CSS.escape(focused)}"]`)?.focus();
    };
    draw();
    const stopDrawing = watch(model, ["pages", "current"], draw);
    // A page begins at its top, also where one was left that was scrolled down.
    const stopFollowing = watch(model, ["current"], () => root.scrollIntoView?.({ block: "nearest" }));
    const stopOffering = watch(model, ["finds"], offer);
    return () => {
      stopDrawing();
      stopFollowing();
      stopOffering();
      window.removeEventListener("keydown", called, { capture: true });
      finder.close();
      questions.close();
    };
  },
};
