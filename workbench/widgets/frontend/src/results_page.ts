/**
 * « Résultats »: the mailings of a period, and of the one that is opened what became of each message.
 *
 * Asks Python for the list (`mailings`) and for a mailing (`mailing`, `results_page/mailing.ts`). Hears `opened` (the
 * page is met again, with a mailing to open and the state of its messages to begin with, or none), `progress` (how far a sending is) and `changed` (it has ended).
 */
import { field } from "./shared/controls";
import type { State } from "./shared/states";
import { element, hear, Questions, rootOf, sentenceOf, words, type Scene } from "./shared/widget";
import { mailingShown, type MailingShown } from "./results_page/mailing";
import { returnedMail } from "./results_page/returned";
import { barOf, chartOf, said, stateChips } from "./results_page/parts";

interface Line {
  id: number;
  when: string;
  template: string;
  account: string;
  by: string;
  stage: string;
  states: State[];
  total: number;
}

type Pair = [value: string, label: string];
const STEP = 50;

export default {
  render(scene: Scene): () => void {
    const { model } = scene;
    const word = words(model);
    const root = rootOf(scene, "results-page");
    const silence = element("p", { class: "pw-alert pw-waits", role: "alert", hidden: true }, word("silent"));
    const questions = new Questions(model, (silent) => {
      silence.hidden = !silent;
    });

    const asked = { period: "month", template: "", account: "", state: "", count: STEP };
    let asking = 0;
    let opened: MailingShown | null = null;
    let met = false; // the list was asked for since the page is shown
    let came = 0; // the mailing one came back from

    const tell = said();
    const status = element("p", { class: "pw-note pw-results-summary", role: "status", "aria-live": "polite" });
    const selects = new Map<string, HTMLSelectElement>();
    const chooser = (name: "period" | "template" | "state" | "account"): HTMLElement => {
      const select = element("select", { class: "pw-input" });
      select.addEventListener("change", () => {
        asked[name] = select.value;
        asked.count = STEP;
        void list();
      });
      selects.set(name, select);
      return field(word(name), select);
    };
    const filters = element("div", { class: "pw-row pw-results-filters" }, chooser("period"), chooser("template"), chooser("state"), chooser("account"));
    const chart = chartOf(word, (colours) => questions.ask("chart", { ...asked, ...colours, mailing: 0 }), () => void questions.ask("no_chart").catch(() => undefined));
    const returned = returnedMail({ root, word, questions, changed: () => void (opened ? opened.load() : list()) });
    const refresh = element("button", { type: "button", class: "pw-button", onclick: () => void list() }, word("refresh"));
    const body = element("tbody");
    const heads = ["when", "template", "numbers", "stage", "by"].map((name) => element("th", { scope: "col" }, word(name)));
    const table = element("table", { class: "pw-results-list", "aria-label": word("list") }, element("thead", {}, element("tr", {}, ...heads)), body);
    const nothing = element("p", { class: "pw-note pw-results-nothing", hidden: true });
    const more = element("button", {
      type: "button", class: "pw-button pw-quiet", hidden: true,
      onclick: () => {
        asked.count += STEP;
        void list();
      },
    }, word("more"));
    const title = element("h2", { class: "pw-results-title", tabindex: "-1" }, word("title"));
    const whole = element(
      "div",
      { class: "pw-results-all" },
      element("div", { class: "pw-row pw-results-head" }, title, element("span", { class: "pw-grow" }), returned.button, chart.button, refresh),
      filters, status, chart.box,
      element("div", { class: "pw-results-scroll", role: "region", "aria-label": word("list"), tabindex: "0" }, table),
      nothing, more,
    );
    const place = element("div", { class: "pw-results-one", hidden: true });
    root.append(silence, tell.box, returned.box, whole, place);

    const fill = (name: string, choices: Pair[], all: boolean): void => {
      const select = selects.get(name)!;
      const value = (asked as unknown as Record<string, string>)[name] ?? "";
      // What is chosen stays there to be chosen, though nothing of this period has it.
      const known: Pair[] = value && !choices.some(([one]) => one === value) ? [...choices, [value, value]] : choices;
      select.replaceChildren(...[...(all ? [["", word("all")] as Pair] : []), ...known].map(([one, label]) => element("option", { value: one }, label)));
      select.value = value;
    };

    const row = (line: Line): HTMLElement => {
      const name = element("button", { type: "button", class: "pw-results-name", "data-mailing": line.id, onclick: () => void open(line.id) }, line.template.split("/").at(-1) ?? line.template);
      const folder = line.template.includes("/") ? line.template.slice(0, line.template.lastIndexOf("/")) : "";
      return element(
        "tr",
        {},
        element("td", { class: "pw-results-when" }, line.when),
        element("td", {}, name, element("div", { class: "pw-note" }, [folder, line.account].filter(Boolean).join(" · "))),
        element("td", { class: "pw-results-counts" }, barOf(line.states), stateChips(line.states)),
        element("td", {}, line.stage),
        element("td", {}, line.by),
      );
    };

    /** Ask for the mailings anew; what stood there stays in sight until the answer. */
    const list = async (): Promise<void> => {
      const mine = (asking += 1);
      chart.forget();
      try {
        const again = !met;
        met = true;
        const { message } = await questions.ask("mailings", { ...asked, back: again });
        if (mine !== asking) return;
        tell.say("");
        const choices = message["choices"] as Record<string, Pair[]>;
        fill("period", message["periods"] as Pair[], false);
        fill("template", choices["template"] ?? [], true);
        fill("state", message["kinds"] as Pair[], true);
        fill("account", choices["account"] ?? [], true);
        const there = message["there"] === true;
        const rows = message["rows"] as Line[];
        (selects.get("account")!.closest(".pw-field") as HTMLElement).hidden = (choices["account"] ?? []).length < 2 && asked.account === "";
        filters.hidden = !there;
        table.hidden = rows.length === 0;
        nothing.hidden = rows.length > 0;
        nothing.textContent = word(there ? "none" : "none_yet");
        body.replaceChildren(...rows.map(row));
        more.hidden = rows.length >= Number(message["count"]);
        chart.button.hidden = rows.length === 0;
        status.textContent = rows.length ? String(message["summary"]) : "";
        if (message["charted"] === true) chart.open();
        const wanted = message["wanted"];
        if (typeof wanted === "number" && opened === null && came !== wanted) await open(wanted, String(message["wanted_state"] ?? ""));
      } catch (refusal) {
        if (mine === asking) tell.say(sentenceOf(refusal), true);
      }
    };

    const back = (): void => {
      came = opened?.id ?? 0;
      opened?.close();
      opened = null;
      place.hidden = true;
      place.replaceChildren();
      whole.hidden = false;
      void list().then(() => (body.querySelector<HTMLElement>(`[data-mailing="${came}"]`) ?? title).focus());
    };

    const open = async (id: number, state = ""): Promise<void> => {
      tell.say("");
      opened?.close();
      const shown = mailingShown({ id, state, word, questions, back });
      opened = shown;
      const trouble = await shown.load();
      if (opened !== shown) return;
      if (trouble) {
        opened = null;
        came = id;
        tell.say(trouble, true);
        return;
      }
      whole.hidden = true;
      place.hidden = false;
      place.replaceChildren(shown.box);
      shown.focus();
    };

    const stop = hear(model, (message) => {
      if (message.kind === "opened") {
        const wanted = message["mailing"];
        if (typeof wanted === "number") void open(wanted, String(message["state"] ?? ""));
        else if (opened) void opened.load();
        else void list();
      } else if (message.kind === "progress") {
        if (opened && opened.id === message["mailing"]) opened.moved(message);
      } else if (message.kind === "changed") {
        if (opened && opened.id === message["mailing"]) void opened.changed(String(message["error"] ?? ""));
        else if (!opened) void list();
      }
    });
    void list();
    return () => {
      stop();
      opened?.close();
      questions.close();
      chart.forget();
    };
  },
};
