#!/usr/bin/env bash
# One reading, its correction and its retraction with nothing but curl.
#
#     BASE=http://127.0.0.1:8000 TOKEN=$(wardlight token my-gateway) examples/curl.sh
set -euo pipefail

fhir() { # METHOD PATH BODY [curl options]: prints the status, then what was answered
  local method=$1 path=$2 body=$3
  shift 3
  curl -sS --retry 5 --fail-with-body -X "$method" "$BASE/fhir$path" \
    -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/fhir+json' \
    -w '\nHTTP %{http_code}\n' --data "$body" "$@"
}

weight() { # STATUS KILOGRAMS
  cat <<JSON
{"resourceType": "Observation", "status": "$1",
 "identifier": [{"system": "urn:example:curl", "value": "$NUMBER"}],
 "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}],
 "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
 "subject": {"identifier": {"system": "urn:example:hospital:mrn", "value": "$MRN"}},
 "effectiveDateTime": "$NOW",
 "valueQuantity": {"value": $2, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}}
JSON
}

NOW=$(date -u +%Y-%m-%dT%H:%M:%SZ)
NUMBER=weight-$NOW-$$
MRN=${MRN:-12345} # the record number of somebody whom this client enrols, or was granted
PERSON='{"resourceType": "Patient", "birthDate": "1948-05-06",
  "identifier": [{"system": "urn:example:hospital:mrn", "value": "'$MRN'"}]}'

fhir POST /Patient "$PERSON" -H 'If-None-Exist: identifier=urn:example:hospital:mrn|'"$MRN"
fhir POST /Observation "$(weight final 71.5)" -H "If-None-Exist: identifier=urn:example:curl|$NUMBER"
fhir POST /Observation "$(weight corrected 71.0)"
fhir POST /Observation "$(weight entered-in-error 71.0)"
