"""200 records into the sandbox of an installed package, as the release tries it on each system."""

import graph8_crm

PEOPLE = [{"email": f"person{number}@example.com"} for number in range(200)]

with graph8_crm.sandbox() as sandbox, sandbox.client() as client:
    report = client.push_contacts("hubspot", PEOPLE)
    assert report.pushed == len(PEOPLE), report
    assert len(sandbox.records("hubspot", "contacts")) == len(PEOPLE)
print(report.summary)
