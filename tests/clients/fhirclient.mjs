// fhirclient.js as an integration would use it: reads {base, token, patient, observation,
// device} on stdin, creates, reads, searches, updates and deletes, and prints what it found as one JSON line.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const smart = createRequire(import.meta.url)('fhirclient');

const { base, token, patient, observation, device } = JSON.parse(readFileSync(0, 'utf8'));
const request = { url: '/', headers: { host: 'localhost' }, socket: {} };
const client = smart(request, {}).client({
  serverUrl: `${base}/fhir`,
  tokenResponse: { access_token: token, patient: patient.id },
});

const created = await client.create({ ...observation, subject: { reference: `Patient/${patient.id}` } });
const read = await client.request(`Observation/${created.id}`);
const person = await client.patient.read();
const found = await client.request(`Observation?patient=${patient.id}&_count=1`, { pageLimit: 0, flat: true });
const cuff = await client.create(device);
const updated = await client.update({ ...cuff, lotNumber: '2' });
const { system, value } = device.identifier[0];
const replaced = await client.request({
  url: `Device?identifier=${encodeURIComponent(`${system}|${value}`)}`,
  method: 'PUT',
  body: JSON.stringify({ ...device, lotNumber: '3' }),
  headers: { 'content-type': 'application/fhir+json' },
});
await client.delete(`Device/${cuff.id}`);
const gone = await client.request(`Device/${cuff.id}`).catch((error) => error.status ?? error.statusCode);
process.stdout.write(
  JSON.stringify({
    created: created.id,
    read: read.id,
    person: person.id,
    found: found.map((each) => each.id),
    updated: updated.meta.versionId,
    replaced: replaced.meta.versionId,
    gone,
  }),
);
