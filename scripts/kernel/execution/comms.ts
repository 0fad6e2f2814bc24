/**
 * Comms: channels between a cell and the page that shows the notebook. Widgets are made of them: a slider, for instance,
 * tells its value. In cells they are `Jupyter.comms`.
 */
import { randomUUID } from "node:crypto";
import type { CommMessage, Publication } from "../messages.js";
import { asPartOfThisCell } from "./current-cell.js";

type Data = Record<string, unknown>;
/** What comes beside the data. */
interface Extras {
  metadata?: Data;
  buffers?: Uint8Array[];
}
type Handler = (data: Data, extras: Required<Extras>) => void;

export interface Comm {
  readonly id: string;
  readonly target: string;
  send(data: Data, extras?: Extras): void;
  close(data?: Data, extras?: Extras): void;
  /** Has a function called with everything that the page sends. */
  onMessage(handler: Handler): void;
  onClose(handler: Handler): void;
}

export class Comms {
  readonly #publish: (publication: Publication) => void;
  readonly #targets = new Map<string, (comm: Comm, data: Data, extras: Required<Extras>) => void>();
  readonly #open = new Map<string, { message: Handler[]; close: Handler[] }>();

  constructor(publish: (publication: Publication) => void) {
    this.#publish = publish;
  }

  /** Has a function called when the page opens a comm to a target of this name. */
  registerTarget(name: string, onOpen: (comm: Comm, data: Data, extras: Required<Extras>) => void): void {
    this.#targets.set(name, asPartOfThisCell(onOpen));
  }

  /** Opens a comm to a target that the page knows. */
  open(target: string, data: Data = {}, { metadata, buffers, id = randomUUID() }: Extras & { id?: string } = {}): Comm {
    const comm = this.#create(id, target);
    this.#publish({ type: "comm_open", content: { comm_id: id, target_name: target, data }, metadata, buffers });
    return comm;
  }

  #create(id: string, target: string): Comm {
    const handlers = { message: [] as Handler[], close: [] as Handler[] };
    this.#open.set(id, handlers);
    const send = (type: CommMessage["type"], data: Data, extras: Extras) => {
      if (!this.#open.has(id)) throw new Error(`The comm ${id} is closed.`);
      this.#publish({ type, content: { comm_id: id, data }, ...extras });
    };
    return {
      id,
      target,
      send: (data, extras = {}) => send("comm_msg", data, extras),
      close: (data = {}, extras = {}) => {
        send("comm_close", data, extras);
        this.#open.delete(id);
      },
      onMessage: (handler) => void handlers.message.push(asPartOfThisCell(handler)),
      onClose: (handler) => void handlers.close.push(asPartOfThisCell(handler)),
    };
  }

  /** Passes on what the page says. A comm to a target that no cell has registered is closed. */
  receive({ type, content, metadata = {}, buffers = [] }: CommMessage): void {
    const { comm_id: id, target_name: target = "", data } = content;
    const extras = { metadata, buffers };
    if (type === "comm_open") {
      const onOpen = this.#targets.get(target);
      if (onOpen) onOpen(this.#create(id, target), data, extras);
      else this.#publish({ type: "comm_close", content: { comm_id: id, data: {} } });
      return;
    }
    const handlers = this.#open.get(id);
    if (type === "comm_close") this.#open.delete(id);
    for (const handler of handlers?.[type === "comm_close" ? "close" : "message"] ?? []) handler(data, extras);
  }
}
