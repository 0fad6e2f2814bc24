/** What the library's steps of training are made of can run as a graph: see {@link pure}. */
import { pure } from "./engine/pure";
import * as layers from "./layers";
import { Network } from "./network";
import * as rules from "./optimizers";

pure(Network, ...Object.values(layers), ...Object.values(rules));
