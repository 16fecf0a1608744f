/**
 * The test mailbox: the letters that were caught instead of sent, newest first.
 *
 * While it is in sight it asks Python every two seconds for the `letters` that came since the newest one it knows; a
 * `letter` and its `source` are asked for when somebody opens it. What is searched for is known here alone.
 */
import { Reading, type Message, type Source } from "./shared/message";
import { Rows } from "./shared/rows";
import { element, Questions, rootOf, words, type Scene } from "./shared/widget";

interface Letter {
  key: string;
  at: string;
  recipient: string;
  address: string;
  subject: string;
  size: string;
}

export const LOOK_EVERY_MS = 2000;
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
    let asking = false;

    const reading = new Reading(word);
    root.setAttribute("aria-label", word("title"));
    const counter = element("strong", { role: "status", class: "pw-inbox-count" });
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
          element("div", {}, element("div", { class: "pw-row pw-inbox-tabs" }, reading.tabs), reading.panel),
        ),
      ),
    );
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

    /** Ask what came since; one question at a time. */
    async function look(): Promise<void> {
      if (asking) return;
      asking = true;
      const { message } = await questions.ask("letters", { known: letters[0]?.key ?? "", total });
      asking = false;
      if (message["same"] === true) return;
      if (typeof message["error"] === "string") {
        counter.textContent = message["error"];
        return;
      }
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
      nothing.textContent = word(letters.length === 0 ? "empty" : "none_found");
      rows.resize(found.length);
      rows.choose(found.findIndex((letter) => letter.key === open));
    }

    async function choose(letter: Letter | undefined): Promise<void> {
      if (!letter) return;
      open = letter.key;
      rows.choose(found.indexOf(letter));
      const { message } = await questions.ask("letter", { key: letter.key });
      if (open !== letter.key) return;
      if (message["message"]) reading.show(message["message"] as Message, () => sourceOf(letter.key));
      else reading.say(String(message["error"] ?? ""), true);
    }

    async function sourceOf(key: string): Promise<Source | { error: string }> {
      return (await questions.ask("source", { key })).message as unknown as Source | { error: string };
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
