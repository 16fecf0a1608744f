/**
 * The messages of a mailing, one at a time, beside the list of everyone.
 *
 * Asks Python for `rows` (a window of the list as it is filtered and searched now), for a `message` by its recipient's
 * position, for its `source` and for a `file` that goes with it; has a row put right (`correct`, with the address typed, or
 * `complete`, in the patient's file) by its key; offers the `acts` that Python says at the head of the list, and reports which
 * (`act`, with the row in sight); reports `position`. A new `version` is a new list; while Python is `waiting` for it, nobody's message is shown. The next and the previous message
 * are asked for ahead. Filter, search and view belong to this view alone.
 */
import { download } from "./shared/files";
import { Mending } from "./message_preview/mending";
import { Reading, type Message, type Source } from "./shared/message";
import { Rows } from "./shared/rows";
import { UNREAD_MS } from "./shared/asking";
import { element, hear, Questions, rootOf, sentenceOf, watch, words, type Scene } from "./shared/widget";

interface Row {
  position: number;
  name: string;
  state: State;
  note: string;
  detail?: string;
  /** Names the row, whatever its position becomes. */
  key?: string;
  /** What sets it right: an address typed here, the patient's file, or nothing. */
  mend?: "" | "address" | "file";
  /** The address to begin with. */
  address?: string;
}

interface Told {
  /** Of the list that it is the message of. */
  version: number;
  row: Row;
  message?: Message;
  broken?: string;
}

type State = "ready" | "to_read" | "to_correct" | "excluded" | "sent";

const SIGNS: Record<State, [sign: string, colour: string]> = {
  ready: ["✓", "good"],
  to_read: ["?", "doubt"],
  to_correct: ["✕", "bad"],
  excluded: ["–", "none"],
  sent: ["✓", "good"],
};
const FILTERS: [state: string, word: string][] = [
  ["", "all"],
  ["to_correct", "only_to_correct"],
  ["to_read", "only_to_read"],
  ["sent", "only_sent"],
  ["excluded", "only_excluded"],
];
const ROW_HEIGHT = 34;
const WINDOW = 100;
const WINDOWS_KEPT = 30;
const MESSAGES_KEPT = 12;
/** A message beyond this many characters is not asked for ahead. */
const LIGHT = 300_000;
const SEARCH_AFTER_MS = 150;

