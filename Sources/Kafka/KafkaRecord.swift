/// A header of a record. A header's value may be absent, which is not the same as empty.
package struct KafkaHeader: Sendable, Equatable {
    package let name: String
    package let value: [UInt8]?

    package init(name: String, value: [UInt8]?) {
        self.name = name
        self.value = value
    }

    /// A header whose value is text.
    package init(_ name: String, _ text: String) {
        self.init(name: name, value: Array(text.utf8))
    }
}

/// A record as it lay in a partition, in bytes of our own.
package struct KafkaRecord: Sendable, Equatable {
    package let partition: Int32
    package let offset: Int64
    /// Milliseconds since 1970, as the producer or the broker stamped it; nil where the record has none.
    package let timestampMs: Int64?
    package let key: [UInt8]?
    /// nil is a tombstone; an empty value is an empty array.
    package let value: [UInt8]?
    package let headers: [KafkaHeader]

    package init(
        partition: Int32, offset: Int64, timestampMs: Int64?, key: [UInt8]?, value: [UInt8]?, headers: [KafkaHeader]
    ) {
        self.partition = partition
        self.offset = offset
        self.timestampMs = timestampMs
        self.key = key
        self.value = value
        self.headers = headers
    }

    /// What tells this record from another that a log may hold at the same offset, after it was cut or made anew: made
    /// of its time, key and value. The same in every process.
    package var digest: UInt64 {
        var digest = RecordDigest()
        digest.add(UInt64(bitPattern: timestampMs ?? -1))
        digest.add(key)
        digest.add(value)
        return digest.value
    }

    /// Bytes of key, value and headers.
    package var size: Int {
        headers.reduce((key?.count ?? 0) + (value?.count ?? 0)) { $0 + $1.name.utf8.count + ($1.value?.count ?? 0) }
    }

    /// The value of the first header of that name, where there is one.
    package func header(_ name: String) -> [UInt8]? {
        headers.first { $0.name == name }?.value
    }
}
