/**
 * The search form.
 *
 * Asks Python once (`open`) for the searches with their parameters, what is asked now, and what was said of it; reports
 * each settled change (`changed`: name and values). Hears `said` (a sentence, bad or not), `days` (what the dates mean)
 * and `asked` (a change made in another view of the same form). `keep` saves what is asked under a name, renames or
 * forgets what was saved; `saved` tells what there is now. Which lists are open is known here alone. What is pressed
 * stays pressed only if Python takes it: a refusal or a silence shows again what is asked now.
 */
import { button, chips, field, fold, pickList, type Choice } from "./shared/controls";
import { Keeping } from "./search_form/keeping";
import { element, hear, Questions, rootOf, sentenceOf, words, type Scene } from "./shared/widget";

interface Parameter {
  name: string;
  kind: "day" | "hours" | "choice" | "yes_no" | "text" | "number" | "words" | "where";
  label: string;
  choices: Choice[] | null;
  /** Whether the search itself names the choices: few, and the same in every practice. */
  fixed: boolean;
  default: string | null;
  /** The day that this one is too, unless something else is asked. */
  follows: string | null;
}

interface Search {
  name: string;
  label: string;
  parameters: Parameter[];
  /** The parameters in sight at once; every other one waits under « more filters ». */
  first: string[];
  /** What it asks as long as nobody has said anything else. */
  opens?: Values;
}

interface Group {
  label: string;
  names: string[];
}

interface Saved {
  label: string;
  name: string;
  values: Values;
}

type Values = Record<string, string>;

/** How long after the last key what was typed counts as said. */
export const SETTLED_MS = 300;

const QUICK: [word: string, day: string][] = [
  ["yesterday", "yesterday"],
  ["today", "today"],
  ["tomorrow", "tomorrow"],
  ["in_two_days", "J+2"],
  ["next_open", "J+1 open"],
];

/** The same day by another name, so that a saved search lights the chip it came from. */
const ALSO: Values = { "j-1": "yesterday", hier: "yesterday", j: "today", "j+1": "tomorrow", demain: "tomorrow" };

/** What the value of a saved search begins with in the list; no search's name does. */
const SAVED = "saved:";

const sameValues = (one: Values, other: Values): boolean =>
  JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
const sameDay = (day: string): string => ALSO[day.trim().toLowerCase()] ?? day.trim();
const listOf = (text: string | undefined): string[] => (text ?? "").split(",").map((one) => one.trim()).filter(Boolean);

