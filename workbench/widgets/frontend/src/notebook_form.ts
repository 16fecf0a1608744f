/**
 * The parameters of a notebook as a form: a control each, what is wrong beside it, and the real day of one that counts.
 *
 * Asks Python for the fields (`open`), what values mean (`look`, at each change), and says what is wanted: `copy` (a
 * notebook beside it with these values), `run`. A run is answered at once, and told of with `ran` when it has ended.
 */
import { askedOnce } from "./shared/asking";
import { button, field, pickList, type Choice } from "./shared/controls";
import { element, hear, questionsWithAlert, rootOf, sentenceOf, words, type Scene } from "./shared/widget";

interface Field {
  name: string;
  kind: "tick" | "day" | "choice" | "choices" | "number" | "text" | "fixed";
  label: string;
  value: string;
  choices: Choice[];
}

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
    const form = element("form", { class: "pw-parameters", novalidate: true });
    const runs = element("div", {});
    root.append(heading, form, alert, said, element("div", { class: "pw-row" }, button(word("copy"), () => void copy()), element("span", { class: "pw-grow" }), runs));
    form.addEventListener("submit", (event) => event.preventDefault());

    const values: Record<string, string> = {};
    const lines = new Map<string, { control: HTMLElement; problem: HTMLElement; day: HTMLElement }>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let looks = 0;

    const ask = (kind: string): Promise<Record<string, unknown> | null> =>
      questions.ask(kind, { values }).then(
        ({ message }) => message,
        (refusal: unknown) => (say(sentenceOf(refusal)), null),
      );
    const set = (name: string, value: string): void => {
      values[name] = value;
      say("");
      said.textContent = "";
      drawRun();
      clearTimeout(timer);
      timer = setTimeout(() => void look(), SETTLED_MS);
    };
    const look = async (): Promise<void> => {
      const number = (looks += 1);
      const answer = await ask("look");
      if (answer !== null && number === looks) tell(answer as unknown as Meant);
    };
    const tell = ({ problems, days }: Meant): boolean => {
      for (const [name, { control, problem, day }] of lines) {
        const sentence = problems[name] ?? "";
        problem.textContent = sentence && `✕ ${sentence}`;
        problem.hidden = sentence === "";
        day.textContent = days[name] ?? "";
        if (sentence) control.setAttribute("aria-invalid", "true");
        else control.removeAttribute("aria-invalid");
      }
      return Object.keys(problems).length === 0;
    };

    const made = (one: Field): HTMLElement => {
      const problem = element("p", { class: "pw-parameter-problem", id: `pw-parameter-${one.name}-${Math.random().toString(36).slice(2, 8)}`, "aria-live": "polite", hidden: true });
      const day = element("p", { class: "pw-note" });
      const heard = { "data-key": one.name, "aria-describedby": problem.id };
      if (one.kind !== "fixed") values[one.name] = one.value;
      let control: HTMLElement;
      let whole: HTMLElement;
      if (one.kind === "tick") {
        const box = element("input", { type: "checkbox", ...heard, onchange: () => set(one.name, box.checked ? "yes" : "no") });
        box.checked = one.value === "yes";
        whole = element("label", { class: "pw-parameter-tick" }, (control = box), one.label);
      } else if (one.kind === "choice") {
        const offered: Choice[] = one.choices.some(([value]) => value === one.value) ? one.choices : [...one.choices, [one.value, one.value]];
        const list = element("select", { class: "pw-input", ...heard, onchange: () => set(one.name, list.value) }, ...offered.map(([value, label]) => element("option", { value }, label)));
        list.value = one.value;
        whole = field(one.label, (control = list));
      } else if (one.kind === "choices") {
        const chosen = one.value.split(",").filter(Boolean);
        const offered: Choice[] = [...one.choices, ...chosen.filter((value) => !one.choices.some(([known]) => known === value)).map((value): Choice => [value, value])];
        whole = control = pickList(one.label, offered, chosen, { all: word("all"), some: (first, count) => word("some", { first, count }) }, (some) => set(one.name, some.join(",")));
      } else {
        const days = one.kind === "day" ? element("datalist", { id: `${problem.id}-days` }, ...["today", "tomorrow", "yesterday", "J+2", "J+1 open"].map((value) => element("option", { value }))) : null;
        const text = element("input", { type: "text", class: "pw-input", ...heard, inputmode: one.kind === "number" ? "decimal" : null, list: days?.id ?? null, autocomplete: "off", disabled: one.kind === "fixed", oninput: () => set(one.name, text.value) });
        text.value = one.value;
        whole = field(one.label, (control = text));
        if (days) whole.append(days);
      }
      lines.set(one.name, { control, problem, day });
      return element("div", { class: "pw-parameter" }, whole, day, problem);
    };

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
    let running = false;
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
        form.replaceChildren(...(message["fields"] as Field[]).map(made));
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
