/** Rows and ticks as Python sends them: a list a column, and a bit a row. */

export interface Row {
  /** The row's place in the frame: its name, without meaning. */
  row: number;
  /** What Python calls the rows that were shown with this one, and their order. */
  order: string;
  cells: string[];
  address: string;
  receiver: string;
  problem: string;
  hint: string;
  /** The address that was meant, where there is a doubt about the one there is. */
  suggestion: string;
  excluded: string;
  /** The whole sentence of what is wrong, where the row says it in a word. */
  detail: string;
  /** Whether Python has said where this row is written to. */
  known: boolean;
  opted_out: boolean;
  /** Whether what is wrong is put right in the patient's file, not by an address. */
  by_file: boolean;
  /** Whether no address can be kept for the row. */
  nowhere: boolean;
}

type Columns = { [name in Exclude<keyof Row, "cells" | "order">]: Row[name][] } & { cells: string[][] };

/** Read a page of rows. */
export function readPage(buffer: DataView | undefined, order: string): Row[] {
  if (!buffer) return [];
  const { cells, ...told } = JSON.parse(new TextDecoder().decode(buffer)) as Columns;
  return told.row.map((row, place) => ({
    row,
    order,
    cells: cells.map((column) => column[place] ?? ""),
    address: told.address[place] ?? "",
    receiver: told.receiver[place] ?? "",
    problem: told.problem[place] ?? "",
    hint: told.hint[place] ?? "",
    suggestion: told.suggestion?.[place] ?? "",
    excluded: told.excluded?.[place] ?? "",
    detail: told.detail?.[place] ?? "",
    known: told.known[place] ?? false,
    opted_out: told.opted_out[place] ?? false,
    by_file: told.by_file?.[place] ?? false,
    nowhere: told.nowhere?.[place] ?? false,
  }));
}

/** Who is ticked, also among rows that were never loaded. */
export class Ticks {
  private bits = new Uint8Array(0);

  read(buffer: DataView | undefined): void {
    // A copy: a gesture is shown before Python has confirmed it.
    this.bits = buffer ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength).slice() : new Uint8Array(0);
  }

  has(row: number): boolean {
    return (((this.bits[row >> 3] ?? 0) >> (row & 7)) & 1) === 1;
  }

  set(row: number, on: boolean): void {
    const bit = 1 << (row & 7);
    const byte = this.bits[row >> 3] ?? 0;
    this.bits[row >> 3] = on ? byte | bit : byte & ~bit;
  }
}
