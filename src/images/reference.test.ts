import { expect, test } from "vitest";
import { formatImageRef, parseImageRef } from "./reference.ts";

const HEX = "0123456789abcdef".repeat(4);

test("a reference comes back as it was written", () => {
  const ref = parseImageRef(`team/web@sha256:${HEX}`);
  expect(ref).toEqual({ name: "team/web", digest: `sha256:${HEX}` });
  expect(ref === undefined ? "" : formatImageRef(ref)).toBe(`team/web@sha256:${HEX}`);
});

test.each([
  "",
  "web",
  `@sha256:${HEX}`,
  `Web@sha256:${HEX}`,
  `web@sha256:${HEX}0`,
  `web@md5:${HEX}`,
  `a//b@sha256:${HEX}`,
])("%j is none", (text) => {
  expect(parseImageRef(text)).toBeUndefined();
});
