import Database from "libsql";
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { CLONE } from "../clone";
import type { History } from "../trainer";
import { canonical, runKey } from "./key";
import type { RunSpec } from "./spec";

/** Where histories are kept unless another file is named: in the clone, but not committed. */
export const DEFAULT_STORE = join(CLONE, ".cache/runs.sqlite");

/** Bumped when the table changes. Each file carries its number as SQLite's `user_version`. */
const SCHEMA = 1;

/** How long a writer waits for others, each of which holds the file for milliseconds. */
const BUSY_TIMEOUT_MS = 60_000;

/** The store cannot be read or written. The message says what to do; nothing in the store has been lost. */
export class StoreError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "StoreError";
  }
}

/**
 * The histories of finished runs, kept in an SQLite file under {@link runKey}.
 *
 * A history is there whole or not at all: each is one transaction, on disk when `set` returns, so that a killed process
 * loses only the runs it had not finished. Any number of processes may use the file at once. It uses SQLite's rollback
 * journal rather than the write-ahead log: writes are few, and the store stays a single file that can be copied, and read
 * where nothing can be written.
 */
export class RunStore {
  private readonly db: Database.Database;

  /** @throws {@link StoreError} if the file is damaged, of a later version, or out of reach. */
  constructor(readonly file: string = DEFAULT_STORE) {
    try {
      mkdirSync(dirname(file), { recursive: true });
      this.db = new Database(file, { timeout: BUSY_TIMEOUT_MS });
    } catch (error) {
      throw this.explain(error);
    }
    try {
      this.prepare();
    } catch (error) {
      this.db.close();
      throw this.explain(error);
    }
  }

  /**
   * The history kept for this spec, if there is one.
   * @throws {@link StoreError} if the file is damaged or cannot be read.
   */
  get(spec: RunSpec): History | undefined {
    const key = runKey(spec);
    let row: { history: string; digest: string } | undefined;
    try {
      row = this.db.prepare("SELECT history, digest FROM runs WHERE key = ?").get(key) as typeof row;
    } catch (error) {
      throw this.explain(error);
    }
    if (row === undefined) return undefined;
    // SQLite does not notice a changed byte inside a value.
    if (digest(key, row.history) !== row.digest) throw this.damaged(`the history of run ${key} is not the one written`);
    return JSON.parse(row.history) as History;
  }

  /**
   * Keeps the history of a finished run. Equal runs have equal histories: the first one stays.
   * @throws {@link StoreError} if it cannot be written.
   */
  set(spec: RunSpec, history: History): void {
    const key = runKey(spec);
    const json = JSON.stringify(history);
    try {
      this.db
        .prepare("INSERT OR IGNORE INTO runs (key, spec, history, digest) VALUES (?, ?, ?, ?)")
        .run(key, canonical(spec), json, digest(key, json));
    } catch (error) {
      throw this.explain(error);
    }
  }

  /** How many histories there are. */
  get size(): number {
    return (this.db.prepare("SELECT count(*) AS count FROM runs").get() as { count: number }).count;
  }

  close(): void {
    this.db.close();
  }

  private prepare(): void {
    const version = () => (this.db.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;
    if (version() > SCHEMA) {
      throw new StoreError(
        `${this.file} was written by a later version of this library (its layout is number ${version()}, ` +
          `this version knows ${SCHEMA}); update the library, or name another file`,
      );
    }
    if (version() === SCHEMA) return;
    // Other processes may be doing the same at this moment: each statement leaves what is there already as it is.
    this.db.exec(`
      BEGIN IMMEDIATE;
      CREATE TABLE IF NOT EXISTS runs (
        key TEXT PRIMARY KEY,
        spec TEXT NOT NULL,
        history TEXT NOT NULL,
        digest TEXT NOT NULL
      ) STRICT;
      PRAGMA user_version = ${SCHEMA};
      COMMIT;
    `);
  }

  private damaged(detail: string, cause?: unknown): StoreError {
    return new StoreError(
      `${this.file} is damaged (${detail}). Move it away: runs are computed again into a new file. ` +
        `What can be saved from the old one: sqlite3 OLD .recover | sqlite3 NEW`,
      cause,
    );
  }

  private explain(error: unknown): StoreError {
    if (error instanceof StoreError) return error;
    const { code = "", message } = error as Error & { code?: string };
    switch (code.replace(/^(SQLITE_[A-Z]+)_.*/, "$1")) {
      case "SQLITE_CORRUPT":
      case "SQLITE_NOTADB":
        return this.damaged(message, error);
      case "SQLITE_FULL":
        return new StoreError(
          `no room on the disk for ${this.file}: free some, then run again; what is in it stays`,
          error,
        );
      case "SQLITE_READONLY":
        return new StoreError(
          `${this.file} can be read but not written: make it and its folder writable, or name another file`,
          error,
        );
      case "SQLITE_BUSY":
        return new StoreError(
          `${this.file} has been locked by another process for ${BUSY_TIMEOUT_MS / 1000} s: end that process`,
          error,
        );
      default:
        return new StoreError(
          `${this.file} cannot be used (${message}): is its folder there, writable, and on a local disk?`,
          error,
        );
    }
  }
}

function digest(key: string, history: string): string {
  return createHash("sha256").update(key).update(history).digest("hex");
}
