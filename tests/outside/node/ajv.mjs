// ajv compiles every schema in its strictest mode, and agrees with every example.
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { all, examples, json } from './schemas.mjs';

export const STRICT = {
  strict: true,
  strictTypes: true,
  strictTuples: true,
  strictRequired: true,
  validateFormats: true,
  allErrors: true,
};

export function validators(options = STRICT) {
  const ajv = addFormats.default(new Ajv2020.default(options));
  return (schema) => ajv.compile(schema);
}

export async function ajv() {
  const faults = [];
  const count = { schemas: 0, valid: 0, invalid: 0 };
  const compile = validators();
  for (const file of all()) {
    count.schemas += 1;
    let validate;
    try {
      validate = compile(json(file));
    } catch (error) {
      faults.push(`${file}: ${error.message}`);
      continue;
    }
    for (const example of examples(file, 'valid')) {
      count.valid += 1;
      if (!validate(example.data)) faults.push(`${example.file} fails: ${errorsOf(validate)}`);
    }
    for (const example of examples(file, 'invalid')) {
      count.invalid += 1;
      if (validate(example.data)) faults.push(`${example.file} passes`);
    }
  }
  return { faults, ...count };
}

/// Only places and rules: values are personal data.
export function errorsOf(validate) {
  return validate.errors.map((error) => `${error.instancePath || '/'} violates ${error.schemaPath}`).join(', ');
}
