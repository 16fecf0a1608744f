/** The grid itself: AG Grid's parts that the table uses, its look, and one column definition for each column. */
import { AG_GRID_LOCALE_FR } from "@ag-grid-community/locale";
import {
  CellStyleModule,
  ColumnApiModule,
  EventApiModule,
  InfiniteRowModelModule,
  LocaleModule,
  ModuleRegistry,
  RenderApiModule,
  RowApiModule,
  RowStyleModule,
  ScrollApiModule,
  TextFilterModule,
  themeQuartz,
  type ColDef,
  type GridOptions,
} from "ag-grid-community";
import { AddressCell, type Around, OptOutCell, StateCell, TextCell, TickCell, TickHeader } from "./cells";
import type { Row } from "./rows";

ModuleRegistry.registerModules([
  CellStyleModule,
  ColumnApiModule,
  EventApiModule,
  InfiniteRowModelModule,
  LocaleModule,
  RenderApiModule,
  RowApiModule,
  RowStyleModule,
  ScrollApiModule,
  TextFilterModule,
]);

/** Columns of the table's own; the others have the names of the frame. */
export const TICK = "pw-tick";
export const ADDRESS = "pw-address";
export const OPT_OUT = "pw-opt-out";

export const ROW_HEIGHT = 34;
export const HEAD_HEIGHT = 72;
const NARROWEST = 68;
/** « 23/11/2026 » and « 08:00 », with what is typed above them. */
const DATE = 96;
const TIME = 66;
/** A letter of a heading, and what is around its text. */
const LETTER = 7.6;
const AROUND = 18;

export interface ShownColumn {
  name: string;
  label: string;
  kind: "text" | "word" | "time" | "date" | "moment" | "since" | "number" | "money" | "state";
  width: number;
}

/** What a person has asked the table to show; Python keeps it, so that another view of the table shows the same. */
export interface Asked {
  search: string;
  filters: Record<string, string>;
  sort: [name: string, descends: boolean][];
  problems: boolean;
  to_phone: boolean;
  hidden: string[];
}

const theme = themeQuartz.withParams({
  accentColor: "var(--pw-accent)",
  backgroundColor: "var(--pw-ground)",
  foregroundColor: "var(--pw-ink)",
  borderColor: "var(--pw-line)",
  chromeBackgroundColor: "var(--pw-ground)",
  headerBackgroundColor: "var(--pw-ground)",
  headerTextColor: "var(--pw-ink-soft)",
  headerFontWeight: 600,
  headerFontSize: 12.5,
  inputBackgroundColor: "var(--pw-ground)",
  inputTextColor: "var(--pw-ink)",
  inputBorder: "solid 1px var(--pw-line)",
  rowHoverColor: "var(--pw-ground-soft)",
  selectedRowBackgroundColor: "transparent",
  wrapperBorder: false,
  columnBorder: false,
  fontFamily: "inherit",
  fontSize: 13,
  spacing: 6,
  cellHorizontalPaddingScale: 0.7,
  browserColorScheme: "inherit",
});

/** The grid's own words, by language; English is built in. A filter is called by its column: « Heure (filtre) ». */
const WORDS: Record<string, Record<string, string>> = {
  fr: { ...AG_GRID_LOCALE_FR, ariaFilterInput: "(filtre)" },
  en: { ariaFilterInput: "(filter)" },
};

/** Options that do not depend on what is shown. Heights are options and not the theme's, or rows come out uneven in a tab. */
export function gridOptions(language: string): GridOptions<Row> {
  return {
    theme,
    rowModelType: "infinite",
    cacheBlockSize: 100,
    maxBlocksInCache: 20,
    blockLoadDebounceMillis: 30,
    rowHeight: ROW_HEIGHT,
    headerHeight: 36,
    floatingFiltersHeight: HEAD_HEIGHT - 36,
    ensureDomOrder: true,
    enableCellTextSelection: true,
    animateRows: false,
    // The table says itself why there is no row.
    suppressNoRowsOverlay: true,
    suppressDragLeaveHidesColumns: true,
    localeText: WORDS[language] ?? {},
    // Tab leaves the rows, arrows walk in them: a table of 100,000 rows is one stop.
    tabToNextCell: () => false,
  };
}

