"""cloudformation-validate on templates: every finding of every severity, but for those that `allowed.toml` gives a reason for.

Usage: validate.py TEMPLATE…

Ends with 1 when there is any other finding, and when an entry of `allowed.toml` allows nothing any more.
"""

import fnmatch
import pathlib
import sys
import tomllib

from cloudformation_validate import CompositeEngine

ALLOWED = pathlib.Path(__file__).with_name("allowed.toml")
KEYS = {"rule", "type", "resource", "file", "reason"}


def main(templates):
    if not templates:
        sys.exit(__doc__.strip())
    allowed = read(ALLOWED.read_text())
    engine = CompositeEngine()
    used, wrong, findings = set(), 0, 0
    for template in templates:
        for finding in engine.validate_template(template).diagnostics:
            findings += 1
            entries = [number for number, entry in enumerate(allowed) if fits(entry, template, finding)]
            used.update(entries)
            if not entries:
                wrong += 1
                print(f"{template}:{finding.start_line}: {finding.rule_id} {finding.severity.name}: {finding.message}")
    for number, entry in enumerate(allowed):
        if number not in used:
            wrong += 1
            print(f"{ALLOWED.name}: nothing is found any more for {entry}: take it out")
    print(f"{len(templates)} templates, {len(engine.list_rules())} rules, {findings} findings, {wrong} that should not be")
    return 1 if wrong else 0


def read(text):
    """Reads the entries; one that says nothing of itself, or a thing that is not looked at, is a mistake."""
    entries = tomllib.loads(text)["allowed"]
    for entry in entries:
        if not {"rule", "reason"} <= entry.keys() <= KEYS:
            sys.exit(f"{ALLOWED.name}: {entry} needs `rule` and `reason`, and may have {sorted(KEYS)}")
    return entries


def fits(entry, template, finding):
    entity = finding.entity
    return (
        entry["rule"] == finding.rule_id
        and entry.get("type", entity and entity.resource_type) == (entity and entity.resource_type)
        and entry.get("resource", entity and entity.logical_id) == (entity and entity.logical_id)
        and fnmatch.fnmatch(template, entry.get("file", "*"))
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
