// Awaits that an interrupt can end.
import ts from "typescript";
import { CELL } from "./names.js";

/**
 * Rewrites `await x` to `cell.resume(cell.interrupts, await x)`, which throws if an interrupt came during the wait. So
 * an interrupted loop ends at its next await, its `finally` blocks run, and it does not continue in the background of
 * later cells.
 */
export function interruptibleAwaits(context: ts.TransformationContext): ts.Transformer<ts.SourceFile> {
  const { factory } = context;
  const kernel = (name: "resume" | "interrupts") =>
    factory.createPropertyAccessExpression(factory.createIdentifier(CELL), name);
  const resume = (interruptsBefore: ts.Expression, awaited: ts.Expression) =>
    factory.createCallExpression(kernel("resume"), undefined, [interruptsBefore, awaited]);

  function visit(node: ts.Node): ts.Node {
    const visited = ts.visitEachChild(node, visit, context);
    if (ts.isAwaitExpression(visited)) return resume(kernel("interrupts"), visited);
    return ts.isForOfStatement(visited) && visited.awaitModifier ? interruptibleLoop(visited) : visited;
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
    const visited = ts.visitEachChild(file, visit, context);
    const declarations = context.endLexicalEnvironment() ?? [];
    return factory.updateSourceFile(visited, [...declarations, ...visited.statements]);
  };
}

/** Whether it awaits outside any function. */
export function awaitsAtTopLevel(node: ts.Node): boolean {
  if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier)) return true;
  // Of a method, only the name is computed where the class stands.
  if (ts.isFunctionLike(node)) return node.name !== undefined && awaitsAtTopLevel(node.name);
  return ts.forEachChild(node, awaitsAtTopLevel) === true;
}
