// Compile the contracts; run by itself, it writes code.json anew, which deploying and minting read:
// so neither needs Node or a compiler.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runTolkCompiler } from "@ton/tolk-js";

const FOLDER = new URL("contracts/", import.meta.url);
export const KEPT = new URL("code.json", import.meta.url);
const NAMES = ["shop", "collection", "item"];

const read = (path) => readFileSync(new URL(path, FOLDER), "utf8");

// Resolves to each contract's code by its name, as the base64 text of a bag of cells.
export async function compile() {
  const code = {};
  for (const name of NAMES) {
    const made = await runTolkCompiler({ entrypointFileName: `${name}.tolk`, fsReadCallback: read });
    if (made.status !== "ok") throw new Error(made.message);
    code[name] = made.codeBoc64;
  }
  return code;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(KEPT, `${JSON.stringify(await compile(), null, 2)}\n`);
}
