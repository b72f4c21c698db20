internal import CRdKafka

/// The headers of a record on its way to librdkafka, which copies what it is given.
///
/// Safety: the list is this value's alone, which cannot be copied, until `take` hands it to who frees it, or `deinit` does.
@safe
package struct HeaderList: ~Copyable {
    private let list: OpaquePointer?

    init(count: Int) { unsafe list = rd_kafka_headers_new(count) }

    package mutating func add(_ header: KafkaHeader) {
        var name = header.name
        name.withUTF8 { name in
            unsafe withBytes(header.value) { start, count in
                // Its length is told: a Swift string has no NUL at its end for which it would not be copied.
                unsafe name.withMemoryRebound(to: CChar.self) { name in
                    _ = unsafe rd_kafka_header_add(list, name.baseAddress, name.count, start, count)
                }
            }
        }
    }

    /// A header whose name is known to this program.
    package mutating func add(_ name: StaticString, _ value: [UInt8]) {
        let length = name.utf8CodeUnitCount
        unsafe withBytes(value) { start, count in
            unsafe name.utf8Start.withMemoryRebound(to: CChar.self, capacity: length) { name in
                _ = unsafe rd_kafka_header_add(list, name, length, start, count)
            }
        }
    }

    /// Whoever takes it frees it.
    consuming func take() -> OpaquePointer? {
        let list = unsafe list
        discard self
        return unsafe list
    }

    deinit {
        if let list = unsafe list { unsafe rd_kafka_headers_destroy(list) }
    }
}

/// Gives C the bytes; nil stays nil, and an empty array gets an address, since only its absence means "no value".
func withBytes<Result>(
    _ bytes: [UInt8]?, _ body: (UnsafeMutableRawPointer?, Int) -> Result
) -> Result {
    guard let bytes else { return body(nil, 0) }
    guard !bytes.isEmpty else {
        return unsafe withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { unsafe body($0.baseAddress, 0) }
    }
    // librdkafka copies and does not write; its parameter just is not const.
    return unsafe bytes.withUnsafeBytes { unsafe body(UnsafeMutableRawPointer(mutating: $0.baseAddress), $0.count) }
}
