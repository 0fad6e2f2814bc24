export type { MimeBundle } from "../look";
export { cellSignal, clearOutput, display, inNotebook, type DisplayOptions } from "./kernel";
export { progress, progressBars } from "./progress";
export { liveFigure, show } from "./show";
export { showSource } from "./show-source";
export { curvesOf, sweep, type SweepOptions, type SweepRow } from "./sweep";
export { claims, overSeeds, showTable, type Claim } from "./table";
