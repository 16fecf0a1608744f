/**
 * The parameters of a notebook as a form: a control each, what is wrong beside it, and the real day of one that counts.
 *
 * Asks Python for the fields (`open`), what values mean (`look`, at each change), and says what is wanted: `copy` (a
 * notebook beside it with these values), `run`. A run is answered at once, and told of with `ran` when it has ended.
 */
import { askedOnce } from "./shared/asking";
import { button } from "./shared/controls";
import { Parameters, type Parameter } from "./shared/parameters";
import { element, hear, questionsWithAlert, rootOf, sentenceOf, words, type Scene } from "./shared/widget";

interface Meant {
  problems: Record<string, string>;
  /** The real day of each that counts from today. */
  days: Record<string, string>;
}

/** Milliseconds of rest after which what is typed is asked about. */
export const SETTLED_MS = 250;

export default {
  render(scene: Scene): () => void {
    const { model } = scene;
    const word = words(model);
    const root = rootOf(scene, "notebook-form");
    const { alert, say, questions } = questionsWithAlert(model, word);
    const said = element("p", { class: "pw-note", role: "status", "aria-live": "polite" });
    const heading = element("h3", {});
    const parameters = new Parameters({ all: word("all"), some: (first, count) => word("some", { first, count }) }, () => changed());
    const { values } = parameters;
    const form = element("form", { novalidate: true }, parameters.element);
    const runs = element("div", {});
    root.append(heading, form, alert, said, element("div", { class: "pw-row" }, button(word("copy"), () => void copy()), element("span", { class: "pw-grow" }), runs));
    form.addEventListener("submit", (event) => event.preventDefault());

    let timer: ReturnType<typeof setTimeout> | undefined;
    let looks = 0;
    let running = false;

    const ask = (kind: string): Promise<Record<string, unknown> | null> =>
      questions.ask(kind, { values }).then(
        ({ message }) => message,
        (refusal: unknown) => (say(sentenceOf(refusal)), null),
      );
    const changed = (): void => {
      if (!running) {
        say("");
        said.textContent = "";
      }
      drawRun();
      clearTimeout(timer);
      timer = setTimeout(() => void look(), SETTLED_MS);
    };
    const look = async (): Promise<void> => {
      const number = (looks += 1);
      const answer = await ask("look");
      if (answer !== null && number === looks) tell(answer as unknown as Meant);
    };
    const tell = ({ problems, days }: Meant): boolean => parameters.tell(problems, days);

    const copy = async (): Promise<void> => {
      const answer = await ask("copy");
      if (answer === null || !right(answer)) return;
      said.textContent = word("copied", { path: answer["path"] as string });
    };
    const right = (answer: Record<string, unknown>): boolean => {
      const fine = tell(answer as unknown as Meant);
      if (!fine) {
        say(word("to_correct"));
        form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
      }
      return fine;
    };
    const run = async (): Promise<void> => {
      if (running) return;
      running = true;
      said.textContent = word("working");
      drawRun();
      const answer = await ask("run");
      if (answer !== null && right(answer)) return;
      running = false;
      said.textContent = "";
      drawRun();
    };
    /** Whoever only tries is not asked; what sends is asked about once. */
    const drawRun = (): void => {
      const held = runs.contains(document.activeElement);
      const tries = values["dry_run"] === "yes";
      runs.replaceChildren(
        running || tries
          ? button(word("run"), () => void run(), { class: "pw-button pw-main", disabled: running })
          : askedOnce(word("run"), () => word("run_question"), word("run_yes"), word("back"), () => void run()),
      );
      if (held) runs.querySelector("button")?.focus();
    };

    const stop = hear(model, (message) => {
      if (message.kind !== "ran") return;
      running = false;
      said.textContent = message["sentence"] as string;
      if (message["error"]) say(message["error"] as string);
      drawRun();
    });
    void questions.ask("open").then(
      ({ message }) => {
        heading.textContent = word("title", { notebook: message["notebook"] as string });
        form.setAttribute("aria-label", heading.textContent);
        parameters.show(message["fields"] as Parameter[]);
        tell(message as unknown as Meant);
        drawRun();
      },
      (refusal: unknown) => say(sentenceOf(refusal)),
    );
    return () => {
      clearTimeout(timer);
      stop();
      questions.close();
    };
  },
};
