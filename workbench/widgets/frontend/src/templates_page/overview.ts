/** The email types of a folder, or all of them, as a table. */
import { element } from "../shared/widget";
import { stateOf, type Desk, type Row } from "./desk";

export function drawOverview(desk: Desk, title: string, rows: Row[], actions: HTMLElement[]): HTMLElement {
  const { word } = desk;
  const languages = (row: Row): string => {
    const all = [row, ...desk.rows.filter((one) => row.variants.includes(one.path))].map((one) => one.language);
    return all.join(" · ");
  };
  const line = (row: Row): HTMLElement => {
    const open = element("button", { type: "button", class: "pw-link", onclick: () => desk.choose(row.path) }, row.label);
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, open, element("div", { class: "pw-note pw-cut" }, row.subject)),
      element("td", {}, languages(row)),
      element("td", {}, row.searches.join(", ")),
      element("td", {}, row.saved_at, element("div", { class: "pw-note" }, row.saved_by)),
      element("td", { "data-state": row.path }, stateOf(desk.counts(row), word) ?? element("span", { class: "pw-note" }, "…")),
    );
  };
  return element(
    "section",
    { class: "pw-overview", "aria-label": title },
    element("div", { class: "pw-row" }, element("h3", { class: "pw-details-title", tabindex: "-1" }, title), element("span", { class: "pw-grow" }), ...actions),
    rows.length === 0
      ? element("p", { class: "pw-note" }, word("empty"))
      : element(
          "div",
          { class: "pw-scroll", tabindex: "0", role: "region", "aria-label": title },
          element(
            "table",
            { class: "pw-overview-table" },
            element("thead", {}, element("tr", {}, ...["label", "languages", "searches", "saved", "state"].map((name) => element("th", { scope: "col" }, word(name))))),
            element("tbody", {}, ...rows.map(line)),
          ),
        ),
  );
}
