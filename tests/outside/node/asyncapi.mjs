// The official parser reads asyncapi.yaml with everything that it refers to.
import path from 'node:path';
import { Parser, fromFile } from '@asyncapi/parser';
import { errorsOf, validators } from './ajv.mjs';
import { ROOT } from './schemas.mjs';

export async function asyncapi() {
  const { document, diagnostics } = await fromFile(new Parser(), path.join(ROOT, 'asyncapi.yaml')).parse();
  const faults = diagnostics.map((each) => `${each.path.join('.')}: ${each.message} (${each.code})`);
  if (document === undefined) return { faults: [...faults, 'the parser gives no document'] };
  const messages = document.allMessages().all();
  faults.push(...messages.flatMap(wrongExamples));
  return {
    faults,
    version: document.version(),
    servers: document.servers().all().map((server) => server.host()),
    contact: document.info().contact()?.name() ?? null,
    channels: document.channels().all().map((channel) => channel.address()).sort(),
    messages: messages.map((message) => message.name()).sort(),
    examples: messages.reduce((sum, message) => sum + message.examples().all().length, 0),
  };
}

/// The parser has no rule for examples of version 3. The schema is as the parser has put it together, with its marks,
/// so unknown keywords are allowed.
function wrongExamples(message) {
  const examples = message.examples().all();
  if (examples.length === 0) return [];
  const validate = validators({ strict: false, allErrors: true })(message.payload().json());
  return examples
    .filter((example) => !validate(example.payload()))
    .map((example) => `${message.name()}, example ${example.name()}: ${errorsOf(validate)}`);
}
