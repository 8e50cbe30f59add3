/** Whether a code point belongs to a set. */
export type CharacterSet = (code: number) => boolean;

const between = (ranges: readonly (readonly [number, number])[]): CharacterSet => {
  if (ranges.length === 1) {
    const [[from, to] = [0, 0]] = ranges;
    return (code) => code >= from && code <= to;
  }
  return (code) => ranges.some(([from, to]) => code >= from && code <= to);
};

/** The code points of these ranges, both ends included. */
export function ranges(...of: readonly (readonly [number, number])[]): CharacterSet {
  return between(of);
}

/** The code points that are in any of the sets. */
export function union(sets: readonly CharacterSet[]): CharacterSet {
  const [only] = sets;
  return sets.length === 1 && only !== undefined ? only : (code) => sets.some((set) => set(code));
}

/** The code points that are not in the set. */
export function complement(set: CharacterSet): CharacterSet {
  return (code) => !set(code);
}

function ofText(spec: string): CharacterSet {
  return between(
    (spec.match(/.-.|./gs) ?? []).map(
      (part) => [part.charCodeAt(0), part.charCodeAt(part.length - 1)] as const,
    ),
  );
}

/** `\d`, `\s` and `\w`: ASCII only. */
export const PERL_CLASSES: ReadonlyMap<string, CharacterSet> = new Map([
  ["d", ofText("0-9")],
  ["s", ofText("\t\n\f\r ")],
  ["w", ofText("0-9A-Za-z_")],
]);

/** `[:alpha:]` and its kin: ASCII only. */
export const NAMED_CLASSES: ReadonlyMap<string, CharacterSet> = new Map([
  ["alnum", ofText("0-9A-Za-z")],
  ["alpha", ofText("A-Za-z")],
  ["ascii", ranges([0, 0x7f])],
  ["blank", ofText("\t ")],
  ["cntrl", ranges([0, 0x1f], [0x7f, 0x7f])],
  ["digit", ofText("0-9")],
  ["graph", ranges([0x21, 0x7e])],
  ["lower", ofText("a-z")],
  ["print", ranges([0x20, 0x7e])],
  ["punct", ranges([0x21, 0x2f], [0x3a, 0x40], [0x5b, 0x60], [0x7b, 0x7e])],
  ["space", ofText("\t-\r ")],
  ["upper", ofText("A-Z")],
  ["word", ofText("0-9A-Za-z_")],
  ["xdigit", ofText("0-9A-Fa-f")],
]);

/** `\p{name}`: a general category, a script, or `Any`. Undefined where there is none of that name. */
export function unicodeClass(name: string): CharacterSet | undefined {
  if (name === "Any") return () => true;
  const property = /^[CLMNPSZ][a-z]?$/.test(name) ? `gc=${name}` : `sc=${name}`;
  if (!/^(?:gc=\w+|sc=[A-Z][A-Za-z_]{3,})$/.test(property)) return undefined;
  try {
    const pattern = new RegExp(`^\\p{${property}}$`, "u");
    return (code) => pattern.test(String.fromCodePoint(code));
  } catch {
    // The engine's way to say that it knows no script of this name.
    return undefined;
  }
}

/** Letters that fold to another one but are not its small letter or capital. */
const STRANGE_FOLDS = Array.from(
  "\u017f\u212a\u212b\u00b5\u03c2\u03d0\u03d1\u03d5\u03d6\u03f0\u03f1\u03f5\u1e9b\u1fbe\u03f4\u2126\u1e9e",
  (letter) => letter.codePointAt(0) ?? 0,
);

function folded(code: number): string {
  const letter = String.fromCodePoint(code);
  const upper = letter.toUpperCase();
  const single = String.fromCodePoint(upper.codePointAt(0) ?? code);
  return (single === upper ? upper : letter).toLowerCase();
}

/** The set with everything that differs from its members in case only. */
export function ignoringCase(set: CharacterSet): CharacterSet {
  return (code) => {
    if (set(code)) return true;
    const fold = folded(code);
    return (
      set(fold.codePointAt(0) ?? code) ||
      set(fold.toUpperCase().codePointAt(0) ?? code) ||
      STRANGE_FOLDS.some((strange) => folded(strange) === fold && set(strange))
    );
  };
}
