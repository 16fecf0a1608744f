/**
 * « Joindre »: what of the patient's file goes with the message, as a list with small pictures, ticked by click or key.
 *
 * Asks `open` (with `list` once somebody looks), `tick` (a piece, on or off) and `picture` (its bytes beside the answer),
 * each with the patient it was shown for. Hears `patient`: another one is shown, or something else is chosen.
 */
import { element, hear, questionsWithAlert, rootOf, sentenceOf, words, type Scene } from "./shared/widget";

interface Piece { piece: string; label: string; day: string; image: boolean; health: boolean; on: boolean }

export default {
  render(scene: Scene): () => void {
    const { model } = scene;
    const word = words(model);
    const root = rootOf(scene, "attaching");
    const { alert, say, questions } = questionsWithAlert(model, word);
    const count = element("span", { class: "pw-note", role: "status" });
    const list = element("ul", { class: "pw-attaching-list", "aria-label": word("list") });
    const note = element("p", { class: "pw-note", hidden: true });
    const body = element("div", { class: "pw-attaching-body", hidden: true }, list, note);
    const opener = element("button", { type: "button", class: "pw-button", "aria-expanded": "false" }, word("title"));
    root.append(element("div", { class: "pw-row" }, opener, count), body, alert);

    let patient = "";
    let asking = 0;
    let addresses: string[] = [];
    const forget = (): void => {
      for (const one of addresses) URL.revokeObjectURL(one);
      addresses = [];
    };
    const told = (number: unknown): void => {
      count.textContent = Number(number) > 0 ? word("chosen", { count: Number(number) }) : "";
    };

    const pictureOf = (piece: Piece, mine: number): HTMLElement => {
      const place = element("span", { class: "pw-attaching-picture" });
      questions.ask("picture", { patient, piece: piece.piece }).then(
        ({ buffers }) => {
          if (mine !== asking) return;
          const address = URL.createObjectURL(new Blob([buffers[0] as unknown as BlobPart]));
          addresses.push(address);
          place.append(element("img", { src: address, alt: "" }));
        },
        (refusal: unknown) => {
          place.title = sentenceOf(refusal);
          place.textContent = "✕";
        },
      );
      return place;
    };
    const rowOf = (piece: Piece, mine: number): HTMLElement => {
      const box = element("input", { type: "checkbox", "data-piece": piece.piece });
      box.checked = piece.on;
      box.addEventListener("change", () => {
        questions.ask("tick", { patient, piece: piece.piece, on: box.checked }).then(
          ({ message }) => {
            say("");
            told(message["count"]);
          },
          (refusal: unknown) => {
            box.checked = !box.checked;
            say(sentenceOf(refusal));
          },
        );
      });
      return element(
        "li",
        {},
        element(
          "label",
          {},
          box,
          piece.image ? pictureOf(piece, mine) : element("span", { class: "pw-attaching-picture", "aria-hidden": "true" }, "PDF"),
          element("span", { class: "pw-attaching-words" }, piece.label, piece.day !== "" && element("span", { class: "pw-note" }, ` ${piece.day}`)),
          piece.health && element("span", { class: "pw-state pw-state-doubt" }, `? ${word("health")}`),
        ),
      );
    };

    const load = async (): Promise<void> => {
      const mine = (asking += 1);
      forget();
      const open = !body.hidden;
      if (open) {
        list.replaceChildren();
        note.hidden = false;
        note.textContent = word("loading");
      }
      try {
        const { message } = await questions.ask("open", { list: open });
        if (mine !== asking) return;
        patient = String(message["patient"]);
        told(message["count"]);
        say("");
        if (!open) return;
        const rows = message["rows"] as Piece[];
        list.replaceChildren(...rows.map((row) => rowOf(row, mine)));
        list.hidden = rows.length === 0;
        note.textContent = rows.length === 0 ? word("nothing") : word("health_note");
        note.hidden = rows.length > 0 && !rows.some(({ health }) => health);
      } catch (refusal) {
        if (mine === asking) say(sentenceOf(refusal));
      }
    };
    const fold = (open: boolean): void => {
      body.hidden = !open;
      opener.setAttribute("aria-expanded", String(open));
    };
    opener.addEventListener("click", () => {
      fold(body.hidden === true);
      if (!body.hidden) void load().then(() => list.querySelector("input")?.focus());
    });
    body.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      fold(false);
      opener.focus();
    });
    const stop = hear(model, (message) => {
      if (message.kind === "patient") void load();
    });
    void load();
    return () => {
      stop();
      forget();
      questions.close();
    };
  },
};
