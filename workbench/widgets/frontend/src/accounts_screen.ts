/**
 * The mail accounts: their list at left, the one looked at beside it, with its trial under it.
 *
 * Asks Python once (`open`) for the accounts and what is typed and not saved yet; asks what an address tells (`propose`),
 * says what is typed (`draft`, without any password) and what is wanted (`save`, `default`, `remove`, `test`, `sign_in`). A
 * password is sent once, with `save`, and forgotten here. Hears `changed` (ask again), `stage` and `tested` of a trial,
 * `agree` (an address to open) and `signed_in`.
 */
import { askedOnce } from "./shared/asking";
import { button } from "./shared/controls";
import { element, hear, Questions, rootOf, sentenceOf, words, type Scene } from "./shared/widget";
import { Form, type Proposal, type Row, type Surroundings, type Values } from "./accounts_screen/form";
import { Trial } from "./accounts_screen/trial";

interface State extends Surroundings {
  accounts: Row[];
  drafts: Record<string, Values>;
}

/** The name under which what is typed for a new account is kept: no account can be called so. */
const NEW = "\n";

export default {
  render(scene: Scene): () => void {
    const { model } = scene;
    const word = words(model);
    const root = rootOf(scene, "accounts");
    const silence = element("p", { class: "pw-alert pw-waits", role: "alert", hidden: true }, word("silent"));
    const alert = element("p", { class: "pw-alert", role: "alert", hidden: true });
    const said = element("p", { class: "pw-kept-said", role: "status", "aria-live": "polite" });
    const questions = new Questions(model, (silent) => (silence.hidden = !silent));
    const list = element("ul", { class: "pw-kept-list" });
    const add = button(`+ ${word("add")}`, () => choose(NEW, true), { class: "pw-button" });
    const detail = element("div", { class: "pw-account-detail" }, element("p", { class: "pw-note" }, word("loading")));
    root.append(
      silence,
      element(
        "div",
        { class: "pw-beside" },
        element("div", { class: "pw-sides" }, element("nav", { class: "pw-side-list", "aria-label": word("title") }, list, add), element("div", {}, said, alert, detail)),
      ),
    );

    let state: State = { accounts: [], drafts: {}, signatures: [], providers: [], keeper: "", hours: "", own: { email: "", display_name: "" } };
    let current = "";
    let form: Form | null = null;
    let trial: Trial | null = null;
    const agreement = element("div", { role: "status", "aria-live": "polite" });

    const complain = (sentence: string): void => {
      alert.textContent = sentence && `✕ ${sentence}`;
      alert.hidden = sentence === "";
      if (sentence) alert.scrollIntoView({ block: "nearest" });
    };
    /** Ask, and show a refusal as a sentence. */
    const ask = (kind: string, values: Values = {}): Promise<Values | null> => {
      complain("");
      return questions.ask(kind, values).then(
        ({ message }) => message,
        (refusal: unknown) => (complain(sentenceOf(refusal)), null),
      );
    };
    const account = (name: string): Row | null => state.accounts.find((one) => one.name === name) ?? null;

    const drawList = (): void => {
      const focused = (document.activeElement as HTMLElement | null)?.dataset["account"];
      list.replaceChildren(
        ...state.accounts.map((one) => {
          const press = element(
            "button",
            { type: "button", class: "pw-account-one pw-kept-one", "data-account": one.name, "aria-current": one.name === current ? "true" : null, onclick: () => choose(one.name) },
            element("span", { class: "pw-kept-name" }, one.name),
            element("span", { class: "pw-note" }, one.email || one.server),
            element(
              "span",
              { class: "pw-row pw-account-marks" },
              element("span", { class: `pw-state pw-state-${one.state.state}` }, one.state.text),
              one.default && element("span", { class: "pw-state pw-state-none" }, word("is_default")),
              state.drafts[one.name] !== undefined && element("span", { class: "pw-state pw-state-doubt" }, `● ${word("modified")}`),
            ),
          );
          return element("li", {}, press);
        }),
      );
      if (focused !== undefined) list.querySelector<HTMLElement>(`[data-account="${CSS.escape(focused)}"]`)?.focus();
    };

    const typed = (name: string, values: Values): void => {
      const some = Object.keys(values).length > 0;
      if (some) state.drafts[name] = values;
      else delete state.drafts[name];
      trial?.tellUnsaved(some);
      drawList();
      questions.ask("draft", { name, values }).catch(() => undefined);
    };

    const choose = (name: string, begin = false): void => {
      current = name;
      complain("");
      said.textContent = "";
      drawDetail();
      drawList();
      if (begin) form?.begin();
    };

    let saving = false;
    const save = async (test: boolean): Promise<void> => {
      if (form === null || saving) return;
      const values = form.changes();
      const fresh = form.row === null;
      if (fresh && !values["email"]) {
        complain(word("required"));
        form.begin();
        return;
      }
      saving = true;
      const answer = await ask("save", { name: form.name, values, new: fresh, draft: current });
      saving = false;
      if (answer === null) return;
      form.forget();
      show(answer as unknown as State, answer["name"] as string);
      said.textContent = word("saved", { name: current });
      if (test) await trial?.start();
    };

    const drawDetail = (): void => {
      const row = account(current);
      form?.close();
      trial = null;
      agreement.replaceChildren();
      if (row === null && current !== NEW) {
        form = null;
        detail.replaceChildren(element("p", { class: "pw-account-empty" }, word("none")));
        return;
      }
      const name = current;
      const made = new Form(
        row,
        state,
        word,
        {
          propose: (email, preset) =>
            questions.ask("propose", { email, preset }).then(
              ({ message }) => message as unknown as Proposal,
              (refusal: unknown): Proposal => ({ state: "bad", sentence: sentenceOf(refusal), known: false }),
            ),
          typed: (values) => typed(name, values),
        },
        state.drafts[name] ?? {},
      );
      form = made;
      const foot = element(
        "div",
        { class: "pw-row pw-kept-foot" },
        row !== null &&
          askedOnce(
            word("remove"),
            () => [word("remove_question", { name: row.name }), row.used_by.length > 0 && word("remove_used", { users: row.used_by.join(", ") })].filter(Boolean).join(" "),
            word("remove_yes"),
            word("back"),
            () => void remove(row.name),
          ),
        element("span", { class: "pw-grow" }),
        button(word("cancel"), () => {
          typed(name, {});
          if (row === null) current = state.accounts[0]?.name ?? "";
          choose(current);
        }),
        button(word("save"), () => void save(false)),
        button(word("save_and_test"), () => void save(true), { class: "pw-button pw-main" }),
      );
      const whole = element(
        "form",
        { class: "pw-account-card pw-kept-card", "aria-label": row?.name ?? word("new"), novalidate: true },
        element("h4", {}, row?.name ?? word("new")),
        row !== null && row.advice.length > 0 && element("ul", { class: "pw-account-advice", "aria-label": word("why_advice") }, ...row.advice.map((one) => element("li", {}, one))),
        made.element,
        foot,
      );
      whole.addEventListener("submit", (event) => {
        event.preventDefault();
      });
      whole.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void save(true);
        // Enter in a field of text saves, as in any form.
        else if (event.key === "Enter" && event.target instanceof HTMLInputElement && event.target.type !== "checkbox") void save(false);
      });
      detail.replaceChildren(whole);
      if (row === null) return;
      if (row.auth !== "password") whole.after(signIn(row));
      trial = new Trial(row, word, {
        start: async (mail) => (await ask("test", { name: row.name, mail })) as { trial: number; stages: string[] } | null,
        help: () => made.showGuide(),
      });
      trial.tellUnsaved(state.drafts[name] !== undefined);
      detail.append(trial.element);
    };

    /** The sign-in of a provider that takes no password. */
    const signIn = (row: Row): HTMLElement => {
      const secret = element("input", { type: "password", class: "pw-input", autocomplete: "off", "aria-label": word("client_secret"), placeholder: word("client_secret"), hidden: row.auth !== "google" });
      const press = button(word("button_login"), async () => {
        const given = secret.value;
        secret.value = "";
        agreement.replaceChildren(element("p", { class: "pw-note" }, word("waiting_agreement")));
        if ((await ask("sign_in", { name: row.name, secret: given })) === null) agreement.replaceChildren();
      });
      return element("section", { class: "pw-trial pw-kept-card" }, element("h4", {}, word(row.auth)), element("div", { class: "pw-row" }, secret, press), agreement);
    };

    const remove = async (name: string): Promise<void> => {
      const answer = await ask("remove", { name });
      if (answer === null) return;
      const next = (answer as unknown as State).accounts[0]?.name ?? "";
      show(answer as unknown as State, next);
      said.textContent = word("removed", { name });
      (list.querySelector("button") ?? add).focus();
    };

    const show = (next: State, name: string): void => {
      state = next;
      current = name;
      drawDetail();
      drawList();
    };

    const learn = (): Promise<void> =>
      questions.ask("open").then(
        ({ message }) => {
          const next = message as unknown as State;
          const first = next.accounts.find((one) => one.default) ?? next.accounts[0];
          const stays = current === NEW || next.accounts.some((one) => one.name === current);
          show(next, stays ? current : next.drafts[NEW] !== undefined ? NEW : (first?.name ?? ""));
        },
        (refusal: unknown) => complain(sentenceOf(refusal)),
      );

    const stop = hear(model, (message) => {
      if (message.kind === "stage") trial?.hear(message);
      else if (message.kind === "tested") {
        trial?.hear(message);
        const tried = account(message["account"] as string);
        if (tried !== null && message["state"]) tried.state = message["state"] as Row["state"];
        drawList();
      } else if (message.kind === "changed" && message["view"] !== questions.view) void learn();
      else if (message.kind === "agree" && message["account"] === current) {
        const address = message["address"] as string;
        const safe = /^https?:\/\//.test(address);
        agreement.replaceChildren(
          element("p", {}, word("agree")),
          element("p", {}, safe ? element("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, address) : address),
          element("p", { class: "pw-note" }, word("waiting_agreement")),
        );
      } else if (message.kind === "signed_in" && message["account"] === current) {
        const error = message["error"] as string;
        agreement.replaceChildren(element("p", { class: error ? "pw-alert" : "pw-kept-said" }, error ? `✕ ${error}` : word("signed_in")));
      }
    });
    void learn();
    return () => {
      stop();
      form?.close();
      questions.close();
    };
  },
};
