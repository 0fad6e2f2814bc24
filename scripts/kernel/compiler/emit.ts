/**
 * Turns a checked cell into the body of a function. Its top-level variables are not the function's: the kernel declares
 * them once, outside, for all cells. So a declaration becomes an assignment, and a name stays as it is written:
 *
 *     const a = 1;  function f() {…}  class A {…}   ->   f = function () {…};  a = 1;  A = class A {…};
 *
 * Functions of an earlier cell see what a later cell assigns or declares anew, and a declaration that throws leaves the
 * old value.
 */
import ts from "typescript";
import { CELL, ours } from "./names.js";
import { declaredIn, declaringSteps, meaningsOf } from "./scope.js";

/** What the transformers need to know of a cell. */
export interface CellToEmit {
  /** Where the cell ends in its file; behind it stand the declarations of earlier cells. */
  end: number;
  checker: ts.TypeChecker;
  /** The names of the cell's own variables, and those of earlier cells, that a global has, too. */
  isRenamed: (name: string) => boolean;
  /** The variables that the kernel declares, as they are called in the compiled code. */
  variables: ReadonlySet<string>;
}

const isAfter = (node: ts.Node, end: number) => node.end > end;

/** `cell.name` */
const member = (factory: ts.NodeFactory, name: string) =>
  factory.createPropertyAccessExpression(factory.createIdentifier(CELL), name);

/** `await cell.import("module", { a: (from) => { a = from("a"); } })` */
function importing(factory: ts.NodeFactory, module: ts.Expression, names: [imported: string, local: string][]) {
  const from = factory.createIdentifier(ours("from"));
  const binders = names.map(([imported, local]) => {
    const value = factory.createCallExpression(from, undefined, [factory.createStringLiteral(imported)]);
    const assignment = factory.createAssignment(factory.createIdentifier(local), value);
    const parameter = factory.createParameterDeclaration(undefined, undefined, from);
    const binder = factory.createArrowFunction(undefined, undefined, [parameter], undefined, undefined, assignment);
    return factory.createPropertyAssignment(factory.createStringLiteral(local), binder);
  });
  const object = factory.createObjectLiteralExpression(binders);
  return factory.createAwaitExpression(
    factory.createCallExpression(member(factory, "import"), undefined, [module, object]),
  );
}

/** Before TypeScript's own steps, while types are known: imports, exports, the last value, and names of globals. */
export function beforeTypes(cell: CellToEmit): ts.TransformerFactory<ts.SourceFile> {
  return (context) => {
    const { factory } = context;

    function statement(node: ts.Statement, isLast: boolean): ts.Statement[] {
      if (ts.isImportDeclaration(node)) return [];
      if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
        if (node.isTypeOnly) return [];
        const call = factory.createCallExpression(factory.createIdentifier("require"), undefined, [
          node.moduleReference.expression,
        ]);
        const declaration = factory.createVariableDeclaration(node.name, undefined, undefined, call);
        return [factory.createVariableStatement(undefined, [declaration])];
      }
      if (ts.isExportAssignment(node)) return value(node, node.expression, isLast);
      if (ts.isExportDeclaration(node)) {
        const { moduleSpecifier, isTypeOnly } = node;
        if (!moduleSpecifier || isTypeOnly) return [];
        return [factory.createExpressionStatement(importing(factory, moduleSpecifier, []))];
      }
      if (ts.isExpressionStatement(node)) return value(node, node.expression, isLast);
      return [node];
    }

    /** `cell.reached = 1`: should the cell fail further on, the names of this step have their values all the same. */
    function reached(step: number): ts.Statement[] {
      if (step < 0) return [];
      const count = factory.createNumericLiteral(step + 1);
      return [factory.createExpressionStatement(factory.createAssignment(member(factory, "reached"), count))];
    }

    /** A statement with a value, the cell's if it is the last one. */
    function value(node: ts.Statement, expression: ts.Expression, isLast: boolean): ts.Statement[] {
      const kept = isLast ? factory.createAssignment(member(factory, "value"), expression) : expression;
      return [located(factory.createExpressionStatement(kept), node)];
    }

    return (file) => {
      const own = file.statements.filter((node) => !isAfter(node, cell.end));
      const last = own.findLast(hasEffect);
      const steps = declaringSteps(own);
      const imports = own
        .filter(ts.isImportDeclaration)
        .flatMap((node) => [...importStatement(node, cell, factory), ...reached(steps.indexOf(node))]);
      const statements = own.flatMap((node) => [
        ...statement(node, node === last),
        ...(ts.isImportDeclaration(node) ? [] : reached(steps.indexOf(node))),
      ]);
      const whole = factory.updateSourceFile(file, [...imports, ...statements]);
      return withOwnNames(whole, cell, context);
    };
  };
}

