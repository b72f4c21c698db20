import Kafka
import Messages
import Worker

/// `optimizer cancel`: requests that are not wanted any more.
enum CancelCommand: Command {
    static let name = "cancel"
    static let summary = "says that requests, or a sweep's steps, are not wanted any more"
    static let help = """
        optimizer cancel REQUEST_ID... | --sweep ID...

        Every node hears it, one that starts later too. What waits or has failed and is to run again is over, what runs is
        ended, what no node has taken yet is not run; the result is "cancelled". What has its result keeps it. What is
        submitted later under the same id is run: by the clocks of who submits and who cancels, which should agree.
        --sweep ID is all steps of a sweep, on all its data sets; of a walk-forward those of all its windows, and ID.w3
        those of its third.

        Exit codes: 0 it is said; 1 the broker has not taken it; 69 no broker answers; 78 the control topic is missing; 130
        interrupted.
        """
    static let options =
        ConfigurationOptions.all + [
            Option("topic", value: "NAME", "the control topic, in place of the configuration's"),
            Option("sweep", value: "ID", "all steps of this sweep, or walk-forward; may be given often"),
        ]

    static func run(_ arguments: Arguments) throws(CommandFailure) -> Int32 {
        let time = Timestamp.now()
        let targets =
            arguments.all("sweep").map { CancelOrder.Target.sweep($0) } + arguments.positional.map { .request($0) }
        guard !targets.isEmpty else { throw .usage("which ones? Give their request ids, or --sweep ID") }
        let ids = arguments.all("sweep") + arguments.positional
        if let id = ids.first(where: { $0.utf8.count > CancelOrder.longestID }) {
            throw .usage("\(id.cut(toBytes: 40))… is no id: it has more than \(CancelOrder.longestID) bytes")
        }
        let connection = try KafkaConnection(arguments)
        guard let name = arguments.value("topic") ?? connection.topics.control else {
            throw CommandFailure(
                "kafka.topics.control is null: nothing can be cancelled. Name the topic that nodes read with --topic",
                code: ExitCode.configuration)
        }
        let topic = try connection.topic(name)
        let sender = try RecordSender(connection, topic: topic)
        defer { sender.close() }
        var interruption = Interruption()
        for (place, target) in targets.enumerated() {
            let order = CancelOrder(target, time: time)
            guard sender.send(key: nil, value: order.encoded(), token: UInt64(place), unless: &interruption) else {
                break
            }
        }
        sender.finish(unless: &interruption) {}
        for refusal in sender.refusals {
            let remedy = refusal.failure.remedy.map { "; \($0)" } ?? ""
            Output.words("\(targets[Int(refusal.token)].words): not taken: \(refusal.failure)\(remedy)")
        }
        Output.words("\(sender.acknowledged) of \(targets.count) said to the nodes of \(topic.name)")
        if interruption.hasCome { return Interruption.exitCode }
        return sender.acknowledged == targets.count ? ExitCode.success : ExitCode.failure
    }
}

extension CancelOrder.Target {
    fileprivate var words: String {
        switch self {
        case .request(let id): "request \(id)"
        case .sweep(let id): "sweep \(id)"
        }
    }
}