/** One definition for each column, in the order and with the sort and the hidden ones of `asked`. */
export function columnDefs(columns: ShownColumn[], receiver: string, asked: Asked, around: Around, narrow: boolean): ColDef<Row>[] {
  const { word } = around;
  const sorted = new Map(asked.sort.map(([name, descends], place) => [name, { sort: descends ? ("desc" as const) : ("asc" as const), sortIndex: place }]));
  const order = (name: string): ColDef<Row> => sorted.get(name) ?? { sort: null };
  return [
    {
      colId: TICK,
      headerComponent: TickHeader,
      headerComponentParams: { around },
      headerName: word("ticked"),
      cellRenderer: TickCell,
      cellRendererParams: { around },
      cellClass: "pw-tick-cell",
      width: 44,
      pinned: "left",
      lockPinned: true,
      suppressMovable: true,
      resizable: false,
      sortable: false,
    },
    ...columns.map(
      (column, place): ColDef<Row> => ({
        colId: column.name,
        headerName: column.label,
        cellRenderer: column.kind === "state" ? StateCell : TextCell,
        cellRendererParams: { around, place, receives: column.name === receiver },
        cellClass: column.kind === "number" || column.kind === "money" ? "pw-number-cell" : "",
        // The columns share the room there is, and scroll only where each would be too narrow to be read.
        flex: column.width,
        minWidth: narrowest(column, receiver),
        hide: asked.hidden.includes(column.name),
        ...filtered(comparing(column.kind, word)),
        ...order(column.name),
      }),
    ),
    {
      colId: ADDRESS,
      headerName: word("address"),
      cellRenderer: AddressCell,
      cellRendererParams: { around },
      cellClass: "pw-address-cell",
      // In sight however many columns there are: this is where a row most often needs a person.
      pinned: "right",
      lockPinned: true,
      suppressMovable: true,
      width: 236,
      ...filtered(""),
      ...order(ADDRESS),
    },
    {
      colId: OPT_OUT,
      headerName: word("actions"),
      headerClass: "pw-unseen-head",
      cellRenderer: OptOutCell,
      cellRendererParams: { around },
      cellClass: "pw-opt-out-cell",
      // Where there is little room, names come first: it is then the last column one comes to.
      pinned: narrow ? null : "right",
      lockPinned: true,
      width: 98,
      hide: !around.canOptOut(),
      resizable: false,
      sortable: false,
      suppressMovable: true,
    },
  ];
}

/** How narrow a column may become: half a telephone number, a date or a name is of no use, nor is half a short heading. */
export function narrowest({ name, label, kind, width }: ShownColumn, receiver: string): number {
  if (/phone|mobile/.test(name)) return width;
  if (kind === "date") return Math.min(width, DATE);
  if (kind === "time") return Math.min(width, TIME);
  const share = name === receiver ? 0.7 : name === "practitioner" ? 0.7 : kind === "since" ? 0.55 : 0.65;
  return Math.max(Math.min(NARROWEST, Math.ceil(LETTER * label.length) + AROUND), Math.round(width * share));
}

function comparing(kind: ShownColumn["kind"], word: Around["word"]): string {
  const compared: Record<string, string> = { number: "number", money: "number", date: "date", moment: "date", since: "date", time: "time" };
  return kind in compared ? word(`compare_${compared[kind]}`) : "";
}

/** A filter whose text Python understands: a part of the value without its accents, or a comparison. */
function filtered(example: string): ColDef<Row> {
  return {
    filter: "agTextColumnFilter",
    filterParams: { filterOptions: ["contains"], maxNumConditions: 1, debounceMs: 150 },
    floatingFilter: true,
    suppressFloatingFilterButton: true,
    suppressHeaderFilterButton: true,
    floatingFilterComponentParams: { filterPlaceholder: example },
  };
}

export const defaultColDef: ColDef<Row> = {
  resizable: true,
  sortable: true,
  sortingOrder: ["asc", "desc", null],
  wrapHeaderText: true,
  // What is typed in a field of a cell stays in it.
  suppressKeyboardEvent: ({ event }) => (event.target as HTMLElement).matches("input:not([type=checkbox])"),
};
