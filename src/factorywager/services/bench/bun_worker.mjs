// A worker (worker.py): measures Bun.secrets within one long-lived Bun.
// Arguments: SERVICE, how many entries it has, which cases: get, all_N, set.
import { secrets } from "bun";
import { createInterface } from "node:readline";

const [service, size, ...wanted] = process.argv.slice(2);
const names = Array.from({ length: Number(size) }, (_, i) => `entry-${String(i).padStart(5, "0")}`);
const WHO = "Bun.secrets";

let turn = 0;
const get = async () => {
  const value = await secrets.get({ service, name: names[turn++ % Math.min(50, names.length)] });
  if (value === null) throw new Error("an entry is missing");
};
const all = (count) => async () => {
  const found = await Promise.all(names.slice(0, count).map((name) => secrets.get({ service, name })));
  if (found.length !== count || found.includes(null)) throw new Error("an entry is missing");
};
const set = async () => {
  await secrets.set({ service, name: "written", value: `made-up-${turn++ % 2}-0123456789abcdef0123456789abcdef` });
};

const operations = {};
const cases = wanted.map((kind) => {
  const key = `bun.${kind}`;
  const count = kind.startsWith("all_") ? Number(kind.slice(4)) : 1;
  operations[key] = kind === "get" ? get : kind === "set" ? set : all(count);
  const many = count === 50 ? "50 secrets" : `${count.toLocaleString("en")} secrets asked for at once`;
  const group = kind === "get" ? "one secret" : kind === "set" ? "set" : many;
  return { key, group, who: count > 1 ? `${WHO}, Promise.all` : WHO, secrets: count, unit: "ns" };
});
const say = (document) => process.stdout.write(JSON.stringify(document) + "\n");

say({ cases, absent: [] });
for await (const line of createInterface({ input: process.stdin })) {
  const [key, count] = line.split(" ");
  try {
    const samples = [];
    for (let i = 0; i < Number(count); i++) {
      const began = Bun.nanoseconds();
      await operations[key]();
      samples.push(Bun.nanoseconds() - began);
    }
    say({ samples });
  } catch (error) {
    say({ error: error.code ?? error.name });
  }
}
