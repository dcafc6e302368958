"""The schemas of config/api: every type of config/schemas is named, and every sample fits the envelope and exactly one of them.

Prints one line per check, `ok  …` or `no  …` with what is wrong; ends with 1 if one is wrong.
"""

import json
import sys
from pathlib import Path
from urllib.parse import unquote, urlparse

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

CONFIG = Path(__file__).resolve().parents[2] / "config"
# Whole events that are no facts: asyncapi.yaml refers to each by itself.
OUTPUT = {
    "coldwatch.context.v1",
    "coldwatch.finding.v1",
    "coldwatch.incident.v1",
    "coldwatch.log.heartbeat.v1",
    "coldwatch.log.genesis.v1",
    "coldwatch.log.state-hash.v1",
    "coldwatch.rejection.v1",
}
failed = False


def check(name, wrong):
    """One line: fine if nothing is wrong."""
    global failed
    print(f"{'no' if wrong else 'ok'}  {name}")
    for line in wrong[:20]:
        print(f"      {line}")
    failed = failed or bool(wrong)


def load(address):
    """A schema by the address of its file, as a reference made it."""
    return Resource.from_contents(json.loads(Path(unquote(urlparse(address).path)).read_text(encoding="utf-8")))


def validator(*names):
    """What holds a value against all of these files of config/api at once."""
    files = [(CONFIG / "api" / name).as_uri() for name in names]
    return Draft202012Validator({"allOf": [{"$ref": file} for file in files]}, registry=Registry(retrieve=load))


def referred(path):
    return {Path(one["$ref"]).stem for one in json.loads(path.read_text(encoding="utf-8"))["oneOf"]}


def every_type_is_named():
    types = {path.stem for path in (CONFIG / "schemas").glob("*.json")} - OUTPUT
    named = referred(CONFIG / "api/fact.json") | referred(CONFIG / "api/entry.json")
    wrong = [f"{name} is in no union of config/api" for name in sorted(types - named)]
    wrong += [f"{name} is named and has no schema" for name in sorted(named - types)]
    check("config/api names every type", wrong)


def every_sample_fits():
    fact, entry = validator("envelope.json", "fact.json"), validator("envelope.json", "entry.json")
    alone = {kind: validator("envelope.json", f"../schemas/{kind}.json") for kind in OUTPUT}
    samples = [json.loads(line) for line in (CONFIG / "schemas/samples.ndjson").read_text(encoding="utf-8").splitlines()]
    wrong = []
    for sample in samples:
        which = entry if sample["type"].startswith("coldwatch.log.") else fact
        which = alone.get(sample["type"], which)
        wrong += [f"{sample['type']}: {error.message[:200]}" for error in which.iter_errors(sample)]
        if which.is_valid(sample | {"type": "coldwatch.shipment.unheard-of.v1"}):
            wrong.append(f"{sample['type']}: fits under another name, too")
    check(f"{len(samples)} samples fit the envelope and their schema", wrong if samples else ["there is none"])


def every_example_fits():
    document = yaml.safe_load((CONFIG / "api/asyncapi.yaml").read_text(encoding="utf-8"))
    which = validator("envelope.json", "fact.json")
    examples = [one["payload"] for message in document["components"]["messages"].values() for one in message.get("examples", [])]
    wrong = [error.message[:200] for example in examples for error in which.iter_errors(example)]
    check("examples of config/api/asyncapi.yaml", wrong if examples else ["there is none"])


every_type_is_named()
every_sample_fits()
every_example_fits()
sys.exit(failed)