export default {
  render(scene: Scene): () => void {
    const { model } = scene;
    const word = words(model);
    const root = rootOf(scene, "search-form");
    const silence = element("p", { class: "pw-alert pw-waits", role: "alert", hidden: true }, word("silent"));
    const questions = new Questions(model, (silent) => {
      silence.hidden = !silent;
      if (silent && pressing > 0) takeBack();
    });

    let searches: Search[] = [];
    let groups: Group[] = [];
    let saved: Saved[] = [];
    /** The field that was typed in last: what Python says of it stands beside it. */
    let typedIn = "";
    /** The email type that each search proposes, by its label. */
    let proposed: Values = {};
    let name = "";
    /** Everything typed, also for parameters that the search chosen now does not have: going back finds it again. */
    let values: Values = {};
    let told = "";
    /** What Python has taken last, and how many presses it has not answered yet. */
    let taken = { name: "", values: {} as Values };
    let pressing = 0;
    /** Whether what Python has taken is shown in place of what was pressed. */
    let takenBack = false;
    let moreOpen = false;
    let datesOpen = false;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const body = element("div", { class: "pw-form-body" });
    const proposes = element("p", { class: "pw-note pw-form-proposes" });
    const days = element("p", { class: "pw-note pw-form-days", "aria-live": "polite" });
    const said = element("p", { class: "pw-form-said", role: "status", "aria-live": "polite" });
    root.append(silence, body);
    const keeping = new Keeping({
      word,
      taken: () => saved.map((one) => one.label),
      current: () => savedNow()?.label ?? "",
      async ask(question) {
        clearTimeout(timer);
        const asking = question["what"] === "save" ? { search: name, values: asked() } : {};
        const answered = await questions.ask("keep", { ...question, ...asking });
        return String(answered.message["name"]);
      },
    });

    const search = (): Search | undefined => searches.find((one) => one.name === name);
    const first = (): string[] => search()?.first ?? [];
    const parameter = (wanted: string): Parameter | undefined => search()?.parameters.find((one) => one.name === wanted);
    const asked = (): Values => {
      const known = search()?.parameters.map((one) => one.name) ?? [];
      return Object.fromEntries(known.filter((one) => values[one]).map((one) => [one, values[one] as string]));
    };
    /** Ask what the search chosen opens with, where nothing was said: what was taken back by hand stays away. */
    const openSearch = (): void => {
      const opens = search()?.opens ?? {};
      const isDay = (wanted: string): boolean => parameter(wanted)?.kind === "day";
      const dated = Object.keys(opens).some((wanted) => isDay(wanted) && values[wanted]);
      for (const [wanted, value] of Object.entries(opens)) if (!(dated && isDay(wanted))) values[wanted] ??= value;
    };
    const say = (sentence: string, bad: boolean): void => {
      const beside = body.querySelector<HTMLElement>(`[data-said="${bad && sentence !== "" ? typedIn : ""}"]`);
      for (const slot of body.querySelectorAll<HTMLElement>("[data-said]")) {
        slot.textContent = slot === beside ? `✕ ${sentence}` : "";
        slot.hidden = slot !== beside;
        const input = slot.parentElement?.querySelector("input");
        if (slot === beside) input?.setAttribute("aria-invalid", "true");
        else input?.removeAttribute("aria-invalid");
      }
      if (beside) sentence = "";
      said.textContent = bad && sentence !== "" ? `✕ ${sentence}` : sentence;
      said.className = bad && sentence !== "" ? "pw-form-said pw-alert" : "pw-form-said pw-note";
    };

    const asNow = (): string => JSON.stringify({ name, values: asked() });
    /** Show again what Python has taken. */
    const takeBack = (): void => {
      name = taken.name;
      values = { ...taken.values };
      told = asNow();
      takenBack = true;
      redraw();
    };
    /** Tell what is asked now. What was typed stays in its field whatever comes of it, what was pressed does not. */
    const report = async (pressed = true): Promise<void> => {
      clearTimeout(timer);
      if (asNow() === told) return;
      told = asNow();
      takenBack = false;
      const [mine, asking] = [told, { name, values: { ...values } }];
      pressing += pressed ? 1 : 0;
      const answered = questions.ask("changed", { name, values: asked() });
      if (pressed && !silence.hidden) takeBack();
      const sentence = await answered.then(() => "", sentenceOf);
      pressing -= pressed ? 1 : 0;
      if (sentence === "") {
        taken = asking;
        showKept();
        // An answer that came late, to a press that was taken back.
        if (takenBack) takeBack();
        return;
      }
      say(sentence, true);
      if (told !== mine) return;
      if (pressed) takeBack();
      else told = "";
    };
    const soon = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => void report(false), SETTLED_MS);
    };
    const set = (wanted: string, value: string): void => {
      values[wanted] = value;
    };

    /** A text control: heard while it is typed in, settled when it is left or Enter is pressed. */
    const typed = (attributes: Record<string, unknown>, change: (text: string) => void): HTMLInputElement => {
      const input = element("input", { type: "text", class: "pw-input", autocomplete: "off", spellcheck: "false", ...attributes });
      input.addEventListener("input", () => {
        typedIn = String(attributes["data-typed"] ?? "");
        change(input.value.trim());
        soon();
      });
      input.addEventListener("change", () => void report(false));
      return input;
    };

    /** The day that is asked, or else what stands for it. */
    const dayOf = (wanted: string): string => {
      const known = parameter(wanted);
      return values[wanted] || known?.default || (known?.follows ? dayOf(known.follows) : "");
    };

    const whenPart = (): HTMLElement => {
      const choices: Choice[] = [...QUICK.map(([key, day]): Choice => [day, word(key)]), ["", word("dates")]];
      const inputs = { start: dayPart("start", "from"), end: dayPart("end", "to") };
      const dates = element("div", { class: "pw-form-pair", role: "group", "aria-label": word("days") }, inputs.start, inputs.end);
      const group = chips(word("when"), choices, [], (day) => {
        datesOpen = day === "";
        if (day !== "") {
          set("start", day);
          set("end", day);
        }
        show();
        if (datesOpen) inputs.start.querySelector<HTMLInputElement>("[data-part]")?.focus();
        void report();
      });
      /** Press the chip of the day asked, or open the two dates when it has none. */
      const show = (): void => {
        const start = dayOf("start");
        const end = dayOf("end");
        const quick = QUICK.map(([, day]) => day).find((day) => day === sameDay(start) && day === sameDay(end));
        const open = datesOpen || (quick === undefined && (start !== "" || end !== ""));
        group.press(open ? [""] : quick === undefined ? [] : [quick]);
        dates.hidden = !open;
        for (const [wanted, part] of Object.entries(inputs)) {
          const input = part.querySelector<HTMLInputElement>("[data-part]");
          if (input) input.value = dayShown(dayOf(wanted));
        }
      };
      show();
      return element("div", { class: "pw-form-wide" }, group, dates, days, said);
    };

    const dayPart = (wanted: "start" | "end", label: string): HTMLElement => {
      const input = typed({ "data-part": wanted, placeholder: word("day_example") }, (text) => set(wanted, text));
      // The browser's own calendar, for those who would rather point than type.
      const calendar = element("input", { type: "date", class: "pw-form-calendar", tabindex: "-1", "aria-hidden": "true" });
      calendar.addEventListener("change", () => {
        input.value = dayShown(calendar.value);
        set(wanted, calendar.value);
        void report();
      });
      const pick = button("", () => calendar.showPicker(), { class: "pw-form-pick", "aria-label": word("pick_day"), title: word("pick_day") });
      pick.append(calendarSign());
      return field(word(label), element("span", { class: "pw-form-day" }, input, pick, calendar), input);
    };

    /** A day as it is read: a relative one by its word, an ISO one day first. */
    const dayShown = (day: string): string => {
      const quick = QUICK.find(([, known]) => known === sameDay(day));
      const iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
      if (iso) return `${iso[3]}/${iso[2]}/${iso[1]}`;
      return quick && !/^J/.test(quick[1]) ? word(quick[0]).toLowerCase() : day;
    };

    const hoursPart = (): HTMLElement => {
      const [first = "", last = ""] = (values["hours"] ?? "").split("-");
      const inputs: HTMLInputElement[] = [];
      const join = (): void => {
        const [from, to] = inputs.map((input) => input.value.trim());
        set("hours", from || to ? `${from || "00:00"}-${to || "24:00"}` : "");
      };
      inputs.push(typed({ placeholder: "07:00", inputmode: "text" }, join), typed({ placeholder: "21:00", inputmode: "text" }, join));
      const [from, to] = inputs as [HTMLInputElement, HTMLInputElement];
      from.value = first.trim() === "00:00" ? "" : first.trim();
      to.value = last.trim() === "24:00" ? "" : last.trim();
      return element(
        "div",
        { class: "pw-form-pair", role: "group", "aria-label": word("hours") },
        field(word("from_hour"), from, from),
        field(word("to_hour"), to, to),
      );
    };

    const choicePart = (one: Parameter): HTMLElement | null => {
      if (one.choices === null) {
        const input = typed({}, (text) => set(one.name, text));
        input.value = values[one.name] ?? "";
        return field(one.label, input, input);
      }
      if (one.choices.length === 0) return null;
      const chosen = listOf(values[one.name]);
      const changed = (now: string[]): void => {
        set(one.name, now.join(","));
        void report();
      };
      if (one.fixed) {
        const states = chips(one.label, one.choices, chosen, (value, group) => {
          const now = listOf(values[one.name]);
          const next = one.choices?.map(([known]) => known).filter((known) => (known === value) !== now.includes(known)) ?? [];
          group.press(next);
          changed(next);
        });
        if (one.choices.length > 3) states.classList.add("pw-form-wide");
        return states;
      }
      return pickList(one.label, one.choices, chosen, { all: word("all"), some: (first, count) => word("chosen", { first, count }) }, changed);
    };

    const yesNoPart = (one: Parameter): HTMLElement => {
      const answers: Choice[] = [["yes", word("yes")], ["no", word("no")]];
      if (one.default !== null) {
        const box = element("input", { type: "checkbox" });
        box.checked = (values[one.name] ?? one.default) === "yes";
        box.addEventListener("change", () => {
          set(one.name, box.checked === (one.default === "yes") ? "" : box.checked ? "yes" : "no");
          void report();
        });
        return element("label", { class: "pw-form-box" }, box, one.label);
      }
      return chips(one.label, answers, listOf(values[one.name]), (value, group) => {
        const next = values[one.name] === value ? "" : value;
        set(one.name, next);
        group.press([next]);
        void report();
      });
    };

    const textPart = (one: Parameter): HTMLElement => {
      if (one.choices === null) {
        const kinds: Record<string, Record<string, unknown>> = {
          number: { inputmode: "numeric", placeholder: one.default ?? "" },
          day: { placeholder: word("day_example") },
          where: { placeholder: word("condition_example"), class: "pw-input pw-form-condition" },
        };
        const input = typed({ "data-typed": one.name, ...kinds[one.kind] }, (text) => set(one.name, text));
        input.value = one.kind === "day" ? dayShown(values[one.name] ?? "") : (values[one.name] ?? "");
        const problem = element("p", { class: "pw-alert pw-form-problem", role: "alert", "data-said": one.name, hidden: true });
        const whole = field(one.label, element("span", { class: "pw-form-typed" }, input, problem), input);
        if (one.kind === "where") whole.classList.add("pw-form-wide");
        return whole;
      }
      const list = element("select", { class: "pw-input" }, ...one.choices.map(([value, label]) => element("option", { value }, label)));
      list.value = values[one.name] ?? one.default ?? "";
      list.addEventListener("change", () => {
        set(one.name, list.value === one.default ? "" : list.value);
        void report();
      });
      return field(one.label, list, list);
    };

    const part = (one: Parameter): HTMLElement | null => {
      if (one.kind === "choice") return choicePart(one);
      if (one.kind === "yes_no") return yesNoPart(one);
      if (one.kind === "hours") return hoursPart();
      return textPart(one);
    };

    const morePart = (): HTMLElement | null => {
      const rest = (search()?.parameters ?? []).filter((one) => !first().includes(one.name) && one.choices?.length !== 0);
      if (rest.length === 0) return null;
      const count = rest.filter((one) => values[one.name]).length;
      const more = fold(
        count ? word("more_count", { count }) : word("more"),
        rest.map((one) => one.label.toLocaleLowerCase(root.lang || undefined)).join(", "),
        moreOpen,
        (open) => (moreOpen = open),
        () => rest.map(part),
      );
      more.classList.add("pw-form-whole");
      return more;
    };

    /** The searches in their groups, and those that were saved. */
    const searchList = (): HTMLSelectElement => {
      const option = (value: string, label: string): HTMLOptionElement => element("option", { value }, label);
      const known = groups.map(({ label, names }) => {
        const some = searches.filter((one) => names.includes(one.name));
        return element("optgroup", { label, hidden: some.length === 0 }, ...some.map((one) => option(one.name, one.label)));
      });
      const kept = saved.map((one, place) => option(`${SAVED}${place}`, one.label));
      const own = kept.length ? [element("optgroup", { label: word("saved") }, ...kept)] : [];
      const list = element("select", { class: "pw-input", "data-searches": "" }, ...known, ...own);
      const now = savedNow();
      list.value = now ? `${SAVED}${saved.indexOf(now)}` : name;
      return list;
    };

    const savedNow = (): Saved | undefined => saved.find((one) => one.name === name && sameValues(one.values, asked()));

    /** What is kept of this search: the email type it proposes, and its name. */
    const showKept = (): void => {
      const list = body.querySelector<HTMLSelectElement>("[data-searches]");
      const now = savedNow();
      const template = proposed[now?.label ?? ""] ?? proposed[name];
      proposes.textContent = template ? word("proposes", { template }) : "";
      keeping.draw();
      if (list) list.value = now ? `${SAVED}${saved.indexOf(now)}` : name;
    };

    const redraw = (): void => {
      const list = searchList();
      list.addEventListener("change", () => {
        const kept = saved[Number(list.value.slice(SAVED.length))];
        if (list.value.startsWith(SAVED) && kept) {
          name = kept.name;
          values = { ...kept.values };
        } else {
          name = list.value;
          openSearch();
        }
        typedIn = "";
        redraw();
        root.querySelector<HTMLElement>("select")?.focus();
        void report();
      });
      const inSight = first().filter((wanted) => wanted !== "start" && wanted !== "end");
      const parts = inSight.map((wanted) => parameter(wanted)).map((one) => one && part(one));
      const when = parameter("start") ? whenPart() : said;
      const controls = (): HTMLElement[] => [...body.querySelectorAll<HTMLElement>("button, input, select")];
      const held = controls().indexOf(document.activeElement as HTMLElement);
      body.replaceChildren(...[field(word("search"), list, list), proposes, when, ...parts, morePart(), keeping.root].filter((one): one is HTMLElement => Boolean(one)));
      // What had the focus is made anew: the one in its place has it, so that no key goes to the notebook.
      if (held >= 0 && !body.contains(document.activeElement)) controls()[held]?.focus({ preventScroll: true });
      showKept();
    };

    const stop = hear(model, (message) => {
      if (message.kind === "said") say(String(message["sentence"]), Boolean(message["bad"]));
      else if (message.kind === "days") days.textContent = String(message["text"]);
      else if (message.kind === "saved") {
        saved = message["saved"] as Saved[];
        proposed = message["proposed"] as Values;
        const focused = root.contains(document.activeElement) && keeping.root.contains(document.activeElement);
        redraw();
        if (focused) keeping.focus();
      } else if (message.kind === "asked" && message["view"] !== questions.view) {
        name = String(message["name"]);
        values = { ...(message["values"] as Values) };
        taken = { name, values: { ...values } };
        told = asNow();
        redraw();
      }
    });
    const open = (message: Record<string, unknown>): void => {
      searches = message["searches"] as Search[];
      groups = message["groups"] as Group[];
      saved = message["saved"] as Saved[];
      proposed = (message["proposed"] as Values | undefined) ?? {};
      keeping.root.hidden = message["can_keep"] !== true;
      name = String(message["name"]);
      values = { ...(message["values"] as Values) };
      taken = { name, values: { ...values } };
      told = asNow();
      moreOpen = (search()?.parameters ?? []).some((one) => !first().includes(one.name) && Boolean(values[one.name]));
      days.textContent = String(message["days"]);
      say(String(message["sentence"]), Boolean(message["bad"]));
      redraw();
    };
    void questions.ask("open").then(
      ({ message }) => open(message),
      (refusal: unknown) => {
        say(sentenceOf(refusal), true);
        body.replaceChildren(said);
      },
    );
    return () => {
      clearTimeout(timer);
      stop();
      questions.close();
    };
  },
};

/** A small calendar, drawn: no icon font, no outside request. */
function calendarSign(): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const sign = document.createElementNS(space, "svg");
  for (const [name, value] of Object.entries({ viewBox: "0 0 16 16", width: "16", height: "16", "aria-hidden": "true" })) sign.setAttribute(name, value);
  const lines = document.createElementNS(space, "path");
  lines.setAttribute("d", "M2.5 4.5h11v9h-11zM2.5 7.5h11M5.5 2.5v3M10.5 2.5v3");
  lines.setAttribute("fill", "none");
  lines.setAttribute("stroke", "currentColor");
  sign.append(lines);
  return sign;
}
