/// An operation on a resource of Kafka's, as its access rules name them.
struct Permission: Sendable, Hashable, CustomStringConvertible {
    enum Operation: String, Sendable {
        case read = "Read"
        case write = "Write"
    }
    enum Resource: String, Sendable { case topic, group }

    let operation: Operation
    let resource: Resource
    let name: String

    var description: String { "\(operation.rawValue) on \(resource.rawValue) \(name)" }
}

/// What a start lacks at a cluster that answers.
struct StartLacks: Sendable, Equatable {
    /// Topics that are not there.
    var missing: [String] = []
    /// What this node's principal is not allowed to do.
    var denied: [Permission] = []

    var isEmpty: Bool { missing.isEmpty && denied.isEmpty }

    /// All of it, with what to do about it.
    /// - Parameter principal: as Kafka's access rules name it.
    func description(bootstrapServers: String, principal: String) -> String {
        var parts: [String] = []
        if !missing.isEmpty {
            parts.append(
                "the broker does not have the topic\(missing.count == 1 ? "" : "s") \(missing.joined(separator: ", "))"
                    + "; create what is missing with: "
                    + (["optimizer topics create --brokers \(bootstrapServers)"] + missing.map { "--topic \($0)" })
                    .joined(separator: " "))
        }
        if !denied.isEmpty {
            parts.append(
                "\(principal) is not allowed \(denied.map(\.description).joined(separator: ", "))"
                    + "; grant it with kafka-acls --add --allow-principal (or your cluster's own means)")
        }
        return parts.joined(separator: "; and ")
    }
}
