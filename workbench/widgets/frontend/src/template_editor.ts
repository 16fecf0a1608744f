/**
 * The text of an email type: its subject and its body with chips for the fields; what it makes of a field is Python's.
 *
 * Asks Python once (`open`) for the text, the fields and the findings. Tells `changed` (subject and body as an email
 * type holds them) a moment after the last keystroke, `used` when somebody writes in this view, `closed` when it goes;
 * asks to keep a `picture` and for a `shown_picture`. Hears `shown` (another text, undoing begins anew), `written` (by
 * another view), `offered`, `said`, `insert`, `pictures` and `begin` (the caret is put in the message; so it is where the
 * answer to `open` says it).
 *
 * A body that the visual editor would give back otherwise than it came is shown by its passages, the page round them
 * left alone; and as source where it has none. Nothing of it is fetched or run, and as long as nobody types, what is told
 * is what came, to the byte.
 */
import { button } from "./shared/controls";
import { Pictures } from "./shared/pictures";
import { FieldList, Fields, RichText, type Field, type Loss } from "./shared/rich_text";
import { piecesOf } from "./shared/rich_text/field_syntax";
import { Toolbar } from "./shared/rich_text/toolbar";
import { element, hear, Questions, rootOf, sentenceOf, words, type Scene } from "./shared/widget";
import { byField, FindingList, type Said } from "./template_editor/findings";
import { Passages, passagesOf } from "./template_editor/passages";
import { Source } from "./template_editor/source";

/** Milliseconds after the last keystroke until Python is told. */
const TELL_AFTER = 200;

/** The page of a mailing, of which the text may be a part. */
const PAGE = ".pw-publipostage";

type Zone = "subject" | "body";

/** How a body is written. */
type Kind = "visual" | "passages" | "source";

