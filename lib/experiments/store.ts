import Database from "libsql";
import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CLONE } from "../clone";
import { printable } from "../printable";
import type { History } from "../trainer";
import { parseHistory } from "./history";
import { canonical, runKey } from "./key";
import type { RunSpec } from "./spec";

/** Where histories are kept unless another file is named: in the clone, but not committed. */
export const DEFAULT_STORE = join(CLONE, ".cache/runs.sqlite");

/** Bumped when the table changes. Each file carries its number as SQLite's `user_version`. */
const SCHEMA = 1;

const TABLE = `
  CREATE TABLE runs (
    key TEXT PRIMARY KEY,
    spec TEXT NOT NULL,
    history TEXT NOT NULL,
    digest TEXT NOT NULL
  ) STRICT`;

/** How long a writer waits for others, each of which holds the file for milliseconds. */
const BUSY_TIMEOUT_MS = 60_000;

/** The store cannot be read or written. The message says what to do; nothing in the store has been lost. */
export class StoreError extends Error {
  /** @param isBusy whether only another process is in the way, which may end soon */
  constructor(
    message: string,
    cause?: unknown,
    readonly isBusy = false,
  ) {
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
 *
 * Whatever bytes are in the file, a history that comes out of it is the one that went in. Text is read as bytes and decoded
 * here: libsql ends the process when it meets text that is not UTF-8.
 */
export class RunStore {
  private readonly db: Database.Database;
  private isChecked = false;

  /**
   * @param waitMs how long this thread stands still while another process holds the file
   * @throws {@link StoreError} if the file is damaged, of a later version, no file at all, or out of reach.
   */
  constructor(
    readonly file: string = DEFAULT_STORE,
    waitMs = BUSY_TIMEOUT_MS,
  ) {
    this.db = this.attempt(() => {
      mkdirSync(dirname(file), { recursive: true });
      return new Database(placeOf(file), { timeout: waitMs });
    });
    try {
      this.attempt(() => this.prepare());
    } catch (error) {
      this.db.close();
      throw error;
    }
  }

  /**
   * The history kept for this spec, if there is one. One that is damaged, or can't be that of its run, is
   * forgotten with a warning.
   * @throws {@link StoreError} if the file is damaged or cannot be read.
   */
  get(spec: RunSpec): History | undefined {
    const key = runKey(spec);
    const row = this.attempt(
      () =>
        this.db
          .prepare("SELECT CAST(history AS BLOB) AS history, CAST(digest AS BLOB) AS digest FROM runs WHERE key = ?")
          .get(key) as Record<"history" | "digest", ArrayBuffer | null> | undefined,
    );
    if (row === undefined) {
      this.check();
      return undefined;
    }
    const json = bytesOf(row.history);
    try {
      // SQLite does not notice a changed byte inside a value.
      if (digest(key, json) !== bytesOf(row.digest).toString()) throw new Error("it is not the one written");
      return parseHistory(spec, JSON.parse(json.toString()));
    } catch (error) {
      this.forget(spec, (error as Error).message);
      return undefined;
    }
  }

  /** For a history that is damaged, or can't be that of its run. */
  private forget(spec: RunSpec, problem: string): void {
    this.check();
    console.warn(
      `${this.file}: the history of run ${runKey(spec)} can't be right (${printable(problem)}): it is computed again.`,
    );
    try {
      this.delete(spec);
    } catch {
      // Where nothing can be written it is found wrong each time.
    }
  }

  /**
   * Keeps the history of a finished run. Equal runs have equal histories: the first one stays.
   * @throws {@link StoreError} if it cannot be written.
   */
  set(spec: RunSpec, history: History): void {
    const key = runKey(spec);
    const json = JSON.stringify(history);
    this.check();
    this.attempt(() =>
      this.db
        .prepare("INSERT OR IGNORE INTO runs (key, spec, history, digest) VALUES (?, ?, ?, ?)")
        .run(key, canonical(spec), json, digest(key, json)),
    );
  }

  /**
   * Forgets a history that proved wrong, if there is one.
   * @throws {@link StoreError} if the file is damaged or cannot be written.
   */
  delete(spec: RunSpec): void {
    this.check();
    this.attempt(() => this.db.prepare("DELETE FROM runs WHERE key = ?").run(runKey(spec)));
  }

  /**
   * How many histories there are.
   * @throws {@link StoreError} if the file is damaged or cannot be read.
   */
  get size(): number {
    this.check();
    return this.attempt(() => (this.db.prepare("SELECT count(*) AS count FROM runs").get() as { count: number }).count);
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
    if (version() !== SCHEMA) {
      const { isForeign } = this.db.prepare("SELECT min(tbl_name <> 'runs') AS isForeign FROM sqlite_schema").get() as {
        isForeign: number | null; // NULL: there are no tables yet
      };
      if (isForeign)
        throw new StoreError(`${this.file} is a database of something else, and is left alone: name another file`);
      // Other processes may be doing the same at this moment: each statement leaves what is there already as it is.
      this.db.exec(`
        BEGIN IMMEDIATE;
        ${TABLE.replace("TABLE", "TABLE IF NOT EXISTS")};
        PRAGMA user_version = ${SCHEMA};
        COMMIT;
      `);
    }
    this.checkSchema();
  }

  /** SQLite obeys the schema that it finds, triggers among it: none but the store's own is let through. */
  private checkSchema(): void {
    const found = this.db
      .prepare(
        "SELECT CAST(sql AS BLOB) AS sql FROM sqlite_schema WHERE tbl_name = 'runs' COLLATE NOCASE AND sql NOTNULL",
      )
      .all() as { sql: ArrayBuffer }[];
    if (found.length !== 1 || inOneLine(bytesOf(found[0].sql).toString()) !== inOneLine(TABLE))
      throw this.damaged("its table is not the one of a store of runs");
  }

  /**
   * Looks through the whole file, once, before anything is concluded from what is not found and before anything is written:
   * a damaged index hides histories, and a damaged list of free pages has them overwritten. 41 MB take 15 ms.
   */
  private check(): void {
    if (this.isChecked) return;
    const { found } = this.attempt(
      () =>
        this.db.prepare("SELECT CAST(integrity_check AS BLOB) AS found FROM pragma_integrity_check(1)").get() as {
          found: ArrayBuffer;
        },
    );
    const text = bytesOf(found).toString();
    if (text !== "ok") throw this.damaged(text);
    this.isChecked = true;
  }

  private attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw this.explain(error);
    }
  }

