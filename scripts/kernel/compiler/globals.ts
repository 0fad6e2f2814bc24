// What every cell can use, beside JavaScript and Node.

export const GLOBALS = `
declare function prompt(message?: string, otherwise?: string): string;
declare function confirm(message?: string): boolean;
declare function alert(message?: string): void;
/** The value of the cell before. */
declare var _: any;
/** Channels between cells and the page that shows the notebook. */
declare var Jupyter: {
  comms: {
    /** Has a function called when the page opens a comm to a target of this name. */
    registerTarget(name: string, onOpen: (comm: JupyterComm, data: Record<string, any>, extras: JupyterCommExtras) => void): void;
    /** Opens a comm to a target that the page knows. */
    open(target: string, data?: object, extras?: Partial<JupyterCommExtras> & { id?: string }): JupyterComm;
  };
};
interface JupyterCommExtras {
  metadata: Record<string, any>;
  buffers: Uint8Array[];
}
interface JupyterComm {
  readonly id: string;
  readonly target: string;
  send(data: object, extras?: Partial<JupyterCommExtras>): void;
  close(data?: object, extras?: Partial<JupyterCommExtras>): void;
  /** Has a function called with everything that the page sends. */
  onMessage(handler: (data: Record<string, any>, extras: JupyterCommExtras) => void): void;
  onClose(handler: (data: Record<string, any>, extras: JupyterCommExtras) => void): void;
}
declare module "data:*";
declare module "file:*";
declare var WebAssembly: {
  compile(code: BufferSource_): Promise<object>;
  instantiate(code: BufferSource_, imports?: object): Promise<{ module: object; instance: { exports: any } }>;
  validate(code: BufferSource_): boolean;
  Module: new (code: BufferSource_) => object;
  Instance: new (module: object, imports?: object) => { readonly exports: any };
  Memory: new (size: { initial: number; maximum?: number; shared?: boolean }) => { readonly buffer: ArrayBuffer; grow(pages: number): number };
  Table: new (description: { element: string; initial: number; maximum?: number }) => any;
  Global: new (description: { value: string; mutable?: boolean }, value?: any) => { value: any };
};
type BufferSource_ = ArrayBuffer | ArrayBufferView;
`;
