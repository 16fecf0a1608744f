/**
 * The test mailbox: the letters that were caught instead of sent, newest first.
 *
 * While it is in sight it asks Python every two seconds for the `letters` that came since the newest one it knows; a
 * `letter` and its `source` are asked for when somebody opens it. What is searched for is known here alone.
 */
import { Reading, type Message, type Source } from "./shared/message";
import { Rows } from "./shared/rows";
import { element, LOST_AFTER_MS, Questions, rootOf, sentenceOf, words, type Scene } from "./shared/widget";

interface Letter {
  key: string;
  at: string;
  recipient: string;
  address: string;
  subject: string;
  size: string;
}

export const LOOK_EVERY_MS = 3000;
const ROW_HEIGHT = 52;
const NEWEST = 200;

const fold = (text: string): string => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();

export default {
  render(scene: Scene): () => void {
    const { model } = scene;
    const word = words(model);
    const root = rootOf(scene, "inbox");
    const silent = element("p", { class: "pw-note", role: "status", hidden: true }, word("silent"));
    const questions = new Questions(model, (waits) => (silent.hidden = !waits));

    let letters: Letter[] = [];
    let found: Letter[] = [];
    let total = -1;
    let open = "";
    let search = "";
    /** When the question was asked that waits for its answer; nothing waits at 0. */
    let askedAt = 0;
    let looks = 0;

    const reading = new Reading(word);
    root.setAttribute("aria-label", word("title"));
    const counter = element("strong", { role: "status", class: "pw-inbox-count" });
    const trouble = element("p", { class: "pw-alert", role: "alert", hidden: true });
    const limit = element("p", { class: "pw-note", hidden: true });
    const nothing = element("p", { class: "pw-note", hidden: true });
    const box = element("input", {
      type: "search", class: "pw-input", placeholder: word("search"), "aria-label": word("search"), spellcheck: "false", autocomplete: "off",
    });
    const rows = new Rows({
      label: word("list"),
      height: ROW_HEIGHT,
      draw: (at) => drawRow(found[at]),
      onchoose: (at) => void choose(found[at]),
      onsight: () => undefined,
    });
    root.append(
      silent,
      trouble,
      element(
        "div",
        { class: "pw-row pw-inbox-bar" },
        counter,
        element("span", { class: "pw-note" }, word("nobody")),
        element("span", { class: "pw-grow" }),
        element("button", { type: "button", class: "pw-button", onclick: () => void look() }, word("refresh")),
      ),
      element(
        "div",
        { class: "pw-beside" },
        element(
          "div",
          { class: "pw-sides" },
          element("div", { class: "pw-side-list" }, box, limit, nothing, rows.box),
          element("div", { class: "pw-inbox-letter" }, element("div", { class: "pw-row pw-inbox-tabs" }, reading.tabs), reading.panel),
        ),
      ),
    );
    // Until a letter is open there is nothing that tabs could turn to.
    root.classList.add("pw-inbox-closed", "pw-inbox-empty");
    reading.say(word("choose"));

    function drawRow(letter: Letter | undefined): Node[] | null {
      if (!letter) return null;
      return [
        element(
          "div",
          { class: "pw-inbox-one" },
          element("div", { class: "pw-inbox-line" }, element("span", { class: "pw-rows-name", title: letter.address }, letter.recipient), element("span", { class: "pw-note" }, letter.at)),
          element("div", { class: "pw-rows-name pw-note" }, letter.subject),
        ),
      ];
    }

    function complain(sentence: string): void {
      trouble.textContent = sentence && `✕ ${sentence}`;
      trouble.hidden = sentence === "";
    }

    /** Ask what came since: one question at a time, but not for ever the same one. */
    async function look(): Promise<void> {
      if (askedAt > 0 && Date.now() - askedAt < LOST_AFTER_MS) return;
      askedAt = Date.now();
      const mine = (looks += 1);
      const answered = await questions.ask("letters", { known: letters[0]?.key ?? "", total }).catch((refusal: unknown) => sentenceOf(refusal));
      if (mine !== looks) return;
      askedAt = 0;
      if (typeof answered === "string") {
        complain(answered);
        return;
      }
      complain("");
      const { message } = answered;
      if (message["same"] === true) return;
      const fresh = message["letters"] as Letter[];
      letters = message["whole"] === true ? fresh : [...fresh, ...letters].slice(0, NEWEST);
      total = Number(message["total"]);
      counter.textContent = String(message["count"]);
      limit.textContent = String(message["limit"]);
      limit.hidden = limit.textContent === "";
      list();
    }

    function list(): void {
      const wanted = fold(search).split(/\s+/).filter(Boolean);
      found = letters.filter((letter) => {
        const text = fold(`${letter.recipient} ${letter.address} ${letter.subject}`);
        return wanted.every((one) => text.includes(one));
      });
      nothing.hidden = found.length > 0;
      root.classList.toggle("pw-inbox-empty", letters.length === 0 && open === "");
      nothing.textContent = word(letters.length === 0 ? "empty" : "none_found");
      rows.resize(found.length);
      rows.choose(found.findIndex((letter) => letter.key === open));
    }

    async function choose(letter: Letter | undefined): Promise<void> {
      if (!letter) return;
      open = letter.key;
      rows.choose(found.indexOf(letter));
      root.classList.remove("pw-inbox-closed");
      const answered = await questions.ask("letter", { key: letter.key }).catch((refusal: unknown) => sentenceOf(refusal));
      if (open !== letter.key) return;
      if (typeof answered === "string") reading.say(answered, true);
      else reading.show(answered.message["message"] as Message, () => sourceOf(letter.key));
    }

    async function sourceOf(key: string): Promise<Source> {
      return (await questions.ask("source", { key })).message as unknown as Source;
    }

    box.addEventListener("input", () => {
      search = box.value;
      list();
    });

    const inSight = (): boolean => document.visibilityState === "visible" && root.isConnected && root.offsetParent !== null;
    const timer = setInterval(() => {
      if (inSight()) void look();
    }, LOOK_EVERY_MS);
    void look();

    return () => {
      clearInterval(timer);
      rows.close();
      questions.close();
    };
  },
};