export default {
  render(scene: Scene): () => void {
    const { model } = scene;
    const word = words(model);
    const root = rootOf(scene, "template-editor");
    root.classList.add("pw-rich");
    // Nothing can be typed before the text is there: it would be gone when it comes.
    root.inert = true;
    const silence = element("p", { class: "pw-alert", role: "alert", hidden: true }, `✕ ${word("silent")}`);
    const questions = new Questions(model, (silent) => (silence.hidden = !silent));
    const fields = new Fields();
    const list = new FieldList(root, fields, word);

    let number = -1;
    let zone: Zone = "body";
    let kind: Kind = "visual";
    let told = { subject: "", body: "" };
    let timer: ReturnType<typeof setTimeout> | undefined;
    let findings: Said[] = [];
    let quiet = false;
    let taken = false;
    let telling = 0; // how much of what is written here is on its way to Python
    let inUse = false;

    const now = (): { subject: string; body: string } => ({ subject: subject.text(), body: ways[kind].text() });
    /** Whether something is written here that Python does not know yet. */
    const untold = (): boolean => subject.text() !== told.subject || ways[kind].text() !== told.body;
    const tell = async (): Promise<void> => {
      clearTimeout(timer);
      timer = undefined;
      if (number < 0 || !untold()) return;
      const written = now();
      const before = told;
      told = written;
      telling += 1;
      const sentence = await questions.ask("changed", { number, ...written }).then(() => "", (refusal: unknown) => {
        if (told === written) told = before; // what was refused is told again with the next change
        return sentenceOf(refusal);
      });
      telling -= 1;
      problem.textContent = sentence && `✕ ${sentence}`;
      problem.hidden = sentence === "";
    };
    const changed = (): void => {
      const shown = piecesOf(subject.text(), fields.known).map((piece) => (piece.kind === "text" ? piece.text : piece.kind === "field" ? (fields.of(piece.code)?.example ?? "") : ""));
      count.textContent = word("characters", { count: [...shown.join("")].length });
      if (quiet) return;
      clearTimeout(timer);
      timer = setTimeout(() => void tell(), TELL_AFTER);
    };
    const quietly = (work: () => void): void => {
      const before = quiet;
      quiet = true;
      work();
      quiet = before;
    };
    const used = (which: Zone): void => {
      zone = which;
      if (!inUse) model.send({ kind: "used", view: questions.view });
      inUse = true;
    };
    const pictures = new Pictures(questions);

    const subject = new RichText({ label: word("subject"), fields, list, word, line: true, onchange: changed, onfocus: () => used("subject"), ontag: (tag, write) => toolbar.editTag(tag, write) });
    const body: RichText = new RichText({
      label: word("body"), fields, list, word, picture: pictures.shown,
      onchange: changed,
      onfocus: () => used("body"),
      onstate: () => toolbar?.refresh(),
      onpictures: (files) => taken && (toolbar.addPicture(files), true),
      ontag: (tag, write) => toolbar.editTag(tag, write),
    });
    const source = new Source({ label: word("source"), fields, word, root, onchange: changed, onfocus: () => used("body") });
    const passages = new Passages({ fields, list, word, picture: pictures.shown, onchange: changed, onfocus: () => used("body") });
    const ways = { visual: body, passages, source };

    const seeCodes = ["toolbar", "passages"].map(() => element("button", {
      type: "button", class: "pw-rich-tool pw-editor-word", "aria-pressed": "false",
      onclick: () => {
        fields.showCodes = !fields.showCodes;
        for (const one of seeCodes) one.setAttribute("aria-pressed", String(fields.showCodes));
      },
    }, word("codes"))) as HTMLButtonElement[];
    const toSource = element("button", { type: "button", class: "pw-rich-tool pw-editor-word", title: word("to_source") }, "HTML");
    toSource.addEventListener("click", () => become("source", body.text(), null, true));
    const toolbar: Toolbar = new Toolbar(body, { word, keep: pictures.keep, end: [seeCodes[0] as HTMLElement, toSource] });
    toolbar.offerPictures(false);
    const why = element("p", { class: "pw-note pw-editor-why" });
    const toVisual = button(word("to_visual"), () => wantVisual(), { class: "pw-button pw-rich-word" });
    const toPassages = button(word("to_passages"), () => become("passages", source.text(), null, true), { class: "pw-button pw-rich-word" });
    const sourceBar = element("div", { class: "pw-rich-tools pw-editor-source-bar", role: "group", "aria-label": word("source") }, why, element("span", { class: "pw-rich-group", role: "presentation" }, toPassages, toVisual));
    const asking = element("div", { class: "pw-rich-panel pw-editor-asking", role: "group", "aria-label": word("to_visual"), hidden: true });
    const visual = element("div", { class: "pw-editor-visual" }, ...toolbar.parts, body.box);
    const passagesWhy = element("p", { class: "pw-note pw-editor-why" }, word("why_passages"));
    const passagesBar = element("div", { class: "pw-rich-tools pw-editor-source-bar", role: "group", "aria-label": word("body") }, passagesWhy,
      element("span", { class: "pw-rich-group", role: "presentation" }, seeCodes[1],
        element("button", { type: "button", class: "pw-rich-tool pw-editor-word", title: word("to_source"), onclick: () => become("source", passages.text(), null, true) }, "HTML")));
    const texts = element("div", { class: "pw-editor-words", hidden: true }, passagesBar, passages.box);
    const written = element("div", { class: "pw-editor-source", hidden: true }, sourceBar, asking, source.box);
    const count = element("span", { class: "pw-note pw-editor-count" });
    const problem = element("p", { class: "pw-alert", role: "alert", hidden: true });
    const findingList = new FindingList(word, (finding) => go(finding));
    const label = (text: string): HTMLElement => element("span", { class: "pw-label", "aria-hidden": "true" }, text);
    root.prepend(
      silence,
      element("div", { class: "pw-editor-subject" }, label(word("subject")), element("div", { class: "pw-editor-line" }, subject.box, count)),
      label(word("body")), visual, texts, written, findingList.box, problem, findingList.status,
    );

    const lostOf = ({ lost }: Loss): string => (lost.length > 0 ? word("lost", { lost: lost.slice(0, 8).join(", ") + (lost.length > 8 ? ", …" : "") }) : "");
    /** Show the body one way or another; what is written stays the same. */
    const become = (other: Kind, text: string, loss: Loss | null, focus = false): void => {
      toolbar.shut();
      quietly(() => {
        // A page whose words cannot be told apart is shown as it is written.
        if (other === "passages" && !passages.load(text)) other = "source";
        if (other !== "passages") ways[other].load(text);
      });
      kind = other;
      visual.hidden = other !== "visual";
      texts.hidden = other !== "passages";
      written.hidden = other !== "source";
      asking.hidden = true;
      if (other === "source") toPassages.hidden = passagesOf(text).length === 0 || body.loss(text) === null;
      why.textContent = word(loss === null ? "is_source" : `why_${loss.why}`);
      why.title = loss === null ? "" : lostOf(loss);
      if (focus) ways[other].focus();
    };
    const wantVisual = (): void => {
      const text = source.text();
      const loss = body.loss(text);
      if (loss === null) return become("visual", text, null, true);
      const stay = (): void => {
        asking.hidden = true;
        source.focus();
      };
      const yes = button(word("lose"), () => become("visual", text, null, true));
      const no = button(word("stay"), stay, { class: "pw-button pw-main" });
      asking.replaceChildren(element("p", {}, `${lostOf(loss) || word(`why_${loss.why}`)} ${word("would_lose")}`), element("div", { class: "pw-row" }, no, yes));
      asking.hidden = false;
      no.focus();
    };
    asking.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      asking.hidden = true;
      source.focus();
    });
    const draw = (): void => {
      subject.mark(byField(findings, "subject"));
      body.mark(byField(findings, "body"));
      passages.mark(byField(findings, "body"));
      source.mark(byField(findings, "body"));
      findingList.show(findings);
    };
    const go = (finding: Said): void => {
      if (finding.zone === "subject") subject.point(finding.field);
      else ways[kind].point(finding.field, Number(finding.line ?? 0));
    };
    /** Show a text that was given: with undoing from here on, or as another view has written it. */
    const show = (message: Record<string, unknown>, fresh: boolean): void => {
      clearTimeout(timer);
      timer = undefined;
      number = Number(message["number"]);
      root.inert = false;
      told = { subject: String(message["subject"]), body: String(message["body"]) };
      const loss = body.loss(told.body);
      quietly(() => {
        if (fresh) subject.load(told.subject);
        else subject.replace(told.subject);
        if (fresh) become(loss === null ? "visual" : "passages", told.body, loss);
        else if (kind !== "visual" || loss === null) ways[kind].replace(told.body);
        else become("passages", told.body, loss);
      });
      quietly(changed);
    };
    /** Put the caret in the message, unless somebody is at work on another page. */
    const begin = (): void => {
      const [at, page] = [document.activeElement, root.closest(PAGE)];
      if (at === null || at === document.body || page === null || page.contains(at)) ways[kind].focus();
    };
    const insert = (code: string): void => {
      if (zone === "subject") subject.insertField(code);
      else ways[kind].insertField(code);
    };
    const offer = (offered: Field[]): void => {
      fields.offer(offered);
      source.redraw();
      quietly(changed);
    };

    const stop = hear(model, (message) => {
      if (message.kind === "shown") {
        findings = message["findings"] as Said[];
        show(message, true);
        draw();
      } else if (message.kind === "written" && message["view"] !== questions.view && message["number"] === number) {
        // What is typed here and not known to Python yet came later: it is told, and the other view shows it.
        if (untold()) void tell();
        else if (telling === 0) show(message, false);
      } else if (message.kind === "offered") offer(message["fields"] as Field[]);
      else if (message.kind === "said") {
        findings = message["findings"] as Said[];
        draw();
      } else if (message.kind === "insert" && message["view"] === questions.view) insert(String(message["code"]));
      else if (message.kind === "begin") begin();
      else if (message.kind === "pictures") toolbar.offerPictures((taken = Boolean(message["taken"])));
    });
    // Whoever leaves the text for a button of another widget has it told at once.
    root.addEventListener("focusout", (event) => {
      if (root.contains(event.relatedTarget as Node | null)) return;
      inUse = false;
      if (timer !== undefined) void tell();
    });
    void questions.ask("open").then(({ message }) => {
      offer(message["fields"] as Field[]);
      taken = Boolean(message["taken"]);
      toolbar.offerPictures(taken);
      findings = message["findings"] as Said[];
      show(message, true);
      draw();
      root.dataset["ready"] = "";
      if (message["begin"] === true) begin();
    });
    return () => {
      if (timer !== undefined) void tell();
      stop();
      try {
        model.send({ kind: "closed", view: questions.view });
      } catch {
        // The kernel is gone, and with it whoever would want to know.
      }
      questions.close();
      subject.close();
      body.close();
      passages.close();
      source.close();
      pictures.close();
    };
  },
};
