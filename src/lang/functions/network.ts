import { isInteger, listType, listValue, STRING, toFloat, type Value } from "../values/index.ts";
import { integerOf, numberOf, numberParameter, stringParameter, textOf } from "./arguments.ts";
import {
  type Network,
  networkText,
  parseNetwork,
  addressText,
  maskText,
  isMappedNetwork,
} from "./addresses.ts";
import { type FunctionDefinition, FunctionProblem } from "./definition.ts";

function networkOf(args: readonly Value[], position?: number): Network | FunctionProblem {
  const text = textOf(args, 0);
  return (
    parseNetwork(text) ??
    new FunctionProblem(`invalid CIDR expression: invalid CIDR address: ${text}`, position)
  );
}

/** The integer at a position, of any size. */
function bigIntegerOf(args: readonly Value[], position: number): bigint | FunctionProblem {
  const number = numberOf(args, position);
  if (!isInteger(number)) return new FunctionProblem("value must be a whole number");
  return toFloat(number).truncated();
}

const cidrhost: FunctionDefinition = {
  name: "cidrhost",
  parameters: [stringParameter("prefix"), numberParameter("hostnum")],
  resultType: STRING,
  call: (args) => {
    const number = bigIntegerOf(args, 1);
    if (number instanceof FunctionProblem) return number;
    const network = networkOf(args);
    if (network instanceof FunctionProblem) return network;
    const last = (1n << BigInt(network.bits - network.length)) - 1n;
    const host = number < 0n ? last + 1n + number : number;
    if (host < 0n || host > last) {
      return new FunctionProblem(`prefix of ${network.length} does not accommodate a host numbered ${host}`);
    }
    return addressText(network.address | host, network.bits);
  },
};

const cidrnetmask: FunctionDefinition = {
  name: "cidrnetmask",
  parameters: [stringParameter("prefix")],
  resultType: STRING,
  call: (args) => {
    const network = networkOf(args);
    if (network instanceof FunctionProblem) return network;
    if (network.bits === 128 && !isMappedNetwork(network)) {
      return new FunctionProblem(`IPv6 addresses cannot have a netmask: ${textOf(args, 0)}`);
    }
    return maskText(network);
  },
};

const cidrsubnet: FunctionDefinition = {
  name: "cidrsubnet",
  parameters: [stringParameter("prefix"), numberParameter("newbits"), numberParameter("netnum")],
  resultType: STRING,
  call: (args) => {
    const extension = integerOf(args, 1);
    if (extension instanceof FunctionProblem) return extension;
    const number = bigIntegerOf(args, 2);
    if (number instanceof FunctionProblem) return number;
    const network = networkOf(args);
    if (network instanceof FunctionProblem) return network;
    if (extension < 0)
      return new FunctionProblem("the prefix cannot be extended by a negative number of bits", 1);
    const length = network.length + extension;
    if (length > network.bits) {
      return new FunctionProblem(
        `insufficient address space to extend prefix of ${network.length} by ${extension}`,
      );
    }
    if (number < 0n || number >= 1n << BigInt(extension)) {
      return new FunctionProblem(
        `prefix extension of ${extension} does not accommodate a subnet numbered ${number}`,
      );
    }
    const address = network.address | (number << BigInt(network.bits - length));
    return networkText({ address, length, bits: network.bits });
  },
};

/** Most bits that one call extends a prefix by. */
const LONGEST_EXTENSION = 32;

const cidrsubnets: FunctionDefinition = {
  name: "cidrsubnets",
  parameters: [stringParameter("prefix")],
  variadic: numberParameter("newbits"),
  resultType: listType(STRING),
  call: (args) => {
    const network = networkOf(args, 0);
    if (network instanceof FunctionProblem) return network;
    const made: string[] = [];
    let next = network.address;
    let previous: Network | undefined;
    for (let position = 1; position < args.length; position++) {
      const length = subnetLength(args, position, network);
      if (length instanceof FunctionProblem) return length;
      const size = 1n << BigInt(network.bits - length);
      const address = ((next + size - 1n) / size) * size;
      if (address + size > network.address + (1n << BigInt(network.bits - network.length))) {
        return new FunctionProblem(
          `not enough remaining address space for a subnet with a prefix of ${length} bits after ${networkText(previous ?? network)}`,
          position,
        );
      }
      previous = { address, length, bits: network.bits };
      made.push(networkText(previous));
      next = address + size;
    }
    return listValue(STRING, made);
  },
};

function subnetLength(args: readonly Value[], position: number, network: Network): number | FunctionProblem {
  const extension = integerOf(args, position);
  if (extension instanceof FunctionProblem) return new FunctionProblem(extension.message, position);
  if (extension < 1) return new FunctionProblem("must extend prefix by at least one bit", position);
  if (extension > LONGEST_EXTENSION) {
    return new FunctionProblem(`may not extend prefix by more than ${LONGEST_EXTENSION} bits`, position);
  }
  const length = network.length + extension;
  if (length <= network.bits) return length;
  const protocol = network.bits === 32 ? "IPv4" : "IPv6";
  return new FunctionProblem(
    `would extend prefix to ${length} bits, which is too long for an ${protocol} address`,
    position,
  );
}

/** Functions on IP networks. */
export const NETWORK_FUNCTIONS: readonly FunctionDefinition[] = [
  cidrhost,
  cidrnetmask,
  cidrsubnet,
  cidrsubnets,
];
