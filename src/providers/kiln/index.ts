import type { DaemonClient } from "../../api/index.ts";
import type { Provider } from "../../engine/index.ts";
import { ImageStore } from "../../images/index.ts";
import { KILN_VERSION } from "../../kernel/index.ts";
import type { Clock } from "../../kernel/index.ts";
import { resourceProvider } from "../resource-provider.ts";
import { fleetTransactions } from "./fleet-transactions.ts";
import { fleetType } from "./fleet.ts";
import { imageType, stored } from "./image.ts";
import type { PlannedImages } from "./image.ts";
import type { FleetSurroundings } from "./release-content.ts";

export { FLEET_HELD, isOperatorsRelease } from "./fleet.ts";
export type { FleetSurroundings } from "./release-content.ts";

/** Source address of Kiln's own types. */
export const KILN_SOURCE = "registry.terraform.io/kiln/kiln";

export interface KilnProviderOptions {
  /** The home's image store. */
  readonly images: string;
  /** Where relative paths begin. */
  readonly directory: string;
  readonly clock: Clock;
  /** The machine's environment, of which the run steps of images see a part. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Starts the daemon where none runs. */
  readonly daemon: () => Promise<DaemonClient>;
  readonly executable: FleetSurroundings["executable"];
  readonly asked: { readonly who: string; readonly why: string };
  /** Aborted when a person wants rollouts under way taken back, and not waited for. */
  readonly takeBack: AbortSignal;
}

/** `kiln_image` and `kiln_fleet`. */
export function kilnProvider(options: KilnProviderOptions): Provider {
  const store = new ImageStore(options.images, options.clock);
  const planned: PlannedImages = new Map();
  const surroundings: FleetSurroundings = {
    image: (digest) => Promise.resolve(stored(store, digest) ?? planned.get(digest)),
    executable: options.executable,
  };
  const fleets = { ...options, surroundings };
  const transactional = fleetTransactions(fleets);
  return resourceProvider({
    source: KILN_SOURCE,
    version: KILN_VERSION,
    types: {
      kiln_image: imageType({ ...options, store, planned }),
      kiln_fleet: fleetType(fleets),
    },
    transactional,
    close: () => transactional.close(),
  });
}
