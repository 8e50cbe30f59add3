import { describe, expect, test } from "vitest";
import { parseFile } from "../syntax/parse.ts";
import { content, justAttributes, partialContent } from "./content.ts";
import type { BodySchema } from "./schema.ts";

const SCHEMA: BodySchema = {
  attributes: [{ name: "image", required: true }, { name: "replicas" }],
  blocks: [
    { type: "health", labels: [] },
    { type: "volume", labels: ["name"] },
  ],
};

const bodyOf = (text: string) => parseFile("main.tf", text).value.body;
const texts = (text: string) =>
  content(bodyOf(text), SCHEMA).diagnostics.map(({ summary, detail }) => `${summary}: ${detail}`);

describe("content", () => {
  test("gives what the schema names", () => {
    const { attributes, blocks, diagnostics } = content(
      bodyOf('image = 1\nhealth {\n}\nvolume "a" {\n}\nhealth {\n}\n'),
      SCHEMA,
    );
    expect(diagnostics).toEqual([]);
    expect([...attributes.keys()]).toEqual(["image"]);
    expect(blocks.map(({ type }) => type)).toEqual(["health", "volume", "health"]);
  });

  test.each([
    ["", 'Missing required argument: The argument "image" is required, but no definition was found.'],
    [
      "image = 1\nreplica = 2\n",
      'Unsupported argument: An argument named "replica" is not expected here. Did you mean "replicas"?',
    ],
    [
      "image = 1\nhealth = 2\n",
      'Unsupported argument: An argument named "health" is not expected here. Did you mean to define a block of type "health"?',
    ],
    ["image = 1\nxyz = 2\n", 'Unsupported argument: An argument named "xyz" is not expected here.'],
    [
      "image = 1\nhealht {\n}\n",
      'Unsupported block type: Blocks of type "healht" are not expected here. Did you mean "health"?',
    ],
    [
      "image = 1\nreplicas {\n}\n",
      'Unsupported block type: Blocks of type "replicas" are not expected here. Did you mean to define argument "replicas"? If so, use the equals sign to assign it a value.',
    ],
    ["image = 1\nvolume {\n}\n", "Missing name for volume: All volume blocks must have 1 labels (name)."],
    [
      'image = 1\nhealth "a" {\n}\n',
      "Extraneous label for health: No labels are expected for health blocks.",
    ],
    [
      'image = 1\nvolume "a" "b" {\n}\n',
      "Extraneous label for volume: Only 1 labels (name) are expected for volume blocks.",
    ],
  ])("%j", (text, expected) => {
    expect(texts(text)).toEqual([expected]);
  });

  test("a missing argument points at the block's brace", () => {
    const block = bodyOf('resource "a" "b" {\n}\n').blocks[0];
    if (block === undefined) throw new Error("no block");
    expect(content(block.body, SCHEMA).diagnostics[0]).toMatchObject({
      subject: { start: { line: 1, column: 18 }, end: { line: 1, column: 19 } },
      snippet: { context: 'resource "a" "b"', code: 'resource "a" "b" {' },
    });
  });
});

test("partial content leaves the rest", () => {
  const { attributes, remainder, diagnostics } = partialContent(
    bodyOf("image = 1\nother = 2\nx {\n}\n"),
    SCHEMA,
  );
  expect(diagnostics).toEqual([]);
  expect([...attributes.keys(), ...remainder.attributes.keys()]).toEqual(["image", "other"]);
  expect(remainder.blocks.map(({ type }) => type)).toEqual(["x"]);
});

test("just attributes has no blocks", () => {
  const { attributes, diagnostics } = justAttributes(bodyOf("a = 1\nb {\n}\n"));
  expect([...attributes.keys()]).toEqual(["a"]);
  expect(diagnostics.map(({ summary }) => summary)).toEqual(['Unexpected "b" block']);
});
