/**
 * Sessions of cells, each with what must come of it. They run in Node and in a browser alike: what is compiled is run
 * here, over variables of the global object.
 */
import type { Compiler } from "../compiler.js";

/** What comes of a cell: its value as JSON, or TypeScript's codes with their places. */
export type Outcome = { value: string | undefined } | { problems: string[] } | { thrown: string };

/** A cell, and its value, or else problems as `TS2322 1:7, …`, or what it throws. */
type Step = [code: string, expected?: unknown] | [code: string, failure: { problem: string } | { throws: string }];

export interface Session {
  title: string;
  steps: Step[];
}

const problem = (text: string) => ({ problem: text });
const throws = (text: string) => ({ throws: text });

export const SESSIONS: Session[] = [
  {
    title: "a function sees what a later cell assigns, and what it declares anew",
    steps: [
      ["let lr = 0.1; function step(w: number) { return w - lr }"],
      ["lr = 0.5; step(1)", 0.5],
      ["let lr = 0.25; step(1)", 0.75],
      ["[lr] = [1]; step(1)", 0],
      ["for (lr of [3]); ({ lr } = { lr: lr + 1 }); lr++; lr **= 2; step(0)", -25],
    ],
  },
  {
    title: "a function declared anew is what older functions call",
    steps: [
      [
        "function rate() { return 1 } const twice = () => 2 * rate(); const count = (n: number): number => n === 0 ? 0 : rate() + count(n - 1)",
      ],
      ["function rate() { return 10 } twice()", 20],
      ["count(3)", 30],
    ],
  },
  {
    title: "a declaration that throws leaves the old value",
    steps: [
      ["let kept = 1; const early = 2"],
      ['const early = 3; let kept = JSON.parse("{") as number; const late = 4', throws("SyntaxError")],
      ["[kept, early].join()", "1,3"],
    ],
  },
  {
    title: "a cell that runs again sees what has changed since",
    steps: [
      ["let again = 1; function read() { return again }"],
      ["read() + again", 2],
      ["again += 2", 3],
      ["again += 2", 5],
      ["read() + again", 10],
      ["let again = 'a'"],
      ["read() + again", "aa"],
      ["again += 2", "a2"],
      ["read()", "a2"],
      ["again.length * 2", 4],
      ["const again = 7"],
      ["again += 2", problem("TS2588 1:1")],
      ["missing", problem("TS2304 1:1")],
      ["declare global { var missing: number }"],
      ["missing", throws("ReferenceError")],
    ],
  },
  {
    title: "what a failed cell did not come to declare has its old type, or none",
    steps: [
      ["let kept = 1; class Kept { old = 1 }"],
      [
        "const first = 'one'; let kept = JSON.parse('{') as string; class Kept {} const last = 4; function f() { return first }",
        throws("SyntaxError"),
      ],
      ["(kept * 2) + new Kept().old", 3],
      ["kept.length", problem("TS2339 1:6")],
      ["first.length + f().length", 6],
      ["last", problem("TS2304 1:1")],
      ["({ last })", problem("TS18004 1:4")],
      ["const last = 5"],
      ["last", 5],
    ],
  },
  {
    title: "const is const in every later cell, and so is a function",
    steps: [
      ["const fixed = 1; function f() {}"],
      ["fixed = 2", problem("TS2588 1:1")],
      ["f = 3 as any", problem("TS2630 1:1")],
      ["const fixed = 3; fixed", 3],
    ],
  },
  {
    title: "types follow the newest declaration",
    steps: [
      ["let v = 1"],
      ["const w: number = v; w", 1],
      ['let v = "a"'],
      ["const n: number = v", problem("TS2322 1:7")],
      ["v.toUpperCase()", "A"],
    ],
  },
  {
    title: "a value and a type of one name, from one cell or from two",
    steps: [
      ["const Point = (x: number) => ({ x }); type Point = ReturnType<typeof Point>"],
      ["const p: Point = Point(3); p.x", 3],
      ["const Pair = 5"],
      ["type Pair<T = number> = [T, T]"],
      ['const pair: Pair<string> = ["a", String(Pair)]; pair.join()', "a,5"],
      ["interface Named { name: string }"],
      ["let Named = 7"],
      ['const named: Named = { name: "n" }; Named = 8; named.name + Named', "n8"],
    ],
  },
  {
    title: "classes, enums, namespaces and generics of earlier cells",
    steps: [
      ["abstract class Base<T> { #secret = 1; protected p = 2; abstract f(): T; get s() { return this.#secret } }"],
      ['class Own extends Base<string> { f() { return "x" + this.p } } const own = new Own(); own.f() + own.s', "x21"],
      ["enum Letter { A = 4 } const enum Fixed { B = 5 } namespace N { export const x = 6; export type T = string }"],
      ["const t: N.T = String(N.x); [Letter.A, Letter[4], Fixed.B, t].join()", "4,A,5,6"],
      ["enum Letter { C } [Letter.C, (Letter as any).A].join()", "0,"],
    ],
  },
  {
    title: "a class declared anew is another class, unless it is the same cell again",
    steps: [
      ["class P { private y = 2; x = 1 }"],
      ["let p = new P()"],
      ["class P { private y = 2; x = 1 }"],
      ["p = new P(); p.x", 1],
      ["class P { private y = 3; x = 1 }"],
      ["p = new P()", problem("TS2322 1:1")],
    ],
  },
  {
    title: "variables called like globals stay apart from them",
    steps: [
      [
        "const Object = 1, Promise = 2; class URL { y = 3 } const { Array } = { Array: 4 }; await 0; [Object, Promise, new URL().y, Array].join()",
        "1,2,3,4",
      ],
      [
        "const o = { Object, URL }; function f({ Promise = 9 } = {}) { return Promise } [o.Object, new o.URL().y, f()].join()",
        "1,3,9",
      ],
      ["globalThis.Object === ({}).constructor", true],
      [
        "let undefined_ = 1; const exports = { a: 1 }, require = 5, module = 6; [exports.a, require, module].join()",
        "1,5,6",
      ],
      ["const name = 'n', length = 2, top = 3; [name, length, top].join()", "n,2,3"],
    ],
  },
  {
    title: "await wherever an expression may stand",
    steps: [
      ["const a = await 1, { b } = await { b: 2 }; let c = await 3; [a, b, c].join()", "1,2,3"],
      ["class K { static v = 3; [await Promise.resolve('m')]() { return 9 } } (new K() as any).m()", 9],
      ["let s = 0; for await (const n of [1, Promise.resolve(2)]) s += n; s", 3],
      ["for (let j = await 0; j < await 2; j += await 1) var last = j; last!", 1],
      ["function f() { await 1 }", problem("TS1308 1:16")],
      ["await 0; f2(); function f2() { return 8 }", 8],
    ],
  },
  {
    title: "the value of a cell",
    steps: [
      ["{ a: 1, b: 2 }", { a: 1, b: 2 }],
      ["{ let x = 1; x }", undefined],
      ["const x = 1"],
      ["5; function after() {} type T = 1", 5],
      ["export default 6", 6],
      ["let q; q = 7", 7],
      ["(1, 2)", 2],
      ["// nothing", undefined],
      ["#!/usr/bin/env node\n8", 8],
    ],
  },
  {
    title: "patterns, and a var in a block",
    steps: [
      [
        "const { x: renamed, ...rest } = { x: 1, y: 2, z: 3 }; const [h, , ...tail] = [1, 2, 3, 4]; const key = 'k'; const { [key]: got, q: { r = 5 } = {} } = { k: 9 } as { k: number; q?: { r?: number } }",
      ],
      ["[renamed, rest.y, h, tail.length, got, r].join()", "1,2,1,2,9,5"],
      [
        "if (true) { var inBlock = 4 } for (var i = 0, j = 1; i < 3; i++); for (var k in { z: 1 }); for (var m of [6]); [inBlock, i, j, k, m].join()",
        "4,3,1,z,6",
      ],
      ["let z; { z = 1; let inner = 2; z += inner } z", 3],
    ],
  },
  {
    title: "the syntax of this year",
    steps: [
      ["const log: string[] = []; { using f = { [Symbol.dispose]() { log.push('bye') } } } log[0]", "bye"],
      [
        "function logged<T extends (...a: any[]) => any>(f: T, c: ClassMethodDecoratorContext) { return function (this: any, ...a: any[]) { return `${String(c.name)}:${f.apply(this, a)}` } as T }\nclass D { @logged hi() { return 'x' } accessor n = 1 }\nnew D().hi() + new D().n",
        "hi:x1",
      ],
      [
        "function isText(x: unknown) { return typeof x === 'string' } const u: unknown = 'abc'; isText(u) ? u.length : 0",
        3,
      ],
      ["[3, 1, 2].toSorted().join()", "1,2,3"],
      ["const rows = []; rows.push({ a: 1 }); rows[0].a", 1],
      ["function quick(x) { return x * 2 } quick(4)", 8],
    ],
  },
  {
    title: "what is wrong is told with its place",
    steps: [
      ["\nconst s: string = 5", problem("TS2322 2:7")],
      ['const o = "😀😀"; const n: number = "x"', problem("TS2322 1:25")],
      ["const ] = 1", problem("TS1134 1:7, TS1134 1:9, TS1134 1:11")],
      ["function len(s: string | undefined) { return s.length }", problem("TS18048 1:46")],
      ["// @ts-nocheck\nconst t: string = 1; t", 1],
      ["// @ts-expect-error\nconst e: string = 1; e", 1],
      ["Math?", problem("TS1109 1:6")],
      ["{ a: 1, b: nowhere }", problem("TS2304 1:12")],
    ],
  },
  {
    title: "what a cell exports is there in the next one, too",
    steps: [
      [
        "export const ex = 1; export function fx() { return ex + 1 } export class Cx { v = 3 } export type Tx = number; export interface Ix { a: Tx }",
      ],
      ["const i: Ix = { a: ex }; [i.a, fx(), new Cx().v].join()", "1,2,3"],
      ["export let ex = 5; fx()", 6],
      ["export default function named() { return 7 }"],
      ["named()", 7],
      ["export default class Named { v = 8 }"],
      ["new Named().v", 8],
      ["const plain = 9; export { plain, plain as other }"],
      ["plain", 9],
    ],
  },
  {
    title: "what a cell makes global is known to the next",
    steps: [
      [
        "declare global { interface Array<T> { second(): T } } Array.prototype.second = function () { return this[1] }; 1",
        1,
      ],
      ["[1, 2].second()", 2],
      ['/// <reference lib="dom" />\nlet e: HTMLElement | undefined; 1', 1],
      ["let later: HTMLDivElement | undefined; e === later", true],
    ],
  },
];

