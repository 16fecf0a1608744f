// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import { download } from "../src/shared/files";

afterEach(() => vi.restoreAllMocks());

test("a file is handed over by its name, and its address does not stay", () => {
  vi.useFakeTimers();
  const blobs: Blob[] = [];
  vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
    blobs.push(blob as Blob);
    return "blob:one";
  });
  const revoked = vi.spyOn(URL, "revokeObjectURL").mockImplementation(() => undefined);
  const clicked: [string | null, string | null][] = [];
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    clicked.push([this.getAttribute("href"), this.getAttribute("download")]);
  });
  download("rendez-vous.csv", new TextEncoder().encode("é"), "text/csv");
  expect(clicked).toEqual([["blob:one", "rendez-vous.csv"]]);
  expect(blobs[0]?.size).toBe(2);
  expect(document.querySelector("a")).toBeNull();
  vi.runAllTimers();
  expect(revoked).toHaveBeenCalledWith("blob:one");
  vi.useRealTimers();
});
