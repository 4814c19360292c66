// Reads [{writer, verb, service, name, value}] as JSON, does it with that keeper, writes [{value} | {error}].
import keytar from "@github/keytar";
import { Entry } from "@napi-rs/keyring";

const KEEPERS = {
  keytar: {
    set: ({ service, name, value }) => keytar.setPassword(service, name, value),
    get: ({ service, name }) => keytar.getPassword(service, name),
  },
  "keyring-rs": {
    set: ({ service, name, value }) => new Entry(service, name).setPassword(value),
    get: ({ service, name }) => new Entry(service, name).getPassword(),
  },
};

const results = [];
for (const call of await Bun.stdin.json()) {
  try {
    results.push({ value: (await KEEPERS[call.writer][call.verb](call)) ?? null });
  } catch (error) {
    results.push({ error: String(error.message ?? error) });
  }
}
process.stdout.write(JSON.stringify(results));