  private damaged(detail: string, cause?: unknown): StoreError {
    return new StoreError(
      `${this.file} is damaged (${inOneLine(printable(detail))}). Move it away: runs are computed again into a new file. ` +
        `What can be saved from the old one: sqlite3 OLD .dump | sed 's/^ROLLBACK.*/COMMIT;/' | sqlite3 NEW`,
      cause,
    );
  }

  private explain(error: unknown): StoreError {
    if (error instanceof StoreError) return error;
    const { code = "", message } = error as Error & { code?: string };
    switch (code.replace(/^(SQLITE_[A-Z]+)_.*/, "$1")) {
      case "SQLITE_CORRUPT":
      case "SQLITE_NOTADB":
      case "SQLITE_ERROR": // the statements are right; so this is about a file header or a schema that SQLite does not know
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
          true,
        );
      default:
        return new StoreError(
          `${this.file} cannot be used (${printable(message)}): is its folder there, writable, and on a local disk?`,
          error,
        );
    }
  }
}

/**
 * Where a store really is, from the root: SQLite keeps its journals beside that file, and takes other names for a database in
 * memory or on a server.
 * @throws {@link StoreError} if there is something at its place, or at that of a journal, that SQLite would wait for.
 */
function placeOf(file: string): string {
  requireFile(file);
  const place = lstatSync(file, { throwIfNoEntry: false }) ? realpathSync(file) : resolve(file);
  for (const suffix of ["-journal", "-wal", "-shm"]) requireFile(place + suffix);
  return place;
}

function requireFile(path: string): void {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  const target = statSync(path, { throwIfNoEntry: false });
  // A journal may go meanwhile, as another process has finished writing.
  if (entry?.isSymbolicLink() && !target)
    throw new StoreError(`${path} is a link to a file that is not there: remove it, or name another file`);
  if (target && !target.isFile()) throw new StoreError(`${path} is not a file: move it away, or name another file`);
}

/** A value of a damaged row may be NULL. */
const bytesOf = (value: ArrayBuffer | null) => Buffer.from(value ?? new ArrayBuffer());

const inOneLine = (text: string) => text.trim().replace(/\s+/g, " ");

function digest(key: string, history: string | Buffer): string {
  return createHash("sha256").update(key).update(history).digest("hex");
}
