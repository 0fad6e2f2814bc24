/**
 * What earlier cells have declared, and how the next cell's file says so to TypeScript.
 *
 * Each cell is a module of its own that exports all its names, and the next one gets those that it mentions: what can
 * be assigned as `declare let x: typeof import("./In[1]").x`, everything else by an import. So types stay what
 * TypeScript inferred where they were declared, and nothing has to be written out as declarations.
 */
import ts from "typescript";

/** Where a name comes from, for one of its two meanings. */
type Source =
  | { kind: "import"; statement: string }
  | { kind: "variable"; module: string; isConstant: boolean; documentation: string; type: string | undefined }
  /** A function, class, enum, namespace, or type. `parameters` counts the type parameters. */
  | { kind: "declaration"; module: string; parameters: number };

/** What a name means: a value, a type (or namespace), or both. */
export interface Meanings {
  value?: Source;
  type?: Source;
}

/** The names that a cell declares, each as a value, a type, or both. */
export type DeclaredNames = ReadonlyMap<string, { value: boolean; type: boolean }>;

/** A source file with the table that TypeScript's binder makes of its names. */
type BoundFile = ts.SourceFile & { locals?: ReadonlyMap<string, ts.Symbol> };

export class Scope {
  readonly #names = new Map<string, Meanings>();

  get names(): Iterable<string> {
    return this.#names.keys();
  }

  /**
   * The declarations of earlier cells, for a cell that uses some names and declares some itself.
   * @param settled whether to say a simple type as such, which is quicker than to refer to its cell
   */
  prelude(used: Iterable<string>, declared: DeclaredNames, settled = true): string {
    const lines: string[] = [];
    for (const name of used) {
      const { value, type } = this.#names.get(name) ?? {};
      const own = declared.get(name);
      lines.push(...declarationsOf(name, own?.value ? undefined : value, own?.type ? undefined : type, settled));
    }
    return lines.join("\n");
  }

  /** How an earlier cell has declared a value: for the message of a cell that assigns to it. */
  kindOfValue(name: string): "constant" | "import" | "declaration" | "variable" | undefined {
    const value = this.#names.get(name)?.value;
    return value?.kind === "variable" && value.isConstant ? "constant" : value?.kind;
  }

  /**
   * Takes up what a checked cell has declared. Its newest declaration is what a name means.
   * @returns what each name has meant before
   */
  add(module: string, file: ts.SourceFile, end: number, checker: ts.TypeChecker): Map<string, Meanings | undefined> {
    const before = new Map<string, Meanings | undefined>();
    for (const [name, symbol] of declaredIn(file, end)) {
      // What is exported has a symbol of its own, which knows more.
      const found = sourcesOf(module, checker.getExportSymbolOfSymbol(symbol), end, checker);
      before.set(name, this.#names.get(name));
      this.#names.set(name, { ...this.#names.get(name), ...found });
    }
    return before;
  }

  /** Gives a name back what it has meant before. */
  restore(name: string, meanings: Meanings | undefined): void {
    if (meanings) this.#names.set(name, meanings);
    else this.#names.delete(name);
  }
}

/** The symbols that a file declares before a position, by name. */
export function declaredIn(file: ts.SourceFile, end: number): [string, ts.Symbol][] {
  return [...((file as BoundFile).locals ?? [])].filter(([, symbol]) =>
    symbol.declarations?.some((declaration) => declaration.getSourceFile() === file && declaration.end <= end),
  );
}

/**
 * The names that statements declare, found without knowing any types: an import is taken to be both, a value and a type.
 * A `var` counts wherever it stands outside of functions.
 */
export function namesDeclaredBy(statements: readonly ts.Statement[]): DeclaredNames {
  const names = new Map<string, { value: boolean; type: boolean }>();
  const add = (name: ts.Identifier | undefined, value: boolean, type: boolean) => {
    if (!name) return;
    const before = names.get(name.text);
    names.set(name.text, { value: value || before?.value === true, type: type || before?.type === true });
  };
  const addBinding = (name: ts.BindingName): void => {
    if (ts.isIdentifier(name)) add(name, true, false);
    else for (const element of name.elements) if (ts.isBindingElement(element)) addBinding(element.name);
  };
  const addVariables = ({ declarations }: ts.VariableDeclarationList) => {
    for (const { name } of declarations) addBinding(name);
  };
  const addNestedVars = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) || ts.isClassLike(node) || ts.isModuleDeclaration(node)) return;
    if (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) === 0) addVariables(node);
    ts.forEachChild(node, addNestedVars);
  };
  for (const statement of statements) {
    if (ts.isVariableStatement(statement)) addVariables(statement.declarationList);
    else if (ts.isFunctionDeclaration(statement)) add(statement.name, true, false);
    else if (ts.isClassDeclaration(statement) || ts.isEnumDeclaration(statement)) add(statement.name, true, true);
    else if (ts.isModuleDeclaration(statement)) {
      if (ts.isIdentifier(statement.name) && !isGlobalAugmentation(statement)) add(statement.name, true, true);
    } else if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement))
      add(statement.name, false, true);
    else if (ts.isImportEqualsDeclaration(statement)) add(statement.name, true, true);
    else if (ts.isImportDeclaration(statement)) {
      add(statement.importClause?.name, true, true);
      const bindings = statement.importClause?.namedBindings;
      if (bindings && ts.isNamespaceImport(bindings)) add(bindings.name, true, true);
      else for (const { name } of bindings?.elements ?? []) add(name, true, true);
    } else addNestedVars(statement);
  }
  return names;
}

