/**
 * Returned mail: files of the mail program are dropped on the page, or chosen; Python says which messages came back.
 *
 * Asks `returned_bring` (a file's name, the beginning of its bytes beside), `returned_read` (what they say), then, once a
 * person says so, `returned_record`; `returned_withdraw` takes one back.
 */
import { button } from "../shared/controls";
import { element, sentenceOf, type Questions } from "../shared/widget";
import type { Word } from "./parts";

interface Found {
  delivery: number;
  patient: string;
  recipient: string;
  address: string;
  message: string;
  about: string;
}

interface Around {
  root: HTMLElement;
  word: Word;
  questions: Questions;
  /** Something was recorded: what is listed is to be asked anew. */
  changed: () => void;
}

/** The report stands before the message that came back. */
const BEGINNING = 300_000;

export function returnedMail({ root, word, questions, changed }: Around): { button: HTMLButtonElement; box: HTMLElement } {
  const chooser = element("input", { type: "file", multiple: true, hidden: true, accept: ".eml,message/rfc822", "aria-label": word("returned_choose") });
  const choose = button(word("returned_choose"), () => chooser.click());
  const close = button(word("returned_close"), () => {
    open(false);
    opener.focus();
  }, { class: "pw-button pw-quiet" });
  const status = element("p", { class: "pw-results-said", role: "status", hidden: true });
  const alert = element("p", { class: "pw-alert", role: "alert", hidden: true });
  const told = element("div");
  const drop = element("div", { class: "pw-returned-drop" }, element("p", {}, word("returned_drop")), choose, chooser);
  const box = element(
    "section",
    { class: "pw-returned", "aria-label": word("returned_title"), hidden: true },
    element("div", { class: "pw-row" }, element("h3", {}, word("returned_title")), element("span", { class: "pw-grow" }), close),
    drop, status, alert, told,
  );

  const open = (wanted: boolean): void => {
    box.hidden = !wanted;
    opener.setAttribute("aria-expanded", String(wanted));
    if (wanted) return;
    told.replaceChildren();
    say("");
  };
  const opener = button(word("returned"), () => {
    open(box.hidden === true);
    if (!box.hidden) choose.focus();
  }, { "aria-expanded": "false" });
  const say = (sentence: string, bad = false): void => {
    const [shown, other] = bad ? [alert, status] : [status, alert];
    shown.textContent = sentence && `${bad ? "✕ " : ""}${sentence}`;
    shown.hidden = sentence === "";
    other.hidden = true;
  };

  const take = async (files: File[]): Promise<void> => {
    open(true);
    told.replaceChildren();
    say(word("returned_reading", { count: files.length }));
    try {
      for (const [place, file] of files.entries()) {
        await questions.ask("returned_bring", { name: file.name, first: place === 0 }, [await file.slice(0, BEGINNING).arrayBuffer()]);
      }
      const { message } = await questions.ask("returned_read");
      say("");
      draw(message["found"] as Found[], message["left"] as [string, string][]);
    } catch (refusal) {
      say(sentenceOf(refusal), true);
    }
  };

  const draw = (found: Found[], left: [string, string][]): void => {
    const boxes = found.map(() => element("input", { type: "checkbox", checked: true }));
    const wanted = (): Found[] => found.filter((_one, place) => boxes[place]!.checked);
    const record = button("", () => void recordThem(wanted()), { class: "pw-button pw-main" });
    const count = (): void => {
      record.textContent = word("returned_record", { count: wanted().length });
      record.disabled = wanted().length === 0;
    };
    for (const one of boxes) one.addEventListener("change", count);
    count();
    told.replaceChildren(
      ...(found.length > 0
        ? [
            element(
              "ul",
              { class: "pw-returned-list", "aria-label": word("returned_list") },
              ...found.map((one, place) =>
                element(
                  "li",
                  { "data-delivery": one.delivery },
                  element("label", {}, boxes[place]!, element("span", {}, element("strong", {}, one.recipient), ` ${one.address === one.recipient ? "" : one.address}`)),
                  element("div", { class: "pw-returned-why" }, `↩ ${one.message}`),
                  element("div", { class: "pw-note" }, one.about),
                ),
              ),
            ),
            element("div", { class: "pw-row" }, element("span", { class: "pw-note pw-grow" }, word("returned_again")), record),
          ]
        : []),
      ...(left.length > 0
        ? [element("ul", { class: "pw-returned-list", "aria-label": word("returned_left") }, ...left.map(([file, why]) => element("li", {}, element("strong", {}, file), element("div", { class: "pw-note" }, `– ${why}`))))]
        : []),
    );
    (boxes[0] ?? choose).focus();
  };

  const recordThem = async (chosen: Found[]): Promise<void> => {
    try {
      const { message } = await questions.ask("returned_record", { deliveries: chosen.map(({ delivery }) => delivery) });
      say(`✓ ${String(message["said"])}`);
      drawRecorded(chosen);
      changed();
    } catch (refusal) {
      say(sentenceOf(refusal), true);
    }
  };

  const drawRecorded = (chosen: Found[]): void => {
    const line = (one: Found): HTMLElement => {
      const file = button(word("open_file"), () => {
        questions.ask("patient", { patient: one.patient }).catch((refusal: unknown) => say(sentenceOf(refusal), true));
      }, { class: "pw-button pw-quiet", "aria-label": `${word("open_file")}, ${one.recipient}` });
      const undo = button(word("returned_undo"), () => {
        questions.ask("returned_withdraw", { delivery: one.delivery }).then(({ message }) => {
          say(`✓ ${String(message["said"])}`);
          made.remove();
          choose.focus();
          changed();
        }, (refusal: unknown) => say(sentenceOf(refusal), true));
      }, { class: "pw-button pw-quiet", "aria-label": `${word("returned_undo")}, ${one.recipient}` });
      const made = element(
        "li",
        { "data-delivery": one.delivery },
        element("strong", {}, one.recipient), element("div", { class: "pw-returned-why" }, `↩ ${one.message}`),
        element("div", { class: "pw-row" }, one.patient !== "" && file, undo),
      );
      return made;
    };
    told.replaceChildren(element("ul", { class: "pw-returned-list", "aria-label": word("returned_list") }, ...chosen.map(line)));
    (told.querySelector("button") ?? choose).focus();
  };

  chooser.addEventListener("change", () => {
    const chosen = [...(chooser.files ?? [])];
    chooser.value = "";
    if (chosen.length > 0) void take(chosen);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close.click();
  });
  root.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files") !== true) return;
    event.preventDefault();
    root.classList.add("pw-returned-over");
  });
  root.addEventListener("dragleave", () => root.classList.remove("pw-returned-over"));
  root.addEventListener("drop", (event) => {
    root.classList.remove("pw-returned-over");
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    event.stopPropagation();
    void take(files);
  });
  return { button: opener, box };
}
