import type { Diagnostic } from "../kernel/index.ts";
import { type Attribute, type Block, languageError, nearestName, type Source } from "../lang/index.ts";

/** Something with a place in a source. */
export interface Located {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** An error about a place, with the lines around it. */
export function problemAt(
  place: Located,
  summary: string,
  detail: string,
  more: { readonly remedy?: string } = {},
): Diagnostic {
  const { source, start, end } = place;
  return languageError(summary, detail, { source, start, end }, more);
}

/** Where a part of a source is. */
export function located(source: Source, span: { readonly start: number; readonly end: number }): Located {
  return { source, start: span.start, end: span.end };
}

/** What a later version of Kiln will read: refused, as ignoring it would do something else than was asked. */
export function notSupportedYet(place: Located, what: string, remedy: string): Diagnostic {
  return problemAt(
    place,
    `${what} not supported yet`,
    `This version of Kiln cannot use this; it is refused, not ignored.`,
    {
      remedy,
    },
  );
}

/** The header of a block: its type and labels. */
export function headerOf(block: Block): Located {
  const end = block.labels[block.labels.length - 1]?.end ?? block.typeEnd;
  return { source: block.source, start: block.start, end };
}

/** The name of an attribute. */
export function nameOf(attribute: Attribute): Located {
  return { source: attribute.source, start: attribute.start, end: attribute.nameEnd };
}

/** `main.tf:1,1-13`, as messages name a place. */
export function formatRange(place: Located): string {
  const { filename, start, end } = place.source.range(place.start, place.end);
  const ending = start.line === end.line ? `${end.column}` : `${end.line},${end.column}`;
  return `${filename}:${start.line},${start.column}-${ending}`;
}

/** ` Did you mean "name"?` for the nearest of the names, or nothing where none is near. */
export function didYouMean(given: string, names: Iterable<string>): string {
  const near = nearestName(given, names);
  return near === undefined ? "" : ` Did you mean ${JSON.stringify(near)}?`;
}
