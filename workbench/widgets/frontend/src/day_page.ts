/**
 * « Ma journée »: what waits for somebody at the front desk.
 *
 * Asks Python for the `day` when it is shown and on « Actualiser », then for the `rest` of what may be sent, which
 * takes a moment longer. A line's button asks to `go` where that line leads; a name asks for the `patient`; a tick says
 * that somebody was `called`.
 */
import { button } from "./shared/controls";
import { element, hear, questionsWithAlert, rootOf, sentenceOf, words, type Scene } from "./shared/widget";

interface Line {
  code: string;
  title: string;
  /** What the button says; nothing when there is nothing to do. */
  lead: string;
  state: [kind: string, sign: string, words: string];
  detail?: string;
  main?: boolean;
}

interface Call {
  patient: string;
  appointment: string;
  name: string;
  time: string;
  /** Whom to ask for, when that is not the patient. */
  whom: string;
  numbers: string[];
  called: string;
}

interface Day {
  date: string;
  user: string;
  fresh: string;
  at: string;
  spent: string[];
  tell: Line[];
  resume: Line[];
  settle: Line[];
  next_day: string;
  phone: Call[];
  leads: boolean;
}

/** How many lines the rest of what may be sent has: their place is kept free, so that no button moves when they come. */
const REST = 4;

export default {
  render(scene: Scene): () => void {
    const { model } = scene;
    const word = words(model);
    const root = rootOf(scene, "day");
    root.setAttribute("aria-label", word("title"));
    const { alert, say, questions } = questionsWithAlert(model, word);
    const live = element("p", { class: "pw-note", role: "status" });
    const title = element("h2", {});
    const facts = element("div", { class: "pw-day-facts" });
    const refresh = button(word("refresh"), () => void count());
    const tell = element("ul", {});
    const kept = Array.from({ length: REST }, () => element("li", { class: "pw-day-line", "aria-hidden": "true" }));
    const rest = element("ul", {}, ...kept);
    const resume = part("resume");
    const settle = part("settle");
    const phone = part("phone");
    let asked = 0;

    function part(name: string): { whole: HTMLElement; list: HTMLElement; note: HTMLElement } {
      const list = element("ul", {});
      const note = element("p", { class: "pw-note", hidden: true });
      const whole = element("section", { class: "pw-day-part", "aria-label": word(name), hidden: true }, element("h3", {}, word(name)), note, list);
      return { whole, list, note };
    }

    const telling = element("section", { class: "pw-day-part", "aria-label": word("tell") }, element("h3", {}, word("tell")), tell, rest);
    root.append(
      alert,
      element("div", { class: "pw-row pw-day-head" }, title, facts, element("span", { class: "pw-grow" }), live, refresh),
      element("div", { class: "pw-day-sides" }, element("div", {}, telling, resume.whole, settle.whole), element("div", {}, phone.whole)),
    );

    const lead = (code: string): void => {
      questions.ask("go", { line: code }).then(() => say(""), (refusal: unknown) => say(sentenceOf(refusal)));
    };

    const drawLine = (line: Line): HTMLElement => {
      const [kind, sign, told] = line.state;
      const state = element("span", { class: `pw-state pw-state-${kind}` }, `${sign} ${told}`);
      const press = line.lead
        ? button(line.lead, () => lead(line.code), {
            class: line.main ? "pw-button pw-main" : "pw-button",
            "data-line": line.code,
            "aria-label": `${line.lead} – ${line.title}`,
          })
        : null;
      return element(
        "li",
        { class: "pw-day-line" },
        element(
          "div",
          { class: "pw-day-what" },
          element("div", { class: "pw-day-title" }, line.title),
          line.detail ? element("div", { class: "pw-day-detail" }, line.detail) : null,
        ),
        element("div", { class: "pw-day-side" }, state, press),
      );
    };

    const drawCall = (call: Call, leads: boolean): HTMLElement => {
      const box = element("input", { type: "checkbox", "aria-label": word("call_done", { patient: call.name }) });
      const told = element("span", { class: "pw-note" }, call.called);
      const name = leads
        ? element(
            "button",
            { type: "button", class: "pw-day-name", title: word("open_file", { patient: call.name }), onclick: () => open(call.patient) },
            call.name,
          )
        : element("span", { class: "pw-day-title" }, call.name);
      const numbers = call.numbers.map((number) => element("span", { class: "pw-day-number" }, number));
      const row = element(
        "li",
        { class: "pw-day-line" },
        element("span", { class: "pw-day-time" }, call.time),
        element(
          "div",
          { class: "pw-day-what" },
          name,
          call.whom ? element("div", { class: "pw-day-detail" }, call.whom) : null,
          element("div", { class: "pw-day-numbers" }, ...(numbers.length ? numbers : [element("span", { class: "pw-note" }, word("no_number"))]), told),
        ),
        element("label", { class: "pw-day-tick" }, box, word("called")),
      );
      const show = (called: string): void => {
        told.textContent = called;
        box.checked = called !== "";
        row.classList.toggle("pw-day-done", called !== "");
      };
      show(call.called);
      box.addEventListener("change", () => {
        const done = box.checked;
        questions.ask("called", { patient: call.patient, appointment: call.appointment, done }).then(
          ({ message }) => {
            show(String(message["called"]));
            say("");
          },
          (refusal: unknown) => {
            box.checked = !done;
            say(sentenceOf(refusal));
          },
        );
      });
      return row;
    };

    const open = (patient: string): void => {
      questions.ask("patient", { patient }).then(() => say(""), (refusal: unknown) => say(sentenceOf(refusal)));
    };

    const draw = (day: Day): void => {
      title.textContent = day.date;
      facts.replaceChildren(...[day.user, day.fresh, ...day.spent].filter(Boolean).map((fact) => element("span", {}, fact)));
      tell.replaceChildren(...day.tell.map(drawLine));
      resume.list.replaceChildren(...day.resume.map(drawLine));
      resume.whole.hidden = day.resume.length === 0;
      settle.list.replaceChildren(...day.settle.map(drawLine));
      settle.note.textContent = word("nothing_settle");
      settle.note.hidden = day.settle.length > 0;
      settle.whole.hidden = false;
      phone.list.replaceChildren(...day.phone.map((call) => drawCall(call, day.leads)));
      phone.note.textContent = word(day.phone.length ? "phone_why" : "nobody_to_phone", { day: day.next_day });
      phone.note.hidden = false;
      phone.whole.hidden = false;
    };

    /** Count everything anew; what was told before stays in sight meanwhile. */
    async function count(): Promise<void> {
      const mine = (asked += 1);
      const focused = (document.activeElement as HTMLElement | null)?.dataset["line"];
      live.textContent = word("counting");
      rest.classList.add("pw-day-waits");
      try {
        const day = (await questions.ask("day")).message as unknown as Day;
        if (mine !== asked) return;
        draw(day);
        const more = (await questions.ask("rest")).message["tell"] as Line[];
        if (mine !== asked) return;
        rest.replaceChildren(...more.map(drawLine));
        rest.classList.remove("pw-day-waits");
        live.textContent = word("counted", { time: day.at });
        say("");
        if (focused !== undefined) root.querySelector<HTMLElement>(`[data-line="${CSS.escape(focused)}"]`)?.focus();
      } catch (refusal) {
        if (mine !== asked) return;
        kept.forEach((place) => place.remove());
        live.textContent = "";
        say(sentenceOf(refusal));
      }
    }

    const stop = hear(model, (message) => {
      if (message.kind === "opened") void count();
    });
    void count();
    return () => {
      stop();
      questions.close();
    };
  },
};
