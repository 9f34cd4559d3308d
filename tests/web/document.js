// The API's own description: answers are held to it.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { check, equal } from './lib.js';

export const document = JSON.parse(readFileSync(new URL('../../docs/api/openapi.json', import.meta.url), 'utf8'));
const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema(document, 'api');

// Schema, and every member that the schema names at the top: a member that the document does not know is a member that nobody may rely on.
export function fits(name, value) {
  const validate = ajv.getSchema(`api#/components/schemas/${name}`);
  check(validate(value), `${name}: ${ajv.errorsText(validate.errors)}`);
  const stray = Object.keys(value).filter((k) => !(k in document.components.schemas[name].properties));
  equal(stray.join(), '', `${name} has members that the document does not name:`);
}
