internal import CRdKafka

extension KafkaRecord {
    /// Copies what librdkafka owns. The message stays the caller's to destroy.
    init(copying message: UnsafeMutablePointer<rd_kafka_message_t>) {
        let raw = unsafe message.pointee
        var type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let stamp = unsafe rd_kafka_message_timestamp(message, &type)
        unsafe self.init(
            partition: raw.partition, offset: raw.offset,
            timestampMs: type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? nil : stamp,
            key: bytes(raw.key, raw.key_len), value: bytes(raw.payload, raw.len),
            headers: KafkaRecord.headers(of: message))
    }

    private static func headers(of message: UnsafeMutablePointer<rd_kafka_message_t>) -> [KafkaHeader] {
        var list: OpaquePointer?
        guard unsafe rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list = unsafe list
        else {
            return []
        }
        var headers: [KafkaHeader] = []
        unsafe headers.reserveCapacity(rd_kafka_header_cnt(list))
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while unsafe rd_kafka_header_get_all(list, headers.count, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR {
            guard let name = unsafe name else { break }
            unsafe headers.append(KafkaHeader(name: String(cString: name), value: bytes(value, size)))
        }
        return headers
    }
}

/// A copy of `count` bytes; nil stays nil, which is how a tombstone differs from an empty value.
private func bytes(_ start: UnsafeRawPointer?, _ count: Int) -> [UInt8]? {
    guard let start = unsafe start else { return nil }
    return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
}

/// The same for what C declares as mutable.
private func bytes(_ start: UnsafeMutableRawPointer?, _ count: Int) -> [UInt8]? {
    unsafe bytes(UnsafeRawPointer(start), count)
}
