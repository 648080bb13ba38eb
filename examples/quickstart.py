"""Pushes two contacts and prints what became of each; with no G8_API_KEY set, into a sandbox."""

import os

import graph8_crm

people = [{"email": "ada@example.com", "firstname": "Ada"}, {"email": "no address"}]

with graph8_crm.sandbox() as sandbox:
    with graph8_crm.Client() if "G8_API_KEY" in os.environ else sandbox.client() as client:
        report = client.push_contacts("hubspot", people)
        print(report)
        for problem in report.problems:
            print(f"record {problem.index}: {problem.outcome}: {problem.message}")
