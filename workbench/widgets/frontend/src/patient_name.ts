/** Whom a message is about: the name and the birth date stay in sight while it is written and sent. */
import { element, hear, Questions, rootOf, words, type Scene } from "./shared/widget";

export default {
  render(scene: Scene): () => void {
    const { model } = scene;
    const word = words(model);
    const root = rootOf(scene, "patient-name");
    const questions = new Questions(model);
    const name = element("strong", {});
    const about = element("span", { class: "pw-note" });
    root.append(element("div", { class: "pw-row", role: "status" }, element("span", { class: "pw-note" }, word("about")), name, about));
    const show = (told: Record<string, unknown>): void => {
      name.textContent = String(told["name"] ?? "");
      about.textContent = String(told["about"] ?? "");
    };
    const stop = hear(model, (message) => {
      if (message.kind === "named") show(message);
    });
    void questions.ask("open").then(({ message }) => show(message));
    return () => {
      stop();
      questions.close();
    };
  },
};
