/** Files between the page and the person: nothing of them leaves the browser but into the person's own folder. */
import { element } from "./widget";

/** Hand a file to the person, as any download: the browser asks where to, or puts it where downloads go. */
export function download(name: string, bytes: BlobPart, type: string): void {
  const address = URL.createObjectURL(new Blob([bytes], { type }));
  const link = element("a", { href: address, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads the file after the click: the address stays until it certainly has.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
