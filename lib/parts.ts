/** Declares that the library's own layers and update rules can run as a graph: same-function.test.ts compares them. */
import { tested } from "./engine/pure";
import * as layers from "./layers";
import { Network } from "./network";
import * as rules from "./optimizers";
import { Memory } from "./optimizers/optimizer";

const { activations, ...classes } = layers;
tested(Network, Memory, ...Object.values(activations), ...Object.values(classes), ...Object.values(rules));
