// A worker (services/bench/worker.py): measures keyring-rs, through @napi-rs/keyring, within one long-lived Bun.
// Arguments: SERVICE, how many entries to write; they are of its own form.
import { Entry } from "@napi-rs/keyring";
import { createInterface } from "node:readline";

const [service, size] = process.argv.slice(2);
const WHO = "keyring-rs (@napi-rs/keyring)";
const value = (number) => `made-up-${String(number).padStart(5, "0")}-0123456789abcdef0123456789abcdef`;
const entries = Array.from({ length: Number(size) }, (_, i) => new Entry(service, `entry-${String(i).padStart(5, "0")}`));
const written = new Entry(service, "written");
entries.forEach((entry, number) => entry.setPassword(value(number)));

let turn = 0;
const get = () => {
  if (!entries[turn++ % entries.length].getPassword()) throw new Error("an entry is missing");
};
const operations = {
  "keyring_rs.get": get,
  "keyring_rs.get_50": () => {
    for (let i = 0; i < 50; i++) get();
  },
  "keyring_rs.set": () => written.setPassword(value(turn++ % 2)),
};
const say = (document) => process.stdout.write(JSON.stringify(document) + "\n");

say({
  cases: [
    { key: "keyring_rs.get", group: "one secret", who: WHO, secrets: 1, unit: "ns" },
    { key: "keyring_rs.get_50", group: "50 secrets", who: WHO, secrets: 50, unit: "ns" },
    { key: "keyring_rs.set", group: "set", who: WHO, secrets: 1, unit: "ns" },
  ],
  absent: [],
});
for await (const line of createInterface({ input: process.stdin })) {
  const [key, count] = line.split(" ");
  try {
    const samples = [];
    for (let i = 0; i < Number(count); i++) {
      const began = Bun.nanoseconds();
      operations[key]();
      samples.push(Bun.nanoseconds() - began);
    }
    say({ samples });
  } catch (error) {
    say({ error: error.name });
  }
}
