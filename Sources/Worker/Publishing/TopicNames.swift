/// The topics.
package struct TopicNames: Sendable, Equatable {
    package var requests: String
    package var results: String
    package var metrics: String
    package var deadLetters: String
    /// nil: nothing can be cancelled.
    package var control: String?

    package init(requests: String, results: String, metrics: String, deadLetters: String, control: String? = nil) {
        self.requests = requests
        self.results = results
        self.metrics = metrics
        self.deadLetters = deadLetters
        self.control = control
    }

    /// Those that a node cannot do without.
    package var all: [String] { [requests, results, metrics, deadLetters] }

    /// Those, and the one that it can do without.
    package var known: [String] { all + [control].compactMap(\.self) }
}
