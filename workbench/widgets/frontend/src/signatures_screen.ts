/**
 * The signatures: their list at left, the one looked at beside it, as it is written and as it looks.
 *
 * Asks Python once (`open`) for the signatures, the fields and what is not saved yet; asks how a draft looks (`look`) and
 * for the `small` picture of a signature, says
 * what is written (`draft`) and what is wanted (`save`, `archive`, `import`, `export`, `picture`, `shown_picture`). Hears
 * `changed` (ask again). The body marker stands between two texts and cannot be taken away; a signature whose marker stands
 * inside something is one text of HTML.
 */
import { askedOnce } from "./shared/asking";
import { button, field } from "./shared/controls";
import { base64, download } from "./shared/files";
import { Pictures } from "./shared/pictures";
import { FieldList, Fields, type Field } from "./shared/rich_text";
import { element, hear, Questions, rootOf, sentenceOf, words, type Answer, type Scene } from "./shared/widget";
import { SignatureList, type Signature } from "./signatures_screen/list";
import { Part, partsOf } from "./signatures_screen/part";
import { Source } from "./template_editor/source";

interface Draft {
  label: string;
  html: string;
  based_on: string;
}

interface State {
  signatures: Signature[];
  fields: Field[];
  drafts: Record<string, Draft>;
}

interface Look {
  screen: string;
  findings: { severity: string; message: string }[];
}

/** The name under which a new signature is kept while it is written: none can be called so. */
const NEW = "\n";
const LOOK_AFTER = 500;

