// Gives the contract in schemas/ to tools of other people: contract.mjs asyncapi|ajv|typescript|cloudevents-read|cloudevents-write.
// The last line of output is the result as JSON; the exit status is 1 on a fault.
import { asyncapi } from './asyncapi.mjs';
import { ajv } from './ajv.mjs';
import { cloudeventsRead, cloudeventsWrite } from './cloudevents.mjs';
import { typescript } from './typescript.mjs';

const CHECKS = {
  asyncapi,
  ajv,
  typescript,
  'cloudevents-read': cloudeventsRead,
  'cloudevents-write': cloudeventsWrite,
};
const name = process.argv[2];
const check = CHECKS[name];
if (check === undefined) {
  console.error(`contract.mjs: unknown check ${name}; one of ${Object.keys(CHECKS).join(', ')}`);
  process.exit(2);
}
const { faults, ...summary } = await check();
for (const fault of faults) console.error(`${name}: ${fault}`);
if (Object.keys(summary).length > 0) console.log(JSON.stringify(summary));
process.exitCode = faults.length === 0 ? 0 : 1;
