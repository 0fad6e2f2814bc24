// Awaits that an interrupt can end, and which cells await at all.
import type ts from "@tslab/typescript-for-tslab";
import { typescript } from "./typescript.js";

/**
 * Rewrites `await x` to `__tslab__.resume(__tslab__.interrupts, await x)`, which throws if an interrupt came during
 * the wait (see cell.ts). So an interrupted loop ends at its next await, its `finally` blocks run, and it does not
 * continue in the background of later cells.
 */
export function interruptibleAwaits(context: ts.TransformationContext): ts.Transformer<ts.SourceFile> {
  const { factory } = context;
  const kernel = (name: "resume" | "interrupts") =>
    factory.createPropertyAccessExpression(factory.createIdentifier("__tslab__"), name);
  const resume = (interruptsBefore: ts.Expression, awaited: ts.Expression) =>
    factory.createCallExpression(kernel("resume"), undefined, [interruptsBefore, awaited]);

  function visit(node: ts.Node): ts.Node {
    const visited = typescript.visitEachChild(node, visit, context);
    if (typescript.isAwaitExpression(visited)) return resume(kernel("interrupts"), visited);
    return typescript.isForOfStatement(visited) && visited.awaitModifier ? interruptibleLoop(visited) : visited;
  }

  /**
   * for await (const x of xs) body  ->  { const before = interrupts; for await (…) { resume(before); body } }
   * A label must stay on the loop itself. There the check compares with the count at the loop's start, too.
   */
  function interruptibleLoop(loop: ts.ForOfStatement): ts.ForOfStatement {
    const before = factory.createUniqueName("interruptsBefore");
    const check = factory.createExpressionStatement(resume(before, factory.createVoidZero()));
    const interruptible = factory.updateForOfStatement(
      loop,
      loop.awaitModifier,
      loop.initializer,
      factory.createCommaListExpression([factory.createAssignment(before, kernel("interrupts")), loop.expression]),
      factory.createBlock([check, loop.statement], true),
    );
    context.hoistVariableDeclaration(before);
    return interruptible;
  }

  return (file) => {
    context.startLexicalEnvironment();
    const visited = typescript.visitEachChild(file, visit, context);
    const declarations = context.endLexicalEnvironment() ?? [];
    return factory.updateSourceFile(visited, [...declarations, ...visited.statements]);
  };
}

/** Whether a cell awaits outside any function. tslab knows only awaits that TypeScript complains about. */
export function awaitsAtTopLevel(code: string): boolean {
  const { Latest } = typescript.ScriptTarget;
  const awaits = (node: ts.Node): boolean => {
    if (typescript.isAwaitExpression(node) || (typescript.isForOfStatement(node) && node.awaitModifier)) return true;
    return !typescript.isFunctionLike(node) && typescript.forEachChild(node, awaits) === true;
  };
  return awaits(typescript.createSourceFile("cell.ts", `export {};\n${code}`, Latest, true));
}
