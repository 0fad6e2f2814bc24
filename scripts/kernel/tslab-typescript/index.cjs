// Stands for tslab's fork of TypeScript 5.0, which its converter needs and the kernel does not: cells are compiled by
// ../compiler. tslab's display API reads the version; its converter writes to `sys` when it is loaded.
exports.version = require("typescript/package.json").version;
exports.sys = {};
