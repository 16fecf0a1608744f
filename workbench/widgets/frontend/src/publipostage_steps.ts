/**
 * The way through a mailing: the bar of its steps at the top, and at the foot the way back and what can be done now.
 *
 * Shows the trait `part` ("bar" or "foot") and what Python says in messages of the kind "state". Of the bar: `steps`
 * (name, label, mark, state: "here", "done", "open" or "closed") and `notices` (key, text, look, actions). Of the foot:
 * `back`, `quiet` (buttons), `check` (a box to tick), `note`, `main`, `ask` (a question that takes the place of all) and
 * `code` (a line to copy). Reports gestures as "do", by name. Ctrl+Enter anywhere on the page is the main action. The foot
 * stays in sight at the lower edge; where the send cell's button is the main action and is out of sight, it shows that one.
 */
import { UNREAD_MS } from "./shared/asking";
import { element, hear, questionsWithAlert, rootOf, sentenceOf, words, type Scene } from "./shared/widget";

interface Step { name: string; label: string; mark: string; state: "here" | "done" | "open" | "closed"; title: string }
interface Act { name: string; label: string; disabled?: boolean; title?: string; key?: string }
interface Notice { key: string; text: string; look: string; actions: Act[] }
interface Bar { steps: Step[]; notices: Notice[]; focus?: boolean }
interface Foot {
  back: Act | null; quiet: Act[]; check: { name: string; label: string; on: boolean } | null; note: string;
  main: Act | null; shortcut: string; ask: { words: string; yes: Act; also?: Act; no: Act } | null; code: string;
}

/** The page of the mailing, which holds the bar, the screens of the step and the foot. */
const PAGE = ".pw-publipostage";

/** The main button of the send cell, where no question waits for its yes. */
const SEND = ".pw-send-foot:not(.pw-send-asking) .pw-main";

/** Milliseconds within which a page that is gone to is shown. */
const SHOWN_WITHIN_MS = 3000;

/** The part of the page's height that the foot may take while it stays in sight. */
const MOST_HEIGHT = 0.25;

/** Where the page is lower, as on a small screen at twice the size, the foot stands at its end. */
const LOW_PX = 560;

