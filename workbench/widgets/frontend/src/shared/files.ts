/** Files between the page and the person: nothing of them leaves the browser but to the practice or into the person's own folder. */
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

/** Read a file, or a part of one, as base64. */
export async function base64(part: Blob): Promise<string> {
  const bytes = new Uint8Array(await part.arrayBuffer());
  let text = "";
  // A function takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
