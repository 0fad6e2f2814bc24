/**
 * The fields that a value has while the kernel runs: for completions where TypeScript knows nothing, as of what
 * JSON.parse gives. The inspector finds them, while a cell runs, too, and calls no getter and nothing else that could
 * have an effect.
 */
import { Session } from "node:inspector";

const PATIENCE_MS = 500;

/** A name, or names with points between, before a point and the beginning of a field. */
const CHAIN =
  /(?<![\p{ID_Continue}$.])([\p{ID_Start}$_][\p{ID_Continue}$]*(?:\.[\p{ID_Start}$_][\p{ID_Continue}$]*)*)\.([\p{ID_Continue}$]*)$/u;

export interface Fields {
  /** How much of the field is written already. */
  typed: string;
  names: string[];
}

/** @param code the cell's, up to the cursor */
export async function fieldsAt(code: string): Promise<Fields | undefined> {
  const match = CHAIN.exec(code);
  if (!match) return undefined;
  const [, expression, typed] = match;
  const session = new Session();
  session.connectToMainThread();
  try {
    const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), PATIENCE_MS).unref());
    const names = await Promise.race([namesOf(session, expression), late]);
    return names && { typed, names: names.filter((name) => name.startsWith(typed)) };
  } finally {
    session.disconnect();
  }
}

async function namesOf(session: Session, expression: string): Promise<string[]> {
  const { result, exceptionDetails } = await post(session, "Runtime.evaluate", {
    expression,
    throwOnSideEffect: true,
    silent: true,
  });
  if (exceptionDetails || !result?.objectId || result.subtype === "proxy") return [];
  const properties = await post(session, "Runtime.getProperties", { objectId: result.objectId, ownProperties: true });
  const names = properties.result as unknown as { name: string; symbol?: object }[];
  return names
    .filter(
      ({ name, symbol }) => !symbol && name !== "__proto__" && /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name),
    )
    .map(({ name }) => name);
}

interface Evaluated {
  result?: { objectId?: string; subtype?: string };
  exceptionDetails?: object;
}

function post(session: Session, method: string, parameters: object): Promise<Evaluated> {
  return new Promise((resolve) =>
    session.post(method, parameters, (error, result) => resolve(error ? {} : (result as Evaluated))),
  );
}
