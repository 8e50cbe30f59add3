import type { Clock, Random } from "./clock.ts";

declare const brand: unique symbol;

/** A string that only its own kind of id is assignable to. */
export type Id<Kind extends string> = string & { readonly [brand]: Kind };

/** The life line of one state, from its first apply to its last. */
export type Lineage = Id<"lineage">;
/** One apply, and the generation that it makes: sortable, never reused. */
export type ApplyId = Id<"apply">;
/** One call with an effect; the idempotency key that goes to providers. */
export type OperationId = Id<"operation">;
/** One running copy of a release. */
export type InstanceId = Id<"instance">;
/** A daemon's store; another id means another history. */
export type StoreId = Id<"store">;
/** A fleet: its owner's lineage and address, joined by a slash. */
export type FleetId = Id<"fleet">;
/** An image's identity: `sha256:` and 64 hexadecimal digits, of the OCI config. */
export type ImageDigest = Id<"image">;

/** A release's number within its fleet: 1, 2, 3. Never reused. */
export type ReleaseNumber = number & { readonly [brand]: "release" };
/** A generation's number within its state: 1, 2, 3. */
export type GenerationNumber = number & { readonly [brand]: "generation" };

// Crockford's alphabet, lower case: sorts like its values, and has no letters that read as digits.
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const TIME_CHARACTERS = 10;
const RANDOM_CHARACTERS = 10;

/**
 * A new id of 20 characters: 10 for the millisecond, 10 (50 bits) of randomness. Ids sort by the time they
 * were made at.
 */
export function newId<Kind extends string>(clock: Clock, random: Random): Id<Kind> {
  let time = clock.now();
  let head = "";
  for (let index = 0; index < TIME_CHARACTERS; index++) {
    head = ALPHABET.charAt(time % 32) + head;
    time = Math.floor(time / 32);
  }
  let tail = "";
  for (const byte of random.bytes(RANDOM_CHARACTERS)) tail += ALPHABET.charAt(byte % 32);
  return parseId<Kind>(head + tail);
}

/** Takes an id that was written down earlier. The one place where a string becomes an id. */
export function parseId<Kind extends string>(text: string): Id<Kind> {
  return text as Id<Kind>;
}

/** Takes a release's number that was written down or typed. */
export function releaseNumber(value: number): ReleaseNumber {
  return value as ReleaseNumber;
}

/** Takes a generation's number that was written down or typed. */
export function generationNumber(value: number): GenerationNumber {
  return value as GenerationNumber;
}

/** The id of the fleet that a resource address in a state owns. */
export function fleetId(lineage: Lineage, address: string): FleetId {
  return parseId(`${lineage}/${address}`);
}