/**
 * The statements of a cell that give names their values when they are reached, in the order in which they run. Functions
 * are there from the start.
 */
export function declaringSteps(statements: readonly ts.Statement[]): ts.Statement[] {
  const imports = statements.filter(ts.isImportDeclaration);
  const others = statements.filter(
    (node) =>
      ts.isVariableStatement(node) ||
      ts.isClassDeclaration(node) ||
      ts.isEnumDeclaration(node) ||
      ts.isModuleDeclaration(node) ||
      ts.isImportEqualsDeclaration(node),
  );
  return [...imports, ...others];
}

/** `declare global { … }` */
export const isGlobalAugmentation = (node: ts.ModuleDeclaration) =>
  (node.flags & ts.NodeFlags.GlobalAugmentation) !== 0;

function sourcesOf(module: string, symbol: ts.Symbol, end: number, checker: ts.TypeChecker): Meanings {
  const declarations = (symbol.declarations ?? []).filter((declaration) => declaration.end <= end);
  const statement = importOf(declarations[0]);
  if (statement !== undefined) {
    const source: Source = { kind: "import", statement };
    const { value, type } = meaningsOf(symbol, checker);
    return { ...(value && { value: source }), ...(type && { type: source }) };
  }
  const { flags } = symbol;
  const parameters = Math.max(...declarations.map((declaration) => typeParametersOf(declaration)));
  const declaration: Source = { kind: "declaration", module, parameters };
  const variable = declarations.find((node) => ts.isVariableDeclaration(node) || ts.isBindingElement(node)) as
    ts.VariableDeclaration | undefined;
  return {
    ...(flags & (ts.SymbolFlags.Value | ts.SymbolFlags.Alias) && {
      value: variable ? variableSource(module, symbol, variable, checker) : declaration,
    }),
    ...(flags & (ts.SymbolFlags.Type | ts.SymbolFlags.Namespace | ts.SymbolFlags.Alias) && { type: declaration }),
  };
}

function variableSource(
  module: string,
  symbol: ts.Symbol,
  declaration: ts.VariableDeclaration,
  checker: ts.TypeChecker,
): Source {
  const isConstant = (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Constant) !== 0;
  const documented = ts.getJSDocCommentsAndTags(declaration).filter(ts.isJSDoc);
  const type = checker.getTypeOfSymbolAtLocation(symbol, declaration);
  return {
    kind: "variable",
    module,
    isConstant,
    documentation: documented.map((comment) => `${comment.getText()}\n`).join(""),
    type: isSimple(type, checker)
      ? checker.typeToString(
          type,
          undefined,
          ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.WriteArrayAsGenericType,
        )
      : undefined,
  };
}

/** Whether a type means the same wherever it is written: numbers, texts and the like, and arrays and unions of them. */
function isSimple(type: ts.Type, checker: ts.TypeChecker): boolean {
  const { Any, Unknown, Never, Void, Undefined, Null, StringLike, NumberLike, BooleanLike, BigIntLike, EnumLike } =
    ts.TypeFlags;
  if (type.flags & EnumLike) return false;
  if (type.flags & (Any | Unknown | Never | Void | Undefined | Null | NumberLike | BooleanLike | BigIntLike))
    return true;
  if (type.flags & StringLike) return (type.flags & (ts.TypeFlags.String | ts.TypeFlags.StringLiteral)) !== 0;
  if (type.isUnion()) return type.types.every((member) => isSimple(member, checker));
  return (
    checker.isArrayType(type) &&
    checker.getTypeArguments(type as ts.TypeReference).every((item) => isSimple(item, checker))
  );
}

