"""Whom a line of a folder is about: one person, or nobody."""

from __future__ import annotations

from app.replay_folder import Folder, Member
from fhir.identity import Identifier, Ref
from fhir.people import read_patient


def test_a_reference_that_names_two_people_means_neither() -> None:
    folder = Folder()
    numbers = {each: Identifier("urn:a", each) for each in ("1", "2")}
    for each in numbers:
        said = {"resourceType": "Patient", "identifier": [{"system": "urn:a", "value": each}]}
        folder.add(Member(f"p{each}", read_patient(said)))

    meant = [folder.find(Ref("Patient", f"p{one}", identifier=numbers[other])) for one, other in
             (("1", "1"), ("1", "2"), ("3", "2"))]  # fmt: skip

    assert [each.id if each else "" for each in meant] == ["p1", "", "p2"]