export default {
  render(scene: Scene): () => void {
    const { model } = scene;
    const word = words(model);
    const root = rootOf(scene, "message-preview");
    const silent = element("p", { class: "pw-note", role: "status", hidden: true }, word("silent"));
    const questions = new Questions(model, (waits) => (silent.hidden = !waits));

    let version = -1;
    let listing = 0; // the number of the list shown: answers about an older one are thrown away
    let filter = "";
    let search = "";
    let count = 0;
    let total = 0;
    let place = -1;
    let position = -1;
    let looking = 0; // the number of the message looked at
    let inSight = ""; // the key of the row whose message is read
    const windows = new Map<number, Promise<Row[]>>();
    const known = new Map<number, Row>();
    const messages = new Map<number, Promise<Told>>();

    const reading = new Reading(word);
    const mending = new Mending({
      word,
      ask: async (kind, question) => void (await questions.ask(kind, question)),
      done: () => rows.box.focus(),
    });
    const trouble = element("p", { class: "pw-alert", role: "alert", hidden: true });
    const summary = element("div", { class: "pw-row pw-preview-summary", role: "status" });
    const acts = element("div", { class: "pw-row pw-preview-acts", role: "group", "aria-label": word("acts"), hidden: true });
    const announced = element("div", { class: "pw-visually-hidden", role: "status", "aria-live": "polite" });
    const counter = element("span", { class: "pw-note pw-preview-place" });
    const findings = element("div", { class: "pw-preview-findings" });
    const previous = arrow("previous", "◂", () => void step(-1));
    const next = arrow("next", "▸", () => void step(1));
    const box = element("input", {
      type: "search", class: "pw-input", placeholder: word("search"), "aria-label": word("search"), spellcheck: "false", autocomplete: "off",
    });
    const chips = FILTERS.map(([state, name]) =>
      element("button", { type: "button", class: "pw-chip", "data-state": state, onclick: () => void narrow(state, search) }, word(name)),
    );
    const rows = new Rows({
      label: word("list"),
      height: ROW_HEIGHT,
      draw: (at) => drawRow(known.get(at)),
      onchoose: (at) => void choose(at),
      onsight: (start, end) => {
        for (let block = Math.floor(start / WINDOW); block * WINDOW < end; block += 1) void windowOf(block);
      },
    });
    const nothing = element("p", { class: "pw-note", hidden: true });
    const sides = element(
      "div",
      { class: "pw-sides" },
      element(
        "div",
        { class: "pw-side-list" },
        element("div", { class: "pw-row pw-preview-head" }, summary, element("span", { class: "pw-grow" }), acts),
        box,
        element("div", { class: "pw-row pw-preview-chips", role: "group", "aria-label": word("filter") }, ...chips),
        nothing,
        rows.box,
      ),
      element(
        "div",
        { class: "pw-preview-side" },
        element(
          "div",
          { class: "pw-row pw-preview-bar" },
          element("h3", { class: "pw-preview-title" }, word("title")),
          counter,
          element("span", { class: "pw-grow" }),
          element("div", { class: "pw-preview-controls" }, reading.tabs, element("div", { class: "pw-preview-arrows" }, previous, next)),
        ),
        findings,
        reading.panel,
      ),
    );
    const empty = element("p", { class: "pw-letter-said", hidden: true }, word("empty"));
    const waiting = element("p", { class: "pw-letter-said", role: "status", hidden: true }, word("waiting"));
    root.append(silent, trouble, element("div", { class: "pw-beside" }, sides, empty, waiting), announced);

    function arrow(name: string, sign: string, press: () => void): HTMLButtonElement {
      return element("button", { type: "button", class: "pw-button", "aria-label": word(name), title: word(name), onclick: press }, sign);
    }

    function drawRow(row: Row | undefined): (Node | string)[] | null {
      if (!row) return null;
      const [sign, colour] = SIGNS[row.state] ?? SIGNS.excluded;
      const state = element("span", { class: `pw-state pw-state-${colour}`, title: row.note }, element("span", { "aria-hidden": "true" }, sign));
      state.append(row.note ? ` ${row.note}` : element("span", { class: "pw-visually-hidden" }, word(row.state)));
      return [element("span", { class: "pw-rows-name", title: row.name }, row.name), state];
    }

    /** Return a window of the list, asked for once. */
    function windowOf(block: number): Promise<Row[]> {
      const asked = windows.get(block);
      if (asked) return asked;
      const [mine, start] = [listing, block * WINDOW];
      const answered = questions.ask("rows", { filter, search, start, end: start + WINDOW }).then(
        ({ message }) => {
          if (mine !== listing) return [];
          complain("");
          return taken(message, start);
        },
        (refusal: unknown) => {
          const sentence = sentenceOf(refusal);
          if (mine === listing) {
            // The rows are asked for again when they come into sight again.
            windows.delete(block);
            complain(sentence);
          }
          return [];
        },
      );
      windows.set(block, answered);
      const oldest = windows.keys().next().value;
      if (windows.size > WINDOWS_KEPT && oldest !== undefined) {
        windows.delete(oldest);
        for (let at = oldest * WINDOW; at < (oldest + 1) * WINDOW; at += 1) known.delete(at);
      }
      return answered;
    }

    function complain(sentence: string): void {
      trouble.textContent = sentence && `✕ ${sentence}`;
      trouble.hidden = sentence === "";
    }

    function taken(answer: Record<string, unknown>, start: number): Row[] {
      const found = (answer["rows"] as Row[] | undefined) ?? [];
      found.forEach((row, at) => known.set(start + at, row));
      rows.draw();
      return found;
    }

    async function rowAt(at: number): Promise<Row | undefined> {
      return known.get(at) ?? (await windowOf(Math.floor(at / WINDOW)))[at % WINDOW];
    }

    /** Ask for the list anew, and stay with a recipient where the list still has it. */
    async function list(stay: number): Promise<void> {
      const mine = (listing += 1);
      windows.clear();
      known.clear();
      const answered = await questions.ask("rows", { filter, search, start: 0, end: WINDOW, around: stay }).catch((refusal: unknown) => sentenceOf(refusal));
      if (mine !== listing) return;
      if (typeof answered === "string") {
        forgetList(answered);
        return;
      }
      complain("");
      const { message } = answered;
      count = Number(message["count"] ?? 0);
      total = Number(message["total"] ?? 0);
      const newest = Number(message["version"] ?? version);
      if (newest !== version) messages.clear();
      version = newest;
      const counts = (message["counts"] ?? {}) as Record<string, number>;
      if (model.get("waiting") === true) return;
      waiting.hidden = true;
      sides.hidden = (counts["all"] ?? 0) === 0;
      empty.hidden = !sides.hidden;
      nothing.hidden = count > 0;
      nothing.textContent = word("none_found");
      tell(counts, (message["summary"] ?? []) as { state: State; text: string }[]);
      windows.set(0, Promise.resolve((message["rows"] as Row[] | undefined) ?? []));
      const found = Number(message["place"] ?? -1);
      rows.resize(count);
      taken(message, 0);
      if (count > 0) {
        await choose(found >= 0 ? found : 0);
        return;
      }
      place = -1;
      pressArrows();
      rows.choose(-1);
    }

    /** Nobody knows who is in the list: show neither the one before nor an empty one. */
    function forgetList(sentence: string): void {
      complain(sentence);
      waiting.hidden = true;
      looking += 1;
      count = 0;
      place = -1;
      inSight = "";
      sides.hidden = false;
      empty.hidden = nothing.hidden = true;
      summary.replaceChildren();
      for (const chip of chips) {
        chip.setAttribute("aria-pressed", String((chip.dataset["state"] ?? "") === filter));
        chip.disabled = false;
      }
      findings.hidden = true;
      reading.say("");
      rows.resize(0);
      pressArrows();
    }

    function tell(counts: Record<string, number>, told: { state: State; text: string }[]): void {
      summary.replaceChildren(
        ...told.map(({ state, text }) => {
          const [sign, colour] = SIGNS[state];
          return state === "ready" ? element("strong", {}, text) : element("span", { class: `pw-state pw-state-${colour}` }, `${sign} ${text}`);
        }),
      );
      for (const chip of chips) {
        const state = chip.dataset["state"] ?? "";
        const number = counts[state || "all"] ?? 0;
        const [, name] = FILTERS.find(([known]) => known === state) ?? ["", "all"];
        chip.textContent = `${word(name)} (${number})`;
        chip.setAttribute("aria-pressed", String(state === filter));
        chip.disabled = number === 0 && state !== filter;
        chip.hidden = chip.disabled && state === "sent"; // of a list that nobody has had yet nothing asks
      }
    }

    function narrow(state: string, text: string): Promise<void> {
      filter = state;
      search = text;
      return list(position);
    }

    /** Look at the message of a row of the list. */
    async function choose(at: number): Promise<void> {
      const mine = (looking += 1);
      place = at;
      rows.choose(at);
      pressArrows();
      const row = await rowAt(at);
      if (mine !== looking || !row) return;
      position = row.position;
      if (model.get("position") !== position) {
        model.set("position", position);
        model.save_changes();
      }
      const told = await messageOf(row.position).catch((refusal: unknown) => sentenceOf(refusal));
      if (mine !== looking) return;
      if (typeof told === "string") {
        inSight = "";
        findings.hidden = true;
        reading.say(told, true);
        return;
      }
      if (told.version !== version) return; // of another list, which is told of in a moment
      read(told, row);
      if ((told.message?.screen.length ?? 0) < LIGHT) void ahead(mine);
    }

    async function ahead(mine: number): Promise<void> {
      for (const at of [place + 1, place - 1]) {
        if (at < 0 || at >= count) continue;
        const row = await rowAt(at);
        if (mine !== looking) return;
        // A refusal is told when somebody looks at the message.
        if (row) void messageOf(row.position).catch(sentenceOf);
      }
    }

    function messageOf(wanted: number): Promise<Told> {
      const asked = messages.get(wanted);
      if (asked) return asked;
      const answered = questions.ask("message", { position: wanted }).then(({ message }) => message as unknown as Told);
      messages.set(wanted, answered);
      answered.catch(() => {
        if (messages.get(wanted) === answered) messages.delete(wanted);
      });
      const oldest = messages.keys().next().value;
      if (messages.size > MESSAGES_KEPT && oldest !== undefined) messages.delete(oldest);
      return answered;
    }

    function read(told: Told, row: Row): void {
      const whole = told.row ?? row;
      inSight = whole.key ?? "";
      const [sign, colour] = SIGNS[whole.state] ?? SIGNS.excluded;
      const stays = whole.state === "to_correct" || whole.state === "excluded" || whole.state === "sent";
      const lines = (whole.detail ?? "").split("\n").filter(Boolean);
      if (stays) lines.push(word("stays"));
      mending.leave();
      findings.className = `pw-preview-findings pw-preview-${colour}`;
      findings.hidden = lines.length === 0;
      findings.replaceChildren(
        element("span", { class: `pw-state pw-state-${colour}` }, `${sign} ${word(whole.state)}`),
        element("div", { class: "pw-grow" }, element("ul", {}, ...lines.map((line) => element("li", {}, line))), mending.of(whole)),
      );
      mending.come();
      if (told.message) reading.show(told.message, () => sourceOf(whole.position, told.version), (file) => void openFile(whole.position, told.version, file));
      else reading.say(told.broken ?? "", true);
      announced.textContent = word("announced", { place: place + 1, total: narrowed() ? count : total, name: whole.name, state: word(whole.state) });
    }

    /** Hand a file to the person as bytes and nothing else: a browser that opened it could run what is in it. */
    async function openFile(position: number, of: number, file: number): Promise<void> {
      try {
        const { message, buffers } = await questions.ask("file", { position, version: of, place: file });
        const bytes = buffers[0];
        if (bytes) download(String(message["name"]), new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength).slice(), "application/octet-stream");
      } catch (refusal) {
        announced.textContent = sentenceOf(refusal);
      }
    }

    async function sourceOf(wanted: number, of: number): Promise<Source> {
      return (await questions.ask("source", { position: wanted, version: of })).message as unknown as Source;
    }

    interface Act { name: string; label: string; title?: string }
    let offered = "";
    let actedAt = 0;
    /** Do something with the list; the second click of a double click was meant for the row that is gone. */
    const act = (name: string): void => {
      if (Date.now() - actedAt < UNREAD_MS) return;
      actedAt = Date.now();
      void questions.ask("act", { name, key: inSight }).then(() => complain(""), (refusal: unknown) => complain(sentenceOf(refusal)));
    };
    const offer = (now: Act[]): void => {
      if (JSON.stringify(now) === offered) return;
      offered = JSON.stringify(now);
      const held = acts.contains(document.activeElement);
      const name = held ? (document.activeElement as HTMLElement).dataset["name"] : undefined;
      acts.replaceChildren(
        ...now.map((one) => element("button", { type: "button", class: "pw-button pw-quiet", "data-name": one.name, title: one.title || null, onclick: () => act(one.name) }, one.label)),
      );
      acts.hidden = now.length === 0;
      if (held) (acts.querySelector<HTMLElement>(`[data-name="${CSS.escape(name ?? "")}"]`) ?? rows.box).focus({ preventScroll: true });
    };
    const unhear = hear(model, (message) => {
      if (message.kind === "acts") offer(message["acts"] as Act[]);
    });
    void questions.ask("acts").then(({ message }) => offer((message["acts"] ?? []) as Act[]), sentenceOf);

    const narrowed = (): boolean => filter !== "" || search !== "";

    function pressArrows(): void {
      counter.textContent = place < 0 ? "" : word("place", { place: place + 1, total: narrowed() ? count : total });
      previous.disabled = place <= 0;
      next.disabled = place < 0 || place >= count - 1;
    }

    async function step(by: number): Promise<void> {
      if (place + by >= 0 && place + by < count) await choose(place + by);
    }

    let typing: ReturnType<typeof setTimeout> | undefined;
    box.addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(() => void narrow(filter, box.value.trim()), SEARCH_AFTER_MS);
    });
    box.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") {
        event.preventDefault();
        rows.box.focus();
      }
    });
    root.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const at = event.target as HTMLElement;
      // In a text the arrows move the caret, in the tabs they choose a view.
      if (by === undefined || event.altKey || event.ctrlKey || event.metaKey || at.closest('input, textarea, select, [role="tab"]')) return;
      event.preventDefault();
      void step(by);
    });

    const unwatch = watch(model, ["version", "position"], () => {
      const wanted = Number(model.get("position"));
      if (Number(model.get("version")) !== version) {
        version = Number(model.get("version"));
        messages.clear();
        void list(wanted);
      } else if (wanted !== position && wanted >= 0) {
        // Somebody asked for a recipient whom the filter may hide.
        position = wanted;
        if (narrowed()) {
          box.value = "";
          void narrow("", "");
        } else {
          void choose(wanted);
        }
      }
    });
    /** Nobody's message is shown while the list is worked out: the one before may say something else. */
    const showWaiting = (): void => {
      if (model.get("waiting") !== true) return;
      looking += 1;
      sides.hidden = empty.hidden = true;
      waiting.hidden = false;
    };
    const unwatchWaiting = watch(model, ["waiting"], showWaiting);
    showWaiting();
    version = Number(model.get("version"));
    void list(Number(model.get("position")));

    return () => {
      clearTimeout(typing);
      unwatch();
      unwatchWaiting();
      unhear();
      rows.close();
      questions.close();
    };
  },
};
