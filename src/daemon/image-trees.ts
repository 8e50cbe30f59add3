import type { ImageFile as StoredFile, ImageStore } from "../images/index.ts";
import type { ImageDigest } from "../kernel/index.ts";
import type { ImageFile, ImageTrees } from "../runtimes/index.ts";

/** How many images' lists of files are remembered: those that run, and those that ran before them. */
const REMEMBERED = 16;

/** The image store, as the runtime needs it. An image never changes, so its list of files is read once. */
export function imageTrees(store: Pick<ImageStore, "checkout" | "files">): ImageTrees {
  const known = new Map<ImageDigest, Promise<ReadonlyMap<string, ImageFile>>>();
  const read = async (image: ImageDigest) => {
    try {
      const files = await store.files(image);
      return new Map([...files].map(([file, entry]) => [file.replace(/^\//, ""), asExpected(entry)]));
    } catch (error) {
      known.delete(image);
      throw error;
    }
  };
  return {
    checkout: (image, directory) => store.checkout(image, directory),
    files: (image) => {
      const found = known.get(image) ?? read(image);
      // The one that was used last is the last to be forgotten.
      known.delete(image);
      known.set(image, found);
      const [oldest] = known.keys();
      if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest);
      return found;
    },
  };
}

function asExpected(entry: StoredFile): ImageFile {
  switch (entry.type) {
    case "file":
      return { type: "file", digest: `sha256:${entry.sha256}`, executable: (entry.mode & 0o111) !== 0 };
    case "link":
      return { type: "link", target: entry.target };
    case "directory":
      return { type: "directory" };
  }
}
