"""The checks of `tests/deploy/check`. Each function is one check: it yields what is wrong."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
import kubernetes_validate
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
OBSERVABILITY = DEPLOY / "observability"
KUBERNETES = DEPLOY / "kubernetes"
SYSTEMD = DEPLOY / "systemd"
# The oldest version that has every field of the manifests as stable, and the newest that the validator knows.
VERSIONS = ["1.31", "1.37"]
KEDA = json.loads((ROOT / "tests/deploy/keda.schema.json").read_text())
# What has to pass after SIGTERM beyond `stop_timeout_s` (docs/OPERATIONS.md, "Running").
AFTER_STOP_S = 5

CHECKS = []


class NotRun(Exception):
    """A tool that the check needs is not installed."""


def check(name):
    def register(function):
        CHECKS.append((name, function))
        return function

    return register


def main():
    failed = 0
    for name, function in CHECKS:
        try:
            problems = list(function())
        except NotRun as reason:
            print(f"skip  {name}: {reason}")
            continue
        except Exception as error:  # a check that cannot read its files has failed; the others still run
            problems = [f"{type(error).__name__}: {error}"]
        print(f"{'FAIL' if problems else 'ok  '}  {name}")
        for problem in problems:
            print(f"      {problem}")
        failed += bool(problems)
    print(f"deploy: {len(CHECKS)} checks, {failed} failed")
    return 1 if failed else 0


def run(*command, cwd=ROOT):
    """Runs a command, and yields its output if it fails."""
    result = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)
    if result.returncode != 0:
        yield from (line for line in (result.stdout + result.stderr).splitlines() if line.strip())


def shown(path):
    return str(path.relative_to(ROOT))


def text(path):
    return (ROOT / path).read_text()


# ---- Prometheus and Grafana


@check("prometheus.yml is valid")
def prometheus_config():
    yield from run("promtool", "check", "config", "prometheus.yml", cwd=OBSERVABILITY)


@check("alerts.yml is valid")
def alert_rules():
    yield from run("promtool", "check", "rules", "alerts.yml", cwd=OBSERVABILITY)


@check("alerts fire and are silent as alerts_test.yml says")
def alert_tests():
    yield from run("promtool", "test", "rules", "alerts_test.yml", cwd=OBSERVABILITY)


def alerts():
    groups = yaml.safe_load((OBSERVABILITY / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


@check("every alert has a test in which it fires, and one in which nothing does")
def every_alert_is_tested():
    fired, healthy = set(), False
    for test in yaml.safe_load((OBSERVABILITY / "alerts_test.yml").read_text())["tests"]:
        for query in test.get("promql_expr_test", []):
            samples = query["exp_samples"]
            healthy |= not samples and query["expr"].startswith('count_over_time(ALERTS{alertstate="firing"}')
            for sample in samples:
                fired.update(re.findall(r'alertname="(\w+)"', sample["labels"]))
    if not healthy:
        yield "no test expects that no alert fires"
    for name in sorted({rule["alert"] for rule in alerts()} - fired):
        yield f"no test expects that {name} fires"


@check("every alert has a severity, a summary and a description")
def every_alert_is_described():
    for rule in alerts():
        if rule.get("labels", {}).get("severity") not in {"critical", "warning", "info"}:
            yield f"{rule['alert']}: severity"
        for key in ("summary", "description"):
            if not rule.get("annotations", {}).get(key):
                yield f"{rule['alert']}: {key}"


@check("every alarm of docs/OPERATIONS.md is in alerts.yml")
def every_alarm_has_an_alert():
    section = text("docs/OPERATIONS.md").split("\n## Alarms, and what to do\n", 1)[1].split("\n## ", 1)[0]
    lines = (OBSERVABILITY / "alerts.yml").read_text().splitlines()
    known = " ".join(" ".join(line.strip().lstrip("#") for line in lines).split())
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("|")][2:]
    if not rows:
        yield "docs/OPERATIONS.md has no table of alarms"
    for sign in (sign for row in rows for sign in re.findall(r"`([^`]+)`", row)):
        if sign not in known:
            yield f"not mentioned: {sign}"


def metric_names(expressions):
    names = set()
    for expression in expressions:
        names.update(re.findall(r"\bpeyvand_\w+", re.sub(r'"[^"]*"', '""', expression)))
    return names


def telemetry_metrics():
    source = "".join(path.read_text() for path in (ROOT / "src/telemetry").glob("*.rs") if path.name != "tests.rs")
    return set(re.findall(r"\bpeyvand_\w+", source))


def dashboard():
    return json.loads((OBSERVABILITY / "dashboards/peyvand.json").read_text())


def dashboard_queries():
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def unknown_metrics(expressions):
    known = telemetry_metrics()
    for name in sorted(metric_names(expressions)):
        # A histogram appears with three suffixes.
        if name not in known and re.sub(r"_(bucket|sum|count)$", "", name) not in known:
            yield f"not in src/telemetry: {name}"


@check("every metric of the alerts is in src/telemetry")
def alert_metrics():
    yield from unknown_metrics(rule["expr"] for rule in alerts())


@check("every metric of the dashboard is in src/telemetry")
def dashboard_metrics():
    yield from unknown_metrics(expression for _, expression in dashboard_queries())


@check("every metric of src/telemetry is in an alert or on the dashboard")
def metrics_are_used():
    used = metric_names(rule["expr"] for rule in alerts()) | metric_names(query for _, query in dashboard_queries())
    used |= {re.sub(r"_(bucket|sum|count)$", "", name) for name in used}
    for name in sorted(telemetry_metrics() - used):
        yield f"not used: {name}"


@check("every query of the dashboard is valid PromQL")
def dashboard_is_promql():
    rules = [
        {"record": f"query_{number}", "expr": expression.replace("$__rate_interval", "1m")}
        for number, (_, expression) in enumerate(dashboard_queries())
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "queries.yml"
        file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
        yield from run("promtool", "check", "rules", file)


@check("the dashboard uses the data source that is provisioned, and its panels do not overlap")
def dashboard_form():
    provisioned = yaml.safe_load((OBSERVABILITY / "grafana/provisioning/datasources/prometheus.yml").read_text())
    known = {source["uid"] for source in provisioned["datasources"]}
    yaml.safe_load((OBSERVABILITY / "grafana/provisioning/dashboards/peyvand.yml").read_text())
    taken, ids = {}, set()
    for panel in dashboard()["panels"]:
        title = panel["title"]
        if panel["type"] != "row" and panel["datasource"]["uid"] not in known:
            yield f"{title}: unknown data source"
        if panel["id"] in ids:
            yield f"{title}: id {panel['id']} is used twice"
        ids.add(panel["id"])
        place = panel["gridPos"]
        columns = range(place["x"], place["x"] + place["w"])
        rows = range(place["y"], place["y"] + place["h"])
        for cell in ((x, y) for x in columns for y in rows):
            if cell in taken or cell[0] > 23:
                yield f"{title}: overlaps {taken.get(cell, 'the edge')}"
                break
            taken[cell] = title


@check("prometheus.yml scrapes services of docker-compose.yml that serve /metrics")
def scraped_services():
    services = yaml.safe_load(text("docker-compose.yml"))["services"]
    for job in yaml.safe_load((OBSERVABILITY / "prometheus.yml").read_text())["scrape_configs"]:
        for name in (name for discovery in job.get("dns_sd_configs", []) for name in discovery["names"]):
            if name not in services:
                yield f"no service {name}"
            elif services[name].get("command", [])[:1] != ["serve"]:
                yield f"the service {name} does not run `serve`, which serves /metrics"
        for target in (target for group in job.get("static_configs", []) for target in group["targets"]):
            host = target.split(":")[0]
            if host != "localhost" and host not in services:
                yield f"no service {host}"
            if host == "otel-collector" and not re.search(r"port: 8888\b", text("deploy/otel-collector.yaml")):
                yield "deploy/otel-collector.yaml does not open port 8888 for its own metrics"


# ---- Kubernetes


def yaml_files():
    return sorted(path for path in KUBERNETES.rglob("*") if path.suffix in {".yaml", ".yml"})


def is_kustomization(path):
    return path.name == "kustomization.yaml"


def patch_files():
    for path in filter(is_kustomization, yaml_files()):
        for patch in yaml.safe_load(path.read_text()).get("patches", []):
            if "path" in patch:
                yield (path.parent / patch["path"]).resolve()


def manifests():
    patches = set(patch_files())
    for path in yaml_files():
        if not is_kustomization(path) and path not in patches:
            for document in yaml.safe_load_all(path.read_text()):
                yield shown(path), document


def invalid(where, document):
    name = f"{where}: {document.get('kind')} {document.get('metadata', {}).get('name')}"
    try:
        if str(document.get("apiVersion")).startswith("keda.sh/"):
            jsonschema.validate(document, KEDA)
        else:
            for version in VERSIONS:
                kubernetes_validate.validate(document, version, strict=True)
    except jsonschema.ValidationError as error:
        best = jsonschema.exceptions.best_match([error]) or error
        yield f"{name}: {'.'.join(str(part) for part in best.absolute_path)}: {best.message}"
    except kubernetes_validate.SchemaNotFoundError as error:
        yield f"{name}: {error.message}"


@check(f"every manifest is valid for Kubernetes {' and '.join(VERSIONS)}, or for KEDA")
def manifests_are_valid():
    names = set()
    for where, document in manifests():
        yield from invalid(where, document)
        name = (document["kind"], document["metadata"]["name"])
        if name in names:
            yield f"{where}: {' '.join(name)} is defined twice"
        names.add(name)
        if "namespace" in document["metadata"]:
            yield f"{where}: {' '.join(name)} names a namespace; an overlay does"


@check("every patch is a list of JSON patch operations")
def patches_are_valid():
    for path in sorted(set(patch_files())):
        for operation in yaml.safe_load(path.read_text()):
            wanted = {"op", "path"} if operation.get("op") == "remove" else {"op", "path", "value"}
            if operation.get("op") not in {"add", "remove", "replace"} or set(operation) != wanted:
                yield f"{shown(path)}: {operation}"


@check("every file that a kustomization names exists, and every file is named")
def kustomizations_are_complete():
    named = set()
    for path in filter(is_kustomization, yaml_files()):
        content = yaml.safe_load(path.read_text())
        files = list(content.get("resources", [])) + list(content.get("components", []))
        files += [patch["path"] for patch in content.get("patches", []) if "path" in patch]
        files += [env for generator in content.get("configMapGenerator", []) for env in generator.get("envs", [])]
        for file in files:
            target = (path.parent / file).resolve()
            target = target / "kustomization.yaml" if target.is_dir() else target
            if not target.is_file():
                yield f"{shown(path)} names {file}, which does not exist"
            named.add(target)
    for path in yaml_files() + sorted(KUBERNETES.rglob("*.env")):
        if path not in named and not (is_kustomization(path) and path.parent.parent.name == "overlays"):
            yield f"{shown(path)} is named by no kustomization"


@check("kustomize renders every overlay, and the result is valid")
def overlays_render():
    if shutil.which("kustomize"):
        build = ["kustomize", "build"]
    elif shutil.which("kubectl"):
        build = ["kubectl", "kustomize"]
    else:
        raise NotRun("neither kustomize nor kubectl is installed")
    for folder in [KUBERNETES / "base", *sorted((KUBERNETES / "overlays").iterdir())]:
        result = subprocess.run([*build, str(folder)], capture_output=True, text=True)
        if result.returncode != 0:
            yield f"{shown(folder)}: {result.stderr.strip()}"
            continue
        for document in yaml.safe_load_all(result.stdout):
            yield from invalid(f"{shown(folder)}, rendered", document)


def pods():
    for where, document in manifests():
        if document["kind"] in {"Deployment", "StatefulSet", "Job"}:
            yield f"{where}: {document['metadata']['name']}", document["kind"], document["spec"]["template"]["spec"]


@check("every container is without privileges and has limits")
def containers_are_confined():
    for where, _, pod in pods():
        security = pod.get("securityContext", {})
        if security.get("runAsNonRoot") is not True or not security.get("runAsUser"):
            yield f"{where}: runs as root"
        if security.get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield f"{where}: no seccomp profile"
        if pod.get("automountServiceAccountToken") is not False:
            yield f"{where}: has a token of the Kubernetes API"
        for container in pod["containers"]:
            wanted = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
            if container.get("securityContext") != wanted:
                yield f"{where}: securityContext of {container['name']}"
            for kind in ("requests", "limits"):
                if set(container.get("resources", {}).get(kind, {})) != {"cpu", "memory"}:
                    yield f"{where}: {kind} of {container['name']}"


def default_of(setting):
    found = re.search(rf'\b{setting}: [^=]+ = "([^"]*)"', text("src/config/keys.rs"))
    if not found:
        raise LookupError(f"src/config/keys.rs has no setting {setting}")
    return found.group(1)


@check("supervisors wait as long as a stop takes")
def stop_times():
    settings = (KUBERNETES / "base/settings.env").read_text()
    stop = re.search(r"^PEYVAND_STOP_TIMEOUT_S=(\d+)$", settings, re.MULTILINE)
    wanted = int(stop.group(1) if stop else default_of("stop_timeout_s")) + AFTER_STOP_S
    for where, kind, pod in pods():
        if kind != "Job" and pod.get("terminationGracePeriodSeconds") != wanted:
            yield f"{where}: terminationGracePeriodSeconds is not {wanted}"
    wanted = int(default_of("stop_timeout_s")) + AFTER_STOP_S
    for unit in sorted(SYSTEMD.glob("*.service")):
        if f"\nTimeoutStopSec={wanted}s\n" not in unit.read_text():
            yield f"{shown(unit)}: TimeoutStopSec is not {wanted}s"


@check("every variable that deploy/ sets is a setting")
def variables_are_settings():
    known = {f"PEYVAND_{name.upper()}" for name in re.findall(r"^    (\w+): [^=]+ = \"", text("src/config/keys.rs"), re.MULTILINE)}
    known |= {"PEYVAND_CONFIG", "PEYVAND_KAFKA_PROPERTY_"}
    for path in sorted(path for folder in (KUBERNETES, SYSTEMD) for path in folder.rglob("*") if path.is_file()):
        for name in sorted(set(re.findall(r"\bPEYVAND_[A-Z_]*[A-Z]\b", path.read_text()))):
            if name not in known and not name.startswith("PEYVAND_KAFKA_PROPERTY_"):
                yield f"{shown(path)}: {name}"


@check("the roles and commands of the workloads exist")
def roles_exist():
    # `portal` is a default role only with an OpenID provider, so the default of the setting lacks it.
    roles = set(default_of("roles").split(",")) | {"portal"}
    served = set()
    for where, _, pod in pods():
        args = pod["containers"][0]["args"]
        if args[0] == "serve":
            mine = set(args[args.index("--roles") + 1].split(","))
            served |= mine
            if mine - roles:
                yield f"{where}: unknown role {', '.join(sorted(mine - roles))}"
        elif args[0] != "status":
            yield f"{where}: unexpected command {args[0]}"
    for role in sorted(roles - served):
        yield f"no workload has the role {role}"


@check("autoscaling names the consumer group, the input topics and the partitions of the program")
def autoscaling_names():
    group = 'client_name("intake")' in text("src/kafka/consumer/mod.rs")
    if not group or "{}peyvand-{name}" not in text("src/kafka/client.rs"):
        yield "src/kafka no longer names the consumer group peyvand-intake"
    topics = json.loads(text("schemas/topics.json"))
    wanted = {topic["name"] for topic in topics if topic["direction"] == "in" and topic["partitions"] > 1}
    for where, document in manifests():
        if document["kind"] == "ScaledObject":
            triggers = [trigger["metadata"] for trigger in document["spec"]["triggers"]]
            if {trigger["consumerGroup"] for trigger in triggers} != {"peyvand-intake"}:
                yield f"{where}: another consumer group than peyvand-intake"
            for name in sorted(wanted ^ {trigger["topic"] for trigger in triggers}):
                yield f"{where}: {name} is missing, or is no input topic with several partitions"
            if document["spec"]["maxReplicaCount"] != int(default_of("topic_partitions")):
                yield f"{where}: maxReplicaCount is not the default of topic_partitions"
            remainder = int(default_of("batch_events")) * int(default_of("topic_partitions"))
            if any(int(trigger["lagThreshold"]) <= remainder for trigger in triggers):
                yield f"{where}: a lagThreshold is not above {remainder}, the lag that remains when everything is read"


# ---- systemd


@check("the systemd units are valid")
def units_are_valid():
    if not shutil.which("systemd-analyze"):
        raise NotRun("systemd-analyze is not installed")
    with tempfile.TemporaryDirectory() as folder:
        for unit in sorted(SYSTEMD.glob("*.service")):
            # `verify` requires an installed program, and an instance of a template.
            copy = Path(folder) / unit.name.replace("@.", "@intake.")
            program = shutil.which("true")
            copy.write_text(unit.read_text().replace("/usr/local/bin/peyvand", program))
            # An unknown directive is only a warning with status 0, so every line about this unit counts.
            result = subprocess.run(["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True)
            about = [line for line in (result.stdout + result.stderr).splitlines() if copy.name in line]
            if result.returncode != 0 and not about:
                about = [result.stderr.strip()]
            yield from about


@check("the systemd units are confined (exposure below 2)")
def units_are_confined():
    if not shutil.which("systemd-analyze"):
        raise NotRun("systemd-analyze is not installed")
    for unit in sorted(SYSTEMD.glob("*.service")):
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / unit.name.replace("@.", "@intake.")
            copy.write_text(unit.read_text())
            # In tenths.
            for line in run("systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", copy):
                if "Overall" in line or "rror" in line or "nknown" in line:
                    yield f"{unit.name}: {line.strip()}"


if __name__ == "__main__":
    sys.exit(main())
