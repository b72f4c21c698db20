package import Configuration
import Kafka

/// Asks librdkafka whether it takes the properties that the configuration passes through.
package enum ClientPropertyCheck {
    /// Properties with names or values it does not take, each at its place in the configuration.
    package static func problems(in configuration: OptimizerConfiguration) -> [ConfigurationProblem] {
        let kafka = configuration.kafka
        let brokerAssigns = kafka.groupProtocol == .consumer
        if brokerAssigns, !KafkaLibrary.knowsConsumerProtocol {
            return [configuration.problem(at: "kafka.groupProtocol", KafkaLibrary.needsForConsumerProtocol)]
        }
        return [("client", kafka.client), ("consumer", kafka.consumer), ("producer", kafka.producer)].flatMap {
            section, properties in
            properties.names.compactMap { name in
                guard let value = properties[name] else { return nil }
                let property = ClientProperties.Property(name, value.exposed, isSecret: value.isSecret)
                let isProducer = section == "producer"
                guard let reason = refusal(of: property, isProducer: isProducer, brokerAssigns) else { return nil }
                return configuration.problem(at: "kafka.\(section).\(name)", reason)
            }
        }
    }

    /// What librdkafka refuses to be told where the broker says it.
    private static let brokersOwn = ["session.timeout.ms", "heartbeat.interval.ms"]

    private static func refusal(
        of property: ClientProperties.Property, isProducer: Bool, _ brokerAssigns: Bool
    ) -> String? {
        if brokerAssigns, !isProducer, brokersOwn.contains(property.name) {
            return "the broker says it where kafka.groupProtocol is consumer (kafka-configs --entity-type groups)"
        }
        do throws(KafkaFailure) {
            if isProducer {
                _ = try ClientProperties.producer(bootstrap: "localhost:9092", overrides: [property])
            } else {
                _ = try ClientProperties.consumer(bootstrap: "localhost:9092", groupID: "check", overrides: [property])
            }
            return nil
        } catch {
            return error.reason
        }
    }
}
