import { expect, test } from "vitest";
import type { ImageFile } from "../images/index.ts";
import { parseId } from "../kernel/index.ts";
import { imageTrees } from "./image-trees.ts";

const IMAGE = parseId<"image">("sha256:1");

test("files are named below the root, with what a copy of them must be like", async () => {
  const files = new Map<string, ImageFile>([
    ["/app", { type: "directory", mode: 0o755 }],
    ["/app/run", { type: "file", mode: 0o755, size: 1, sha256: "ab" }],
    ["/app/data", { type: "file", mode: 0o644, size: 1, sha256: "cd" }],
    ["/now", { type: "link", target: "app" }],
  ]);
  const trees = imageTrees({ checkout: async () => {}, files: async () => files });
  expect([...(await trees.files(IMAGE))]).toEqual([
    ["app", { type: "directory" }],
    ["app/run", { type: "file", digest: "sha256:ab", executable: true }],
    ["app/data", { type: "file", digest: "sha256:cd", executable: false }],
    ["now", { type: "link", target: "app" }],
  ]);
});

test("an image is read once, and again where that failed or was long ago", async () => {
  let reads = 0;
  let broken = true;
  const trees = imageTrees({
    checkout: async () => {},
    files: async () => {
      reads++;
      if (broken) throw new Error("damaged");
      return new Map();
    },
  });
  await expect(trees.files(IMAGE)).rejects.toThrow("damaged");
  broken = false;
  await Promise.all([trees.files(IMAGE), trees.files(IMAGE)]);
  await trees.files(IMAGE);
  expect(reads).toBe(2);
  for (let other = 0; other < 16; other++) await trees.files(parseId<"image">(`sha256:other${other}`));
  await trees.files(IMAGE);
  expect(reads).toBe(2 + 16 + 1);
});
