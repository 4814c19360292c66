// What a Bun program does to read one secret.  Arguments: SERVICE NAME.
import { secrets } from "bun";

const [service, name] = process.argv.slice(2);
const value = await secrets.get({ service, name });
if (value === null) process.exit(1);
console.log(value);
