// Reads [{verb, args}] as JSON, makes the calls on Bun.secrets one after the other, writes [{value} | {thrown}].
import { secrets } from "bun";

const describe = (error, sync) => ({
  thrown: { name: error.name, code: error.code, message: error.message, sync },
});

async function perform({ verb, args }) {
  let promise;
  try {
    promise = secrets[verb](...args);
  } catch (error) {
    return describe(error, true);
  }
  try {
    return { value: (await promise) ?? null };
  } catch (error) {
    return describe(error, false);
  }
}

const results = [];
for (const call of await Bun.stdin.json()) results.push(await perform(call));
process.stdout.write(JSON.stringify(results));
