internal import CRdKafka

/// Owns a librdkafka configuration until a client takes it over.
///
/// Safety: the configuration is made by `init` and goes in `makeClient` or `discard`, which consume the value.
@safe
struct ClientSettings: ~Copyable {
    private var conf: OpaquePointer

    /// - Throws: `KafkaFailure` naming the property librdkafka does not take.
    init(_ properties: ClientProperties) throws(KafkaFailure) {
        unsafe conf = rd_kafka_conf_new()
        for property in properties.properties {
            guard let failure = set(property) else { continue }
            unsafe rd_kafka_conf_destroy(conf)
            throw failure
        }
    }

    /// Makes the log say why a broker's certificate is not taken, in lines of facility SSLCERTVRFY.
    func nameCertificateErrors() { unsafe crdkafka_name_certificate_errors(conf) }

    private func set(_ property: ClientProperties.Property) -> KafkaFailure? {
        var reason = [CChar](repeating: 0, count: 512)
        let result = unsafe rd_kafka_conf_set(conf, property.name, property.value, &reason, reason.count)
        switch result {
        case RD_KAFKA_CONF_OK: return nil
        case RD_KAFKA_CONF_UNKNOWN:
            return .invalid("\(property.name) is not a property of librdkafka \(KafkaLibrary.version)")
        default: return Self.refusal(of: property, text(reason))
        }
    }

    /// librdkafka's sentence repeats the value, which a secret's must not.
    static func refusal(of property: ClientProperties.Property, _ reason: String) -> KafkaFailure {
        .invalid(
            property.isSecret
                ? "the value of \(property.name) is not taken (it is not shown, being a secret)"
                : "\(property.name): \(reason)")
    }

    /// Makes the client. librdkafka owns the configuration from then on.
    ///
    /// - Parameter events: which of `RD_KAFKA_EVENT_…` come as events.
    /// - Throws: `KafkaFailure` where settings contradict each other or no thread can be started.
    consuming func makeClient(_ type: rd_kafka_type_t, events: Int32) throws(KafkaFailure) -> OpaquePointer {
        unsafe rd_kafka_conf_set_events(conf, events)
        var reason = [CChar](repeating: 0, count: 512)
        guard let client = unsafe rd_kafka_new(type, conf, &reason, reason.count) else {
            let code = rd_kafka_last_error()
            unsafe rd_kafka_conf_destroy(conf)
            throw KafkaFailure(code, reason: text(reason))
        }
        return unsafe client
    }

    consuming func discard() {
        unsafe rd_kafka_conf_destroy(conf)
    }
}

/// What C wrote into a buffer, up to its zero.
func text(_ buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
