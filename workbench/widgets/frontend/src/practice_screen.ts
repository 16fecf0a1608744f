/**
 * The practice: its card, when messages leave and how long they are kept, and its closed days.
 *
 * Asks Python once (`open`); tells what is changed (`card`, `departures`, `close`, `reopen`), each answered with a sentence
 * and everything as it stands now. What is typed stays typed until it is saved.
 */
import { askedOnce } from "./shared/asking";
import { button, field } from "./shared/controls";
import { element, Questions, rootOf, sentenceOf, words, type Scene } from "./shared/widget";

interface Line {
  name: string;
  label: string;
  value: string;
  long: boolean;
  choices?: string[];
}

interface Closure {
  kind: string;
  days: string;
  about: string;
  first: string;
  last: string;
  ours: boolean;
}

interface State {
  card: Line[];
  seen: string[];
  writable: boolean;
  undo_minutes: number;
  sending_hours: string;
  history_days: number;
  closures: Closure[];
  sentence?: string;
}

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

export default {
  render(scene: Scene): () => void {
    const { model } = scene;
    const word = words(model);
    const root = rootOf(scene, "practice");
    const silence = element("p", { class: "pw-alert pw-waits", role: "alert", hidden: true }, word("silent"));
    const alert = element("p", { class: "pw-alert", role: "alert", hidden: true });
    const said = element("p", { class: "pw-practice-said", role: "status", "aria-live": "polite" });
    const questions = new Questions(model, (silent) => (silence.hidden = !silent));
    const card = element("div", { class: "pw-practice-grid" });
    const seen = element("p", { class: "pw-note" });
    const readOnly = element("p", { class: "pw-note", hidden: true }, word("read_only"));
    const saveCard = button(word("save"), () => void keepCard(), { class: "pw-button pw-main" });
    const control = (name: string, attributes: Record<string, unknown> = {}): HTMLInputElement => element("input", { type: "text", class: "pw-input", "data-key": name, ...attributes });
    const undo = control("undo_minutes", { inputmode: "numeric" });
    const hours = control("sending_hours", { placeholder: "08:00-20:00" });
    const days = control("history_days", { inputmode: "numeric" });
    const first = control("first", { type: "date" });
    const last = control("last", { type: "date" });
    const reason = control("reason");
    const closures = element("div", {});
    const closing = element(
      "form",
      { class: "pw-practice-closing" },
      field(word("first"), first),
      field(word("last"), last),
      field(word("reason"), reason),
      button(word("close"), () => void change("close", { first: first.value, last: last.value, reason: reason.value }, () => [first, last, reason].forEach((one) => (one.value = "")))),
    );
    closing.addEventListener("submit", (event) => event.preventDefault());
    const hinted = (label: string, shown: HTMLElement, hint: string): HTMLElement => {
      const made = field(label, shown);
      made.append(element("p", { class: "pw-note" }, hint));
      return made;
    };
    const part = (title: string, note: string, ...parts: HTMLElement[]): HTMLElement =>
      element("section", { class: "pw-practice-part", "aria-label": title }, element("h4", {}, title), note !== "" && element("p", { class: "pw-note" }, note), ...parts);
    const parts: Record<string, HTMLElement> = {
      card: part(word("card"), word("card_note"), readOnly, card, seen, element("div", { class: "pw-row pw-practice-foot" }, element("span", { class: "pw-grow" }), saveCard)),
      departures: part(
        word("departures"),
        "",
        element("div", { class: "pw-practice-grid" }, hinted(word("undo_minutes"), undo, word("undo_hint")), hinted(word("sending_hours"), hours, word("hours_hint")), hinted(word("history_days"), days, word("history_hint"))),
        element(
          "div",
          { class: "pw-row pw-practice-foot" },
          element("span", { class: "pw-grow" }),
          button(word("save"), () => void change("departures", { undo_minutes: undo.value, sending_hours: hours.value, history_days: days.value }), { class: "pw-button pw-main" }),
        ),
      ),
      closures: part(word("closures"), word("closures_note"), closures, closing),
    };
    root.append(silence, said, alert, ...Object.values(parts));

    let kept: State | null = null;
    const controls = new Map<string, Control>();
    const complain = (sentence: string): void => {
      alert.textContent = sentence && `✕ ${sentence}`;
      alert.hidden = sentence === "";
      if (sentence) alert.scrollIntoView({ block: "nearest" });
    };
    /** Tell Python of a change, and show what has come of it. */
    const change = async (kind: string, values: Record<string, unknown>, then?: () => void): Promise<void> => {
      // What came of it is said where it was done.
      (parts[kind] ?? parts["closures"])?.append(alert, said);
      complain("");
      said.textContent = "";
      try {
        const { message } = await questions.ask(kind, values);
        then?.();
        show(message as unknown as State, kind);
        said.textContent = String(message["sentence"] ?? "");
        said.scrollIntoView({ block: "nearest" });
      } catch (refusal) {
        complain(sentenceOf(refusal));
      }
    };
    const keepCard = async (): Promise<void> => {
      const values: Record<string, string> = {};
      for (const line of kept?.card ?? []) {
        const now = controls.get(line.name)?.value.trim() ?? line.value;
        if (now !== line.value) values[line.name] = now;
      }
      await change("card", { values });
    };
    const controlOf = (line: Line): Control => {
      if (line.choices) return element("select", { class: "pw-input" }, ...line.choices.map((one) => element("option", { value: one }, one)));
      return line.long ? element("textarea", { class: "pw-input", rows: "3" }) : element("input", { type: "text", class: "pw-input" });
    };
    /** Show everything as it stands; what somebody typed elsewhere on the page stays. */
    const show = (next: State, changed: string): void => {
      const fresh = kept === null;
      kept = next;
      if (fresh || changed === "card") {
        controls.clear();
        card.replaceChildren(
          ...next.card.map((line) => {
            const made = controlOf(line);
            made.value = line.value;
            made.disabled = !next.writable;
            made.dataset["key"] = line.name;
            controls.set(line.name, made);
            const whole = field(line.label, made);
            if (line.long) whole.classList.add("pw-practice-wide");
            return whole;
          }),
        );
      }
      if (fresh || changed === "departures") {
        undo.value = String(next.undo_minutes);
        hours.value = next.sending_hours;
        days.value = String(next.history_days);
      }
      readOnly.hidden = next.writable;
      saveCard.disabled = !next.writable;
      closing.hidden = !next.writable;
      seen.textContent = next.seen.length > 0 ? word("seen", { facts: next.seen.join(" · ") }) : "";
      drawClosures(next);
    };
    const drawClosures = (next: State): void => {
      if (next.closures.length === 0) {
        closures.replaceChildren(element("p", { class: "pw-note" }, word("none")));
        return;
      }
      const head = ["days", "kind", "about"].map((name) => element("th", { scope: "col" }, word(name)));
      const row = (one: Closure): HTMLElement =>
        element(
          "tr",
          {},
          element("td", {}, one.days),
          element("td", {}, one.kind),
          element("td", {}, one.about),
          element(
            "td",
            {},
            one.ours && next.writable && askedOnce(word("reopen"), () => word("reopen_question", { days: one.days }), word("reopen_yes"), word("back"), () => void change("reopen", { first: one.first, last: one.last })),
          ),
        );
      closures.replaceChildren(
        element("table", { class: "pw-practice-days" }, element("thead", {}, element("tr", {}, ...head, element("th", { scope: "col" }, element("span", { class: "pw-visually-hidden" }, word("actions"))))), element("tbody", {}, ...next.closures.map(row))),
      );
    };
    questions.ask("open").then(
      ({ message }) => {
        show(message as unknown as State, "");
        root.dataset["ready"] = "";
      },
      (refusal: unknown) => complain(sentenceOf(refusal)),
    );
    return () => questions.close();
  },
};
