/**
 * What is chosen for one mailing alone: signature, addressee, files that go with it, what is kept of it.
 *
 * Python says all that is shown in messages of the kind "state"; the page reports "changed" (name, value), "add" (a file's
 * name, its bytes beside), "remove" (the name it is kept under) and "told" (whether a file holds health data, where that is
 * asked), each with the `round` of the state it was chosen on: Python refuses what was meant for another message.
 */
import { field, type Choice } from "./shared/controls";
import { element, hear, questionsWithAlert, rootOf, sentenceOf, words, type Scene } from "./shared/widget";

interface Kept { kept: string; name: string; size: string; own: boolean; health?: boolean | null }
interface State {
  round: number; ready: boolean; signatures: Choice[]; signature: string; roles: Choice[]; role: string; options: [name: string, on: boolean][];
  files: Kept[]; health: { asked: boolean; reason: string };
}

export default {
  render(scene: Scene): () => void {
    const { model } = scene;
    const word = words(model);
    const root = rootOf(scene, "options");
    root.setAttribute("aria-label", word("title"));
    const { alert, say, questions } = questionsWithAlert(model, word);
    const body = element("div", {});
    const picker = element("input", { type: "file", multiple: true, hidden: true, "aria-label": word("add") });
    const working = element("span", { class: "pw-note", role: "status" });
    root.append(body, picker, alert);

    let round = 0;
    const ask = (kind: string, more: Record<string, unknown>): void => {
      questions.ask(kind, { ...more, round }).then(() => say(""), (refusal: unknown) => say(sentenceOf(refusal)));
    };
    const list = (name: string, choices: Choice[], chosen: string): HTMLElement => {
      const select = element("select", { class: "pw-input", "data-name": name }, ...choices.map(([value, label]) => element("option", { value, selected: value === chosen }, label)));
      select.addEventListener("change", () => ask("changed", { name, value: select.value }));
      return field(word(name), select);
    };
    picker.addEventListener("change", () => {
      const chosen = [...(picker.files ?? [])];
      picker.value = "";
      const mine = round; // another message may be prepared before the last file is taken in
      void (async () => {
        working.textContent = word("adding");
        try {
          for (const file of chosen) await questions.ask("add", { name: file.name, round: mine }, [await file.arrayBuffer()]);
          say("");
        } catch (refusal) {
          say(sentenceOf(refusal));
        } finally {
          working.textContent = "";
        }
      })();
    });

    const draw = (state: State): void => {
      const held = body.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset["name"] : undefined;
      const typed = body.querySelector<HTMLInputElement>("[data-name=health_reason]");
      if (state.round === round && typed !== null && typed === document.activeElement) return; // what is being typed is not taken away
      const files = state.files.map((file) =>
        element(
          "li",
          { class: "pw-options-file" },
          element("span", {}, `${file.name} (${file.size})`),
          file.own
            ? element("button", { type: "button", class: "pw-button pw-quiet", "aria-label": word("remove", { name: file.name }), "data-name": file.kept, onclick: () => ask("remove", { kept: file.kept }) }, "✕")
            : element("span", { class: "pw-note" }, word("of_type")),
        ),
      );
      // Whoever adds a file says whether it holds health data; what is added by rule is known.
      const asked = state.files.filter(({ health }) => health !== undefined).map((file) => {
        const name = `pw-${file.kept}`;
        const answer = (label: string, health: boolean): HTMLElement => {
          const box = element("input", { type: "radio", name, "data-name": `${file.kept}:${String(health)}` });
          box.checked = file.health === health;
          box.addEventListener("change", () => ask("told", { kept: file.kept, health }));
          return element("label", { class: "pw-options-box" }, box, word(label));
        };
        return element("fieldset", { class: "pw-options-told" }, element("legend", {}, `${file.health === null ? "? " : ""}${word("holds_health", { name: file.name })}`), answer("yes", true), answer("no", false));
      });
      const boxes = state.options.map(([name, on]) => {
        const box = element("input", { type: "checkbox", "data-name": name });
        box.checked = on;
        box.addEventListener("change", () => ask("changed", { name, value: box.checked }));
        return element("label", { class: "pw-options-box" }, box, word(name));
      });
      const reason = element("input", { class: "pw-input pw-grow", "data-name": "health_reason", value: state.health.reason, autocomplete: "off" });
      reason.addEventListener("change", () => ask("changed", { name: "health_reason", value: reason.value }));
      body.replaceChildren(
        element("div", { class: "pw-options-lists" }, list("signature", state.signatures, state.signature), list("role", state.roles, state.role)),
        element(
          "div",
          { class: "pw-row pw-options-files" },
          element("span", { class: "pw-note" }, word("files")),
          files.length > 0 ? element("ul", {}, ...files) : element("span", { class: "pw-note" }, word("none")),
          element("button", { type: "button", class: "pw-button pw-quiet", "data-name": "add", onclick: () => picker.click() }, word("add")),
          working,
          ...boxes,
        ),
        ...asked,
        ...(state.health.asked
          ? [element("div", { class: "pw-options-health", role: "group", "aria-label": word("health") }, element("p", {}, `? ${word("health")}`), field(word("health_reason"), reason))]
          : []),
      );
      round = state.round;
      if (held !== undefined) body.querySelector<HTMLElement>(`[data-name="${CSS.escape(held)}"]`)?.focus();
    };
    const stop = hear(model, (message) => {
      if (message.kind === "state") draw(message as unknown as State);
    });
    void questions.ask("open").then(({ message }) => draw(message as unknown as State), (refusal: unknown) => say(sentenceOf(refusal)));
    return () => {
      stop();
      questions.close();
    };
  },
};
