// The files of schemas/, and nothing else of the project.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = process.env.OUTSIDE_SCHEMAS
  ?? path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../schemas');

export function json(file) {
  return JSON.parse(fs.readFileSync(path.join(ROOT, file), 'utf8'));
}

/// Every JSON Schema by its path below schemas/. schemas/files/ has Table Schemas.
export function all() {
  const found = ['headers.schema.json'];
  for (const topic of fs.readdirSync(ROOT).sort()) {
    const folder = `${topic}/v1`;
    if (!fs.existsSync(path.join(ROOT, folder))) continue;
    for (const name of fs.readdirSync(path.join(ROOT, folder)).sort()) {
      if (name.endsWith('.schema.json')) found.push(`${folder}/${name}`);
    }
  }
  return found;
}

/// The examples of a schema in the folder `valid` or `invalid` next to it.
export function examples(schema, which) {
  const folder = path.join(path.dirname(schema), which);
  if (!fs.existsSync(path.join(ROOT, folder))) return [];
  const start = `${path.basename(schema, '.schema.json')}--`;
  const own = fs.readdirSync(path.join(ROOT, folder)).filter((name) => name.startsWith(start));
  return own.sort().map((name) => ({ file: `${folder}/${name}`, data: json(`${folder}/${name}`) }));
}