/** The value of a cell is that of its last statement, declarations of functions and types aside. */
function hasEffect(node: ts.Statement): boolean {
  return !(
    ts.isEmptyStatement(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isImportDeclaration(node) ||
    (ts.isExportDeclaration(node) && node.isTypeOnly)
  );
}

function importStatement(
  { importClause, moduleSpecifier }: ts.ImportDeclaration,
  { checker, isRenamed }: CellToEmit,
  factory: ts.NodeFactory,
): ts.Statement[] {
  const names: [string, ts.Identifier][] = [];
  const bindings = importClause?.namedBindings;
  if (importClause?.name) names.push(["default", importClause.name]);
  if (bindings && ts.isNamespaceImport(bindings)) names.push(["*", bindings.name]);
  else for (const { name, propertyName } of bindings?.elements ?? []) names.push([(propertyName ?? name).text, name]);
  const values = names.filter(([, local]) => {
    const symbol = checker.getSymbolAtLocation(local);
    return symbol && meaningsOf(symbol, checker).value;
  });
  if (importClause && values.length === 0) return []; // types alone
  const call = importing(
    factory,
    moduleSpecifier,
    values.map(([imported, { text }]) => [imported, isRenamed(text) ? ours(text) : text]),
  );
  return [located(factory.createExpressionStatement(call), moduleSpecifier)];
}

/**
 * A variable of a cell that is called like a global gets another name, so that packages, and the kernel, still find the
 * global.
 */
function withOwnNames(file: ts.SourceFile, cell: CellToEmit, context: ts.TransformationContext): ts.SourceFile {
  const { factory } = context;
  const { checker, isRenamed } = cell;
  const original = ts.getOriginalNode(file) as ts.SourceFile;
  const symbols = new Set(
    declaredIn(original, Infinity).flatMap(([name, symbol]) => (isRenamed(name) ? [symbol, ...merged(symbol)] : [])),
  );
  if (symbols.size === 0) return withMeta(file, context);

  const isOwn = (node: ts.Identifier, symbol: ts.Symbol | undefined) =>
    isRenamed(node.text) && symbol !== undefined && symbols.has(symbol);
  const visit = (node: ts.Node): ts.Node => {
    if (ts.isShorthandPropertyAssignment(node)) {
      const { name, objectAssignmentInitializer: otherwise } = node;
      if (!isOwn(name, checker.getShorthandAssignmentValueSymbol(node))) return ts.visitEachChild(node, visit, context);
      const target = factory.createIdentifier(ours(name.text));
      const visited = otherwise && (ts.visitNode(otherwise, visit) as ts.Expression);
      return factory.createPropertyAssignment(name.text, visited ? factory.createAssignment(target, visited) : target);
    }
    if (ts.isBindingElement(node) && !node.propertyName && !node.dotDotDotToken && ts.isIdentifier(node.name)) {
      if (ts.isObjectBindingPattern(node.parent) && isOwn(node.name, checker.getSymbolAtLocation(node.name)))
        return factory.createBindingElement(
          undefined,
          node.name.text,
          ours(node.name.text),
          node.initializer && (ts.visitNode(node.initializer, visit) as ts.Expression),
        );
    }
    if (ts.isIdentifier(node) && node.pos >= 0 && isOwn(node, checker.getSymbolAtLocation(node)))
      return located(factory.createIdentifier(ours(node.text)), node);
    return ts.visitEachChild(node, visit, context);
  };
  return withMeta(ts.visitEachChild(file, visit, context), context);
}

/** A class and what `export` makes of it are two symbols. */
const merged = (symbol: ts.Symbol): ts.Symbol[] => {
  const { exportSymbol } = symbol as { exportSymbol?: ts.Symbol };
  return exportSymbol ? [exportSymbol] : [];
};

/** For a module: its `import.meta` and `import(…)` are the kernel's, too. */
export const ownImports: ts.TransformerFactory<ts.SourceFile> = (context) => (file) => withMeta(file, context);

/** `import.meta` and `import(…)` are the kernel's. */
function withMeta(file: ts.SourceFile, context: ts.TransformationContext): ts.SourceFile {
  const { factory } = context;
  return ts.visitEachChild(
    file,
    function visit(node: ts.Node): ts.Node {
      if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) return member(factory, "meta");
      const visited = ts.visitEachChild(node, visit, context);
      if (ts.isCallExpression(visited) && visited.expression.kind === ts.SyntaxKind.ImportKeyword)
        return located(
          factory.createCallExpression(member(factory, "importLater"), undefined, visited.arguments),
          visited,
        );
      return visited;
    },
    context,
  );
}

