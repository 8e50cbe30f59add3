import { formatModuleInstance, formatResourceName, formatKey } from "../../../config/index.ts";
import type { ResourceInstanceAddress } from "../../../config/index.ts";
import type { Json } from "../../../lang/index.ts";

/** The provider's source address inside of `provider["..."]`. */
export function providerSource(provider: string): string {
  return /provider\["([^"]+)"\]/.exec(provider)?.[1] ?? provider;
}

/** How every line of the machine-readable UI names a resource. */
export function resourceJson(
  address: ResourceInstanceAddress,
  text: string,
  provider: string,
): Record<string, Json> {
  return {
    addr: text,
    module: formatModuleInstance(address.module),
    resource: `${formatResourceName(address)}${formatKey(address.key)}`,
    implied_provider: impliedProvider(address.type, provider),
    resource_type: address.type,
    resource_name: address.name,
    resource_key: address.key ?? null,
  };
}

function impliedProvider(type: string, provider: string): string {
  const source = providerSource(provider);
  if (source === "terraform.io/builtin/terraform") return "terraform";
  return type.split("_")[0] ?? type;
}
