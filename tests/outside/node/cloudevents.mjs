// The JavaScript SDK of CloudEvents reads records that Peyvand wrote, and writes events for Peyvand.
// One JSON value a line. A record: {topic, key, headers, value}, the value as text.
// An event to write: {topic, key, mode, id, type, time, data}; the mode is `binary` or `structured`.
import { text } from 'node:stream/consumers';
import { CloudEvent, Kafka } from 'cloudevents';
import { validators } from './ajv.mjs';
import { all, json } from './schemas.mjs';

async function lines() {
  return (await text(process.stdin)).split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
}

/// Reads each record in binary mode, and checks its data against the schema that `dataschema` names.
export async function cloudeventsRead() {
  const faults = [];
  const types = {};
  const compile = validators();
  const schemas = new Map(all().map(json).map((schema) => [schema.$id, compile(schema)]));
  for (const [index, record] of (await lines()).entries()) {
    try {
      if (!record.headers.ce_id || !Kafka.isEvent(record)) throw new Error('no event in binary mode');
      const event = Kafka.toEvent(record);
      event.validate();
      if (event.partitionkey !== record.key) throw new Error('the key is lost');
      if (event.datacontenttype !== 'application/json') throw new Error(`content type ${event.datacontenttype}`);
      if (Date.parse(event.time) !== Date.parse(record.headers.ce_time)) throw new Error('the time is another one');
      const conforms = schemas.get(event.dataschema);
      if (conforms === undefined) throw new Error(`no schema ${event.dataschema}`);
      if (!conforms(event.data)) throw new Error(`the data violate ${event.dataschema}`);
      types[event.type] = (types[event.type] ?? 0) + 1;
    } catch (error) {
      faults.push(`record ${index} of ${record.topic}: ${error.message}`);
    }
  }
  return { faults, types };
}

export async function cloudeventsWrite() {
  for (const { topic, key, mode, id, type, time, data } of await lines()) {
    const source = '/outside/javascript';
    const event = new CloudEvent({ id, type, source, time, datacontenttype: 'application/json', data });
    const message = mode === 'structured' ? Kafka.structured(event) : Kafka.binary(event);
    // In binary mode the SDK leaves the data as they are; a Kafka client wants bytes.
    const value = typeof message.value === 'string' ? message.value : JSON.stringify(message.value);
    console.log(JSON.stringify({ topic, key, headers: message.headers, value }));
  }
  return { faults: [] };
}
