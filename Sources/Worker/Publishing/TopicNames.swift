/// The four topics.
package struct TopicNames: Sendable, Equatable {
    package var requests: String
    package var results: String
    package var metrics: String
    package var deadLetters: String

    package init(requests: String, results: String, metrics: String, deadLetters: String) {
        self.requests = requests
        self.results = results
        self.metrics = metrics
        self.deadLetters = deadLetters
    }

    package var all: [String] { [requests, results, metrics, deadLetters] }
}