/** What an import's name means. Of a module without types it may be anything. */
export function meaningsOf(symbol: ts.Symbol, checker: ts.TypeChecker): { value: boolean; type: boolean } {
  const isTypeOnly = symbol.declarations?.some((node) => ts.isTypeOnlyImportOrExportDeclaration(node)) === true;
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const isUnknown = checker.isUnknownSymbol(target);
  return {
    value: !isTypeOnly && (isUnknown || (target.flags & ts.SymbolFlags.Value) !== 0),
    type: isUnknown || (target.flags & (ts.SymbolFlags.Type | ts.SymbolFlags.Namespace)) !== 0,
  };
}

/** The import statement that brings the name alone; undefined for what is no import from a module. */
function importOf(declaration: ts.Declaration | undefined): string | undefined {
  if (!declaration) return undefined;
  if (ts.isImportEqualsDeclaration(declaration)) {
    const { moduleReference } = declaration;
    return ts.isExternalModuleReference(moduleReference) ? declaration.getText() : undefined;
  }
  const from = (node: ts.ImportDeclaration) =>
    `from ${node.moduleSpecifier.getText()}${node.attributes ? ` ${node.attributes.getText()}` : ""};`;
  const type = (clause: ts.ImportClause) => (clause.phaseModifier === ts.SyntaxKind.TypeKeyword ? "type " : "");
  if (ts.isImportClause(declaration))
    return `import ${type(declaration)}${declaration.name?.text} ${from(declaration.parent as ts.ImportDeclaration)}`;
  if (ts.isNamespaceImport(declaration)) {
    const clause = declaration.parent;
    return `import ${type(clause)}* as ${declaration.name.text} ${from(clause.parent as ts.ImportDeclaration)}`;
  }
  if (ts.isImportSpecifier(declaration)) {
    const clause = declaration.parent.parent;
    return `import ${type(clause)}{ ${declaration.getText()} } ${from(clause.parent as ts.ImportDeclaration)}`;
  }
  return undefined;
}

function typeParametersOf(declaration: ts.Declaration): number {
  return (declaration as { typeParameters?: readonly unknown[] }).typeParameters?.length ?? 0;
}

function declarationsOf(name: string, value: Source | undefined, type: Source | undefined, settled: boolean): string[] {
  if (value && type && value.kind !== "variable" && statementFor(name, value) === statementFor(name, type))
    return [statementFor(name, value)];
  const lines: string[] = [];
  if (value) lines.push(valueOf(name, value, type !== undefined, settled));
  // `import { x }` brings both meanings, so beside a value from elsewhere the type comes under another name.
  if (type) lines.push(value ? typeBeside(name, type) : statementFor(name, type, true));
  return lines;
}

function valueOf(name: string, value: Source, hasType: boolean, settled: boolean): string {
  if (value.kind !== "variable") return statementFor(name, value);
  const { module, isConstant, documentation, type } = value;
  const keyword = isConstant ? "const" : "let";
  if (settled && type !== undefined && documentation === "") return `declare ${keyword} ${name}: ${type};`;
  // A constant that is imported keeps its documentation, and is narrowed like in its own cell.
  if (isConstant && !hasType) return `import { ${name} } from ${JSON.stringify(module)};`;
  return `${documentation}declare ${keyword} ${name}: typeof import(${JSON.stringify(module)}).${name};`;
}

function statementFor(name: string, source: Source, asType = false): string {
  if (source.kind === "import") return source.statement;
  return `import ${asType ? "type " : ""}{ ${name} } from ${JSON.stringify(source.module)};`;
}

function typeBeside(name: string, source: Source): string {
  const alias = `${name}__type`;
  if (source.kind === "import")
    return `${source.statement.replace(new RegExp(`\\b${name}\\b(?! as)`), (whole) => aliased(source.statement, whole, alias))}\ntype ${name} = ${alias};`;
  const module = JSON.stringify(source.module);
  const parameters = Array.from({ length: source.kind === "declaration" ? source.parameters : 0 }, (_, i) => `T${i}`);
  const list = (suffix: string) =>
    parameters.length === 0 ? "" : `<${parameters.map((parameter) => parameter + suffix).join(", ")}>`;
  return `import type { ${name} as ${alias} } from ${module};\ntype ${name}${list(" = any")} = ${alias}${list("")};`;
}

/** `x` of `import { x }` becomes `x as alias`; of `import x`, `* as x` and `{ y as x }` only `alias`. */
function aliased(statement: string, name: string, alias: string): string {
  const isSpecifier = new RegExp(`\\{\\s*(type\\s+)?${name}\\s*\\}`).test(statement);
  return isSpecifier ? `${name} as ${alias}` : alias;
}
