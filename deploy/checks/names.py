"""Names that must be the same in several files: metrics, alerts, what is applied, and the manifests that differ in name only.

Prints one line per check, `ok  …` or `no  …` with what is wrong; ends with 1 if one is wrong.
It does not know the code: a test there compares deploy/metrics.txt with what the processes show.
"""

import json
import re
import sys
from pathlib import Path

import yaml

DEPLOY = Path(__file__).resolve().parent.parent
METRIC = re.compile(r"\b(?:coldwatch|process)_[a-z_]+\b")
PART = re.compile(r"_(bucket|sum|count)$")
RULES = DEPLOY / "prometheus/alerts.yml"
failed = False


def check(name, wrong):
    """One line: fine if nothing is wrong."""
    global failed
    print(f"{'no' if wrong else 'ok'}  {name}")
    for line in wrong:
        print(f"      {line}")
    failed = failed or bool(wrong)


def read(path):
    return (DEPLOY / path).read_text(encoding="utf-8")


def rows():
    """The lines of metrics.txt: name, type, labels, meaning."""
    for line in read("metrics.txt").splitlines():
        if line and not line.startswith("#"):
            yield [part.strip() for part in line.split(" | ")]


def metrics_are_listed():
    wrong = [f"not `name | type | labels | meaning`: {row}" for row in rows() if len(row) != 4]
    known = {row[0]: row for row in rows()}
    if len(known) != len(list(rows())):
        wrong.append("a name stands twice")
    for name, kind, *_ in rows():
        if (kind == "counter") != name.endswith("_total"):
            wrong.append(f"{name}: a counter, and nothing else, ends in _total")
    check("deploy/metrics.txt", wrong)
    return known


def expressions(board):
    """What the board asks for, variables included."""
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield target["expr"]
    for variable in board["templating"]["list"]:
        yield str(variable.get("query", ""))


def metrics_are_used_by_their_names(known, rules, board):
    recorded = {rule["record"] for rule in rules if "record" in rule}
    asked = {"alerts": [rule["expr"] for rule in rules], "board": list(expressions(board))}
    wrong, used = [], set()
    for where, texts in asked.items():
        for text in texts:
            for sum_ in re.findall(r"coldwatch:[a-z_:]+", text):
                if sum_ not in recorded:
                    wrong.append(f"{where}: {sum_} is recorded nowhere")
            for name in METRIC.findall(text):
                whole = PART.sub("", name)
                if known.get(whole, ["", ""])[1] == "histogram":
                    name = whole
                used.add(name)
                if name not in known:
                    wrong.append(f"{where}: {name} is not in metrics.txt")
    for name in sorted(set(known) - used):
        wrong.append(f"{name} is shown and nobody looks at it")
    check("metrics of alerts and board", wrong)


def labels_are_those_of_the_metric(known, rules, board):
    wrong = []
    for text in [rule["expr"] for rule in rules] + list(expressions(board)):
        for name, inside in re.findall(r"\b(coldwatch_[a-z_]+)\{([^}]*)\}", text):
            have = known.get(name, ["", "", ""])[2].split(",")
            for label in re.findall(r"([a-z_]+)\s*[=!]", inside):
                if label not in have:
                    wrong.append(f"{name} has no label {label}")
    check("labels of alerts and board", wrong)


def alerts_are_explained_and_tested(rules):
    tests = yaml.safe_load(read("prometheus/alerts.test.yml"))["tests"]
    fires, silent = set(), set()
    for test in tests:
        for expectation in test["promql_expr_test"]:
            named = set(re.findall(r'alertname="(\w+)"', str(expectation)))
            (fires if expectation["exp_samples"] else silent).update(named)
    readme, wrong = read("README.md"), []
    for rule in rules:
        name = rule.get("alert")
        if not name:
            continue
        for needed in ("summary", "action", "why"):
            if not rule["annotations"].get(needed):
                wrong.append(f"{name} does not say its {needed}")
        if name not in fires:
            wrong.append(f"{name}: no test shows that it fires")
        if name not in silent:
            wrong.append(f"{name}: no test shows that it stays away")
        if f"`{name}`" not in readme:
            wrong.append(f"{name} is not in the table of deploy/README.md")
    check("each alert explained, tested both ways, in the README", wrong)


def board_is_sound(board):
    wrong = []
    if not isinstance(board.get("schemaVersion"), int):
        wrong.append("schemaVersion is missing")
    ids = [panel["id"] for panel in board["panels"]]
    if len(set(ids)) != len(ids):
        wrong.append("two panels have the same id")
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            if target["datasource"]["uid"] != "${datasource}":
                wrong.append(f"{panel['title']}: its data source is not the variable")
    check("deploy/grafana/board.json", wrong)


def everything_is_applied():
    folder = DEPLOY / "kubernetes"
    named = set(yaml.safe_load(read("kubernetes/kustomization.yaml"))["resources"])
    there = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml", "secret.example.yaml"}
    wrong = [f"{name} is named and not there" for name in sorted(named - there)]
    wrong += [f"{name} is there and not named" for name in sorted(there - named)]
    check("deploy/kubernetes/kustomization.yaml", wrong)


def stateful_services_are_alike():
    """All of them, made the same by taking out name, memory, disk and the sentence that says what it does."""
    texts = {}
    whole = {path.stem: path.read_text(encoding="utf-8") for path in (DEPLOY / "kubernetes").glob("*.yaml")}
    for name in sorted(name for name, text in whole.items() if "\nkind: StatefulSet\n" in text):
        lines = whole[name].splitlines()[1:]
        text = "\n".join(line for line in lines if not line.startswith("#"))
        text = re.sub(r"(memory|storage): \d+Gi", r"\1: …", text)
        texts[name] = re.sub(rf"\b{name}\b", "…", text)
    wrong = [f"{name} differs from dispatch" for name, text in texts.items() if text != texts["dispatch"]]
    check(f"the {len(texts)} stateful services are alike", wrong)


def main():
    rules = [rule for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]]
    board = json.loads(read("grafana/board.json"))
    known = metrics_are_listed()
    metrics_are_used_by_their_names(known, rules, board)
    labels_are_those_of_the_metric(known, rules, board)
    alerts_are_explained_and_tested(rules)
    board_is_sound(board)
    everything_is_applied()
    stateful_services_are_alike()
    sys.exit(failed)


main()
