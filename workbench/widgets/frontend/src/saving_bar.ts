/** The foot of a text that stands alone: whether it is saved, and the button that saves it. Hears `standing`. */
import { button } from "./shared/controls";
import { alertLine, element, hear, Questions, rootOf, sentenceOf, words, type Scene } from "./shared/widget";

export default {
  render(scene: Scene): () => void {
    const { model } = scene;
    const word = words(model);
    const root = rootOf(scene, "saving-bar");
    const said = element("p", { class: "pw-note pw-saving-said", role: "status", "aria-live": "polite" });
    const { alert: trouble, say: complain } = alertLine();
    const questions = new Questions(model, (silent) => complain(silent ? word("silent") : "", silent));
    const reason = element("input", { type: "text", class: "pw-input pw-saving-reason", placeholder: word("reason"), "aria-label": word("reason"), autocomplete: "off" });
    const save = button(word("save"), () => void keep(), { class: "pw-button pw-main", disabled: true });
    const keep = async (): Promise<void> => {
      if (save.disabled) return;
      complain("");
      try {
        await questions.ask("save", { reason: reason.value });
        reason.value = "";
      } catch (refusal) {
        complain(sentenceOf(refusal));
      }
    };
    const show = (standing: Record<string, unknown>): void => {
      const changed = standing["changed"] === true;
      save.disabled = !changed;
      said.textContent = changed ? word("changed") : String(standing["said"] ?? "");
    };
    reason.addEventListener("keydown", (event) => {
      if (event.key === "Enter") void keep();
    });
    root.append(trouble, element("div", { class: "pw-row" }, said, element("span", { class: "pw-grow" }), reason, save));
    const stop = hear(model, (message) => {
      if (message.kind === "standing") show(message);
    });
    void questions.ask("open").then(({ message }) => show(message), (refusal: unknown) => complain(sentenceOf(refusal)));
    return () => {
      stop();
      questions.close();
    };
  },
};
