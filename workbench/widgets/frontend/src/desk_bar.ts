/**
 * The bar over the desk: the practice's name, the pages to go to, and a box that finds anybody.
 *
 * Shows the traits `practice`, `pages` (pairs of a name and what it is called) and `current`; asks Python to `go` to the
 * page that is pressed. The page shown changes when Python says so, never before. Whoever was led here from a page may go
 * `back` to it, and stands there where they left. Where the desk `finds` people, Ctrl+K
 * leads into the box from any of its pages: it asks to `find` words, and for the `patient` who is chosen.
 */
import { Leaving } from "./desk_bar/leaving";
import { findBox, type Found } from "./shared/find_people";
import { element, questionsWithAlert, rootOf, sentenceOf, watch, words, type Scene } from "./shared/widget";

export default {
  render(scene: Scene): () => void {
    const { model } = scene;
    const word = words(model);
    const root = rootOf(scene, "desk-bar");
    const { alert, say, questions } = questionsWithAlert(model, word);
    const list = element("ul", {});
    const row = element(
      "div",
      { class: "pw-row pw-bar-row" },
      element("span", { class: "pw-bar-practice", title: model.get("practice") as string }, model.get("practice") as string),
      element("nav", { "aria-label": word("pages") }, list),
    );
    const back = element("div", { class: "pw-bar-back", hidden: true });
    root.append(row, back, alert);
    const leaving = new Leaving(root, String(model.get("current") ?? ""));

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
      leaving.going(page === (model.get("back") as string[] | undefined)?.[0] ? page : "");
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
    const offerBack = (): void => {
      const [page, label] = model.get("back") as string[] | undefined ?? [];
      back.hidden = page === undefined;
      const words = [element("span", { "aria-hidden": "true" }, "← "), word("back_to", { page: label ?? "" })];
      back.replaceChildren(...(page === undefined ? [] : [element("button", { type: "button", class: "pw-button pw-quiet", onclick: () => go(page) }, ...words)]));
    };
    draw();
    offerBack();
    const stopBack = watch(model, ["back"], offerBack);
    const stopLeaving = watch(model, ["current"], () => leaving.turned(String(model.get("current"))));
    const stopDrawing = watch(model, ["pages", "current"], draw);
    // A page begins at its top, also where one was left that was scrolled down.
    const stopFollowing = watch(model, ["current"], () => root.scrollIntoView?.({ block: "nearest" }));
    const stopOffering = watch(model, ["finds"], offer);
    return () => {
      stopBack();
      stopLeaving();
      leaving.close();
      stopDrawing();
      stopFollowing();
      stopOffering();
      window.removeEventListener("keydown", called, { capture: true });
      finder.close();
      questions.close();
    };
  },
};
