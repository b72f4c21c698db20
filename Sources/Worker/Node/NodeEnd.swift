import Kafka
package import Messages

/// How a run of a node ended, as it is shown by the next one.
package struct NodeEnd: Sendable, Equatable {
    /// In the words of the label `reason` of `optimizer_last_end_info`, which are contract.
    package enum Reason: String, Sendable, CaseIterable {
        /// It was asked to, and did.
        case stopped
        /// Another member took its place in the group.
        case fenced
        /// Its Kafka client could not go on.
        case fatal
        /// A broker said no to what the node may not do.
        case authorization
        /// Kafka refused a result or a dead letter for good.
        case unpublishable
        /// Something has to be set up or corrected first.
        case configuration
        /// Anything else that the node itself ended with.
        case failed
        /// It left no word: it was killed, for its memory perhaps, or crashed, or the machine went down.
        case crashed
    }

    package let reason: Reason
    /// nil: it was not the node that ended itself.
    package let exitCode: Int32?
    /// When; nil: nobody knows.
    package let time: Timestamp?
    /// What the node said to it; empty where it said nothing.
    package let detail: String

    package init(_ reason: Reason, exitCode: Int32?, time: Timestamp?, detail: String = "") {
        self.reason = reason
        self.exitCode = exitCode
        self.time = time
        self.detail = String(detail.prefix(500))
    }

    /// The end of a run that could not begin, or ended with an error.
    package init(_ failure: NodeFailure, time: Timestamp) {
        self.init(
            failure.code == ExitCode.configuration ? .configuration : .failed, exitCode: failure.code, time: time,
            detail: failure.description)
    }
}

extension NodeEnd.Reason {
    /// Why a node ends that has met such a failure.
    init(_ kind: KafkaFailure.Kind) {
        self =
            switch kind {
            case .fenced: .fenced
            case .fatal: .fatal
            case .authorization: .authorization
            default: .failed
            }
    }
}

/// A run of a node, as it stands in its file.
struct NodeRun: Sendable, Equatable {
    let startedAt: Timestamp
    /// nil: it runs, or has left no word.
    var end: NodeEnd?

    init(startedAt: Timestamp, end: NodeEnd? = nil) {
        self.startedAt = startedAt
        self.end = end
    }

    /// - Returns: nil where that is no such file, or one of a version that says other things.
    init?(_ content: [UInt8]) {
        guard let json = try? JSONValue.parse(content), json["schema_version"]?.integer == 1,
            let startedAt = json["started_at"]?.string.flatMap({ Timestamp(rfc3339: $0) })
        else { return nil }
        self.init(startedAt: startedAt, end: NodeEnd(json["end"]))
    }

    var encoded: [UInt8] {
        let document = JSONValue.object([
            JSONMember("schema_version", .integer(1)), JSONMember("started_at", .string(startedAt.rfc3339)),
            JSONMember("end", end?.json ?? .null),
        ])
        return Array((document.text + "\n").utf8)
    }

    /// What came of it, as the next run sees it: that has the file, so this one is over.
    var outcome: NodeEnd { end ?? NodeEnd(.crashed, exitCode: nil, time: nil) }
}

extension NodeEnd {
    fileprivate init?(_ json: JSONValue?) {
        guard let json, let reason = json["reason"]?.string.flatMap(Reason.init(rawValue:)) else { return nil }
        self.init(
            reason, exitCode: json["exit_code"]?.integer.map { Int32(clamping: $0) },
            time: json["time"]?.string.flatMap { Timestamp(rfc3339: $0) }, detail: json["detail"]?.string ?? "")
    }

    /// As `/status` shows it, which shows no paths: what is said to a wrong configuration may be full of them.
    var shown: JSONValue {
        guard reason == .configuration || reason == .failed else { return json }
        return NodeEnd(reason, exitCode: exitCode, time: time).json
    }

    var json: JSONValue {
        .object([
            JSONMember("reason", .string(reason.rawValue)),
            JSONMember("exit_code", exitCode.map { .integer(Int($0)) } ?? .null),
            JSONMember("time", time.map { .string($0.rfc3339) } ?? .null),
            JSONMember("detail", detail.isEmpty ? .null : .string(detail)),
        ])
    }
}