/** After TypeScript's own steps, when only JavaScript is left: declarations become assignments. */
export function afterTypes(cell: CellToEmit): ts.TransformerFactory<ts.SourceFile> {
  return (context) => {
    const { factory } = context;
    const isVariable = (name: ts.BindingName | undefined) =>
      name !== undefined && namesIn(name).some((text) => cell.variables.has(text));

    function topLevel(node: ts.Statement): { early?: ts.Statement; here: ts.Statement[] } {
      if (ts.isExportDeclaration(node) || ts.isImportEqualsDeclaration(node)) return { here: [] };
      if (ts.isImportDeclaration(node)) return { early: helperImport(node), here: [] };
      if (ts.isVariableStatement(node)) return { here: assignments(node, node.declarationList, true) };
      if (ts.isFunctionDeclaration(node)) return functionDeclaration(node);
      if (ts.isClassDeclaration(node)) return { here: [classDeclaration(node)] };
      return { here: [ts.visitNode(node, nested) as ts.Statement] };
    }

    /** JSX and the like import helpers, under names that no cell uses. */
    function helperImport({ importClause, moduleSpecifier }: ts.ImportDeclaration): ts.Statement {
      const bindings = importClause?.namedBindings;
      const elements = bindings && ts.isNamedImports(bindings) ? bindings.elements : [];
      const from = factory.createCallExpression(member(factory, "importLater"), undefined, [moduleSpecifier]);
      const pattern = factory.createObjectBindingPattern(
        elements.map(({ name, propertyName }) => factory.createBindingElement(undefined, propertyName, name)),
      );
      const declaration = factory.createVariableDeclaration(
        pattern,
        undefined,
        undefined,
        factory.createAwaitExpression(from),
      );
      return factory.createVariableStatement(
        undefined,
        factory.createVariableDeclarationList([declaration], ts.NodeFlags.Const),
      );
    }

    function functionDeclaration(node: ts.FunctionDeclaration): { early?: ts.Statement; here: ts.Statement[] } {
      if (!node.name || !isVariable(node.name)) return node.name ? { early: node, here: [] } : { here: [] };
      const modifiers = node.modifiers?.filter((modifier) => modifier.kind === ts.SyntaxKind.AsyncKeyword);
      // Without a name of its own: inside, the name means the variable, like everywhere.
      const expression = located(
        factory.createFunctionExpression(
          modifiers,
          node.asteriskToken,
          undefined,
          undefined,
          node.parameters,
          undefined,
          node.body ?? factory.createBlock([]),
        ),
        node,
      );
      return { early: assignment(node.name, expression, node), here: [] };
    }

    function classDeclaration(node: ts.ClassDeclaration): ts.Statement {
      const modifiers = node.modifiers?.filter(
        ({ kind }) => kind !== ts.SyntaxKind.ExportKeyword && kind !== ts.SyntaxKind.DefaultKeyword,
      );
      const expression = located(
        factory.createClassExpression(modifiers, node.name, undefined, node.heritageClauses, node.members),
        node,
      );
      // In brackets, as a statement that begins with `class` must name it.
      if (!node.name)
        return located(factory.createExpressionStatement(factory.createParenthesizedExpression(expression)), node);
      return assignment(node.name, expression, node);
    }

    function assignment(target: ts.Expression, value: ts.Expression, node: ts.Node): ts.Statement {
      return located(factory.createExpressionStatement(located(factory.createAssignment(target, value), node)), node);
    }

    /** The statements that stand for a declaration of variables. */
    function assignments(node: ts.Statement, list: ts.VariableDeclarationList, isTopLevel: boolean): ts.Statement[] {
      const out: ts.Statement[] = [];
      for (const declaration of list.declarations) {
        const initializer = declaration.initializer && (ts.visitNode(declaration.initializer, nested) as ts.Expression);
        if (!isVariable(declaration.name)) {
          const kept = factory.updateVariableDeclaration(
            declaration,
            declaration.name,
            undefined,
            undefined,
            initializer,
          );
          out.push(
            factory.createVariableStatement(undefined, factory.createVariableDeclarationList([kept], list.flags)),
          );
        } else if (initializer) {
          out.push(assignment(target(declaration.name), initializer, declaration));
        } else if (isTopLevel && !isPlainVar(declaration, list)) {
          // `let x;` is undefined, and a namespace or enum declared anew begins empty.
          out.push(assignment(target(declaration.name), factory.createVoidZero(), node));
        }
      }
      return out;
    }

    /** In JavaScript `var x;` leaves what x was. */
    const isPlainVar = (declaration: ts.VariableDeclaration, { flags }: ts.VariableDeclarationList) =>
      (flags & ts.NodeFlags.BlockScoped) === 0 && ts.isVariableDeclaration(ts.getOriginalNode(declaration));

    /** A `var` in a block, or in the head of a loop, is a variable of the whole cell. */
    function nested(node: ts.Node): ts.Node | ts.Node[] {
      if (ts.isFunctionLike(node)) return node;
      if (ts.isVariableStatement(node) && isVar(node.declarationList) && holdsVariables(node.declarationList))
        return assignments(node, node.declarationList, false);
      if (ts.isVariableDeclarationList(node) && isVar(node) && holdsVariables(node)) return inLoopHead(node);
      return ts.visitEachChild(node, nested as ts.Visitor, context);
    }

    const isVar = ({ flags }: ts.VariableDeclarationList) => (flags & ts.NodeFlags.BlockScoped) === 0;
    const holdsVariables = ({ declarations }: ts.VariableDeclarationList) =>
      declarations.some(({ name }) => isVariable(name));

    function inLoopHead(list: ts.VariableDeclarationList): ts.Node {
      const parts = list.declarations.map(({ name, initializer }) =>
        initializer
          ? factory.createAssignment(target(name), ts.visitNode(initializer, nested) as ts.Expression)
          : target(name),
      );
      return parts.length === 1 ? parts[0] : factory.createCommaListExpression(parts);
    }

    function target(name: ts.BindingName): ts.Expression {
      return ts.isIdentifier(name) ? name : assignmentPattern(name, factory, nested as ts.Visitor);
    }

    return (file) => {
      const parts = file.statements.map(topLevel);
      const early = parts.flatMap((part) => part.early ?? []);
      return factory.updateSourceFile(file, [...early, ...parts.flatMap((part) => part.here)]);
    };
  };
}

