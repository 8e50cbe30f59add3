import { expect, test } from "vitest";
import { errorDiagnostic } from "../../kernel/index.ts";
import { parseFile } from "../syntax/parse.ts";
import { rangeOf } from "../syntax/spans.ts";
import { attachSnippet, languageError } from "./language-error.ts";

const { value: file } = parseFile("main.tf", 'é = "ü"\nb "x" {\n  c = 1\n}\n');
const attribute = file.body.blocks[0]?.body.attributes.get("c");

test("a snippet can be attached later, from the range alone", () => {
  if (attribute === undefined) throw new Error("no attribute");
  const made = languageError("S", "D", attribute, { remedy: "R", severity: "warning" });
  expect(made).toMatchObject({
    severity: "warning",
    remedy: "R",
    snippet: { context: 'b "x"', code: "  c = 1" },
  });
  const later = attachSnippet(errorDiagnostic("S", "D", { subject: rangeOf(attribute) }), file.source);
  expect(later.snippet).toEqual(made.snippet);
});

test("a diagnostic of another file, or without range, stays as it is", () => {
  const other = errorDiagnostic("S", "D");
  expect(attachSnippet(other, file.source)).toBe(other);
  const elsewhere = errorDiagnostic("S", "D", { subject: { ...file.source.range(0, 1), filename: "b.tf" } });
  expect(attachSnippet(elsewhere, file.source)).toBe(elsewhere);
});

test("an empty place is shown as one character", () => {
  const { subject } = languageError("S", "D", { source: file.source, start: 0, end: 0 });
  expect([subject?.start.column, subject?.end.column]).toEqual([1, 2]);
});