/** Runs a session, and gives what came of each cell. */
export async function run(compiler: Compiler, { steps }: Session): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let last = 0;
  for (const [code] of steps) outcomes.push(await runCell(compiler, code, `In[${++last}]`));
  return outcomes;
}

async function runCell(compiler: Compiler, code: string, name: string): Promise<Outcome> {
  const compiled = compiler.compile(code, name);
  if ("problems" in compiled)
    return { problems: compiled.problems.map(({ code, place }) => `TS${code} ${place.line}:${place.column}`) };
  // An indirect eval runs in the global scope.
  const evaluate = eval as (code: string) => unknown;
  if (compiled.variables.length > 0) evaluate(`var ${compiled.variables.join(", ")};`);
  const cell = { value: undefined, reached: 0, interrupts: 0, resume: (_before: number, value: unknown) => value };
  try {
    await (evaluate(compiled.code) as (...given: unknown[]) => () => unknown)(cell)();
  } catch (error) {
    compiler.cellFailed(name, cell.reached);
    return { thrown: String((error as Error).name) };
  }
  return { value: JSON.stringify(cell.value) };
}

/** The outcomes that a session must have. */
export function expected({ steps }: Session): Outcome[] {
  return steps.map(([, wanted]): Outcome => {
    if (typeof wanted === "object" && wanted !== null) {
      if ("problem" in wanted) return { problems: String(wanted.problem).split(", ") };
      if ("throws" in wanted) return { thrown: String(wanted.throws) };
    }
    return { value: JSON.stringify(wanted) };
  });
}
