/** An IP network: `bits` is 32 or 128, and the address has no bits set beyond the prefix. */
export interface Network {
  readonly address: bigint;
  readonly length: number;
  readonly bits: 32 | 128;
}

/** Reads `10.0.0.0/8` or `fd00::/8`; leading zeros are decimal. Undefined where the text is none. */
export function parseNetwork(text: string): Network | undefined {
  const match = /^([^/]*)\/(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const [, addressPart = "", lengthPart = ""] = match;
  const bits = addressPart.includes(":") ? 128 : 32;
  const address = bits === 128 ? parseSix(addressPart) : parseFour(addressPart);
  const length = Number(lengthPart);
  if (address === undefined || length > bits) return undefined;
  const hostBits = BigInt(bits - length);
  return { address: (address >> hostBits) << hostBits, length, bits };
}

function parseFour(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let address = 0n;
  for (const part of parts) {
    if (!/^\d+$/.test(part) || Number(part) > 255) return undefined;
    address = (address << 8n) | BigInt(part.replace(/^0+(?=\d)/, ""));
  }
  return address;
}

function parseSix(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const groups = halves.map(groupsOf);
  const [head, tail] = groups;
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...Array.from({ length: missing }, () => 0n), ...(tail ?? [])];
  return all.reduce((address, group) => (address << 16n) | group, 0n);
}

function groupsOf(text: string): bigint[] | undefined {
  if (text === "") return [];
  const groups: bigint[] = [];
  const parts = text.split(":");
  for (const [at, part] of parts.entries()) {
    if (part.includes(".") && at === parts.length - 1) {
      const four = parseFour(part);
      if (four === undefined) return undefined;
      groups.push(four >> 16n, four & 0xffffn);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(BigInt(`0x${part}`));
    } else return undefined;
  }
  return groups;
}

const isMapped = (address: bigint): boolean => address >> 32n === 0xffffn;

/** Whether an IPv6 network is one of IPv4 addresses (`::ffff:0:0/96`), which is written as such. */
export function isMappedNetwork(network: Network): boolean {
  return network.bits === 128 && isMapped(network.address);
}

/** An address in its shortest form; IPv4 ones inside IPv6 as IPv4. */
export function addressText(address: bigint, bits: number): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => String((address >> shift) & 0xffn)).join(".");
  return isMapped(address) ? addressText(address & 0xffff_ffffn, 32) : sixText(address);
}

function sixText(address: bigint): string {
  const groups = Array.from({ length: 8 }, (_, at) =>
    ((address >> BigInt(112 - at * 16)) & 0xffffn).toString(16),
  );
  let [start, longest] = [-1, 1];
  for (let at = 0; at < 8; at++) {
    let end = at;
    while (groups[end] === "0") end++;
    if (end - at > longest) [start, longest] = [at, end - at];
  }
  if (start < 0) return groups.join(":");
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + longest).join(":")}`;
}

/** The network as `address/length`. */
export function networkText(network: Network): string {
  const length = isMappedNetwork(network) ? network.length - 96 : network.length;
  return `${addressText(network.address, network.bits)}/${length}`;
}

/** The network's mask, written as an address. */
export function maskText(network: Network): string {
  const all = (1n << BigInt(network.bits)) - 1n;
  const mask = all ^ ((1n << BigInt(network.bits - network.length)) - 1n);
  return network.bits === 32 ? addressText(mask, 32) : sixText(mask);
}
