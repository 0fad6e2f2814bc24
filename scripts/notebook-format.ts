// What the scripts read and write of Jupyter's notebook format (nbformat 4).
import { readFileSync } from "node:fs";

export interface NotebookContent {
  cells: Cell[];
  metadata: object;
  nbformat: number;
  nbformat_minor: number;
}

export interface Cell {
  cell_type: "code" | "markdown" | "raw";
  id: string;
  source: string | string[];
  metadata: object;
  /** Of code cells only, as is `execution_count`. */
  outputs?: Output[];
  execution_count?: number | null;
}

export interface Output extends Partial<CellError> {
  output_type: "display_data" | "execute_result" | "stream" | "error";
  /** By MIME type; of a display or a result. */
  data?: MimeBundle;
  metadata?: OutputMetadata;
  /** Of a stream. */
  text?: string | string[];
}

interface MimeBundle {
  "application/vnd.plotly.v1+json"?: Plot;
  "image/png"?: string;
  "text/html"?: string | string[];
  "text/markdown"?: string | string[];
  "text/plain"?: string | string[];
}

/** A figure as Plotly's data; what a trace holds differs from kind to kind. */
export interface Plot {
  data: Trace[];
  layout: Layout;
  frames?: Frame[];
}

export type Trace = Record<string, unknown>;

export type Layout = Record<string, unknown> & { width?: number; height?: number };

export interface Frame {
  name?: string;
  data: Trace[];
  traces?: number[];
  layout?: Layout;
}

interface OutputMetadata {
  figure?: FigureMetadata;
  /** Says which figure's caption this is. */
  caption?: string;
  "image/png"?: { width: number; height: number };
}

/** What `show` says of a figure. */
export interface FigureMetadata {
  id: string;
  caption: string;
  alt: string;
}

export interface CellError {
  ename: string;
  evalue: string;
  traceback?: string[];
}

export function readNotebook(file: string): NotebookContent {
  return JSON.parse(readFileSync(file, "utf8")) as NotebookContent;
}

/** The outputs of all cells. */
export function outputsOf({ cells }: Pick<NotebookContent, "cells">): Output[] {
  return cells.flatMap(({ outputs = [] }) => outputs);
}

/** Text that the format may have cut into lines. */
export function joined(text: string | string[] = ""): string {
  return [text].flat().join("");
}
