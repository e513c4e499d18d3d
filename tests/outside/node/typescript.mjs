// Generates TypeScript types from every schema, and compiles the examples as constants of these types.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createRequire } from 'node:module';
import { compile } from 'json-schema-to-typescript';
import { all, examples, json } from './schemas.mjs';

const TSC = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const OPTIONS = ['--strict', '--noEmit', '--target', 'es2022', '--module', 'nodenext', '--pretty', 'false'];

export async function typescript() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'peyvand-types-'));
  try {
    return await check(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

async function check(folder) {
  const faults = [];
  const good = [];
  const wrong = [];
  const schemas = all();
  for (const schema of schemas) {
    const text = json(schema);
    const module = schema.replace('.schema.json', '').replaceAll('/', '_');
    good.push(`${module}.ts`);
    fs.writeFileSync(path.join(folder, `${module}.ts`), await compile(text, text.title, { format: false }));
    const constants = examples(schema, 'valid').map(({ data }) => data);
    if (constants.length === 0) continue;
    good.push(`valid-${module}.ts`);
    write(folder, good.at(-1), module, text.title, constants);
    wrong.push(`wrong-${module}.ts`);
    write(folder, wrong.at(-1), module, text.title, [spoiled(text, constants[0])]);
  }
  faults.push(...tsc(folder, good));
  // The same examples with one field of another type: each must be refused, else the types say nothing.
  const refused = tsc(folder, wrong);
  for (const file of wrong) {
    if (!refused.some((line) => line.startsWith(file) && line.includes('error TS2322'))) faults.push(`${file} compiles`);
  }
  return { faults, types: schemas.length, compiled: good.length, refused: wrong.length };
}

/// The example with a boolean in its first required field, which is text or a number in every schema.
function spoiled(schema, data) {
  return { ...data, [schema.required[0]]: true };
}

function write(folder, file, module, title, constants) {
  const lines = constants.map((data, index) => `export const e${index}: ${title} = ${JSON.stringify(data, null, 1)};`);
  fs.writeFileSync(path.join(folder, file), [`import type { ${title} } from './${module}.js';`, ...lines].join('\n'));
}

/// The errors of the compiler, one a line.
function tsc(folder, files) {
  try {
    execFileSync(process.execPath, [TSC, ...OPTIONS, ...files], { cwd: folder, encoding: 'utf8' });
    return [];
  } catch (error) {
    if (typeof error.stdout !== 'string') throw error;
    return error.stdout.split('\n').filter((line) => line !== '');
  }
}