/** The pattern of a declaration as one that assigns: { a, b: [c = 1], ...d }. */
function assignmentPattern(pattern: ts.BindingPattern, factory: ts.NodeFactory, visit: ts.Visitor): ts.Expression {
  const inner = (name: ts.BindingName): ts.Expression =>
    ts.isIdentifier(name) ? name : assignmentPattern(name, factory, visit);
  const otherwise = ({ initializer }: ts.BindingElement, target: ts.Expression) =>
    initializer ? factory.createAssignment(target, ts.visitNode(initializer, visit) as ts.Expression) : target;
  if (ts.isArrayBindingPattern(pattern)) {
    return factory.createArrayLiteralExpression(
      pattern.elements.map((element) => {
        if (ts.isOmittedExpression(element)) return element;
        return element.dotDotDotToken
          ? factory.createSpreadElement(inner(element.name))
          : otherwise(element, inner(element.name));
      }),
    );
  }
  return factory.createObjectLiteralExpression(
    pattern.elements.map((element) => {
      if (element.dotDotDotToken) return factory.createSpreadAssignment(inner(element.name));
      const key = element.propertyName ?? (element.name as ts.Identifier).text;
      const name = typeof key === "string" ? key : (ts.visitNode(key, visit) as ts.PropertyName);
      return factory.createPropertyAssignment(name, otherwise(element, inner(element.name)));
    }),
  );
}

function namesIn(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isBindingElement(element) ? namesIn(element.name) : []));
}

/** Gives a made node the place of the one that it stands for, so that errors name a line of the cell. */
function located<Node extends ts.Node>(made: Node, original: ts.Node): Node {
  return ts.setTextRange(ts.setOriginalNode(made, original), original);
}
