import Kafka

/// The brokers of a real cluster, one by one.
package enum EachBroker {
    /// Waits until each broker of a list shows these topics: a cluster says that a topic is made before all its brokers
    /// know it, and one that does not refuses commits for it, and denies it to whoever asks.
    package static func awaitTopics(_ names: [String], bootstrap: String) throws {
        for address in bootstrap.split(separator: ",") {
            // With one address, it is this broker that is asked.
            let admin = try AdminClient(.admin(bootstrap: String(address)))
            defer { admin.close() }
            guard try admin.awaitTopics(names, timeoutMs: Int32(Patience.milliseconds)).isEmpty else {
                throw Failure("\(names) are not shown by \(address)")
            }
        }
    }
}