export default {
  render(scene: Scene): () => void {
    const { model } = scene;
    const word = words(model);
    const part = String(model.get("part"));
    const root = rootOf(scene, `steps-${part}`);
    const { alert, say, questions } = questionsWithAlert(model, word);
    const body = element("div", { class: "pw-steps-body" });
    root.append(body, alert);
    let busy = false;
    let turnedAt = 0;
    let pressed = { what: "", at: 0 };
    const act = (name: string, more: Record<string, unknown> = {}): void => {
      // The second click of a double click is about nothing: it was meant for what stood here before.
      if (busy || Date.now() - turnedAt < UNREAD_MS) return;
      // The button may be about the next person, or the next draft, by then; so the `key` makes no difference.
      const what = JSON.stringify([name, more["step"], more["on"]]);
      if (what === pressed.what && Date.now() - pressed.at < UNREAD_MS) return;
      pressed = { what, at: Date.now() };
      busy = true;
      root.setAttribute("aria-busy", "true");
      questions
        .ask("do", { name, ...more })
        .then(() => say(""), (refusal: unknown) => say(sentenceOf(refusal)))
        .finally(() => {
          busy = false;
          root.removeAttribute("aria-busy");
        });
    };
    const press = (one: Act, look: string): HTMLElement =>
      element(
        "button",
        {
          type: "button", class: `pw-button ${look}`, "data-name": one.name + (one.key ?? ""), disabled: one.disabled ?? false, title: one.title || null,
          onclick: () => act(one.name, one.key === undefined ? {} : { key: one.key }),
        },
        one.label,
      );

    // --- the bar ------------------------------------------------------------------------------------------
    const drawBar = ({ steps, notices, focus }: Bar): void => {
      const list = steps.map((step) => {
        const inside = [
          element("span", { class: "pw-step-mark", "aria-hidden": "true" }, step.mark),
          element("span", {}, step.label),
          step.state === "done" && element("span", { class: "pw-visually-hidden" }, ` (${word("done")})`),
        ];
        const shown =
          step.state === "here"
            ? element("h2", { class: "pw-step", tabindex: -1, "aria-current": "step" }, ...inside)
            : element("button", { type: "button", class: "pw-step", disabled: step.state === "closed", title: step.title || null, "data-name": step.name, onclick: () => act("go", { step: step.name }) }, ...inside);
        return element("li", { class: `pw-step-${step.state}` }, shown);
      });
      const told = notices.map((notice) =>
        element(
          "div",
          { class: `pw-steps-notice pw-steps-${notice.look}`, role: "status" },
          element("span", { class: "pw-grow" }, notice.text),
          ...notice.actions.map((one) => press({ ...one, key: notice.key }, "pw-quiet")),
        ),
      );
      body.replaceChildren(element("nav", { "aria-label": word("steps") }, element("ol", {}, ...list)), ...told);
      if (focus) turnTo(Date.now() + SHOWN_WITHIN_MS);
    };
    /** Turn to the step's heading once it is in sight, unless somebody is at work elsewhere. */
    const turnTo = (last: number, first = true): void => {
      const heading = body.querySelector<HTMLElement>("h2");
      if (!document.hasFocus() || heading === null) return;
      const at = document.activeElement;
      const lost = at === null || at === document.body || at.getClientRects().length === 0;
      // What has the focus may be on the page that is being left; a moment later it is out of sight.
      if (lost || (first && (root.closest(PAGE) ?? root).contains(at))) heading.focus({ preventScroll: true });
      if (document.activeElement === heading) heading.scrollIntoView({ block: "nearest" });
      // Its page is shown a moment after it was told: until then it takes no focus.
      else if (root.isConnected && Date.now() < last) setTimeout(() => turnTo(last, false), 50);
    };

    // --- the foot -----------------------------------------------------------------------------------------
    let foot: Foot | null = null;
    /** What the foot is about: one step, or a question; a count on it that changes is not read anew. */
    const about = ({ ask, back, main, shortcut }: Foot): string => JSON.stringify([ask?.words, back?.label, main?.label, shortcut]);
    const drawFoot = (now: Foot): void => {
      const asked = now.ask !== null && foot?.ask?.words !== now.ask.words;
      if (foot !== null && about(foot) !== about(now)) turnedAt = Date.now();
      foot = now;
      if (now.ask !== null) {
        body.replaceChildren(
          element(
            "div",
            { class: "pw-row pw-steps-row", role: "group", "aria-label": now.ask.words },
            element("p", { class: "pw-grow pw-steps-ask", tabindex: -1 }, now.ask.words),
            press(now.ask.no, ""),
            now.ask.also && press(now.ask.also, ""),
            press(now.ask.yes, "pw-main"),
          ),
        );
        if (asked && document.hasFocus()) body.querySelector<HTMLElement>("p")?.focus();
        return;
      }
      const { check, code } = now;
      const box = check && element("input", { type: "checkbox" });
      if (box && check) {
        box.checked = check.on;
        box.addEventListener("change", () => act(check.name, { on: box.checked }));
      }
      body.replaceChildren(
        ...(code === "" ? [] : [codeLine(code)]),
        element(
          "div",
          { class: "pw-row pw-steps-row", role: "group", "aria-label": word("foot") },
          now.back && press(now.back, ""),
          ...now.quiet.map((one) => press(one, "")),
          box && check && element("label", { class: "pw-row pw-note" }, box, check.label),
          element("span", { class: "pw-grow pw-note pw-steps-note", role: "status" }, now.note),
          now.main && press(now.main, "pw-main"),
          now.main === null && now.shortcut !== "" && echo,
        ),
      );
      lookAround();
    };
    /** The send cell's own button, said again while that one is out of sight. */
    const echo = element("button", { type: "button", class: "pw-button pw-main", "data-name": "echo", hidden: true, onclick: () => sendButton()?.click() });
    const sendButton = (): HTMLButtonElement | null => [...(root.closest(PAGE)?.querySelectorAll<HTMLButtonElement>(SEND) ?? [])].find((one) => one.getClientRects().length > 0) ?? null;
    let looking = 0;
    const lookAround = (): void => {
      looking ||= requestAnimationFrame(() => {
        looking = 0;
        const box = root.getBoundingClientRect();
        root.parentElement?.classList.toggle("pw-steps-foot-loose", window.innerHeight < LOW_PX || box.height > window.innerHeight * MOST_HEIGHT);
        const send = echo.isConnected ? sendButton() : null;
        const held = document.activeElement === echo;
        // The foot covers what is behind it.
        echo.hidden = send === null || (send.getBoundingClientRect().bottom <= box.top + 1 && send.getBoundingClientRect().top >= 0);
        if (send === null) return;
        if (echo.textContent !== send.textContent) echo.textContent = send.textContent;
        if (echo.disabled !== send.disabled) echo.disabled = send.disabled;
        if (held && echo.hidden) send.focus({ preventScroll: true });
      });
    };
    const around = new ResizeObserver(lookAround);
    const moves = new MutationObserver(lookAround);
    const watched = (): void => {
      const page = root.closest(PAGE);
      if (page === null) return;
      around.observe(root);
      around.observe(page);
      moves.observe(page, { subtree: true, childList: true, attributes: true, attributeFilter: ["disabled"] });
      lookAround();
    };
    if (part === "foot") {
      requestAnimationFrame(watched);
      document.addEventListener("scroll", lookAround, { capture: true, passive: true });
      window.addEventListener("resize", lookAround);
    }
    const codeLine = (code: string): HTMLElement => {
      const copied = element("span", { class: "pw-note", role: "status" });
      return element(
        "div",
        { class: "pw-row pw-steps-code" },
        element("pre", { tabindex: 0 }, element("code", {}, code)),
        element("button", { type: "button", class: "pw-button pw-quiet", onclick: () => void navigator.clipboard?.writeText(code).then(() => (copied.textContent = word("copied"))) }, word("copy")),
        copied,
      );
    };
    /** Ctrl+Enter is the main action wherever the focus is on the page; a send cell answers to it by itself. */
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.repeat || foot === null) return;
      const from = event.target instanceof Element ? event.target : null;
      const page = root.closest(PAGE);
      if (from === null || page === null || !page.contains(from) || from.closest(".pw-send") !== null) return;
      event.preventDefault();
      event.stopPropagation();
      const main = foot.ask?.yes ?? foot.main;
      if (main && !main.disabled) act(main.name);
      else if (foot.shortcut !== "") act(foot.shortcut);
    };
    if (part === "foot") document.addEventListener("keydown", onKey, true);

    const draw = (message: Record<string, unknown>): void => {
      if (part === "bar" ? !("steps" in message) : !("quiet" in message)) return;
      const held = body.contains(document.activeElement);
      const name = held ? (document.activeElement as HTMLElement).dataset["name"] : undefined;
      if (part === "bar") drawBar(message as unknown as Bar);
      else drawFoot(message as unknown as Foot);
      if (!held || body.contains(document.activeElement)) return;
      const again = name === undefined ? null : body.querySelector<HTMLElement>(`[data-name="${CSS.escape(name)}"]:not(:disabled)`);
      (again ?? root).focus({ preventScroll: true });
    };
    const stop = hear(model, (message) => {
      if (message.kind === "state") draw(message);
    });
    void questions.ask("open").then(({ message }) => draw(message), (refusal: unknown) => say(sentenceOf(refusal)));
    return () => {
      document.removeEventListener("keydown", onKey, true);
      document.removeEventListener("scroll", lookAround, { capture: true });
      window.removeEventListener("resize", lookAround);
      cancelAnimationFrame(looking);
      around.disconnect();
      moves.disconnect();
      stop();
      questions.close();
    };
  },
};
