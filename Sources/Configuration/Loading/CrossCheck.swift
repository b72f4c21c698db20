/// What the values of several keys must be to each other.
struct CrossCheck: Sendable {
    let paths: [String]
    /// nil where all is well.
    private let check: @Sendable (OptimizerConfiguration) -> String?

    func problem(in configuration: OptimizerConfiguration) -> String? { check(configuration) }

    static let all: [CrossCheck] =
        [
            CrossCheck(paths: ["backpressure.resumeDepth", "backpressure.queueDepth"]) {
                let it = $0.backpressure
                guard it.resumeDepth >= it.queueDepth else { return nil }
                return
                    "backpressure.resumeDepth is \(it.resumeDepth) and must be below backpressure.queueDepth, which is"
                    + " \(it.queueDepth); set it to \(it.queueDepth / 2), for example"
            },
            CrossCheck(paths: ["backpressure.maxInFlight", "backpressure.queueDepth"]) {
                let it = $0.backpressure
                guard it.maxInFlight < it.queueDepth else { return nil }
                return "backpressure.maxInFlight is \(it.maxInFlight) and must be at least backpressure.queueDepth,"
                    + " which is \(it.queueDepth)"
            },
            CrossCheck(paths: ["limits.executionTimeMs", "limits.timeoutMs"]) {
                let it = $0.limits
                guard it.executionTimeMs > it.timeoutMs else { return nil }
                return
                    "limits.executionTimeMs is \(it.executionTimeMs) and must not be above limits.timeoutMs, which is"
                    + " \(it.timeoutMs): a step would be killed before it misses its objective"
            },
            CrossCheck(paths: ["retry.firstDelayMs", "retry.maxDelayMs"]) {
                let it = $0.retry
                guard it.firstDelayMs > it.maxDelayMs else { return nil }
                return "retry.firstDelayMs is \(it.firstDelayMs) and must not be above retry.maxDelayMs, which is"
                    + " \(it.maxDelayMs)"
            },
            CrossCheck(paths: ["limits.maxNodeCpuPercent", "limits.cpuPercent"]) {
                let it = $0.limits
                guard let bound = it.maxNodeCpuPercent, bound < it.cpuPercent else { return nil }
                return
                    "limits.maxNodeCpuPercent is \(bound) and must be at least limits.cpuPercent, which is"
                    + " \(it.cpuPercent): no step would ever fit"
            },
        ] + distinctTopics

    private static let distinctTopics: [CrossCheck] = {
        let topics: [(path: String, name: @Sendable (OptimizerConfiguration) -> String)] = [
            ("kafka.topics.requests", { $0.kafka.topics.requests }),
            ("kafka.topics.results", { $0.kafka.topics.results }),
            ("kafka.topics.metrics", { $0.kafka.topics.metrics }),
            ("kafka.topics.deadLetters", { $0.kafka.topics.deadLetters }),
            ("kafka.topics.control", { $0.kafka.topics.control ?? "" }),
        ]
        return topics.indices.flatMap { later in
            topics[..<later].map { earlier in
                let (a, b) = (earlier, topics[later])
                return CrossCheck(paths: [a.path, b.path]) {
                    topicProblem((a.path, a.name($0)), (b.path, b.name($0)))
                }
            }
        }
    }()

    /// Kafka refuses two topics whose names differ in `.` and `_` only: its metric names would collide.
    private static func topicProblem(_ a: (path: String, name: String), _ b: (path: String, name: String)) -> String? {
        if a.name == b.name { return "\(b.path) is \"\(b.name)\" as \(a.path) is; the topics must differ" }
        let spelled = [a.name, b.name].map { String($0.map { $0 == "." ? "_" : $0 }) }
        guard spelled[0] == spelled[1] else { return nil }
        return "\(b.path) \"\(b.name)\" and \(a.path) \"\(a.name)\" differ only in . and _, which Kafka refuses"
    }
}