export default {
  render(scene: Scene): () => void {
    const { model } = scene;
    const word = words(model);
    const root = rootOf(scene, "signatures");
    root.classList.add("pw-rich", "pw-template-editor");
    const silence = element("p", { class: "pw-alert pw-waits", role: "alert", hidden: true }, word("silent"));
    const alert = element("p", { class: "pw-alert", role: "alert", hidden: true });
    const said = element("p", { class: "pw-kept-said", role: "status", "aria-live": "polite" });
    const questions = new Questions(model, (silent) => (silence.hidden = !silent));
    const fields = new Fields();
    const fieldList = new FieldList(root, fields, word);
    const documentOf = (label: string): Promise<string> => questions.ask("small", { label }).then(({ message }) => String(message["screen"] ?? ""), () => "");
    const list = new SignatureList(word, documentOf, (label) => choose(label));
    const files = element("input", { type: "file", multiple: true, accept: ".html,.htm,.zip,image/*", class: "pw-visually-hidden", tabindex: "-1", "aria-label": word("import") });
    const add = button(`+ ${word("add")}`, () => choose(NEW));
    const bring = button(word("import"), () => files.click());
    const detail = element("div", {}, element("p", { class: "pw-note" }, word("loading")));
    root.prepend(
      silence,
      element(
        "div",
        { class: "pw-beside" },
        element("div", { class: "pw-sides" }, element("nav", { class: "pw-side-list", "aria-label": word("title") }, list.box, element("div", { class: "pw-row" }, add, bring, files)), element("div", {}, said, alert, detail)),
      ),
    );

    let state: State = { signatures: [], fields: [], drafts: {} };
    let current = "";
    let opened: { tell: () => void; close: () => void } | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    /** What was written since Python was last asked for the drafts: its answer does not know of it. */
    const later = new Map<string, Draft | undefined>();
    let looked = 0;

    const complain = (sentence: string): void => {
      alert.textContent = sentence && `✕ ${sentence}`;
      alert.hidden = sentence === "";
      if (sentence) alert.scrollIntoView({ block: "nearest" });
    };
    const ask = (kind: string, values: Record<string, unknown> = {}): Promise<Answer | null> => {
      complain("");
      later.clear();
      return questions.ask(kind, values).catch((refusal: unknown) => (complain(sentenceOf(refusal)), null));
    };
    const known = (label: string): Signature | undefined => state.signatures.find((one) => one.label === label);
    const pictures = new Pictures(questions);

    const drawList = (): void => list.draw(state.signatures, current, (label) => state.drafts[label] !== undefined);

    /** Keep what is written under a key, here and in Python; nothing gives it up. */
    const note = (key: string, draft?: Draft): void => {
      if (draft !== undefined) state.drafts[key] = draft;
      else if (state.drafts[key] === undefined) return;
      else delete state.drafts[key];
      later.set(key, draft);
      questions.ask("draft", { key, html: null, ...draft }).catch(() => undefined);
    };
    /** Keep what was typed a moment ago, before anything is drawn over it. */
    const flush = (): void => {
      if (timer === undefined) return;
      halt();
      opened?.tell();
    };
    const halt = (): void => {
      clearTimeout(timer);
      timer = undefined;
    };

    const choose = (label: string): void => {
      flush();
      current = label;
      complain("");
      said.textContent = "";
      drawDetail();
      drawList();
    };
    const show = (next: State, label: string): void => {
      flush();
      state = next;
      for (const [key, draft] of later) {
        if (draft === undefined) delete state.drafts[key];
        else if (key === NEW || known(key) !== undefined) state.drafts[key] = draft;
      }
      fields.offer(state.fields);
      current = label;
      drawDetail();
      drawList();
    };

    const drawDetail = (): void => {
      opened?.close();
      opened = null;
      const kept = known(current);
      if (kept === undefined && current !== NEW) {
        detail.replaceChildren(element("p", { class: "pw-note" }, word("none")));
        return;
      }
      const key = current;
      const draft = state.drafts[key];
      const basedOn = draft?.based_on || kept?.label || "";
      let before = { label: kept?.label ?? "", html: kept?.html ?? "<div>@CORPS</div>\n" };
      const html = draft?.html ?? before.html;
      const name = element("input", { type: "text", class: "pw-input", required: true, disabled: kept !== undefined, placeholder: word("name_hint") });
      name.value = kept?.label ?? draft?.label ?? "";
      const preview = element("div", { class: "pw-signature-preview" });
      const findings = element("ul", { class: "pw-signature-findings" });

      const look = async (): Promise<void> => {
        const number = (looked += 1);
        const found = await questions.ask("look", { label: name.value, html: text(), based_on: basedOn }).then(
          ({ message }) => message as unknown as Look,
          (refusal: unknown): Look => ({ screen: "", findings: [{ severity: "error", message: sentenceOf(refusal) }] }),
        );
        if (number === looked) tell(found);
      };
      const tell = ({ screen, findings: all }: Look): void => {
        preview.replaceChildren(screen ? frameOf(screen, word("frame")) : element("p", { class: "pw-note" }, word("not_shown")));
        findings.replaceChildren(
          ...all.map(({ severity, message }) => element("li", { class: `pw-signature-${severity}` }, `${severity === "error" ? "✕" : "?"} ${message}`)),
          ...(all.length === 0 ? [element("li", { class: "pw-signature-good" }, word("checked"))] : []),
        );
      };
      const written = (): Draft => ({ label: name.value, html: text(), based_on: basedOn });
      const tellWritten = (): void => {
        const now = written();
        note(key, now.html === before.html && now.label === before.label ? undefined : now);
      };
      const changed = (): void => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          flush();
          drawList();
          void look();
        }, LOOK_AFTER);
      };
      name.addEventListener("input", changed);

      const split = partsOf(html);
      let text: () => string;
      let shut: () => void;
      let writing: HTMLElement[];
      if (split !== null) {
        const around = { root, fields, list: fieldList, word, picture: pictures.shown, keep: pictures.keep, onchange: changed };
        const above = new Part(word("before"), around);
        const below = new Part(word("after"), around);
        above.load(split.before);
        below.load(split.after);
        text = () => above.text() + split.marker + below.text();
        shut = () => (above.close(), below.close());
        const marker = element("div", { class: "pw-signature-marker", role: "note" }, element("span", { "aria-hidden": "true" }, "✛"), element("strong", {}, word("marker")), element("span", { class: "pw-note" }, word("marker_hint")));
        writing = [above.element, marker, below.element];
      } else {
        const source = new Source({ label: word("whole"), fields, word, root, onchange: changed, onfocus: () => undefined });
        source.load(html);
        text = () => source.text();
        shut = () => source.close();
        writing = [element("p", { class: "pw-label" }, word("whole")), source.box];
      }
      opened = { tell: tellWritten, close: shut };

      let saving = false;
      const save = async (): Promise<void> => {
        if (saving) return;
        saving = true;
        flush();
        const [sent, unsaved] = [written(), before];
        before = sent;
        const answer = await ask("save", { ...sent, new: kept === undefined, key });
        saving = false;
        flush();
        if (answer === null) {
          before = unsaved;
          if (current === key) tellWritten();
          return;
        }
        const label = String(answer.message["saved"]);
        const typed = later.get(key);
        if (key !== label) note(key);
        // What was typed while it was being kept is a change of what is kept now.
        if (typed !== undefined) note(label, { ...typed, label, based_on: label });
        const held = current === key && card.contains(document.activeElement);
        show(answer.message as unknown as State, current === key ? label : current);
        // What had the focus was drawn anew: one goes on where one saved.
        if (held) detail.querySelector<HTMLElement>(".pw-kept-foot .pw-main")?.focus({ preventScroll: true });
        said.textContent = word("saved", { name: label });
      };
      const foot = element(
        "div",
        { class: "pw-row pw-kept-foot" },
        kept !== undefined && askedOnce(word("archive"), () => word("archive_question", { name: kept.label }), word("archive_yes"), word("back"), () => void archive(kept.label)),
        kept !== undefined && button(word("duplicate"), () => duplicate(kept, text())),
        kept !== undefined && button(word("export"), () => void give(kept.label)),
        element("span", { class: "pw-grow" }),
        button(word("cancel"), () => {
          halt();
          note(key);
          if (kept === undefined) current = state.signatures[0]?.label ?? "";
          choose(current);
        }),
        button(word("save"), () => void save(), { class: "pw-button pw-main" }),
      );
      const card = element(
        "section",
        { class: "pw-signature-card pw-kept-card", "aria-label": kept?.label ?? word("new_title") },
        element("h4", {}, kept?.label ?? word("new_title")),
        kept === undefined && field(word("name"), name),
        element("div", { class: "pw-signature-sides" }, element("div", { class: "pw-signature-writing" }, ...writing), element("div", {}, element("p", { class: "pw-label" }, word("preview")), preview, element("div", { role: "status", "aria-live": "polite" }, findings))),
        foot,
      );
      card.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void save();
      });
      detail.replaceChildren(card);
      preview.replaceChildren(element("p", { class: "pw-note" }, word("looking")));
      void look();
      if (kept === undefined) name.focus();
    };

    const duplicate = (kept: Signature, html: string): void => {
      note(NEW, { label: word("copy_of", { name: kept.label }), html, based_on: kept.label });
      choose(NEW);
    };
    const archive = async (label: string): Promise<void> => {
      const answer = await ask("archive", { label });
      if (answer === null) return;
      if (current === label) halt();
      const next = answer.message as unknown as State;
      show(next, next.signatures[0]?.label ?? "");
      said.textContent = word("archived", { name: label });
      (list.box.querySelector("button") ?? add).focus();
    };
    const give = async (label: string): Promise<void> => {
      const answer = await ask("export", { label });
      if (answer?.buffers[0]) download(String(answer.message["name"]), answer.buffers[0] as unknown as BlobPart, String(answer.message["type"]));
    };
    files.addEventListener("change", () => {
      const chosen = [...(files.files ?? [])];
      files.value = "";
      if (chosen.length === 0) return;
      void Promise.all(chosen.map(base64)).then(async (data) => {
        const answer = await ask("import", { names: chosen.map((one) => one.name), data });
        if (answer === null) return;
        show(answer.message as unknown as State, String(answer.message["saved"]));
        said.textContent = String(answer.message["sentence"]);
      });
    });

    const learn = (): Promise<void> => {
      flush();
      later.clear();
      return questions.ask("open").then(
        ({ message }) => {
          const next = message as unknown as State;
          const stays = current === NEW || next.signatures.some((one) => one.label === current);
          show(next, stays ? current : next.drafts[NEW] !== undefined ? NEW : (next.signatures[0]?.label ?? ""));
          root.dataset["ready"] = "";
        },
        (refusal: unknown) => complain(sentenceOf(refusal)),
      );
    };
    const stop = hear(model, (message) => {
      if (message.kind === "changed" && message["view"] !== questions.view) void learn();
    });
    void learn();
    return () => {
      flush();
      stop();
      opened?.close();
      list.close();
      questions.close();
      pictures.close();
    };
  },
};

/** A frame of its own for each look: one that is filled anew would leave its former content in the browser's history. */
function frameOf(screen: string, title: string): HTMLIFrameElement {
  const frame = element("iframe", { class: "pw-signature-frame", sandbox: "", referrerpolicy: "no-referrer", title });
  frame.srcdoc = screen;
  return frame;
}
