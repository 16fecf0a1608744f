/** The versions of an email type: who saved them, when and why; two of them compared word by word; one looked at, or gone back to. */
import { button, field } from "../shared/controls";
import { Reading, type Message, type Source } from "../shared/message";
import { element } from "../shared/widget";
import { askOnce, drawChanges, sentenceOf, textInput, tried, type Change, type Desk } from "./desk";

interface Revision {
  revision: number;
  saved_at: string;
  saved_by: string;
  changes: string;
  reason: string;
  path: string;
}

export async function drawRevisions(desk: Desk, path: string, panel: HTMLElement): Promise<void> {
  const { word } = desk;
  const { revisions } = (await desk.ask("revisions", { path })) as { revisions: Revision[] };
  const current = revisions[0]?.revision ?? 0;
  const below = element("div", { class: "pw-revision-below", "aria-live": "polite" });
  const choice = (value: number): HTMLSelectElement => {
    const made = element("select", { class: "pw-input" }, ...revisions.map((one) => element("option", { value: one.revision }, `${one.revision} · ${one.saved_at} · ${one.saved_by}`)));
    made.value = String(value);
    return made;
  };
  const before = choice(revisions[1]?.revision ?? current);
  const after = choice(current);

  const compare = async (): Promise<void> => {
    const { changes, lines } = (await desk.ask("compare", { path, before: before.value, after: after.value })) as { changes: Change[]; lines: string[] };
    below.replaceChildren(
      drawChanges(changes, word),
      ...(lines.length > 0 ? [element("details", {}, element("summary", {}, word("lines")), element("pre", { class: "pw-lines", tabindex: "0" }, ...lines.map(drawLine)))] : []),
    );
  };
  const look = async (number: number): Promise<void> => {
    const reading = new Reading(word);
    const { message } = (await desk.ask("preview", { path, revision: number })) as unknown as { message: Message };
    reading.show(message, async () => (await desk.ask("source", { path, revision: number })) as unknown as Source);
    below.replaceChildren(element("div", { class: "pw-row" }, element("h5", { class: "pw-import-name" }, word("looking_at", { number })), element("span", { class: "pw-grow" }), reading.tabs), reading.panel);
  };
  const restore = (number: number): void => {
    const reason = textInput();
    const ask = askOnce(
      word("restore_ask", { number }),
      word("restore_yes", { number }),
      word("cancel"),
      () => void desk.write("restore", { path, number, reason: reason.value }).catch((refusal: unknown) => desk.tell(sentenceOf(refusal), true)),
      () => below.replaceChildren(),
    );
    ask.insertBefore(field(word("reason"), reason), ask.lastChild);
    below.replaceChildren(ask);
    reason.focus();
  };

  const cells = (one: Revision): HTMLElement =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, String(one.revision), one.revision === current ? element("span", { class: "pw-state pw-state-none pw-current" }, word("current")) : null),
      element("td", {}, one.saved_at, element("div", { class: "pw-note" }, one.saved_by)),
      element("td", {}, one.changes, one.reason ? element("div", { class: "pw-note" }, `« ${one.reason} »`) : null, one.path === path ? null : element("div", { class: "pw-note" }, one.path)),
      element(
        "td",
        { class: "pw-revision-do" },
        button(word("look"), () => tried(desk, look(one.revision)), { "aria-label": word("look_at", { number: one.revision }) }),
        one.revision === current ? null : button(word("restore"), () => restore(one.revision), { "aria-label": word("restore_yes", { number: one.revision }) }),
      ),
    );
  const table = element(
    "table",
    { class: "pw-revisions" },
    element("caption", { class: "pw-visually-hidden" }, word("revisions")),
    element("tbody", {}, ...revisions.map(cells)),
  );
  panel.replaceChildren(
    table,
    ...(revisions.length > 1
      ? [element("div", { class: "pw-row pw-compare", role: "group", "aria-label": word("compare") }, field(word("before"), before), field(word("after"), after), button(word("compare"), () => tried(desk, compare())))]
      : []),
    below,
  );
  before.addEventListener("change", () => tried(desk, compare()));
  after.addEventListener("change", () => tried(desk, compare()));
  if (revisions.length > 1) await compare();
}

function drawLine(line: string): HTMLElement {
  const kind = line.startsWith("+") ? "pw-came" : line.startsWith("-") ? "pw-gone" : line.startsWith("@") ? "pw-note" : "";
  return element("span", { class: `pw-line ${kind}` }, `${line}\n`);
}
