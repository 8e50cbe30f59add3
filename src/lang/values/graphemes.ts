import { isAscii } from "./text.ts";

/**
 * Where newer segmentation joins Indic conjuncts, the language's (Unicode 15.0) does not: a letter after a mark or
 * a joiner begins a cluster, apart from those that are marks in all but name.
 */
const CONJUNCT = /(?<=[\p{M}\u200d])(?=(?![\u0e33\u0eb3\uff9e\uff9f])\p{L})/u;

/** The text's grapheme clusters, as Unicode 15.0 has them. */
export function graphemes(text: string): readonly string[] {
  if (isAscii(text) && !text.includes("\r\n")) return text.split("");
  const clusters: string[] = [];
  for (const { segment } of new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text)) {
    if (segment.length < 3) clusters.push(segment);
    else clusters.push(...segment.split(CONJUNCT));
  }
  return clusters;
}

/** Longest known prefix of an unknown string, in bytes of UTF-8. */
const LONGEST_PREFIX = 128;

/**
 * As much of a text as will certainly begin a longer text, whatever follows it: its last grapheme cluster may still
 * grow. At most 128 bytes.
 */
export function knownPrefix(text: string): string {
  const clusters = graphemes(text);
  let prefix = "";
  let bytes = 0;
  for (const cluster of clusters.slice(0, -1)) {
    bytes += Buffer.byteLength(cluster);
    if (bytes > LONGEST_PREFIX) break;
    prefix += cluster;
  }
  return prefix;
}
