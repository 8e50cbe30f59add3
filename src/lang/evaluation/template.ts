import type { JoinExpression, TemplateExpression } from "../syntax/ast.ts";
import {
  convert,
  DYNAMIC,
  elementsOf,
  isNull,
  isUnknown,
  mark,
  type Mark,
  NO_MARKS,
  STRING,
  stringValue,
  typeOf,
  unknownValue,
  unmark,
  type Value,
} from "../values/index.ts";
import type { Run } from "./run.ts";
import type { Scope } from "./scope.ts";

const INVALID = "Invalid template interpolation value";

/** Joins the parts to a string. What is known before the first unknown part is known of an unknown result. */
export function evaluateTemplate(expression: TemplateExpression, scope: Scope, run: Run): Value {
  const known = run.mistakes.length;
  let text = "";
  let marks: ReadonlySet<Mark> = NO_MARKS;
  let complete = true;
  for (const each of expression.parts) {
    const given = run.evaluate(each, scope);
    if (typeof given === "string") {
      if (complete) text += given;
      continue;
    }
    const about = { context: expression, expression: each };
    const bare = unmark(given);
    if (bare.marks.size > 0) marks = marks.union(bare.marks);
    if (isNull(bare.value)) {
      const detail = "The expression result is null. Cannot include a null value in a string template.";
      run.fail(INVALID, detail, each, scope, about);
    } else if (isUnknown(bare.value)) {
      complete = false;
    } else {
      const conversion = convert(bare.value, STRING);
      if ("problem" in conversion) {
        const detail = `Cannot include the given value in a string template: ${conversion.problem}.`;
        run.fail(INVALID, detail, each, scope, about);
      } else if (complete && typeof conversion.value === "string") {
        text += conversion.value;
      }
    }
  }
  const failed = run.mistakes.length > known;
  if (!complete || failed) return mark(unknownText(failed ? "" : text), marks);
  const result = expression.parts.length === 1 ? text : stringValue(text);
  return marks.size === 0 ? result : mark(result, marks);
}

/** Longer prefixes of unknown strings are cut, in bytes. */
const LONGEST_PREFIX = 128;

function unknownText(prefix: string): Value {
  const certain = certainPrefix(prefix);
  return unknownValue(STRING, { notNull: true, ...(certain === "" ? {} : { prefix: certain }) });
}

/** Characters that nothing after them can change: a letter may get an accent, and `=` become `≠`. */
const FINAL = /[\x20-\x2f:;?@[-`{-~]$/;

/** The part of a prefix that no later character can change: mostly without its last grapheme. */
function certainPrefix(prefix: string): string {
  if (prefix === "" || (FINAL.test(prefix) && Buffer.byteLength(prefix) <= LONGEST_PREFIX)) return prefix;
  let certain = "";
  let bytes = 0;
  let last = "";
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(prefix)) {
    certain += last;
    last = segment;
    bytes += Buffer.byteLength(segment);
    if (bytes > LONGEST_PREFIX) break;
  }
  return certain;
}

/** The results of a template's loop, joined. */
export function evaluateJoin(expression: JoinExpression, scope: Scope, run: Run): Value {
  const known = run.mistakes.length;
  const { value: tuple, marks: outer } = unmark(run.evaluate(expression.loop, scope));
  const elements = elementsOf(tuple);
  if (run.mistakes.length > known || typeOf(tuple) === DYNAMIC || elements === undefined) {
    return mark(unknownValue(STRING), outer);
  }
  let text = "";
  let marks = outer;
  for (const element of elements) {
    const bare = unmark(element.value);
    marks = marks.union(bare.marks);
    if (isUnknown(bare.value)) return mark(unknownValue(STRING), marks);
    if (typeof bare.value === "string") text += bare.value;
  }
  return mark(stringValue(text), marks);
}
