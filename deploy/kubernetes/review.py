"""Looks at rendered manifests: python3 review.py FILE...

Each resource against the schemas of Kubernetes, strictly, and what a schema cannot see: that what is named is there,
that nodes end before they are killed, that they run under the restricted pod security standard. Prints what is wrong,
one a line; exit code 1 where that is anything.
"""

import sys

import kubernetes_validate
import yaml

# The oldest and the newest Kubernetes that the manifests are for.
VERSIONS = ["1.29", "1.37"]
# Made by an operator or by hand: deploy/kubernetes/README.md says by whom.
FROM_ELSEWHERE = {
    ("Secret", "optimizer"),
    ("Secret", "cluster-cluster-ca-cert"),
    ("PersistentVolumeClaim", "optimizer-data"),
}
# Resources of operators, whose schemas Kubernetes does not have.
NOT_KUBERNETES = {"KafkaTopic", "KafkaUser", "PodMonitor", "PrometheusRule", "ScaledObject", "TriggerAuthentication"}
# What a node takes at most beyond shutdown.drainMs, which is 25 s where a configuration does not say.
BEYOND_DRAIN_SECONDS = 12
# The workload that is no node.
CANARY = "optimizer-canary"


def schema_problems(resource):
    if resource["kind"] in NOT_KUBERNETES:
        return
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(resource, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            yield f"Kubernetes {version}: {'.'.join(str(part) for part in error.path)}: {error.message}"
        except kubernetes_validate.SchemaNotFoundError as error:
            yield error.message


def named_in_pod(pod):
    """Kind and name of everything that a pod needs."""
    for volume in pod.get("volumes", []):
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"]
        if "secret" in volume:
            yield "Secret", volume["secret"]["secretName"]
        if "persistentVolumeClaim" in volume:
            yield "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]
    for container in pod.get("initContainers", []) + pod["containers"]:
        for variable in container.get("env", []):
            source = variable.get("valueFrom", {})
            if "configMapKeyRef" in source:
                yield "ConfigMap", source["configMapKeyRef"]["name"]
            if "secretKeyRef" in source:
                yield "Secret", source["secretKeyRef"]["name"]


def security_problems(pod):
    shared = pod.get("securityContext", {})
    if shared.get("runAsNonRoot") is not True:
        yield "runs as root"
    if shared.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "has no seccomp profile"
    for container in pod.get("initContainers", []) + pod["containers"]:
        own = container.get("securityContext", {})
        if own.get("allowPrivilegeEscalation") is not False or own.get("capabilities", {}).get("drop") != ["ALL"]:
            yield f"container {container['name']} may gain privileges"
        if own.get("readOnlyRootFilesystem") is not True:
            yield f"container {container['name']} may write its root"
        if ":" not in container["image"]:
            yield f"container {container['name']} has an image without a tag"


def workload_problems(workload, resources):
    template = workload["spec"]["template"]
    pod, labels = template["spec"], template["metadata"]["labels"]
    yield from security_problems(pod)
    there = {(resource["kind"], resource["metadata"]["name"]) for resource in resources}
    for kind, name in named_in_pod(pod):
        if (kind, name) not in there | FROM_ELSEWHERE:
            yield f"there is no {kind} {name}"
    for resource in resources:
        if resource["metadata"]["name"] == workload["metadata"]["name"]:
            yield from selector_problems(resource, labels)
    if workload["metadata"]["name"] != CANARY:
        yield from node_problems(workload, resources)


def node_problems(workload, resources):
    pod = workload["spec"]["template"]["spec"]
    mounted = next(volume["configMap"]["name"] for volume in pod["volumes"] if volume["name"] == "config")
    text = next(r["data"]["optimizer.yml"] for r in resources if r["metadata"]["name"] == mounted)
    drain = yaml.safe_load(text).get("shutdown", {}).get("drainMs", 25000) / 1000
    if pod["terminationGracePeriodSeconds"] < drain + BEYOND_DRAIN_SECONDS:
        yield f"is killed {pod['terminationGracePeriodSeconds']} s after it is asked to end, and drains {drain} s"
    is_named = any(v["name"] == "OPTIMIZER_KAFKA_GROUP_INSTANCE_ID" for v in pod["containers"][0]["env"])
    if is_named != (workload["kind"] == "StatefulSet"):
        yield "nodes are static members where pods keep their names, and only there"


def selector_problems(resource, labels):
    spec, where = resource.get("spec", {}), f"{resource['kind']} {resource['metadata']['name']}"
    selected = {
        "Service": lambda: spec["selector"],
        "StatefulSet": lambda: spec["selector"]["matchLabels"],
        "Deployment": lambda: spec["selector"]["matchLabels"],
        "PodDisruptionBudget": lambda: spec["selector"]["matchLabels"],
        "NetworkPolicy": lambda: spec["podSelector"]["matchLabels"],
        "PodMonitor": lambda: spec["selector"]["matchLabels"],
    }.get(resource["kind"])
    if selected and not (selected() and selected().items() <= labels.items()):
        yield f"{where} does not select the pods of its name"
    if resource["kind"] == "NetworkPolicy":
        for peer in (peer for rule in spec["egress"] for peer in rule.get("to", [])):
            if labels.items() <= peer.get("podSelector", {}).get("matchLabels", {}).items():
                yield f"{where} lets nodes reach nodes alone where something else is meant"


def scaling_problems(resources):
    workloads = {(r["kind"], r["metadata"]["name"]): r for r in resources if r["kind"] in ("StatefulSet", "Deployment")}
    for scaler in (r for r in resources if r["kind"] == "ScaledObject"):
        target = scaler["spec"]["scaleTargetRef"]
        workload = workloads.get((target["kind"], target["name"]))
        if workload is None:
            yield f"ScaledObject {scaler['metadata']['name']} scales nothing that is there"
        elif "replicas" in workload["spec"]:
            yield f"{target['kind']} {target['name']} has replicas: an apply would undo the ScaledObject"


def problems(resources):
    for resource in resources:
        for problem in schema_problems(resource):
            yield f"{resource['kind']} {resource['metadata']['name']}: {problem}"
        if resource["kind"] in ("StatefulSet", "Deployment"):
            for problem in workload_problems(resource, resources):
                yield f"{resource['kind']} {resource['metadata']['name']}: {problem}"
    yield from scaling_problems(resources)


def main(paths):
    found = [f"{path}: {problem}" for path in paths for problem in problems(list(yaml.safe_load_all(open(path))))]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
