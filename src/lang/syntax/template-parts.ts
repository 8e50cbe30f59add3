import type { Expression, Span } from "./ast.ts";
import type { Source } from "./source.ts";
import { countGraphemes } from "./source.ts";
import { isSpace, trimStart } from "./characters.ts";
import type { ForNames } from "./parse-for.ts";

/** The pieces of a template in a row, before directives are matched with their ends. */
export type TemplatePart = Span &
  (
    | { readonly kind: "text"; text: string }
    | { readonly kind: "interpolation"; readonly expression: Expression }
    | { readonly kind: "if"; readonly condition: Expression }
    | ({ readonly kind: "for"; readonly collection: Expression } & ForNames)
    | { readonly kind: "else" | "endif" | "endfor" | "end" }
  );

/** A text with its place. */
export type TextPart = Extract<TemplatePart, { kind: "text" }>;

/**
 * Removes from each line of a `<<-` heredoc the indentation that all its lines share. Lines of white space only don't
 * count, and a line that begins with a sequence has none.
 */
export function removeIndentation(parts: readonly TemplatePart[]): void {
  let smallest = Number.POSITIVE_INFINITY;
  let atLineStart = true;
  const shortened: TextPart[] = [];
  for (const part of parts) {
    if (atLineStart) {
      atLineStart = false;
      if (part.kind === "end") break;
      if (part.kind !== "text") {
        smallest = 0;
      } else {
        const trimmed = trimStart(part.text);
        if (trimmed !== "" || !part.text.endsWith("\n")) {
          smallest = Math.min(
            smallest,
            countGraphemes(part.text.slice(0, part.text.length - trimmed.length)),
          );
          shortened.push(part);
        }
      }
    }
    if (part.kind === "text" && part.text.endsWith("\n")) atLineStart = true;
  }
  if (smallest === 0 || smallest === Number.POSITIVE_INFINITY) return;
  for (const part of shortened) part.text = part.text.slice(lengthOfGraphemes(part.text, smallest));
}

/** The code units of so many graphemes, all of which are white space. */
function lengthOfGraphemes(text: string, count: number): number {
  let at = 0;
  for (let seen = 0; seen < count && at < text.length && isSpace(text.charCodeAt(at)); seen++) {
    at += text.charCodeAt(at) === 13 && text.charCodeAt(at + 1) === 10 ? 2 : 1;
  }
  return at;
}

/** Makes one text of neighbouring texts. */
export function joinTexts(parts: readonly TemplatePart[]): TemplatePart[] {
  const joined: TemplatePart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.kind === "text" && last?.kind === "text") {
      joined[joined.length - 1] = { ...last, text: last.text + part.text, end: part.end };
    } else {
      joined.push(part);
    }
  }
  return joined;
}

/** `FILE:6,12-24`, or `FILE:6,12-7,3` over lines: how messages name another place. */
export function placeText(source: Source, { start, end }: Span): string {
  const from = source.position(start);
  const to = source.position(end);
  const last = from.line === to.line ? `${to.column}` : `${to.line},${to.column}`;
  return `${source.filename}:${from.line},${from.column}-${last}`;
}
