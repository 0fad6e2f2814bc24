// The part of Jupyter's notebook format (nbformat 4) that the scripts read and write.
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
  /** Only in code cells, like `execution_count`. */
  outputs?: Output[];
  execution_count?: number | null;
}

export interface Output extends Partial<CellError> {
  output_type: "display_data" | "execute_result" | "stream" | "error";
  /** A display or a result, by MIME type. */
  data?: MimeBundle;
  metadata?: OutputMetadata;
  /** The text of a stream. */
  text?: string | string[];
}

interface MimeBundle {
  "application/vnd.plotly.v1+json"?: Plot;
  "image/png"?: string;
  "text/html"?: string | string[];
  "text/markdown"?: string | string[];
  "text/plain"?: string | string[];
}

/** A figure as Plotly's data; the attributes of a trace depend on its type. */
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
  /** The figure whose caption this is. */
  caption?: string;
  "image/png"?: { width: number; height: number };
}

/** What `show` notes about a figure. */
export interface FigureMetadata {
  id: string;
  /** What is printed after "Figure", like "6-9b", where it is not the id. */
  number?: string;
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

/** Text that the format may have split into lines. */
export function joined(text: string | string[] = ""): string {
  return [text].flat().join("");
}
