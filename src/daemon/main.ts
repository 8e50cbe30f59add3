import { ImageStore } from "../images/index.ts";
import { systemClock } from "../kernel/index.ts";
import { imageTrees } from "./image-trees.ts";
import { daemonProcess } from "./process.ts";

await daemonProcess({
  entry: process.argv[1] ?? "",
  images: (home) => imageTrees(new ImageStore(home.images, systemClock)),
});
