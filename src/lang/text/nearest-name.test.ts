import { expect, test } from "vitest";
import { nearestName } from "./nearest-name.ts";

test.each([
  ["floorx", ["ceil", "floor"], "floor"],
  ["cidrsubnetz", ["cidrsubnet", "cidrsubnets"], "cidrsubnets"],
  ["tages", ["pages", "tags"], "pages"],
  ["replica", ["image", "replicas"], "replicas"],
  ["xyz", ["image", "abc"], undefined],
  ["imgae", ["image"], "image"],
  ["a", [], undefined],
])("%s among %j is %s", (given, names, expected) => {
  expect(nearestName(given, names)).toBe(expected);
});
