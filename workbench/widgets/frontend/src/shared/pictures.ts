/** The images of a text that is written: the practice keeps them, and the page shows what it is given of them. */
import { base64 } from "./files";
import type { Questions } from "./widget";

const IN_TEXT = /^data:image\/(png|jpeg|gif|webp);base64,/i;
const SHOWN = /^image\/(png|jpe?g|gif|webp)$/;

/** Asks Python to keep a `picture`, and for a `shown_picture`; nothing is fetched from elsewhere. */
export class Pictures {
  private readonly known = new Map<string, Promise<string | null>>();
  private readonly urls: string[] = [];

  constructor(private readonly questions: Questions) {}

  /** The image of an address as something a page can show, or nothing. */
  readonly shown = (src: string): Promise<string | null> => {
    if (IN_TEXT.test(src)) return Promise.resolve(src);
    const before = this.known.get(src);
    if (before) return before;
    const asked = this.questions.ask("shown_picture", { src }).then(
      ({ message, buffers }) => {
        const type = String(message["type"]);
        return SHOWN.test(type) && buffers[0] ? this.address(buffers[0] as unknown as BlobPart, type) : null;
      },
      () => null,
    );
    this.known.set(src, asked);
    return asked;
  };

  /** Have an image kept, and return its address in the text. */
  readonly keep = async (file: File): Promise<string> => {
    const { message } = await this.questions.ask("picture", { name: file.name, data: await base64(file) });
    const src = String(message["src"]);
    this.known.set(src, Promise.resolve(this.address(file, file.type)));
    return src;
  };

  close(): void {
    for (const url of this.urls) URL.revokeObjectURL(url);
  }

  private address(data: BlobPart, type: string): string {
    const url = URL.createObjectURL(new Blob([data], { type }));
    this.urls.push(url);
    return url;
  }
}
