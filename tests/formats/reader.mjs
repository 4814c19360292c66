// Reads files as Node and npm do: a line of JSON in (`{what, text, env}`), a line of JSON out.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { parseEnv } from "node:util";

const require = createRequire(process.argv[2] + "/");
const ini = require("ini");
const envReplace = require("@npmcli/config/lib/env-replace.js");

const replaced = (value, env) => {
  if (Array.isArray(value)) return value.map((one) => replaced(one, env));
  if (value && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [envReplace(key, env), replaced(one, env)]));
  return typeof value === "string" ? envReplace(value.trim(), env) : value;
};

const reads = {
  npmrc: ({ text, env }) => replaced(ini.parse(text), env),
  dotenv: ({ text }) => parseEnv(text),
};

for await (const line of createInterface({ input: process.stdin, terminal: false })) {
  const question = JSON.parse(line);
  process.stdout.write(JSON.stringify(reads[question.what](question)) + "\n");
}
